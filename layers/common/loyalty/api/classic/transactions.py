"""The awards and spends of a purchase and the requests behind the spends, as the classic API shows them."""

from typing import Any

from loyalty.api.classic import records
from loyalty.api.classic.shapes.events import AwardRewardTransaction, SpendRequestCustomerEvent, SpendRewardTransaction
from loyalty.api.classic.shared import Shared
from loyalty.domain.events.documents import PostedAward, PostedSpend
from loyalty.domain.identity import part_id
from loyalty.domain.money import ZERO
from loyalty.domain.pricing.spends import SpendMethod
from loyalty.domain.programme.award_rules import AwardCurrency


def render_transactions(shared: Shared) -> dict[str, Any]:
    """Awards, spends and spend requests; the last in the older fields too, which release 17 replaced by the spends
    themselves (row 37)."""
    spends = shared.document.spends
    spent = [_spend(spend, place, shared) for place, spend in enumerate(spends)]
    requests = [
        _spend_request(place, spend.request_number, spend, told, shared)
        for place, (spend, told) in enumerate(zip(spends, spent, strict=True))
    ]
    if number := shared.document.unspent_request:
        requests.append(_spend_request(len(spends), number, None, None, shared))
    return {
        "instant_spend_request": next((request for request in requests if request["instant_spend"]), None),
        "automatic_spend_request": next((request for request in requests if request["automatic_spend"]), None),
        "award_reward_transactions_set": render_awards(shared),
        "spend_reward_transactions_set": spent,
        "spend_requests_set": requests,
    }


def render_awards(shared: Shared) -> list[AwardRewardTransaction]:
    """Return the awards of a purchase."""
    return [_award(award, place, shared) for place, award in enumerate(shared.document.awards)]


def _award(award: PostedAward, place: int, shared: Shared) -> AwardRewardTransaction:
    in_points = award.currency is AwardCurrency.ALTERNATIVE
    rendered: AwardRewardTransaction = {
        "id": part_id(shared.entry.event_id, "AWARD", place),
        "number": award.number,
        "amount": award.amounts.wallet,
        "life_cycle_state": shared.life_cycle_state,
        "contribution_percentage": _contribution(award.offer_id, shared),
        "initiated_currency": shared.alternative_currency if in_points else shared.currency,
        "currency_rate_period": shared.rate_period,
        "accounts_receivable": shared.account,
        "rewards_participant": shared.participant,
    }
    if shared.has_alternative:
        rendered["alternative_amount"] = award.amounts.alternative
    return rendered


def _contribution(offer_id: str, shared: Shared) -> Any:
    """Return the merchant's share of what the offer's scheme awards, in percent."""
    offer = shared.gathered.record("reward_offer", offer_id) or {}
    scheme = shared.gathered.record("reward_scheme", offer.get("scheme")) or {}
    return scheme.get("contribution_percentage")


def _spend(spend: PostedSpend, place: int, shared: Shared) -> SpendRewardTransaction:
    amount = spend.amounts.wallet
    return {
        "id": part_id(shared.entry.event_id, "SPEND", place),
        "number": spend.number,
        "total_amount": amount,
        "net_amount": amount,
        "vat_amount": ZERO,
        "life_cycle_state": shared.life_cycle_state,
        "spend_method": spend.method,
        "currency_rate_period": shared.rate_period,
        "accounts_receivable": shared.account,
        "rewards_participant": shared.participant,
    }


def _spend_request(
    place: int, number: str, spend: PostedSpend | None, told: SpendRewardTransaction | None, shared: Shared
) -> SpendRequestCustomerEvent:
    """Return the request behind a spend, with the spend as it is reported; without a spend, an empty request."""
    method, amounts = (spend.method, spend.amounts) if spend else (SpendMethod.ON_REQUEST, None)
    on_request = method is SpendMethod.ON_REQUEST
    in_points = on_request and shared.document.requested and shared.document.requested.alternative_amount is not None
    classification = shared.gathered.record("classification", shared.ids.get("spend_request_classification"))
    rendered: SpendRequestCustomerEvent = {
        "id": part_id(shared.entry.event_id, "SPEND_REQUEST", place),
        "number": number,
        "type": "SPEND_REQUEST",
        "life_cycle_state": shared.life_cycle_state,
        # What nobody asked for is dated when it was processed, not when the purchase was performed (row 26).
        "performed_on": shared.date(shared.entry.performed_on if on_request else shared.entry.posted_on),
        "description": None,
        "process_immediately": shared.details.get("process_immediately"),
        "spend_amount": amounts.system if amounts else None,
        "instant_spend": method is SpendMethod.INSTANTLY,
        "automatic_spend": method is SpendMethod.AUTOMATICALLY,
        "reduction_method": shared.document.reduction_method,
        "initiated_currency": shared.alternative_currency if in_points else shared.currency,
        "classification": records.render_named(classification) if on_request else None,
        "accounts_receivable": shared.account,
        "performed_by_unit": shared.unit,
        "performed_by_business_unit": shared.business_unit,
        "log_information": shared.log_information,
        "spend_reward_transaction": told,
        "currency": shared.currency,
    }
    if shared.has_alternative:
        rendered["spend_alternative_amount"] = amounts.alternative if amounts else None
    return rendered
