"""What a partner is told of the programme: nothing of drafts, nothing of what is bound to others' merchants."""

from datetime import timedelta
from typing import Any

import pytest

from loyalty.domain.access.partner import Partner
from loyalty.domain.pricing.audience import Audience
from loyalty.domain.pricing.plan import Verdict
from loyalty.domain.programme.directory import Directory
from loyalty.domain.programme.programme import Programme
from tests.builders import AT, DESK, EUR, SCHEME, SHOP, imported, offer

NOT_EFFECTIVE = {"life_cycle_state": "NOT_EFFECTIVE"}
TOMORROW = f"{AT + timedelta(days=1):%Y-%m-%dT%H:%M:%S}"
YESTERDAY = f"{AT - timedelta(days=1):%Y-%m-%dT%H:%M:%S}"
BEGINS_NOW, BEGINS_TOMORROW = {"effective_from": f"{AT:%Y-%m-%dT%H:%M:%S}"}, {"effective_from": TOMORROW}
ENDED = {"effective_to": YESTERDAY}
ENDS_BEFORE_IT_BEGINS = {"effective_from": YESTERDAY, "effective_to": "2020-01-01T00:00:00"}
CAMPAIGN = {"type": "promotion_campaign", "id": "SUMMER", "name": "Summer"}
OF_CAMPAIGN: dict[str, Any] = {"conditions": {"promotion_campaign": "SUMMER"}}
TAP = {"type": "tap", "id": "SHOPS", "name": "Tap", "business_unit": "SHOP"}
OTHER = {"type": "business_unit", "id": "OTHER", "name": "Other", "code": "O"}


def audience(*records: dict[str, Any], merchants: str = "SHOP") -> Audience:
    """Return the partner with a key for these merchants, and the programme of these records."""
    known = imported(EUR, SHOP, DESK, OTHER, SCHEME, *records)
    return Audience(Partner("P", frozenset(), frozenset([merchants])), Programme.of(known), Directory(known))


def is_told(partner: Audience) -> bool:
    """Return whether the partner is told of the offer that did not apply."""
    return bool(partner.filter_verdicts([Verdict("O1", "weekdays")], AT))


@pytest.mark.parametrize("state", [NOT_EFFECTIVE, BEGINS_TOMORROW, ENDS_BEFORE_IT_BEGINS], ids=str)
def test_nobody_is_told_of_a_draft_be_it_the_offer_its_scheme_or_its_campaign_that_is_one(
    state: dict[str, Any],
) -> None:
    for merchants in ("SHOP", "*"):
        assert not is_told(audience(offer(**state), merchants=merchants))
        assert not is_told(audience(offer(), SCHEME | state, merchants=merchants))
        assert not is_told(audience(offer(**OF_CAMPAIGN), CAMPAIGN | state, merchants=merchants))


@pytest.mark.parametrize("state", [{}, BEGINS_NOW, ENDED], ids=str)
def test_partners_are_told_of_what_is_or_was_live(state: dict[str, Any]) -> None:
    assert is_told(audience(offer(**state)))
    assert is_told(audience(offer(), SCHEME | state))
    assert is_told(audience(offer(**OF_CAMPAIGN), CAMPAIGN | state))


def test_an_offer_is_a_draft_until_all_that_it_belongs_to_has_begun() -> None:
    live = BEGINS_NOW
    for later in range(3):
        own, scheme, campaign = (BEGINS_TOMORROW if place == later else live for place in range(3))
        assert not is_told(audience(offer(**OF_CAMPAIGN, **own), SCHEME | scheme, CAMPAIGN | campaign))
    assert is_told(audience(offer(**OF_CAMPAIGN, **live), SCHEME | live, CAMPAIGN | live))


@pytest.mark.parametrize(
    ("bound_to", "told_to"),
    [
        ({"business_units": ["SHOP"]}, ["SHOP", "*"]),
        ({"business_units": ["OTHER"]}, ["OTHER", "*"]),
        ({"business_units": ["SHOP", "GONE"]}, ["SHOP", "*"]),
        ({"business_units": ["GONE"]}, ["*"]),
        ({"taps": ["SHOPS", "GONE"]}, ["SHOP", "*"]),
        ({"taps": ["GONE"]}, ["*"]),
    ],
    ids=str,
)
def test_an_offer_is_told_at_the_merchants_that_it_is_bound_to_and_to_who_may_do_all(
    bound_to: dict[str, list[str]], told_to: list[str]
) -> None:
    """Even if what it is bound to is gone."""
    bound = [TAP, offer(conditions=bound_to)]

    assert [name for name in ("SHOP", "OTHER", "*") if is_told(audience(*bound, merchants=name))] == told_to


@pytest.mark.parametrize(
    ("merchants", "told_to"), [(["SHOP"], ["SHOP", "*"]), (["OTHER"], ["OTHER", "*"]), ([], ["SHOP", "OTHER", "*"])]
)
def test_an_offer_is_told_at_the_merchants_of_its_scheme(merchants: list[str], told_to: list[str]) -> None:
    bound = [offer(), SCHEME | {"merchants": merchants}]

    assert [name for name in ("SHOP", "OTHER", "*") if is_told(audience(*bound, merchants=name))] == told_to


def test_an_offer_with_a_condition_that_is_not_known_here_is_told_to_nobody() -> None:
    known = imported(EUR, SHOP, DESK, SCHEME)
    newer = offer(priority=0, stacking="COMBINE", life_cycle_state="EFFECTIVE", conditions={"regions": ["OTHER"]})
    newer["award"] |= {"base": "NET", "currency": "SYSTEM", "rounding": "HALF_UP", "spend": "NONE"}
    partner = Audience(Partner("P", frozenset(), frozenset("*")), Programme.of([*known, newer]), Directory(known))

    assert not is_told(partner)


def test_an_offer_that_is_gone_is_told_to_nobody() -> None:
    for merchants in ("SHOP", "*"):
        assert audience(offer(), merchants=merchants).filter_verdicts([Verdict("GONE", "weekdays")], AT) == ()


def test_what_applied_is_told_even_of_a_draft_as_the_price_tells_it() -> None:
    applied = Verdict("O1", None)

    assert audience(offer(**BEGINS_TOMORROW)).filter_verdicts([applied], AT) == (applied,)


@pytest.mark.parametrize(
    ("bound_to", "is_known"),
    [
        ([], True),
        ([["SHOP"]], True),
        ([["DESK"]], True),
        ([[]], True),
        ([["OTHER"], ["SHOP"]], True),
        ([["OTHER", "SHOP"]], True),
        ([["OTHER"]], False),
        ([["OTHER"], ["OTHER"]], False),
    ],
    ids=str,
)
def test_a_campaign_is_anothers_if_all_its_offers_are_bound_to_others_merchants(
    bound_to: list[list[str]], is_known: bool
) -> None:
    offers = [
        offer(f"O{number}", conditions={"promotion_campaign": "SUMMER", "business_units": units})
        for number, units in enumerate(bound_to)
    ]

    assert audience(CAMPAIGN, *offers, offer("ELSE")).knows_campaign("SUMMER") is is_known
    assert audience(CAMPAIGN, *offers, merchants="*").knows_campaign("SUMMER")


def test_whether_a_campaign_is_anothers_does_not_tell_which_of_its_offers_are_live() -> None:
    for state in ({}, NOT_EFFECTIVE, BEGINS_TOMORROW):
        bound = {"promotion_campaign": "SUMMER", "business_units": ["OTHER"]}
        assert not audience(CAMPAIGN, offer(conditions=bound, **state)).knows_campaign("SUMMER")
        assert audience(CAMPAIGN, offer(conditions=bound, **state), offer("O2", **OF_CAMPAIGN)).knows_campaign("SUMMER")
