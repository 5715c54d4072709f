"""What the API tells of a purchase, a preview and a return (api.md), with fractions for amounts."""

from fractions import Fraction

from tests.model.account import in_points
from tests.model.awards import Award
from tests.model.exact import NOTHING, Json
from tests.model.money import ALTERNATIVE, SYSTEM, WALLET, Rates
from tests.model.posted import Posted, whole
from tests.model.pricing import Plan
from tests.model.spends import Spend

TOLD = {SYSTEM: "amount", WALLET: "wallet_amount", ALTERNATIVE: "alternative_amount"}


def amounts(of: Award | Spend) -> Json:
    """Return one amount in three currencies; absent is what there is none of."""
    return {TOLD[name]: amount for name, amount in of.amounts.items()}


def award_answer(award: Award) -> Json:
    """Return an award, as `awards[]` tells it."""
    terms = award.offer["award"]
    return {
        "offer_id": award.offer["id"],
        "offer_name": award.offer["name"],
        "method": terms["method"],
        "currency": award.currency,
        "base": award.base,
    } | amounts(award)


def sums(awarded: Fraction, spent: Fraction, balance: Fraction, points: dict[str, Fraction], rates: Rates) -> Json:
    """Return awarded, spent, their difference and the balance, in the wallet's currency and in points."""
    told: Json = {"awarded": awarded, "spent": spent, "amount": awarded - spent, "balance": balance}
    if ALTERNATIVE in rates.rate:
        told |= {
            "alternative_awarded": points["awarded"],
            "alternative_spent": points["spent"],
            "alternative_amount": points["awarded"] - points["spent"],
            "alternative_balance": in_points(balance, rates),
        }
    return told


def plan_answer(plan: Plan) -> Json:
    """Return what a plan and a posted purchase tell alike."""
    return {
        "net_amount": plan.purchase.net,
        "tax_amount": plan.purchase.tax,
        "total_amount": plan.purchase.total,
        "awards": [award_answer(one) for one in plan.awards if not one.is_voucher],
        "spends": [{"method": one.method} | amounts(one) for one in plan.spends],
    }


def preview_answer(plan: Plan, balance: Fraction) -> Json:
    """Return what POST /purchases/preview tells; `why` of every offer, drafts too."""
    return plan_answer(plan) | {
        "allow_spending": plan.terms.allowed,
        "available_spend": plan.available,
        "minimum_spend": plan.terms.least,
        "maximum_spend": plan.terms.most,
        "balance": balance,
        "why": dict(plan.why),
    }


def purchase_answer(posted: Posted) -> Json:
    """Return what GET /purchases/{id} tells, and its vouchers, which no route of the newest API does."""
    plan = posted.plan
    points = {
        "awarded": plan.awarded(ALTERNATIVE) if ALTERNATIVE in plan.rates.rate else NOTHING,
        "spent": plan.spent(ALTERNATIVE) if ALTERNATIVE in plan.rates.rate else NOTHING,
    }
    returned = posted.returned
    return (
        plan_answer(plan)
        | sums(plan.awarded(WALLET), plan.spent(WALLET), posted.balance, points, plan.rates)
        | {
            "reference_number": plan.purchase.reference,
            "life_cycle_state": "CANCELLED" if posted.is_cancelled else "POSTED",
            "performed_on": plan.purchase.performed_on,
            "posted_on": posted.posted_on,
            "account_id": plan.purchase.account,
            "products": [
                {
                    "line": at,
                    "product_sku": line.sku,
                    "quantity": line.quantity,
                    "net_amount": line.net,
                    "tax_amount": line.tax,
                    "total_amount": line.total,
                    "returned_quantity": returned[at],
                }
                for at, line in enumerate(plan.purchase.lines)
            ],
            "reversed": {"awarded": posted.awarded_back, "spent": posted.spent_back, "waived": posted.waived}
            | ({"settled": posted.settled} if posted.settled else {}),
            "wallet_version": posted.version,
            "why": dict(plan.why),
            "vouchers": vouchers(posted),
        }
    )


def vouchers(posted: Posted) -> list[Json]:
    """Return the vouchers of a purchase: void once all that one was given for came back (rewards.md, "Vouchers")."""
    returned = whole(posted.purchase) if posted.is_cancelled else posted.returned
    return [
        {
            "offer_id": one.offer["id"],
            "voucher_type": one.offer["voucher_type"],
            "value": one.amounts[SYSTEM],
            "is_void": all(returned[at] == posted.purchase.lines[at].quantity for at in one.lines),
        }
        for one in posted.plan.awards
        if one.is_voucher
    ]
