"""A plan as it is kept on an event and rendered from: plain values, amounts as [system, wallet, alternative]."""

from typing import Any

from loyalty.domain.exchange import Amounts
from loyalty.domain.pricing import Plan


def awards_of(plan: Plan) -> list[dict[str, Any]]:
    """What each offer gives."""
    return [
        {
            "offer_id": award.offer_id,
            "offer_name": award.offer_name,
            "method": award.method,
            "value": award.value,
            "currency": award.currency,
            "base": award.base,
            "amounts": _listed(award.amounts),
            "shares": [list(share) for share in award.shares],
        }
        for award in plan.awards
    ]


def spends_of(plan: Plan) -> list[dict[str, Any]]:
    """What is paid from the wallet."""
    return [{"method": spend.method, "amounts": _listed(spend.amounts)} for spend in plan.spends]


def _listed(amounts: Amounts) -> list[Any]:
    return [amounts.system, amounts.wallet, amounts.alternative]
