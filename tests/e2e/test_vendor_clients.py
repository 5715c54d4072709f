"""The deployed API, as clients call it that were written for the vendor's: reads by GET, and errors as they know them.

They are Node's `fetch`, `curl`, and Python's requests, whose `raise_for_status` stands for all libraries that throw on
a 4xx.
"""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import requests

from cli.target import Target
from loyalty.domain.access.partner import Scope
from loyalty.store.dynamo_table import DynamoTable
from loyalty.usecases.access.api_keys import KeyRequest, create_key
from tests.cards import bring
from tests.customers import customer
from tests.functional.conftest import NOW

SHOW, LIST = "/customer_events/purchases/show", "/customer_events/purchases/list"
NOBODY = {"accounts_receivable_identifier": "number=NOBODY"}
SECONDS = 60


@pytest.fixture(scope="module")
def table(stack: Target) -> DynamoTable:
    return stack.open_table()


@pytest.fixture(scope="module")
def key(table: DynamoTable) -> str:
    """The key of a partner whose clients are the vendor's."""
    bring(
        table,
        {"type": "partner", "id": "VENDOR", "name": "As before", "classic_errors": "OK", "newest_errors": "VENDOR"},
    )
    text, _ = create_key(KeyRequest("VENDOR", ["*"], list(Scope)), table=table, now=NOW)
    return text


@pytest.fixture(scope="module")
def token(stack: Target, key: str) -> str:
    login = requests.post(
        f"{stack.api_url}/authentication/web_api_key/token", headers={"api_key": key}, timeout=SECONDS
    )
    login.raise_for_status()
    found: str = login.json()["data"]["token"]
    return found


def get(stack: Target, path: str, **query: str) -> requests.Response:
    return requests.get(stack.api_url + path, params=query, timeout=SECONDS)


def by_curl(url: str) -> tuple[int, Any]:
    run = subprocess.run(["curl", "-s", "-w", "\n%{http_code}", url], capture_output=True, text=True, check=True)
    body, _, status = run.stdout.rpartition("\n")
    return int(status), json.loads(body)


def by_node(url: str) -> tuple[int, Any]:
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs Node.js")
    tell = "async (answer) => console.log(JSON.stringify([answer.status, await answer.json()]))"
    run = subprocess.run(
        [node, "-e", f"fetch(process.argv[1]).then({tell})", url], capture_output=True, text=True, check=True
    )
    status, body = json.loads(run.stdout)
    return status, body


@pytest.mark.parametrize("call", [by_curl, by_node])
def test_a_purchase_is_shown_to_clients_that_write_their_own_addresses(
    stack: Target, table: DynamoTable, token: str, call: Any
) -> None:
    name = f"get-{call.__name__}"
    posted = post(stack, table, token, name)

    for number in (f"number={posted['number']}", quote(f"reference_number={posted['reference_number']}", safe="")):
        url = f"{stack.api_url}{SHOW}?token={token}&customer_event_identifier={number}"
        assert call(url) == (200, {"status": {"code": "OK", "description": "", "message": ""}, "data": posted})


def test_purchases_are_listed_with_all_that_was_posted(stack: Target, table: DynamoTable, token: str) -> None:
    posted = [post(stack, table, token, "listed", reference_number=f"L {one} & co")["number"] for one in range(3)]
    found, query = list[str](), {"accounts_receivable_identifier": "number=N-listed", "limit": "2"}
    while True:
        answer = get(stack, LIST, token=token, **query)
        answer.raise_for_status()
        data = answer.json()["data"]
        found += [told["number"] for told in data["purchase_customer_events_set"]]
        assert data["missing"] == []
        if data["next"] is None:
            break
        query["next"] = data["next"]

    assert found == posted[::-1]


def test_an_unknown_account_is_no_error_of_http(stack: Target, token: str) -> None:
    answer = get(stack, LIST, token=token, **NOBODY)

    answer.raise_for_status()
    assert (answer.status_code, answer.json()["status"]["code"]) == (200, "NotFoundAPIValueException")
    assert answer.json()["status"]["message"].startswith("Error:Account (NOBODY) Not Found.")


@pytest.mark.parametrize("call", [by_curl, by_node])
def test_a_wrong_token_is_a_401_whatever_the_partner_chose(stack: Target, call: Any) -> None:
    status, body = call(f"{stack.api_url}{LIST}?{urlencode({'token': 'wrong', **NOBODY})}")

    assert (status, body["status"]["code"]) == (401, "InvalidTokenException")


def test_a_wrong_token_makes_a_client_throw_that_logs_in_again_then(stack: Target) -> None:
    with pytest.raises(requests.HTTPError, match="401"):
        get(stack, LIST, token="wrong", **NOBODY).raise_for_status()


def test_an_error_of_the_newest_api_has_the_name_that_tills_look_for(stack: Target, key: str) -> None:
    answer = requests.get(f"{stack.api_url}/purchases/NONE", headers={"api_key": key}, timeout=SECONDS)

    assert (answer.status_code, answer.json()["error"]) == (400, "CRM.EXCEPTIONS.NOTFOUNDEXCEPTION")
    without = requests.get(f"{stack.api_url}/purchases/NONE", timeout=SECONDS)
    assert without.status_code == 401


def test_nothing_that_the_stack_writes_down_has_the_token_of_a_query(
    stack: Target, stack_dir: Path, token: str
) -> None:
    """Of the emulator and the functions, whatever lies in the stack's folder and in its logs."""
    secret = token.rpartition(".")[2]
    get(stack, SHOW, token=token, customer_event_identifier="number=99999999")
    get(stack, SHOW, token=f"{token}x", customer_event_identifier="number=99999999")

    logs = stack.client("logs")
    lines = [
        event["message"]
        for group in logs.describe_log_groups()["logGroups"]
        for stream in logs.describe_log_streams(logGroupName=group["logGroupName"])["logStreams"]
        for event in logs.get_log_events(logGroupName=group["logGroupName"], logStreamName=stream["logStreamName"])[
            "events"
        ]
    ]
    files = [path for path in stack_dir.rglob("*.log") if path.is_file()]
    assert [line for line in lines if secret in line] == []
    assert [str(path) for path in files if secret in path.read_text(errors="replace")] == []


def post(stack: Target, table: DynamoTable, token: str, name: str, **fields: Any) -> dict[str, Any]:
    """Post a purchase of a customer of its own, whose wallet nobody else moves."""
    customer(table, name, 50)
    body = {
        "token": token,
        "accounts_receivable_identifier": {"number": f"N-{name}"},
        "performed_by_business_unit_identifier": {"code": "CD123456"},
        "performed_on": "2026-01-15T12:00:00",
        "reference_number": f"R {name} = 1",
        "products_set": [
            {
                "product_identifier": {"code": "FREDESPR001"},
                "net_amount": 14.15,
                "vat_amount": 1.04,
                "total_amount": 15.19,
            }
        ],
        **fields,
    }
    answer = requests.post(f"{stack.api_url}/customer_events/purchases/create", json=body, timeout=SECONDS)
    told = answer.json()
    assert told["status"]["code"] == "OK", told
    data: dict[str, Any] = told["data"]
    return data
