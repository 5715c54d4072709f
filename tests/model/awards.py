"""What an offer gives (rewards.md, "What it gives"): the exact award, its caps, and one rounding in each currency."""

from dataclasses import dataclass
from fractions import Fraction

from tests.model.conditions import matching
from tests.model.dates import NEVER, expiry_month
from tests.model.exact import HALF_UP, NOTHING, Json, exact, shares
from tests.model.limits import Limits
from tests.model.money import ALTERNATIVE, SYSTEM, Rates
from tests.model.programme import Programme
from tests.model.purchase import Line, Purchase


@dataclass(frozen=True)
class Award:
    """What an offer gave.

    Attributes:
        offer: The record of the offer, as it was then.
        amounts: By currency: system's, wallet's, alternative.
        lines: The places of the lines that it looked at.
        weights: The part of the base, or the pieces, of each of these lines.
        lot: The month at whose end it expires.
        base: What the value was applied to: an amount, or pieces.
    """

    offer: Json
    amounts: dict[str, Fraction]
    lines: tuple[int, ...]
    weights: tuple[Fraction, ...]
    lot: int
    base: Fraction

    @property
    def is_voucher(self) -> bool:
        """Whether it is a voucher, of which the wallet gets nothing."""
        return "voucher_type" in self.offer

    @property
    def is_instant(self) -> bool:
        """Whether it is to be spent at once."""
        return bool(self.offer.get("award", {}).get("spend") == "INSTANT")

    @property
    def currency(self) -> str:
        """The currency of its value, which limits and budgets are counted in."""
        return str(self.offer.get("award", {}).get("currency", SYSTEM))

    def line_shares(self, decimals: int) -> dict[int, Fraction]:
        """Return the share of each line (rewards.md, "Rounding", shares of lines), in the system currency.

        Of an award that is nothing in that currency, but something in another one, lines have their exact parts.
        """
        if not self.amounts[SYSTEM]:
            exact_parts = self.weights if any(self.weights) else (Fraction(1),) * len(self.lines)
            return dict(zip(self.lines, exact_parts, strict=True))
        return dict(zip(self.lines, shares(self.amounts[SYSTEM], self.weights, decimals), strict=True))


def award(
    offer: Json, purchase: Purchase, free: list[Line], programme: Programme, rates: Rates, limits: Limits
) -> Award | str:
    """Return what an offer that applies gives, or the verdict that it gives nothing."""
    terms = offer.get("award") or _of_fixed_voucher(offer, programme)
    lines = matching(offer["conditions"], free)
    if reached := limits.reached():
        return reached
    in_points = terms.get("currency") == ALTERNATIVE
    if in_points and ALTERNATIVE not in rates.rate:
        return "rate"
    unit = rates.rate[ALTERNATIVE] if in_points else Fraction(1)
    of_base = [line.total if terms.get("base") == "TOTAL" else line.net for line in lines]
    pieces = [line.quantity for line in lines]
    base, quantity = sum(of_base, NOTHING), sum(pieces, NOTHING)
    value = _value(terms, base, quantity, unit)
    caps = [exact(terms["maximum_per_event"]) / unit] if "maximum_per_event" in terms else []
    caps += [base] if terms.get("maximum") == "BASE" else []
    caps += [left / unit for left in limits.left()]
    cap = min(caps) if caps else None
    amounts = rates.amounts(value if cap is None else min(value, cap), terms.get("rounding", HALF_UP), cap)
    if not any(amounts.values()):
        return "award"
    by_piece = terms["method"] == "PER_UNIT"
    return Award(
        offer=offer,
        amounts=amounts,
        lines=tuple(at for at, line in enumerate(purchase.lines) if any(line is one for one in lines)),
        weights=tuple(pieces if by_piece else of_base),
        lot=expiry_month(purchase.performed_on, terms["expires_after"]) if "expires_after" in terms else NEVER,
        base=quantity if by_piece else base,
    )


def _value(terms: Json, base: Fraction, quantity: Fraction, unit: Fraction) -> Fraction:
    """Return the exact award in the system currency; `unit` is what one of it is worth in the value's currency.

    Steps and tiers' `from` stay in the system currency, as the base is; a percentage is one of the base, converted.
    """
    method = terms["method"]
    if method == "TIERED":
        reached = [tier for tier in terms["tiers"] if exact(tier["from"]) <= base]
        return exact(max(reached, key=lambda tier: exact(tier["from"]))["value"]) / unit if reached else NOTHING
    value = exact(terms["value"])
    if method == "PERCENTAGE":
        return base * value / 100
    if method == "PER_UNIT":
        return value * quantity / unit
    if method == "PER_STEP":
        return value * (base // exact(terms["step"])) / unit
    return value / unit


def _of_fixed_voucher(offer: Json, programme: Programme) -> Json:
    """A voucher type of FIXED value has the voucher's value (rewards.md, "Vouchers")."""
    voucher = programme.get("voucher_type", offer["voucher_type"])
    assert voucher is not None
    return {"method": "FIXED", "value": voucher["value"]}
