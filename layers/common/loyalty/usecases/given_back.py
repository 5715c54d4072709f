"""What else goes back with a purchase: what it used of limits, budgets and promo codes, and its vouchers.

An award that the customer keeps a part of, because it was spent, counts as given as far as that goes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from typing import Any

from loyalty.domain.awards import AwardCurrency
from loyalty.domain.currencies import Exponents
from loyalty.domain.errors import Code, Problem
from loyalty.domain.money import ZERO, rounded
from loyalty.domain.posted import Posted
from loyalty.domain.promotions import VoucherState
from loyalty.domain.returns import Back
from loyalty.domain.uses import Use
from loyalty.store import keys
from loyalty.store.ledger import Effect
from loyalty.store.writes import Add, Update
from loyalty.usecases.document import posted_award, uses_in
from loyalty.usecases.shared_limits import budget_key, promo_code_key

_VOUCHER_GONE = Problem(Code.INVALID, "A voucher that this purchase gave cannot be had back any more.")


@dataclass(frozen=True, slots=True)
class GivenBack:
    """What goes back of a purchase whose document this is, with what comes `back`.

    `kept` is the part of this step's awards that the customer keeps, from 0 to 1; with `all_taken`, the customer has
    kept nothing of any of its awards.
    """

    document: Mapping[str, Any]
    back: Back
    exponents: Exponents
    kept: Decimal
    all_taken: bool

    def uses(self) -> Iterator[Use]:
        """What is given back of limits per account. An offer's award, or a promo code, counts as used as long as a part
        of it stands."""
        given = {kept["offer_id"]: (amount, whole) for kept, amount, whole in self._offers()}
        for use in uses_in(self.document):
            amount, whole = given.get(use.subject, (ZERO, self._is_last))
            if amount or whole:
                yield Use(use.subject, use.window, -use.count if whole else 0, ZERO - amount, use.currency)

    @property
    def budgets(self) -> dict[str, Decimal]:
        """What budgets get back, by offer; below zero, as it is given back."""
        limited = self.document.get("budgets", ())
        return {
            kept["offer_id"]: -amount for kept, amount, _ in self._offers() if kept["offer_id"] in limited and amount
        }

    @property
    def counted_code(self) -> str | None:
        """The promo code that may be used once more by all accounts together."""
        return self.document.get("counted_code") if self._is_last else None

    def effects(self) -> Iterator[Effect]:
        """What is written beside the event: counters of all accounts, and vouchers."""
        for offer_id, amount in self.budgets.items():
            yield Effect(Add(budget_key(offer_id), amount))
        if self.counted_code:
            yield Effect(Add(promo_code_key(self.counted_code), -1))
        for voucher in self.document.get("vouchers", ()):
            if self._ends(posted_award(voucher)):
                yield Effect(
                    Update(
                        keys.voucher(voucher["id"]),
                        {"state": VoucherState.VOIDED},
                        condition="#state = :issued",
                        values={":issued": VoucherState.ISSUED},
                    ),
                    _VOUCHER_GONE,
                )

    @property
    def _is_last(self) -> bool:
        """Whether nothing of the purchase is left, nor of its awards with the customer."""
        return self.back.completes and self.all_taken

    def _offers(self) -> Iterator[tuple[Mapping[str, Any], Decimal, bool]]:
        """Each award and voucher, how much of it goes back now, in its own currency, and whether that was the last of
        it, with nothing kept."""
        for kept in self.document.get("awards", ()):
            amount = self._amount(kept)
            if self.kept:
                amount = rounded(amount * (1 - self.kept), self._exponent(kept), ROUND_DOWN)
            yield kept, amount, self.all_taken and self._ends(posted_award(kept))
        for kept in self.document.get("vouchers", ()):
            yield kept, self._amount(kept), self._ends(posted_award(kept))

    def _amount(self, kept: Mapping[str, Any]) -> Decimal:
        posted = posted_award(kept)
        step = posted.part(self.back.after, self.exponents) - posted.part(self.back.before, self.exponents)
        return step.amounts.of(AwardCurrency(kept["currency"]))

    def _exponent(self, kept: Mapping[str, Any]) -> int:
        return self.exponents.system if kept["currency"] == AwardCurrency.SYSTEM else self.exponents.alternative

    def _ends(self, posted: Posted) -> bool:
        return posted.is_whole(self.back.after) and not posted.is_whole(self.back.before)
