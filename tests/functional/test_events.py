"""The events under events/, which `sam local invoke -e` sends as well: each is one that its function answers."""

import json
from http import HTTPStatus
from typing import Any

import pytest

from loyalty.domain.access.partner import Scope
from loyalty.store.dynamo_table import DynamoTable
from loyalty.store.uploads import Upload, add_upload, read_upload
from loyalty.usecases.access.logins import LoginRequest, create_login
from tests.functional.conftest import NOW, ROOT, Functions
from tests.functional.uploads import Importing, Splitting
from tests.template import read_template
from tests.uploads import csv, row

EVENTS = {path.stem: path for path in (ROOT / "events").glob("*.json")}
FOLDERS = {path.parent.name for path in (ROOT / "functions").glob("*/app.py")}
ROUTED = FOLDERS - {"authorizer", "close_upload", "expire_lots", "import_reference", "post_batch", "split_upload"}


def event(name: str, functions: Functions) -> dict[str, Any]:
    """Return the function's event, with a genuine key, token and password in the places that are kept for them."""
    token = functions.authorize(functions.api_key)["context"]["token"]
    text = EVENTS[name].read_text().replace("API_KEY_HERE", functions.api_key).replace("TOKEN_HERE", token)
    if "PASSWORD_HERE" in text:
        login = LoginRequest("DEMO", "DEMO", ["*"], list(Scope))
        text = text.replace("PASSWORD_HERE", create_login(login, table=functions.module(name).table, now=NOW))
    found: dict[str, Any] = json.loads(text)
    return found


def test_every_function_has_an_event_and_every_event_a_function() -> None:
    assert EVENTS.keys() == FOLDERS


@pytest.mark.parametrize("name", sorted(ROUTED))
def test_a_function_answers_its_event(functions: Functions, name: str) -> None:
    match name:
        case "show_purchase" | "cancel_purchase" | "return_products" | "classic_show_award":
            functions.call("create_purchase", **event("create_purchase", functions))
        case "classic_show_purchase" | "classic_cancel_purchase":
            functions.call("classic_create_purchase", **event("classic_create_purchase", functions))
        case "show_upload":
            upload_id = event(name, functions)["pathParameters"]["id"]
            add_upload(functions.module(name).table, Upload(upload_id, "DEMO", ("*",), "sales.csv", "", NOW))

    assert functions.call(name, **event(name, functions)).status == 200


@pytest.mark.parametrize("name", sorted(ROUTED))
def test_no_answer_may_be_kept_on_its_way(lasting: tuple[Functions, DynamoTable], name: str) -> None:
    """By GET, partners ask by the same address, and show their keys in a header; and some answers are tokens."""
    functions, _ = lasting
    answers = [functions.call(name, **event(name, functions)), functions.call(name, context={})]

    assert answers[1].status >= HTTPStatus.BAD_REQUEST
    assert [answer.headers["Cache-Control"] for answer in answers] == ["no-store"] * 2


def test_the_authorizer_lets_its_event_in(functions: Functions) -> None:
    answer = functions.module("authorizer").handler(event("authorizer", functions), None)

    assert answer["policyDocument"]["Statement"][0]["Effect"] == "Allow"


def test_a_scheduled_function_takes_its_event(functions: Functions) -> None:
    assert functions.run("expire_lots", event("expire_lots", functions)) == {"wallets": 0, "busy": 0, "finished": True}


@pytest.mark.parametrize("name", ["post_batch", "close_upload"])
def test_a_message_about_an_upload_that_is_gone_is_done_with(functions: Functions, name: str) -> None:
    assert functions.run(name, event(name, functions)) == {"batchItemFailures": []}


def test_the_function_that_splits_takes_its_event(functions: Functions, demo: DynamoTable) -> None:
    splitting = Splitting(functions, demo)
    sent = event("split_upload", functions)
    told = sent["Records"][0]["s3"]["object"]
    dropped, upload_id = splitting.dropped("uploads/DEMO/purchases of January.csv", csv(row("R1")))
    told["versionId"] = dropped["Records"][0]["s3"]["object"]["versionId"]

    splitting.call(sent)

    upload = read_upload(demo, upload_id)
    assert upload
    assert splitting.told(upload) == ["1 R1"]


def test_the_function_that_imports_takes_its_event(functions: Functions, demo: DynamoTable) -> None:
    importing = Importing(functions, demo)
    sent = event("import_reference", functions)
    told = sent["Records"][0]["s3"]["object"]
    dropped, upload_id = importing.dropped("reference/customers of January.jsonl", b"{}")
    told["versionId"] = dropped["Records"][0]["s3"]["object"]["versionId"]

    importing.call(sent)

    upload = read_upload(demo, upload_id)
    assert upload
    assert importing.told(upload) == ["1 refused /type A record must be an object with a type."]


@pytest.mark.parametrize("name", sorted(ROUTED))
def test_an_event_is_of_the_route_that_the_template_gives_the_function(functions: Functions, name: str) -> None:
    [route] = (
        resource["Properties"]["Events"]["Route"]["Properties"]
        for resource in read_template()["Resources"].values()
        if resource["Properties"].get("CodeUri") == f"functions/{name}"
    )
    sent = event(name, functions)

    assert (sent["httpMethod"], sent["resource"]) == (route["Method"], route["Path"])
    assert sent["resource"].format(**sent["pathParameters"] or {}) == sent["path"]
