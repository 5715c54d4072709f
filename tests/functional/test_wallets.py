"""GET /wallets/{account} and its journal."""

from decimal import Decimal

import pytest

from tests.functional.conftest import Functions, example

ACCOUNT = "ACR0000000001"


def post(functions: Functions, number: int) -> None:
    body = {**example("create_v5_1.request"), "reference_number": f"R{number}", "spend_request": None}
    assert functions.call("create_purchase", body).status == 200


@pytest.mark.parametrize("account", [ACCOUNT, "ACC0FFEEACC0FFEEACC0FFEEACC0FFEE"], ids=["number", "id"])
def test_a_wallet_is_found_by_the_accounts_number_or_id(functions: Functions, account: str) -> None:
    assert functions.call("show_wallet", path={"account": account}).body == {
        "account_id": "ACC0FFEEACC0FFEEACC0FFEEACC0FFEE",
        "account_number": ACCOUNT,
        "currency_code": "EUR",
        "balance": 50,
        "alternative_balance": 5000,
        "version": 1,
        "expiring": [],
    }


def test_a_wallet_without_events_is_empty(functions: Functions) -> None:
    wallet = functions.call("show_wallet", path={"account": "162"}).body

    assert (wallet["balance"], wallet["version"]) == (0, 0)


@pytest.mark.parametrize("function", ["show_wallet", "show_journal"])
@pytest.mark.parametrize("account", ["NONE", "x" * 3000, "ACCOUNT#1", "Ω"])
def test_an_account_that_does_not_exist_is_not_found(functions: Functions, function: str, account: str) -> None:
    answer = functions.call(function, path={"account": account})

    assert (answer.status, answer.body["code"]) == (404, "NotFoundAPIValueException")


def test_a_journal_lists_events_newest_first_with_the_balance_after_each(functions: Functions) -> None:
    post(functions, 1)

    newest, oldest = functions.call("show_journal", path={"account": ACCOUNT}).body["entries"]

    assert (oldest["sequence"], oldest["type"], oldest["amount"], oldest["balance"]) == (1, "ADJUSTMENT", 50, 50)
    assert (newest["sequence"], newest["type"], newest["reference_number"]) == (2, "PURCHASE", "R1")
    assert (newest["awarded"], newest["spent"], newest["balance"]) == (Decimal("1.21"), 0, Decimal("51.21"))
    assert (newest["alternative_awarded"], newest["alternative_balance"]) == (121, 5121)


def test_a_journal_is_paged(functions: Functions) -> None:
    for number in range(4):
        post(functions, number)

    seen, query = [], {"limit": "2"}
    while True:
        page = functions.call("show_journal", path={"account": ACCOUNT}, query=query).body
        seen += [entry["sequence"] for entry in page["entries"]]
        if page["next"] is None:
            break
        query = {"limit": "2", "next": page["next"]}

    assert seen == [5, 4, 3, 2, 1]


@pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "101"}, {"limit": "ten"}, {"next": "-1"}, {"next": "²"}])
def test_a_page_that_makes_no_sense_is_refused(functions: Functions, query: dict[str, str]) -> None:
    answer = functions.call("show_journal", path={"account": ACCOUNT}, query=query)

    assert answer.status == 400
    assert answer.body["errors"][0]["pointer"] == "/" + next(iter(query))
