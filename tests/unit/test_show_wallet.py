"""Showing a wallet and its journal, of which the index may know a part only."""

from collections.abc import Collection
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from loyalty import exactjson
from loyalty.domain.errors import Refused, not_found
from loyalty.domain.fields import MAX_CODE
from loyalty.store import keys
from loyalty.store.attributes import Item, key_of
from loyalty.store.keys import Key
from loyalty.store.memory_table import MemoryTable
from loyalty.usecases.engine import Engine
from loyalty.usecases.ledger.show_wallet import INDEX_WAITS, journal_page, show_journal, show_wallet
from loyalty.usecases.reference.import_records import import_records
from tests.builders import AT, EUR, POINTS, RATE

LONG = "x" * MAX_CODE
"""The longest number that an account may have."""

OPENING = {"type": "opening_balance", "account": "A", "performed_on": "2026-01-01T00:00:00"}
EVENTS = 5


class Indexed(MemoryTable):
    """A table with an index of journals, which knows some entries only after it was asked so many times."""

    def __init__(self) -> None:
        super().__init__()
        self.late: Collection[int] = ()
        self.until = 0
        self.asked: list[tuple[int | Decimal | None, int]] = []
        self.reads: list[Key] = []

    def get_many(self, keys: Collection[Key], *, consistent: bool = False) -> dict[Key, Item]:
        """As `Table.get_many`."""
        self.reads += keys
        return super().get_many(keys, consistent=consistent)

    def journal(self, account_id: str, *, before: int | Decimal | None, limit: int) -> list[Item]:
        """As `JournalTable.journal`."""
        self.asked.append((before, limit))
        events = [item for item in self.written() if keys.is_event(key_of(item)) and item["account_id"] == account_id]
        known = [item for item in events if len(self.asked) > self.until or item["sequence"] not in self.late]
        found = [item for item in known if before is None or item["sequence"] < before]
        return sorted(found, key=lambda item: -int(item["sequence"]))[:limit]

    def bring(self, *records: dict[str, Any]) -> None:
        """Import records."""
        lines = [exactjson.dumps(record).encode() for record in records]
        assert not import_records(lines, table=self, now=AT).refused


@pytest.fixture
def table() -> Indexed:
    """Return a table with an account of five events of 1, and one with none."""
    table = Indexed()
    table.bring(EUR, POINTS, RATE, {"type": "account", "id": "A", "number": "1"})
    table.bring({"type": "account", "id": "B", "number": LONG})
    table.bring(*(OPENING | {"id": f"O{at}", "amount": 1} for at in range(EVENTS)))
    return table


@pytest.mark.parametrize("named", ["A", "1"], ids=["id", "number"])
def test_a_wallet_is_shown_with_its_currency_and_what_it_is_in_points_now(table: Indexed, named: str) -> None:
    table.bring(RATE | {"id": "LATER", "rate": 200, "from_date": "2026-02-01T00:00:00"})
    engine = Engine.on(table)

    view = show_wallet(engine, named, now=AT)
    later = show_wallet(engine, named, now=datetime(2026, 2, 2, tzinfo=UTC))

    assert (view.customer.account.id, view.currency_code) == ("A", "EUR")
    assert (view.customer.wallet.balance, view.alternative_balance) == (Decimal(EVENTS), Decimal(100 * EVENTS))
    assert later == replace(view, alternative_balance=Decimal(1000))


def test_a_wallet_in_a_currency_that_a_container_does_not_know_yet_is_shown(table: Indexed) -> None:
    engine = Engine.on(table)
    engine.catalogue.programme(AT)
    table.bring(
        {"type": "currency", "id": "USD", "code": "USD"},
        {"type": "currency_rate", "id": "R2", "currency": "USD", "rate": 1},
        {"type": "account", "id": "C", "number": "3", "currency": "USD"},
    )

    assert show_wallet(engine, "C", now=AT).currency_code == "USD"


@pytest.mark.parametrize("named", ["NONE", LONG + "x"])
def test_an_account_that_does_not_exist_is_not_found_nor_looked_for_where_no_name_is_as_long(
    table: Indexed, named: str
) -> None:
    engine = Engine.on(table)
    table.reads.clear()

    for show in (
        lambda: show_wallet(engine, named, now=AT),
        lambda: show_journal(named, before=None, limit=9, table=table),
    ):
        with pytest.raises(Refused) as refused:
            show()
        assert refused.value.problems == (not_found("Account", named),)
    assert (keys.alias("account", "number", named) in table.reads) is (named == "NONE")


def test_the_longest_name_is_found(table: Indexed) -> None:
    page = show_journal(LONG, before=None, limit=9, table=table)

    assert (page.entries, page.before, page.missing, table.asked) == ([], None, [], [])


@pytest.mark.parametrize(
    ("before", "limit", "shown", "following"),
    [
        (None, 2, [5, 4], 4),
        (None, 4, [5, 4, 3, 2], 2),
        (None, 5, [5, 4, 3, 2, 1], None),
        (None, 9, [5, 4, 3, 2, 1], None),
        (4, 2, [3, 2], 2),
        (4, 3, [3, 2, 1], None),
        (9, 1, [5], 5),
        (2, 9, [1], None),
        (1, 9, [], None),
        (0, 9, [], None),
    ],
)
@pytest.mark.parametrize("late", [(), (5,), (3, 4), (5, 4, 3, 2, 1)], ids=str)
def test_a_page_has_the_newest_entries_below_a_number_and_those_that_the_index_lacks_are_waited_for(
    table: Indexed, before: int | None, limit: int, shown: list[int], following: int | None, late: tuple[int, ...]
) -> None:
    table.late, table.until = late, 2
    waits: list[float] = []

    page = show_journal("1", before=before, limit=limit, table=table, pause=waits.append)

    assert ([entry.sequence for entry in page.entries], page.before, page.missing) == (shown, following, [])
    assert tuple(waits) == (INDEX_WAITS[:2] if set(late) & set(shown) else ())
    assert set(table.asked) == ({(shown[0] + 1, len(shown))} if shown else set())


def test_what_the_index_still_lacks_is_told_after_the_last_wait(table: Indexed) -> None:
    table.late, table.until = (5, 3), 99
    waits: list[float] = []

    page = show_journal("A", before=None, limit=4, table=table, pause=waits.append)

    assert ([entry.sequence for entry in page.entries], page.missing, page.before) == ([4, 2], [5, 3], 2)
    assert tuple(waits) == INDEX_WAITS == (0.05, 0.1, 0.2)
    assert len(table.asked) == 1 + len(INDEX_WAITS)


def test_an_entry_that_is_newer_than_the_wallet_as_it_was_read_is_left_to_the_next_page(table: Indexed) -> None:
    wallet = show_wallet(Engine.on(table), "A", now=AT).customer.wallet

    page = journal_page(replace(wallet, version=3), before=None, limit=2, table=table, pause=lambda _: None)

    assert ([entry.sequence for entry in page.entries], page.before) == ([3, 2], 2)
