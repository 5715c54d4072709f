"""A plan as it is kept on an event and rendered from, and what taking it back reads of that: plain values, amounts as
[system, wallet, alternative]."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from loyalty.domain.ledger.uses import UNRECORDED, Use
from loyalty.domain.ledger.wallet import Movement
from loyalty.domain.money import ZERO
from loyalty.domain.pricing.exchange import Amounts
from loyalty.domain.pricing.plan import Award, Plan, Verdict
from loyalty.domain.pricing.spends import SpendMethod
from loyalty.domain.reversals.proration import InstantSpend, LotAmounts, PurchaseAmounts, WeightedAmounts
from loyalty.domain.reversals.returns import SoldLine
from loyalty.domain.reversals.reversal import Reversal


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


def uses_of(what: Plan | Reversal) -> list[list[Any]]:
    """Return what was used, or given back, of limited offers and promo codes: the fields of each `Use`, in their order,
    without those at the end that are not set."""
    return [_listed_use(use) for use in what.movement.uses]


def _listed_use(use: Use) -> list[Any]:
    kept = [use.subject, use.window, use.count, use.amount, use.currency, use.per_account, use.per_account_amount]
    while kept[-1] in (None, UNRECORDED):
        kept.pop()
    return kept


def uses_in(document: Mapping[str, Any]) -> tuple[Use, ...]:
    """Return the same, of an event. The first version kept neither currencies nor limits."""
    return tuple(_use_in(*kept) for kept in document.get("uses", ()))


def _use_in(
    subject: str,
    window: str,
    count: int,
    amount: Any,
    currency: str = UNRECORDED,
    per_account: int | None = None,
    per_account_amount: Any = None,
) -> Use:
    most = None if per_account_amount is None else Decimal(per_account_amount)
    return Use(subject, window, count, Decimal(amount), currency, per_account, most)


def amounts_in(document: Mapping[str, Any], name: str) -> dict[str, Decimal]:
    """Return the amounts that an event tells under `name`, by what they are of."""
    return {of: Decimal(amount) for of, amount in document.get(name, {}).items()}


def why_of(verdicts: Iterable[Verdict]) -> list[list[str | None]]:
    """Each offer that was looked at, and what kept it from applying, None where nothing did."""
    return [[verdict.offer_id, verdict.failed] for verdict in verdicts]


def why_in(document: Mapping[str, Any]) -> tuple[Verdict, ...]:
    """Return the same, of an event."""
    return tuple(Verdict(*kept) for kept in document.get("why", ()))


def _award(award: Award) -> dict[str, Any]:
    kept: dict[str, Any] = {
        "offer_id": award.offer_id,
        "offer_name": award.offer.name,
        "method": award.offer.award.method,
        "value": award.value,
        "currency": award.currency,
        "base": award.base,
        "amounts": _listed(award.amounts),
        "shares": [list(share) for share in award.shares],
    }
    if award.expires:
        kept["expires"] = award.expires
    if award.instant:
        kept["instant"] = True
    if award.voucher_type:
        kept |= {"voucher_type_id": award.voucher_type.id, "voucher_type_name": award.voucher_type.name}
    return kept


def sold_lines(document: Mapping[str, Any]) -> list[SoldLine]:
    """The lines of a purchase."""
    return [SoldLine(code, Decimal(quantity)) for _, code, quantity, *_ in document["lines"]]


def posted_award(kept: Mapping[str, Any]) -> WeightedAmounts:
    """An award or a voucher."""
    amounts = _amounts_in(kept)
    lots = {kept["expires"]: amounts.wallet} if "expires" in kept else {}
    return WeightedAmounts(LotAmounts(amounts, lots), {place: Decimal(share) for place, share in kept["shares"]})


def purchased_in(document: Mapping[str, Any], movement: Movement, balance: Decimal) -> PurchaseAmounts:
    """What a purchase gave and took; `balance` is the wallet's after it. All lines were paid for by its spends, in
    proportion to their totals."""
    awards = document.get("awards", ())
    totals = {place: Decimal(line[-1]) for place, line in enumerate(document["lines"])}
    at_once = [posted_award(kept) for kept in awards if kept.get("instant")]
    spends = [(kept["method"], _posted_spend(kept)) for kept in document.get("spends", ())]
    return PurchaseAmounts(
        awards=[posted_award(kept) for kept in awards],
        spends=[
            InstantSpend(whole, at_once) if method == SpendMethod.INSTANTLY else WeightedAmounts(whole, totals)
            for method, whole in spends
        ],
        nothing=Amounts(ZERO, ZERO, None if movement.alternative_awarded is None else ZERO),
        debt=max(ZERO, min(ZERO, balance) - min(ZERO, balance - movement.amount)),
    )


def _posted_spend(kept: Mapping[str, Any]) -> LotAmounts:
    return LotAmounts(_amounts_in(kept), {month: Decimal(part) for month, part in kept.get("lots", {}).items()})


def _amounts_in(kept: Mapping[str, Any]) -> Amounts:
    system, wallet, alternative = (None if amount is None else Decimal(amount) for amount in kept["amounts"])
    assert system is not None
    assert wallet is not None
    return Amounts(system, wallet, alternative)


def _listed(amounts: Amounts) -> list[Any]:
    return [amounts.system, amounts.wallet, amounts.alternative]
