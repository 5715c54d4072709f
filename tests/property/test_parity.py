"""What a preview shows is what posting does, in both APIs, whatever the programme, the wallet and the purchase."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty.api.classic.preview import render_preview
from loyalty.api.classic.purchases import render_purchase
from loyalty.api.classic.reading import read_preview, read_purchase
from loyalty.api.newest import purchase_answers, purchase_requests
from loyalty.domain.errors import Refused
from loyalty.domain.ledger.wallet import Wallet
from loyalty.domain.purchases.purchase import Line, PurchaseRequest
from loyalty.store import keys
from loyalty.store.events import Event, wallet_item
from loyalty.store.memory_table import MemoryTable
from loyalty.store.reference import items_of
from loyalty.store.writes import Put
from loyalty.usecases.engine import Engine
from loyalty.usecases.purchases.event_records import EventRecordsReader, owner_of
from loyalty.usecases.purchases.post_purchase import post_purchase
from loyalty.usecases.purchases.preview_purchase import preview_purchase
from tests.builders import AT, DESK, EUR, SCHEME, SHOP, imported
from tests.customers import EVERYTHING
from tests.property.test_limits import LIMITS
from tests.property.test_pricing import LIMIT, LINES, MONEY, OFFERS, SPEND_SETTINGS, WALLETS, cents, some

NOW = AT + timedelta(hours=1)
CUSTOMER: list[dict[str, Any]] = [
    {"type": "contact", "id": "C1", "first_name": "Ada"},
    {"type": "product_type", "id": "K", "name": "K"},
    {"type": "product_type", "id": "L", "name": "L"},
    {"type": "product", "id": "P", "code": "P"},
    {"type": "product", "id": "Q", "code": "Q", "product_type": "K"},
    {"type": "product", "id": "R", "code": "R", "product_type": "L"},
    {"type": "partner", "id": "DEMO", "name": "Demo"},
]
ACCOUNTS = some(
    type=st.just("account"),
    id=st.just("A1"),
    number=st.just("1"),
    contact=st.just("C1"),
    participant=st.just({"id": "RP", "number": "1"}),
    currency=st.sampled_from([None, "CRW", "PTS"]),
    automatic_spend=some(
        enabled=st.booleans(), minimum_wallet_balance=LIMIT, minimum_amount=LIMIT, maximum_amount=LIMIT
    ),
)
LIMITED_OFFERS = st.tuples(OFFERS, st.lists(st.none() | LIMITS, min_size=5, max_size=5)).map(
    lambda drawn: [rule | ({"limits": limits} if limits else {}) for rule, limits in zip(*drawn, strict=False)]
)
SPENDS = st.tuples(st.sampled_from(["amount", "alternative_amount"]), cents(1, 20000))
PROGRAMMES = st.builds(
    lambda account, rules, limits: imported(
        *(EUR, SHOP, DESK, SCHEME), *MONEY, *CUSTOMER, account, *rules, *([limits] if limits else [])
    ),
    ACCOUNTS,
    LIMITED_OFFERS,
    st.none() | SPEND_SETTINGS,
)


class Till:
    """A till at a place, with a table of its own."""

    def __init__(self, records: list[dict[str, Any]], wallet: Wallet, place: str) -> None:
        self.place = place
        self.table = table_of(records, wallet)
        self.engine = Engine.on(self.table)

    def newest(self, lines: list[Line], spend: tuple[str, Decimal] | None) -> tuple[Any, Any]:
        """Return what the newest API's preview answers, and then what it posts."""
        body = {
            "contact_id": "C1",
            "reference_number": "R",
            "performed_on": int(AT.timestamp()),
            "outlet_tap" if self.place == "D" else "merchant_tap": {"code": self.place},
            "products": [{"product_sku": code_of(line), **amounts(line, "tax_amount")} for line in lines],
            "spend_request": spend and dict([spend]),
        }

        def preview() -> Any:
            request, _ = purchase_requests.read_preview(body, NOW)
            return purchase_answers.render_preview(preview_purchase(self.engine, request, EVERYTHING, now=NOW))

        return outcome(preview), outcome(lambda: self.told(self.posted(purchase_requests.read_purchase(body, NOW))))

    def classic(self, lines: list[Line], switched_off: bool) -> tuple[Any, Any]:
        """Return what the classic API's preview answers, and then what it posts, told by both APIs."""
        body = {
            "accounts_receivable_identifier": {"number": "1"},
            "performed_by_business_unit_identifier": {"code": self.place},
            "performed_on": AT.replace(tzinfo=None).isoformat(),
            "reference_number": "R",
            "disable_instant_spend": switched_off,
            "products_set": [
                {"product_identifier": {"code": code_of(line)}, **amounts(line, "vat_amount")} for line in lines
            ],
        }

        def preview() -> Any:
            found = preview_purchase(self.engine, read_preview(body), EVERYTHING, now=NOW)
            owner = owner_of(found.customer.account, table=self.table)
            return render_preview(found, owner, self.engine.catalogue.directory(NOW))

        def create() -> Any:
            event = self.posted(read_purchase(body, EVERYTHING, None))
            vouchers = event.purchase_document.vouchers
            return render_purchase(EventRecordsReader(self.engine, NOW)(event)), {
                **self.told(event),
                "vouchers": vouchers,
            }

        return outcome(preview), outcome(create)

    def posted(self, request: PurchaseRequest) -> Event:
        """Return the event that a purchase becomes."""
        return post_purchase(self.engine, request, EVERYTHING, now=NOW).event

    def told(self, event: Event) -> Any:
        """Return the event as the newest API tells it."""
        return purchase_answers.render_purchase(event, self.engine.catalogue.directory(NOW))


def table_of(records: list[dict[str, Any]], wallet: Wallet) -> MemoryTable:
    """Return a table with these records and this wallet."""
    items = {key: item for record in records for key, item in items_of(record).items()}
    items |= {keys.PROGRAMME_VERSION: {"version": 1}, keys.wallet("A1"): wallet_item(wallet)}
    table = MemoryTable()
    table.transact([Put(key, item) for key, item in items.items()])
    return table


def code_of(line: Line) -> str:
    assert line.product
    return line.product.code


def amounts(line: Line, tax: str) -> dict[str, Decimal]:
    return {"quantity": line.quantity, "net_amount": line.net, tax: line.tax, "total_amount": line.total}


def outcome(of: Callable[[], Any]) -> Any:
    """Return what it answers, or what it is refused for."""
    try:
        return of()
    except Refused as refused:
        return [problem.code for problem in refused.problems]


def total(parts: list[Any], name: str, **like: Any) -> Decimal:
    """Return the sum of an amount over those parts that are like this."""
    return sum((part[name] for part in parts if like.items() <= part.items()), Decimal(0))


@settings(max_examples=700, deadline=None)
@given(PROGRAMMES, WALLETS, LINES, st.none() | SPENDS, st.sampled_from("SD"), st.booleans())
def test_both_apis_post_what_they_have_shown(
    records: list[dict[str, Any]], wallet: Wallet, lines: list[Line], spend: Any, place: str, switched_off: bool
) -> None:
    shown, posted = Till(records, wallet, place).newest(lines, spend)
    classic_shown, classic_posted = Till(records, wallet, place).classic(lines, switched_off)

    assert_the_newest_api_keeps_its_word(shown, posted, wallet)
    assert_the_classic_api_keeps_its_word(classic_shown, classic_posted, wallet)
    if not spend and not switched_off and isinstance(shown, dict):
        for name in ("awards", "spends", "amount", "balance"):
            assert classic_posted[1][name] == posted[name]


def assert_the_newest_api_keeps_its_word(shown: Any, posted: Any, wallet: Wallet) -> None:
    if not isinstance(shown, dict):
        assert posted == shown
        return
    for name in ("awards", "spends", "net_amount", "tax_amount", "total_amount"):
        assert posted[name] == shown[name]
    assert shown["balance"] == wallet.balance
    assert posted["amount"] == total(shown["awards"], "wallet_amount") - total(shown["spends"], "wallet_amount")
    assert posted["balance"] == wallet.balance + posted["amount"]


def assert_the_classic_api_keeps_its_word(shown: Any, posted: Any, wallet: Wallet) -> None:
    """The preview is in the system currency, and so is what is told of spends; awards are told in the wallet's (Q2)."""
    if not isinstance(shown, dict):
        assert posted == shown
        return
    data, event = posted
    assert shown["wallet_balance"] == wallet.balance == event["balance"] - event["amount"]
    assert shown["total_award_amount"] == total(event["awards"], "amount")
    assert shown.get("total_award_alternative_amount", 0) in (0, data.get("total_awarded_alternative_amount"))
    for kind in ("instant", "automatic"):
        asked = total(data["spend_requests_set"], "spend_amount", **{f"{kind}_spend": True})
        assert shown[f"total_{kind}_spend_amount"] == data[f"total_{kind}_spend_amount"] == asked
    assert [offer["id"] for offer in shown["applied_reward_offers_set"]] == [
        one["offer_id"] for one in event["awards"]
    ] + [one.offer_id for one in event["vouchers"]]
    assert data["total_awarded_amount"] == event["awarded"] == total(event["awards"], "wallet_amount")
    assert data["total_spend_amount"] == total(event["spends"], "amount")
    assert event["spent"] == total(event["spends"], "wallet_amount")
