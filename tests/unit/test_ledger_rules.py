"""The ledger's own rules hold before each write: an event that breaks one is never posted, whatever made it so."""

from collections.abc import Callable
from typing import Any, cast

import pytest
from msgspec.structs import replace

from loyalty.domain.ledger.rules import RuleBroken
from loyalty.domain.ledger.wallet import Movement
from loyalty.store.customers import Customer
from loyalty.store.ledger import PreparedEvent
from loyalty.usecases.ledger.transaction_batch import EventDraft, TransactionBatch, next_batch
from tests.builders import line, purchase
from tests.unit.test_reversal import TEN, book, money

CENT = money("0.01")
Forge = Callable[[PreparedEvent], PreparedEvent]


class Forged:
    """A draft that is right, but for what is forged of the event that it prepares."""

    def __init__(self, draft: EventDraft, forge: Forge) -> None:
        self._draft, self._forge = draft, forge

    def __getattr__(self, name: str) -> Any:
        return getattr(self._draft, name)

    def prepare(self, *known: Any) -> PreparedEvent:
        """Return the event as it is forged."""
        return self._forge(self._draft.prepare(*known))


def of_entry(**fields: Any) -> Forge:
    """Forge fields of the journal entry."""
    return lambda one: replace(one, event=replace(one.event, entry=replace(one.event.entry, **fields)))


def of_wallet(**fields: Any) -> Forge:
    """Forge fields of the wallet as it is after the event."""
    return lambda one: replace(one, wallet=replace(one.wallet, **fields))


def batch(forge: Forge) -> TransactionBatch:
    """Return what goes into a transaction of a purchase that is forged."""
    ledger = book(TEN)
    draft = Forged(ledger.purchase_draft(purchase(line("20"))), forge)
    return next_batch({0: cast(EventDraft, draft)}, Customer(ledger.account, ledger.wallet), {}, set())


def test_an_event_that_keeps_the_rules_is_posted() -> None:
    assert batch(of_entry()).prepared


@pytest.mark.parametrize(
    ("forge", "rule"),
    [
        (of_entry(sequence=7), "numbered 1 to n without gaps"),
        (of_entry(balance=money("10.01")), "the one before it plus the event's amount"),
        (of_entry(movement=Movement(awarded=money("10"), spent=CENT)), "the one before it plus the event's amount"),
        (of_wallet(balance=money("10") + CENT), "its entry at"),
        (of_wallet(version=7), "its entry at"),
        (of_wallet(balance=money("9.99"), booked={"2026-12": money("10")}), "its entry at"),
    ],
)
def test_an_event_that_breaks_a_rule_is_not_posted(forge: Forge, rule: str) -> None:
    with pytest.raises(RuleBroken, match=rule):
        batch(forge)
