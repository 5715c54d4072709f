"""Balances that are brought over: each posted once, whatever has become of its account since."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from loyalty.domain.errors import Code, Problem, Refused, not_found
from loyalty.domain.fingerprint import Fingerprint
from loyalty.domain.identity import Origin, derived_id
from loyalty.domain.ledger.wallet import EventType, JournalEntry, Movement
from loyalty.store import keys
from loyalty.store.backoff import Backoff
from loyalty.store.events import Event, wallet_of
from loyalty.store.ledger import read_event
from loyalty.store.memory_table import MemoryTable
from loyalty.store.writes import Put, Write
from loyalty.usecases.ledger.opening_balance import find_opening_balance, post_opening_balance
from loyalty.usecases.ledger.post_events import PostedEvent
from tests.builders import AT, POINTS, RATE, programme

EVENT_ID = derived_id(Origin.OPENING_BALANCE, "O")
YEN = {"type": "currency", "id": "JPY", "code": "YEN", "exponent": 0}
KNOWN = programme(POINTS, RATE, YEN, {"type": "currency_rate", "id": "R2", "currency": "JPY", "rate": 150})


def opening(**fields: Any) -> dict[str, Any]:
    return {"id": "O", "account": "A", "amount": Decimal("12.50"), "performed_on": "2026-01-02T03:04:05", **fields}


class Table(MemoryTable):
    """A table with an account; it may be too busy to be written to."""

    busy = False

    def __init__(self) -> None:
        super().__init__()
        self.bring()

    def bring(self, state: str = "ACTIVE", currency: str | None = None) -> None:
        """Let the account be in a state, and its wallet in a currency."""
        named = f', "currency": "{currency}"' if currency else ""
        record = f'{{"id": "A", "number": "1", "life_cycle_state": "{state}"{named}}}'
        self.put(Put(keys.account("A"), {"record": record}))

    def transact(self, writes: Sequence[Write], backoff: Backoff | None = None) -> None:
        """As `Table.transact`."""
        if self.busy:
            raise Refused(Problem(Code.RETRY_LATER, "Busy."))
        super().transact(writes, backoff)

    def versions(self) -> int:
        """Return how many events the wallet has."""
        return wallet_of("A", self.get(keys.wallet("A"))).version


@pytest.fixture
def table() -> Table:
    return Table()


def post(table: Table, record: Mapping[str, Any]) -> PostedEvent:
    return post_opening_balance(record, programme=KNOWN, table=table, now=AT)


def refusal(table: Table, record: Mapping[str, Any]) -> Problem:
    """Return why a record is refused, which leaves the wallet as it is."""
    before = table.versions()
    with pytest.raises(Refused) as refused:
        post(table, record)
    assert table.versions() == before
    [problem] = refused.value.problems
    return problem


DUPLICATE = Problem(Code.DUPLICATE, "This opening balance is already posted, with different content.", "/id")


def test_an_opening_balance_is_an_adjustment_of_its_date_by_its_amount(table: Table) -> None:
    told = post(table, opening())

    event = read_event(table, EVENT_ID)
    assert event
    assert told == PostedEvent(event, replayed=False)
    amount, alternative = Decimal("12.50"), Decimal(1250)
    assert event == Event(
        entry=JournalEntry(
            account_id="A",
            sequence=1,
            event_id=EVENT_ID,
            type=EventType.ADJUSTMENT,
            performed_on=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
            posted_on=AT,
            reference_number="O",
            merchant_id=None,
            movement=Movement(amount, Decimal(0), alternative, Decimal(0)),
            balance=amount,
            alternative_balance=alternative,
        ),
        origin=Origin.OPENING_BALANCE,
        fingerprint=Fingerprint.of_fields(opening()).digest,
        partner_id=None,
        document=None,
        link=event.link,
    )
    assert wallet_of("A", table.get(keys.wallet("A"))).balance == amount


OTHERS: list[dict[str, Any]] = [{"amount": 13}, {"performed_on": "2026-01-02T00:00:00"}]


@pytest.mark.parametrize("state", ["ACTIVE", "SUSPENDED"])
def test_it_is_posted_once_whatever_became_of_its_account(table: Table, state: str) -> None:
    first = post(table, opening())
    table.bring(state)

    assert post(table, opening(amount=Decimal("12.5"))) == PostedEvent(first.event, replayed=True)

    assert [refusal(table, opening(**other)) for other in OTHERS] == [DUPLICATE] * 2
    assert table.versions() == 1


def test_another_account_cannot_have_the_same_one(table: Table) -> None:
    post(table, opening())

    assert refusal(table, opening(account="B")) == DUPLICATE


def test_while_the_table_is_busy_it_is_put_off_and_not_told_to_be_posted(table: Table) -> None:
    table.busy = True
    assert refusal(table, opening()).code is Code.RETRY_LATER
    table.busy = False
    post(table, opening())
    table.busy = True

    assert refusal(table, opening()).code is Code.RETRY_LATER


def test_an_account_has_to_be_there_and_active(table: Table) -> None:
    assert refusal(table, opening(account="NOBODY")) == not_found("Account", "NOBODY", "/account")
    table.bring("SUSPENDED")
    assert refusal(table, opening()) == Problem(Code.INVALID, "The account is SUSPENDED.", "/account")


@pytest.mark.parametrize(
    ("currency", "amount", "told"),
    [
        (None, "1.001", "EUR has 2 decimals. Write no more than that."),
        ("JPY", "1.5", "YEN has 0 decimals. Write no more than that."),
        ("JPY", "2.00", None),
    ],
)
def test_an_amount_is_in_the_wallets_currency_and_has_no_more_decimals(
    table: Table, currency: str | None, amount: str, told: str | None
) -> None:
    table.bring(currency=currency)

    if told is None:
        assert post(table, opening(amount=Decimal(amount))).event.entry.balance == Decimal(amount)
        return
    assert refusal(table, opening(amount=Decimal(amount))) == Problem(Code.INVALID, told, "/amount")


def test_a_posted_one_is_found_whose_account_has_lost_the_name_that_stands_in_it(table: Table) -> None:
    """The event knows the account's id; amount and date have to be the same."""
    assert find_opening_balance(opening(account="OLD NAME"), table=table) is None
    event = post(table, opening()).event

    assert find_opening_balance(opening(account="OLD NAME"), table=table) == event
    assert find_opening_balance(opening(), table=table) == event
    assert [find_opening_balance(opening(account="OLD NAME", **other), table=table) for other in OTHERS] == [None] * 2
    assert find_opening_balance(opening(account="OLD NAME", id="O2"), table=table) is None
