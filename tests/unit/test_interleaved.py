"""What is refused, given that others were at work between what was read and what is written: only what is still
impossible."""

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest

from loyalty.api.newest.purchase_requests import read_purchase
from loyalty.api.newest.returns import read_return
from loyalty.domain.access.partner import Partner
from loyalty.domain.errors import Code, Refused
from loyalty.domain.purchases.purchase import PurchaseRequest, Reference
from loyalty.store import keys
from loyalty.store.attributes import Item
from loyalty.store.backoff import Backoff
from loyalty.store.events import EventState
from loyalty.store.keys import Key
from loyalty.store.ledger import read_event
from loyalty.store.memory_table import MemoryTable
from loyalty.store.table import Table
from loyalty.store.writes import Write
from loyalty.usecases.engine import Engine
from loyalty.usecases.purchases.post_purchase import post_purchase
from loyalty.usecases.reference.import_records import import_records
from loyalty.usecases.reversals.take_back import cancel_purchase, return_products

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
PARTNER = Partner("P", frozenset(), frozenset({"*"}))
OFFER: dict[str, Any] = {"type": "reward_offer", "scheme": "S", "award": {"method": "PERCENTAGE", "value": 10}}
PROGRAMME: list[dict[str, Any]] = [
    {"type": "currency", "id": "EUR", "code": "EUR", "exponent": 2, "role": "SYSTEM"},
    {"type": "business_unit", "id": "M", "code": "M", "name": "Merchant", "clawback": "REFUSE"},
    {"type": "product", "id": "COFFEE", "code": "COFFEE"},
    {"type": "product", "id": "CAKE", "code": "CAKE"},
    {"type": "reward_scheme", "id": "S", "name": "Scheme"},
    {"type": "voucher_type", "id": "V", "name": "Coffee", "value_options": "FIXED", "value": 2},
    {**OFFER, "id": "AWARD", "name": "Award", "limits": {"budget": 4}},
    {
        "type": "reward_offer",
        "id": "VOUCHER",
        "name": "Voucher",
        "scheme": "S",
        "voucher_type": "V",
        "conditions": {"products": ["COFFEE"]},
    },
    {"type": "promotion_campaign", "id": "C", "name": "Campaign"},
    {"type": "promo_code", "id": "ONCE", "code": "ONCE", "promotion_campaign": "C", "maximum_uses": 1},
    {"type": "account", "id": "A", "number": "1"},
    {"type": "access_token", "id": "T", "account": "A", "authentication_code": "CARD"},
    {"type": "account", "id": "B", "number": "2"},
    {"type": "access_token", "id": "U", "account": "B", "authentication_code": "OTHER"},
]


class Interrupted(MemoryTable):
    """A table before whose n-th call somebody else does something, once."""

    def __init__(self, base: Table, first: int, rival: Callable[[Table], Any]) -> None:
        super().__init__()
        self._table = base
        self._left = first
        self._rival = rival

    @property
    def over(self) -> bool:
        """Whether it has happened."""
        return self._left <= 0

    def _call(self) -> None:
        self._left -= 1
        if self._left == 0:
            self._rival(self._table)

    def get_many(self, keys: Collection[Key], *, consistent: bool = False) -> dict[Key, Item]:
        """As `Table.get_many`."""
        self._call()
        return self._table.get_many(keys, consistent=consistent)

    def partition(self, pk: str, *, consistent: bool = False) -> Iterator[Item]:
        """As `Table.partition`."""
        self._call()
        return iter(list(self._table.partition(pk, consistent=consistent)))

    def transact(self, writes: Sequence[Write], backoff: Backoff | None = None) -> None:
        """As `Table.transact`."""
        self._call()
        self._table.transact(writes, backoff)


def stocked() -> MemoryTable:
    table = MemoryTable()
    assert not import_records([json.dumps(record).encode() for record in PROGRAMME], table=table, now=NOW).refused
    return table


def asked(reference_number: str = "R", card: str = "CARD", **fields: Any) -> PurchaseRequest:
    """Return the request of two lines of 20.00: a coffee and a cake; it gives an award of 4.00 and a voucher."""
    price = {"net_amount": 20, "tax_amount": 0, "total_amount": 20}
    body: dict[str, Any] = {
        "cim": card,
        "reference_number": reference_number,
        "merchant_tap": {"code": "M"},
        "products": [{"product_sku": "COFFEE", **price}, {"product_sku": "CAKE", **price}],
        **fields,
    }
    return read_purchase(body, NOW)


def buy(table: Table, reference_number: str = "R", card: str = "CARD", **fields: Any) -> str:
    """Post the purchase that `asked` describes, and return its id."""
    request = asked(reference_number, card, **fields)
    posting = post_purchase(Engine.on(table, pause=lambda _: None), request, PARTNER, now=NOW)
    return posting.event.entry.event_id


def cancel(table: Table, event_id: str) -> None:
    named = Reference("id", event_id, "")
    cancel_purchase(Engine.on(table, pause=lambda _: None), named, PARTNER, now=NOW)


def give_back(table: Table, event_id: str, *lines: int) -> None:
    body = {"reference_number": f"RET-{lines}", "products": [{"line": line} for line in lines]}
    request = read_return(body, Reference("id", event_id, ""), NOW)
    return_products(Engine.on(table, pause=lambda _: None), request, PARTNER, now=NOW)


def at_every_call(
    prepare: Callable[[Table], Any], act: Callable[[Table], Any], rival: Callable[[Table], Any]
) -> Iterator[Table]:
    """Return the table after `act`, with `rival` before its first call of the table, its second one, and so on."""
    for first in count(1):
        table = stocked()
        prepare(table)
        interrupted = Interrupted(table, first, rival)
        act(interrupted)
        if not interrupted.over:
            assert first > 3
            return
        yield table


def purchase_id() -> str:
    return buy(stocked())


@pytest.mark.parametrize("lines", [(0,), (1,), (0, 1)], ids=str)
def test_a_return_that_gets_in_between_is_no_reason_to_refuse_a_cancellation(lines: tuple[int, ...]) -> None:
    event_id = purchase_id()

    def rival(table: Table) -> None:
        with suppress(Refused):  # after the cancellation
            give_back(table, event_id, *lines)

    for table in at_every_call(buy, lambda at: cancel(at, event_id), rival):
        purchase, wallet = read_event(table, event_id), table.get(keys.wallet("A"))
        assert purchase
        assert wallet
        assert (purchase.state, wallet["balance"]) == (EventState.CANCELLED, 0)
        [voucher] = purchase.purchase_document.vouchers
        assert (table.get(keys.voucher(voucher.id)) or {})["state"] == "VOIDED"


def test_a_return_of_other_goods_that_gets_in_between_is_no_reason_to_refuse_a_return() -> None:
    event_id = purchase_id()

    for table in at_every_call(buy, lambda at: give_back(at, event_id, 0), lambda at: give_back(at, event_id, 1)):
        assert (table.get(keys.wallet("A")) or {})["balance"] == 0
        assert (table.get(keys.counter("reward_offer", "AWARD")) or {})["used"] == 0


def test_a_return_that_fills_the_wallet_just_in_time_is_no_reason_to_refuse_another_one() -> None:
    """The cake gave an award, which is spent; each line was paid with 1.00 of the wallet, in part."""
    cake_only = {**OFFER, "id": "AWARD", "name": "Award", "conditions": {"products": ["CAKE"]}}
    opening = {
        "type": "opening_balance",
        "id": "OB",
        "account": "A",
        "amount": 2,
        "performed_on": "2026-01-01T00:00:00",
    }
    coffee = {"product_sku": "COFFEE", "net_amount": 2, "tax_amount": 0, "total_amount": 2}

    def prepare(table: Table) -> None:
        lines = [json.dumps(record).encode() for record in (cake_only, opening)]
        assert not import_records(lines, table=table, now=NOW).refused
        buy(table, spend_request={"amount": 2})
        buy(table, "LATER", products=[coffee], spend_request={"amount": 2})

    def act(table: Table) -> None:
        with suppress(Refused):  # undisturbed
            give_back(table, event_id, 1)

    event_id = purchase_id()
    for table in at_every_call(prepare, act, lambda at: give_back(at, event_id, 0)):
        assert (table.get(keys.wallet("A")) or {})["balance"] == 0
        purchase = read_event(table, event_id)
        assert purchase
        assert purchase.taken_back.lines == {0: 1, 1: 1}


def test_two_cancellations_at_a_time_are_one() -> None:
    event_id = purchase_id()

    for table in at_every_call(buy, lambda at: cancel(at, event_id), lambda at: cancel(at, event_id)):
        assert (table.get(keys.wallet("A")) or {})["version"] == 2


def test_of_two_who_use_a_code_that_is_good_for_one_the_other_is_refused() -> None:
    def rival(table: Table) -> None:
        with suppress(Refused):  # who comes after the purchase
            buy(table, "RIVAL", "OTHER", promo_code="ONCE")

    def act(table: Table) -> None:
        with suppress(Refused):
            buy(table, promo_code="ONCE")

    for table in at_every_call(lambda _: None, act, rival):
        versions = [(table.get(keys.wallet(name)) or {}).get("version", 0) for name in "AB"]
        assert sorted(versions) == [0, 1]
        assert (table.get(keys.counter("promo_code", "ONCE")) or {})["used"] == 1


def test_a_budget_that_is_used_up_in_between_is_not_exceeded_and_nobody_is_refused_for_it() -> None:

    for table in at_every_call(lambda _: None, buy, lambda at: buy(at, "RIVAL", "OTHER")):
        balances = {name: (table.get(keys.wallet(name)) or {}).get("balance", 0) for name in "AB"}
        assert sum(balances.values()) == 4
        assert (table.get(keys.counter("reward_offer", "AWARD")) or {})["used"] == 4


def test_of_two_imports_of_records_with_one_name_the_later_row_is_refused_and_all_others_are_kept() -> None:
    def imported(table: Table, name: str) -> list[Code]:
        rows = [{"type": "product", "id": name, "code": "SAME"}, {"type": "product", "id": f"{name}-2", "code": name}]
        lines = [json.dumps(row).encode() for row in rows]
        return [bad.code for bad in import_records(lines, table=table, now=NOW).refused]

    refused: list[Code] = []
    for table in at_every_call(
        lambda _: refused.clear(),
        lambda at: refused.extend(imported(at, "OURS")),
        lambda at: refused.extend(imported(at, "RIVAL")),
    ):
        assert refused == [Code.DUPLICATE]
        kept = table.get_many([keys.record("product", name) for name in ("OURS", "OURS-2", "RIVAL", "RIVAL-2")])
        assert len(kept) == 3


def test_a_card_that_is_blocked_while_another_import_is_at_work_stays_blocked() -> None:
    card = {"type": "access_token", "id": "CARD", "account": "A", "authentication_code": "CARD-9", "number": "1"}
    blocked = json.dumps({**card, "life_cycle_state": "NOT_EFFECTIVE"}).encode()

    def nightly(table: Table) -> None:
        assert import_records([json.dumps({**card, "number": "2"}).encode()], table=table, now=NOW).refused == []

    for table in at_every_call(
        lambda at: import_records([json.dumps(card).encode()], table=at, now=NOW),
        nightly,
        lambda at: import_records([blocked], table=at, now=NOW),
    ):
        item = table.get(keys.record("access_token", "CARD"))
        assert item
        assert json.loads(item["record"])["life_cycle_state"] == "NOT_EFFECTIVE"
