"""A fault of ours, such as an event that would break a rule of the ledger, holds up its own wallet and no other."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from botocore.exceptions import ClientError
from msgspec.structs import replace

from loyalty.api.newest.purchase_requests import read_purchase
from loyalty.domain.errors import Code, Refused
from loyalty.domain.ledger.rules import RuleBroken
from loyalty.store.backoff import Backoff
from loyalty.store.ledger import PreparedEvent
from loyalty.store.memory_table import MemoryTable
from loyalty.store.writes import Put, Write
from loyalty.usecases.engine import Engine
from loyalty.usecases.ledger.post_events import EventOutcome
from loyalty.usecases.purchases.post_purchase import post_purchases
from loyalty.usecases.purchases.purchase_draft import PurchaseDraft
from loyalty.usecases.reference.import_records import import_records
from tests.unit.test_interleaved import NOW, PARTNER, PROGRAMME

CARDS = ("CARD", "OTHER", "THIRD")


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    """An engine that gets the balance of each purchase wrong whose reference number ends in `-wrong`."""
    third = [{"type": "account", "id": "D", "number": "3"}]
    third += [{"type": "access_token", "id": "W", "account": "D", "authentication_code": "THIRD"}]
    table = MemoryTable()
    lines = [json.dumps(record).encode() for record in [*PROGRAMME, *third]]
    assert not import_records(lines, table=table, now=NOW).refused
    prepare = PurchaseDraft.prepare

    def prepared(draft: PurchaseDraft, *known: Any) -> PreparedEvent:
        one = prepare(draft, *known)
        if not str(draft.request.reference_number).endswith("-wrong"):
            return one
        return replace(one, event=replace(one.event, entry=replace(one.event.entry, balance=one.wallet.balance + 1)))

    monkeypatch.setattr(PurchaseDraft, "prepare", prepared)
    return Engine.on(table, pause=lambda _: None)


def posted(engine: Engine, cards: Mapping[str, str]) -> tuple[list[str], list[Exception]]:
    """Return what became of purchases, by reference number with the card of each, and the faults that were heard of."""
    heard: list[Exception] = []
    requests = [
        read_purchase(
            {
                "cim": card,
                "reference_number": number,
                "merchant_tap": {"code": "M"},
                "products": [{"product_sku": "CAKE", "net_amount": 10, "tax_amount": 0, "total_amount": 10}],
            },
            NOW,
        )
        for number, card in cards.items()
    ]
    outcomes = post_purchases(engine, requests, PARTNER, now=NOW, report=heard.append)
    return [_told(outcome) for outcome in outcomes], heard


def _told(outcome: EventOutcome) -> str:
    return outcome.problems[0].code.name if isinstance(outcome, Refused) else "posted"


def test_a_rule_that_would_be_broken_is_the_fault_of_that_wallet_alone(engine: Engine) -> None:
    told, heard = posted(engine, {"1": "CARD", "2-wrong": "OTHER", "3": "THIRD"})

    assert told == ["posted", Code.INTERNAL.name, "posted"]
    assert [type(fault) for fault in heard] == [RuleBroken]


def test_what_comes_before_it_in_its_wallet_is_posted_and_nothing_after_it(engine: Engine) -> None:
    told, heard = posted(engine, {"1": "CARD", "2": "OTHER", "3-wrong": "OTHER", "4": "OTHER", "5": "THIRD"})

    assert told == ["posted", "posted", Code.INTERNAL.name, Code.INTERNAL.name, "posted"]
    assert len(heard) == 1


def test_each_wallet_has_its_own_fault(engine: Engine) -> None:
    told, heard = posted(engine, {f"{place}-wrong": card for place, card in enumerate(CARDS)})

    assert told == [Code.INTERNAL.name] * 3
    assert len(heard) == 3


class Refusing(MemoryTable):
    """A table that takes no transaction with a purchase whose reference number ends in `-refused`, as DynamoDB takes
    none that it finds invalid."""

    def transact(self, writes: Sequence[Write], backoff: Backoff | None = None) -> None:
        """As `Table.transact`."""
        items = [write.item for write in writes if isinstance(write, Put)]
        if any(str(item.get("reference_number")).endswith("-refused") for item in items):
            about: Any = {"Error": {"Code": "ValidationException", "Message": "invalid"}}
            raise ClientError(about, "TransactWriteItems")
        super().transact(writes, backoff)


def test_an_event_that_cannot_be_written_is_the_fault_of_its_wallet_alone(engine: Engine) -> None:
    refusing = Engine.on(Refusing(engine.table), pause=lambda _: None)

    told, heard = posted(refusing, {"1": "CARD", "2-refused": "OTHER", "3": "THIRD", "4": "OTHER"})

    assert told == ["posted", Code.INTERNAL.name, "posted", Code.INTERNAL.name]
    assert [type(fault) for fault in heard] == [ClientError]


class FailingOnce(MemoryTable):
    """A table that fails a transaction of several wallets, and none after it."""

    failed = False

    def transact(self, writes: Sequence[Write], backoff: Backoff | None = None) -> None:
        """As `Table.transact`."""
        wallets = [write for write in writes if write.key.sk == "WALLET"]
        if len(wallets) > 1 and not self.failed:
            self.failed = True
            raise ZeroDivisionError
        super().transact(writes, backoff)


def test_a_fault_that_several_wallets_met_together_and_none_alone_is_heard_of_once_they_are_posted(
    engine: Engine,
) -> None:
    once = Engine.on(FailingOnce(engine.table), pause=lambda _: None)

    told, heard = posted(once, {"1": "CARD", "2": "OTHER", "3": "THIRD"})

    assert told == ["posted"] * 3
    assert [type(fault) for fault in heard] == [ZeroDivisionError]
