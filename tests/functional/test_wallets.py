"""GET /wallets/{account} and its journal."""

from decimal import Decimal

import pytest

from loyalty.store.attributes import Item
from loyalty.store.dynamo_table import DynamoTable
from loyalty.usecases.ledger.show_wallet import INDEX_WAITS, show_journal
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


class LateTable(DynamoTable):
    """A table whose index gets to know some entries only after it was asked so many times."""

    late: tuple[int, ...] = ()
    asked = 0
    until = 0

    def journal(self, account_id: str, *, before: int | Decimal | None, limit: int) -> list[Item]:
        self.asked += 1
        found = super().journal(account_id, before=before, limit=100)
        known = [item for item in found if self.asked > self.until or item["sequence"] not in self.late]
        return known[:limit]


@pytest.mark.parametrize("late", [(5,), (4,), (3, 5), (5, 4, 3, 2, 1)])
@pytest.mark.parametrize(("before", "limit"), [(None, 2), (None, 3), (5, 2), (3, 50)])
def test_entries_that_the_index_lacks_are_waited_for(
    functions: Functions, demo: DynamoTable, late: tuple[int, ...], before: int | None, limit: int
) -> None:
    for number in range(4):
        post(functions, number)
    whole = show_journal(ACCOUNT, before=before, limit=limit, table=demo)
    table, waits = LateTable(demo.client, demo.name), list[float]()
    table.late, table.until = late, 2

    page = show_journal(ACCOUNT, before=before, limit=limit, table=table, pause=waits.append)

    assert (page, page.missing) == (whole, [])
    assert len(waits) == (2 if set(late) & {entry.sequence for entry in whole.entries} else 0)


def test_entries_that_the_index_still_lacks_are_told(functions: Functions, demo: DynamoTable) -> None:
    for number in range(4):
        post(functions, number)
    table, waits = LateTable(demo.client, demo.name), list[float]()
    table.late, table.until = (5, 3), 99

    page = show_journal(ACCOUNT, before=None, limit=3, table=table, pause=waits.append)

    assert ([entry.sequence for entry in page.entries], page.missing, page.before) == ([4], [5, 3], 3)
    assert tuple(waits) == INDEX_WAITS
    assert functions.call("show_journal", path={"account": ACCOUNT}).body["missing"] == []


@pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "101"}, {"limit": "ten"}, {"next": "-1"}, {"next": "²"}])
def test_a_page_that_makes_no_sense_is_refused(functions: Functions, query: dict[str, str]) -> None:
    answer = functions.call("show_journal", path={"account": ACCOUNT}, query=query)

    assert answer.status == 400
    assert answer.body["errors"][0]["pointer"] == "/" + next(iter(query))
