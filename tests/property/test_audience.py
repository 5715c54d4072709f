"""A partner is told of the offers that can apply at its merchants, and of no others, whatever binds them to places."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from loyalty.domain.access.partner import Partner
from loyalty.domain.ledger.wallet import Wallet
from loyalty.domain.pricing.audience import Audience
from loyalty.domain.pricing.plan import Verdict
from loyalty.domain.pricing.pricing import price
from loyalty.domain.programme.directory import Directory
from loyalty.domain.programme.programme import Programme
from loyalty.domain.purchases.purchase import Purchase
from tests.builders import AT, DESK, EUR, SCHEME, SHOP, account, imported, line, offer, purchase

OUTLETS = {"SHOP": "DESK", "OTHER": "STAND"}
UNITS = ["SHOP", "DESK", "OTHER", "STAND"]
PLACES: list[dict[str, Any]] = [
    *(EUR, SHOP, DESK),
    {"type": "business_unit", "id": "OTHER", "name": "Other", "code": "O"},
    {"type": "business_unit", "id": "STAND", "name": "Stand", "code": "T", "parent_business_unit": "OTHER"},
    *({"type": "tap", "id": f"TAP-{unit}", "name": f"Tap {unit}", "business_unit": unit} for unit in UNITS),
]
SOME_UNITS = st.lists(st.sampled_from(UNITS), unique=True, max_size=2)
PROGRAMMES = st.builds(
    lambda units, merchants, taps: imported(
        *PLACES,
        SCHEME | {"merchants": merchants},
        offer(conditions={"business_units": units, "taps": [f"TAP-{unit}" for unit in taps]}),
    ),
    SOME_UNITS,
    SOME_UNITS,
    SOME_UNITS,
)


def purchases_at(merchant: str) -> list[Purchase]:
    """Return a purchase at each place of a merchant, at each till that it could be made at."""
    one = replace(purchase(line("10")), merchant_id=merchant)
    at_desk = replace(one, outlet_id=OUTLETS[merchant])
    tills = [
        *((one, unit) for unit in (None, merchant)),
        *((at_desk, unit) for unit in (None, merchant, at_desk.outlet_id)),
    ]
    return [replace(what, tap_id=unit and f"TAP-{unit}") for what, unit in tills]


def audience(records: list[dict[str, Any]], *merchants: str) -> Audience:
    """Return the partner with a key for these merchants."""
    return Audience(Partner("P", frozenset(), frozenset(merchants)), Programme.of(records), Directory(records))


@given(PROGRAMMES, st.sampled_from(list(OUTLETS)))
def test_a_partner_is_told_of_an_offer_if_a_purchase_at_its_merchants_can_get_it(
    records: list[dict[str, Any]], merchant: str
) -> None:
    partner, not_now = audience(records, merchant), Verdict("O1", "weekdays")
    plans = [price(what, account(), Wallet("A1"), partner.programme) for what in purchases_at(merchant)]

    assert partner.filter_verdicts([not_now], AT) == ((not_now,) if any(plan.awards for plan in plans) else ())


@given(PROGRAMMES, st.sampled_from(list(OUTLETS)))
def test_what_applied_is_told(records: list[dict[str, Any]], merchant: str) -> None:
    partner = audience(records, merchant)

    for what in purchases_at(merchant):
        plan = price(what, account(), Wallet("A1"), partner.programme)
        assert {verdict.offer_id for verdict in partner.filter_verdicts(plan.why, AT)} >= {
            award.offer_id for award in plan.awards
        }
