"""What the classic API tells of a purchase's money (contract, operation 5, and observation Q2).

Awards, their sum and each spend transaction are in the wallet's currency. What comes off the bill is in the bill's, the
system currency: the four totals of spends, and what a spend request asks for.
"""

from collections.abc import Iterable, Mapping

from tests.model.exact import NOTHING, Json
from tests.model.money import ALTERNATIVE, SYSTEM, WALLET
from tests.model.posted import Posted
from tests.model.spends import AUTOMATICALLY, INSTANTLY, ON_REQUEST, Spend

TOTALS: Mapping[str, tuple[str, ...]] = {
    "total_spend": (INSTANTLY, AUTOMATICALLY, ON_REQUEST),
    "total_instant_spend": (INSTANTLY,),
    "total_automatic_spend": (AUTOMATICALLY,),
    "total_additional_spend": (ON_REQUEST,),
}
"""The totals, and the ways of spending that each sums."""


def classic_answer(posted: Posted) -> Json:
    """Return the amounts of a purchase customer event, by the names of its fields. A spend request that asks for
    nothing stands behind those that are told here."""
    plan, purchase = posted.plan, posted.purchase
    has_points = ALTERNATIVE in plan.rates.rate
    told: Json = {
        "net_amount": purchase.net,
        "vat_amount": purchase.tax,
        "total_amount": purchase.total,
        "requested_spend_amount": None if purchase.in_points else purchase.spend,
        "total_awarded_amount": plan.awarded(WALLET),
        "award_reward_transactions_set": [_award(one.amounts) for one in plan.awards if not one.is_voucher],
        "spend_reward_transactions_set": [{"total_amount": one.amounts[WALLET]} for one in plan.spends],
        "spend_requests_set": [_request(one) for one in plan.spends],
    }
    for name, methods in TOTALS.items():
        spends = [one for one in plan.spends if one.method in methods]
        told[f"{name}_amount"] = _sum(spends, SYSTEM)
        if has_points:
            told[f"{name}_alternative_amount"] = _sum(spends, ALTERNATIVE)
    if has_points:
        told["total_awarded_alternative_amount"] = plan.awarded(ALTERNATIVE)
    return told


def classic_spend_answer(posted: Posted) -> Json:
    """Return the amounts of what create spend answers: of the purchase, and of the spend that came with it."""
    whole = classic_answer(posted)
    requested = next((one for one in posted.plan.spends if one.method == ON_REQUEST), None)
    told = ("net_amount", "vat_amount", "total_amount", "award_reward_transactions_set")
    return {
        "purchase_customer_event": {name: whole[name] for name in told},
        "spend_request_customer_event": _request(requested) if requested else {"spend_amount": None},
    }


def _award(amounts: Json) -> Json:
    points = {"alternative_amount": amounts[ALTERNATIVE]} if ALTERNATIVE in amounts else {}
    return {"amount": amounts[WALLET], **points}


def _request(spend: Spend) -> Json:
    points = {"spend_alternative_amount": spend.amounts[ALTERNATIVE]} if ALTERNATIVE in spend.amounts else {}
    return {"spend_amount": spend.amounts[SYSTEM], **points}


def _sum(spends: Iterable[Spend], currency: str) -> object:
    return sum((one.amounts[currency] for one in spends), NOTHING)
