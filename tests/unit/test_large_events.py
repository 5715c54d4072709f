"""An event that is larger than DynamoDB keeps is refused alone, and what is posted together fits into a transaction."""

import json
from collections.abc import Callable, Sequence
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from botocore.exceptions import ClientError

from loyalty.api.newest.purchase_requests import read_purchase
from loyalty.api.newest.returns import read_return
from loyalty.domain.errors import Code, Refused
from loyalty.domain.ledger.uses import UseHistory, Uses, WindowUse
from loyalty.domain.ledger.wallet import LASTING, Wallet
from loyalty.domain.purchases.purchase import PurchaseRequest, Reference
from loyalty.store import keys
from loyalty.store.attributes import Item, size_of
from loyalty.store.backoff import Backoff
from loyalty.store.events import wallet_item
from loyalty.store.memory_table import MemoryTable, after
from loyalty.store.writes import Put, Write
from loyalty.usecases.engine import Engine
from loyalty.usecases.ledger.post_events import EventOutcome, PostedEvent
from loyalty.usecases.ledger.transaction_batch import MAX_EVENT_BYTES, TOO_LARGE, TOO_LARGE_WALLET
from loyalty.usecases.purchases.post_purchase import post_purchases
from loyalty.usecases.reference.import_records import import_records
from loyalty.usecases.reversals.take_back import return_products
from tests.unit.test_interleaved import NOW, OFFER, PARTNER, PROGRAMME

MAX_ITEM = 400 * 1024
MAX_TRANSACTION = 4 * 1024 * 1024
LINES = 1000
ONE = Decimal(1)


class Limited(MemoryTable):
    """A table that takes no more bytes than DynamoDB does."""

    def __init__(self) -> None:
        super().__init__()
        self.transactions: list[int] = []
        """The bytes of each transaction of events."""
        self.refused = 0
        """How many transactions were too large."""

    def transact(self, writes: Sequence[Write], backoff: Backoff | None = None) -> None:
        """As `Table.transact`."""
        sizes = [_bytes(after(write, self.get(write.key)) or {}) for write in writes]
        if max(sizes) > MAX_ITEM or sum(sizes) > MAX_TRANSACTION:
            self.refused += 1
            about: Any = {"Error": {"Code": "ValidationException", "Message": "too large"}}
            raise ClientError(about, "TransactWriteItems")
        super().transact(writes, backoff)
        if any(write.key.pk.startswith("EVENT#") for write in writes):
            self.transactions.append(sum(sizes))


def _bytes(item: Item) -> int:
    return sum(
        len(name) + len(value if isinstance(value, bytes) else str(value).encode()) for name, value in item.items()
    )


def engine(offers: int, cards: Sequence[str]) -> Engine:
    """Return an engine with so many offers that count for every line, and an account for each card."""
    records = [record for record in PROGRAMME if record["type"] not in ("account", "access_token", "reward_offer")]
    records += [{**OFFER, "id": f"O{at}", "name": f"Offer {at}", "award": _percentage(at)} for at in range(offers)]
    for card in cards:
        records += [{"type": "account", "id": f"A-{card}", "number": card}]
        records += [{"type": "access_token", "id": card, "account": f"A-{card}", "authentication_code": card}]
    table = Limited()
    assert not import_records([json.dumps(one).encode() for one in records], table=table, now=NOW).refused
    return Engine.on(table, pause=lambda _: None)


def _percentage(at: int) -> dict[str, Any]:
    return {"method": "PERCENTAGE", "value": 1 + 997 * at % 9973 / 1000}


def request(number: str, card: str, lines: int = LINES, quantity: Decimal = ONE) -> PurchaseRequest:
    """Return the request of a purchase with so many lines of amounts that have nothing in common."""
    chance = Random(number)
    amounts = [Decimal(chance.randrange(10**8, 10**13)) / 100 for _ in range(lines)]
    products = [
        {"product_sku": "CAKE", "quantity": quantity, "net_amount": net, "tax_amount": Decimal(0), "total_amount": net}
        for net in amounts
    ]
    body = {"cim": card, "reference_number": number, "merchant_tap": {"code": "M"}, "products": products}
    return read_purchase(body, NOW)


def posted(engine: Engine, requests: Sequence[PurchaseRequest]) -> list[EventOutcome]:
    """Return what became of purchases that meet no fault of ours."""
    return post_purchases(engine, requests, PARTNER, now=NOW)


def _told(outcome: EventOutcome) -> str:
    return outcome.problems[0].description if isinstance(outcome, Refused) else "posted"


def test_a_purchase_that_is_too_large_to_be_kept_is_refused_alone() -> None:
    used = engine(50, ("LARGE", "OTHER"))

    outcomes = posted(used, [request("1", "LARGE"), request("2", "LARGE", 2), request("3", "OTHER", 2)])

    assert list(map(_told, outcomes)) == [TOO_LARGE, "posted", "posted"]
    assert isinstance(outcomes[0], Refused)
    assert outcomes[0].problems[0].code is Code.LIMIT_EXCEEDED


def use_offers(engine: Engine, account: str, offers: int) -> None:
    """Let an account have used so many offers that are limited, whose ids have nothing in common."""
    used = UseHistory({"2026-01-01": WindowUse(1, {"EUR": Decimal("0.01")})})
    _keep(engine, Wallet(account, version=1, uses=Uses(dict.fromkeys(_ids(offers), used))))


def waive(engine: Engine, account: str, purchases: int) -> None:
    """Let an account keep something of so many purchases that were taken back."""
    waived = dict.fromkeys(_ids(purchases), Decimal("0.01"))
    forgiven = {LASTING: sum(waived.values(), Decimal(0))}
    _keep(engine, Wallet(account, version=1, waived=waived, forgiven=forgiven))


def _ids(count: int) -> list[str]:
    return [Random(number).randbytes(25).hex() for number in range(count)]


def _keep(engine: Engine, wallet: Wallet) -> None:
    engine.table.put(Put(keys.wallet(wallet.account_id), wallet_item(wallet)))


@pytest.mark.parametrize(("fill", "count"), [(use_offers, 12_000), (waive, 7_000)])
def test_a_wallet_that_remembers_more_than_can_be_kept_takes_no_purchase(
    fill: Callable[[Engine, str, int], None], count: int
) -> None:
    used = engine(1, ("MUCH", "OTHER"))
    fill(used, "A-MUCH", count)

    outcomes = posted(used, [request("1", "MUCH", 1), request("2", "OTHER", 1)])

    assert list(map(_told, outcomes)) == [TOO_LARGE_WALLET, "posted"]
    assert isinstance(outcomes[0], Refused)
    assert outcomes[0].problems[0].code is Code.LIMIT_EXCEEDED


def test_purchases_of_wallets_that_are_too_large_together_go_into_several_transactions() -> None:
    cards = [f"C{at}" for at in range(15)]
    used = engine(1, cards)
    for card in cards:
        use_offers(used, f"A-{card}", 8_000)

    outcomes = posted(used, [request(str(at), card, 1) for at, card in enumerate(cards)])

    assert list(map(_told, outcomes)) == ["posted"] * 15
    assert isinstance(used.table, Limited)
    assert used.table.refused == 0
    assert len(used.table.transactions) > 1


@pytest.mark.parametrize("wallets", [1, 20])
def test_purchases_that_are_too_large_together_go_into_several_transactions(wallets: int) -> None:
    cards = [f"C{at}" for at in range(wallets)]
    used = engine(30, cards)

    outcomes = posted(used, [request(str(at), cards[at % wallets]) for at in range(20)])

    assert list(map(_told, outcomes)) == ["posted"] * 20
    assert isinstance(used.table, Limited)
    assert used.table.refused == 0
    assert sum(used.table.transactions) > MAX_TRANSACTION


def test_goods_of_the_largest_purchase_can_be_returned() -> None:
    used, sold = engine(39, ("LARGE",)), Decimal("987654321098.7654")
    (purchase,) = posted(used, [request("1", "LARGE", quantity=sold)])
    assert isinstance(purchase, PostedEvent)
    assert isinstance(used.table, Limited)
    assert used.table.transactions[0] > MAX_EVENT_BYTES - 10_000
    returned = [{"line": at, "quantity": sold - Decimal("0.0001")} for at in range(LINES)]

    back = read_return(
        {"reference_number": "R", "products": returned}, Reference("id", purchase.event.entry.event_id, ""), NOW
    )
    return_products(used, back, PARTNER, now=NOW)

    assert used.table.refused == 0
    assert len(used.table.transactions) == 2


def test_the_bytes_of_an_item_are_those_that_dynamodb_counts_or_a_few_more() -> None:
    item = {"name": "é", "kept": b"1234", "number": Decimal("1.5"), "flag": True, "list": ["a", "b"], "absent": None}

    assert size_of(item) == (4 + 2) + (4 + 4) + (6 + 21) + (4 + 1) + (4 + 3 + 2 * 2)
