"""A plan as it is kept on an event and rendered from: plain values, amounts as [system, wallet, alternative]."""

from collections.abc import Iterable
from typing import Any

from loyalty.domain.exchange import Amounts
from loyalty.domain.plan import Award, Plan, Verdict


def awards_of(awards: Iterable[Award]) -> list[dict[str, Any]]:
    """What offers give: awards, or vouchers."""
    return [_award(award) for award in awards]


def spends_of(plan: Plan) -> list[dict[str, Any]]:
    """What is paid from the wallet."""
    kept: list[dict[str, Any]] = []
    for spend in plan.spends:
        lots = {"lots": dict(spend.lots)} if spend.lots else {}
        kept.append({"method": spend.method, "amounts": _listed(spend.amounts), **lots})
    return kept


def uses_of(plan: Plan) -> list[list[Any]]:
    """What was used of limited offers and promo codes: subject, window, how often, for how much."""
    return [[use.subject, use.window, use.count, use.amount] for use in plan.movement.uses]


def why_of(verdicts: Iterable[Verdict]) -> list[list[str | None]]:
    """Each offer that was looked at, and what kept it from applying, None where nothing did."""
    return [[verdict.offer_id, verdict.failed] for verdict in verdicts]


def _award(award: Award) -> dict[str, Any]:
    kept: dict[str, Any] = {
        "offer_id": award.offer_id,
        "offer_name": award.offer_name,
        "method": award.method,
        "value": award.value,
        "currency": award.currency,
        "base": award.base,
        "amounts": _listed(award.amounts),
        "shares": [list(share) for share in award.shares],
    }
    if award.expires:
        kept["expires"] = award.expires
    if award.voucher_type:
        kept |= {"voucher_type_id": award.voucher_type.id, "voucher_type_name": award.voucher_type.name}
    return kept


def _listed(amounts: Amounts) -> list[Any]:
    return [amounts.system, amounts.wallet, amounts.alternative]
