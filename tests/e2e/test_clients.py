"""Each client of the vendor that is found in public comes to the deployed stack as it is. It logs in, makes its calls,
meets an error, and logs in again after its token has ended; each time it ends as its own code expects.

What it does not find here is in docs/switching.md, under "What is known to differ".
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from cli.target import Target
from loyalty.domain.access.partner import Scope
from loyalty.store.dynamo_table import DynamoTable
from loyalty.usecases.access.api_keys import KeyRequest, create_key
from loyalty.usecases.access.logins import LoginRequest, create_login
from tests.cards import bring
from tests.customers import customer
from tests.goldens import EXAMPLES
from tests.http_clients import Call, by_requests
from tests.template import told_by_the_gateway
from tests.vendor_clients import (
    JSON_TYPE,
    Password,
    Php,
    Thrown,
    Till,
    c_sharp,
    data_of,
    exchange,
    java_sample,
    log_in,
    thrower,
)

PARTNER = {
    "type": "partner",
    "id": "SWITCHED",
    "name": "As before",
    "organisation": "Main",
    "classic_errors": "OK",
    "newest_errors": "VENDOR",
}
CREATE, SHOW, LIST = (f"customer_events/purchases/{name}" for name in ("create", "show", "list"))
NOT_FOUND = "CRM.EXCEPTIONS.NOTFOUNDEXCEPTION"
NOT_ENOUGH = "CRM.EXCEPTIONS.CANNOTSPENDAMOUNTWALLETBALANCENOTENOUGHEXCEPTION"
MERCHANT = "6D9C2E4F0A6B4B5D8E1F3A7C9B0D2E4F"
MADE_UP = "made.up.token"


@pytest.fixture(scope="module")
def classic(stack: Target) -> str:
    return f"{stack.api_url}/crmapi/rest/v2"


@pytest.fixture(scope="module")
def table(stack: Target) -> DynamoTable:
    """The table, with the partner, whose record says that its software was written for the vendor."""
    table = stack.open_table()
    bring(table, PARTNER)
    return table


@pytest.fixture(scope="module")
def password(table: DynamoTable) -> Password:
    asked = LoginRequest("SWITCHED", "switched", ["*"], list(Scope))
    return Password("switched", create_login(asked, table=table, now=datetime.now(UTC)), "Main")


@pytest.fixture(scope="module")
def key(table: DynamoTable) -> str:
    text, _ = create_key(KeyRequest("SWITCHED", ["*"], list(Scope)), table=table, now=datetime.now(UTC))
    return text


def purchase(table: DynamoTable, name: str, **fields: Any) -> dict[str, Any]:
    """Return a classic purchase of a customer of its own, with the fields of the vendor's example, of which some are
    known to nobody."""
    customer(table, name, 50)
    example = json.loads((EXAMPLES / "create_1.request.json").read_text())
    return {
        **{field: value for field, value in example.items() if field not in ("token", "invoice_identifier")},
        "accounts_receivable_identifier": {"number": f"N-{name}"},
        **fields,
    }


def release(base: str, token: str) -> None:
    answer = by_requests(Call("POST", f"{base}/authentication/token/release", JSON_TYPE, json.dumps({"token": token})))
    assert answer.json()["status"]["code"] == "OK"


def test_the_vendors_java_sample(table: DynamoTable, classic: str, password: Password) -> None:
    """It keeps its token for two hours, shows by GET, and looks errors up by `status.code`."""
    client = java_sample(classic, password)
    posted = client.call("POST", CREATE, **purchase(table, "java"))

    assert client.call("GET", SHOW, customer_event_identifier=f"id={posted['id']}") == posted
    with pytest.raises(Thrown, match=r"^NotFoundAPIValueException$"):
        client.call("GET", SHOW, customer_event_identifier="id=NONE")
    release(classic, client.token)
    client.token = MADE_UP
    assert client.call("GET", SHOW, customer_event_identifier=f"number={posted['number']}") == posted
    assert client.token != MADE_UP


@pytest.mark.parametrize("way", ["login", "list", "POST", "GET"])
def test_the_four_php_clients(table: DynamoTable, classic: str, password: Password, key: str, way: str) -> None:
    """They post with the token in the body, list with a slash at the end, and show `status.message` of an error."""
    by_key: Callable[[], str] = lambda: exchange(classic, key, way)  # noqa: E731
    by_login: Callable[[], str] = lambda: log_in(classic, password, by_requests, "message")  # noqa: E731
    client = Php(classic, by_key if way in ("POST", "GET") else by_login)
    account = f"number=N-php-{way}"
    posted = client.page("POST", CREATE, **purchase(table, f"php-{way}"))

    listed = client.page("GET", f"{LIST}/", accounts_receivable_identifier=account)
    assert listed["purchase_customer_events_set"] == [posted]
    with pytest.raises(Thrown, match=r"^Error:Account \(NOBODY\) Not Found\."):
        client.page("GET", f"{LIST}/", accounts_receivable_identifier="number=NOBODY")
    with pytest.raises(Thrown, match="token"):
        client.page("GET", f"{LIST}/", MADE_UP, accounts_receivable_identifier=account)
    assert client.page("GET", f"{LIST}/", accounts_receivable_identifier=account) == listed


def test_a_client_in_c_sharp(table: DynamoTable, classic: str, password: Password) -> None:
    """It logs in on behalf of a unit, and takes any status but 2xx for a broken connection."""
    client = c_sharp(classic, Password(password.username, password.password, password.organisation, "MRAU"))
    posted = client.call("POST", CREATE, **purchase(table, "c-sharp"))

    assert posted["log_information"]["created_by_unit"]["name"] == "Merchant A unit"
    with pytest.raises(Thrown, match=r"^MandatoryAPIValueMissingException$"):
        client.call("POST", CREATE, **purchase(table, "c-sharp-again", reference_number=None))
    release(classic, client.token)
    client.token = MADE_UP
    assert client.call("GET", SHOW, customer_event_identifier=f"id={posted['id']}") == posted


@pytest.fixture
def answering_ok(stack: Target) -> Iterator[None]:
    """The stack as `ClassicErrors=OK` deploys it, which sets one variable of the two functions that log in."""
    client = stack.client("lambda")
    functions = [one for one in client.list_functions()["Functions"] if "CLASSIC_ERRORS" in variables(one)]
    assert len(functions) == 2
    for one in functions:
        changed = {**variables(one), "CLASSIC_ERRORS": "OK"}
        client.update_function_configuration(FunctionName=one["FunctionName"], Environment={"Variables": changed})
    yield
    for one in functions:
        client.update_function_configuration(
            FunctionName=one["FunctionName"], Environment={"Variables": variables(one)}
        )


def variables(function: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, str] = function.get("Environment", {}).get("Variables", {})
    return found


def wrong(password: Password) -> Password:
    return replace(password, username="nobody", password="wrong")


def test_a_client_in_c_sharp_takes_a_refused_login_for_a_broken_connection(classic: str, password: Password) -> None:
    with pytest.raises(Thrown, match=r"^401$"):
        c_sharp(classic, wrong(password)).call("GET", SHOW, customer_event_identifier="id=NONE")


@pytest.mark.usefixtures("answering_ok")
def test_a_client_in_c_sharp_tells_a_refused_login_where_the_deployment_answers_ok(
    table: DynamoTable, classic: str, password: Password
) -> None:
    with pytest.raises(Thrown, match=r"^InvalidTokenException$"):
        c_sharp(classic, wrong(password)).call("GET", SHOW, customer_event_identifier="id=NONE")
    client = c_sharp(classic, password)
    client.token = MADE_UP
    assert client.call("POST", CREATE, **purchase(table, "c-sharp-in"))["number"]


def test_a_tills_test_server(table: DynamoTable, classic: str, stack: Target, password: Password) -> None:
    """It posts below the vendor's path, and asks for the award at the root."""
    client, at_the_root = java_sample(classic, password), java_sample(stack.api_url, password)
    coffee = {"product_identifier": {"code": "FREDESPR001"}, "net_amount": 14.15, "vat_amount": 1.04}
    bought = {
        "performed_on": "2026-01-15T12:00:00",
        "performed_by_unit_identifier": None,
        "performed_by_business_unit_identifier": {"code": "CD123456"},
        "products_set": [{**coffee, "total_amount": 15.19}],
    }
    posted = client.call("POST", CREATE, **purchase(table, "test-server", **bought))

    awards = posted["award_reward_transactions_set"]
    assert sum(award["amount"] for award in awards) == posted["total_awarded_amount"] > 0
    purchase_named = {"customer_event_identifier": f"id={posted['id']}"}
    for award in awards:
        named = {"award_reward_transaction_identifier": f"id={award['id']}", **purchase_named}
        assert at_the_root.call("GET", "reward_transactions/awards/show", **named) == award
    with pytest.raises(Thrown, match=r"^NotFoundAPIValueException$"):
        at_the_root.call(
            "GET", "reward_transactions/awards/show", award_reward_transaction_identifier="id=NONE", **purchase_named
        )


def test_an_android_till_that_knows_no_baskets(table: DynamoTable, stack: Target, password: Password) -> None:
    """It sends neither a reference number nor products, and cancels with an empty object."""
    base = f"{stack.api_url}/backoffice/v1"
    customer(table, "till", 50)
    bought = {
        "contact_id": "C-till",
        "reduction_method": "FRONT_END",
        "organisation_id": MERCHANT,
        "total_amount": 24.80,
        "net_amount": 20.00,
        "tax_amount": 4.80,
        "spend_request": {"amount": 2.00, "restrict_fully_covered": False},
    }
    till = Till(
        base,
        lambda: log_in(base, password, by_requests, "message"),
        lambda token: {"Authorization": f"Bearer {token}"},
    )
    posted = till.post("purchases", bought)["id"]

    till.post(f"purchases/{posted}/cancel", {})
    assert till.post("contacts/C-till/otp")["otp"].isdigit()
    with pytest.raises(Thrown, match=f"^{NOT_FOUND}$"):
        till.post("contacts/NOBODY/otp")
    with pytest.raises(Thrown, match=f"^{NOT_ENOUGH}$"):
        till.post(
            "purchases", {**bought, "total_amount": 104.80, "net_amount": 100.00, "spend_request": {"amount": 90}}
        )
    till.secret = MADE_UP
    assert till.post("purchases", bought)["id"] != posted


def test_an_android_gift_card_app(table: DynamoTable, stack: Target, key: str) -> None:
    """It shows one-time passwords, names its classification, and tells an empty wallet from an unknown customer."""
    customer(table, "gift", 50)
    till = Till(f"{stack.api_url}/backoffice/v2", lambda: key, lambda secret: {"api_key": secret})
    bought = {
        "organisation": {"id": MERCHANT},
        "transaction_amounts": {"total": 124.80, "net": 120.00},
        "classification": {"name": "Purchase"},
        "spend_request": {"amount": 20.00},
    }

    def shown() -> dict[str, Any]:
        return {"contact": {"otp": till.post("contacts/C-gift/otp")["otp"]}}

    assert till.post("purchases", {**bought, "contact": {"id": "C-gift"}})["id"]
    assert till.post("purchases", {**bought, **shown()})["id"]
    with pytest.raises(Thrown, match=f"^{NOT_ENOUGH}$"):
        till.post("purchases", {**bought, **shown()})
    with pytest.raises(Thrown, match=f"^{NOT_FOUND}$"):
        till.post("purchases", {**bought, "contact": {"id": "NOBODY"}})


def test_an_admin_client_in_python_gets_in_but_finds_no_pages_of_the_vendors_form(
    table: DynamoTable, stack: Target, key: str
) -> None:
    """It asks for a page by `page` and `size`, and looks for `content`."""
    customer(table, "admin", 50)
    url = f"{stack.api_url}/backoffice/v2/wallets/N-admin/journal?page=1&size=10"
    answer = thrower(by_requests)(Call("GET", url, {"api_key": key})).json()

    assert [entry["type"] for entry in answer["entries"]] == ["ADJUSTMENT"]
    assert "content" not in answer
    with pytest.raises(Thrown, match="401"):
        thrower(by_requests)(Call("GET", url))


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "payments/create"), ("GET", "subscriptions/list/"), ("GET", "contact_information/show")],
)
def test_a_resource_that_is_not_here_is_told_in_an_envelope(classic: str, method: str, path: str) -> None:
    answer = by_requests(Call(method, f"{classic}/{path}", JSON_TYPE, "{}" if method == "POST" else None))

    text = "Missing Authentication Token"
    assert (answer.status, answer.json()) == (403, told_by_the_gateway("MISSING_AUTHENTICATION_TOKEN", text))
    with pytest.raises(Thrown, match=f"^{text}$"):
        data_of(answer, "message")
