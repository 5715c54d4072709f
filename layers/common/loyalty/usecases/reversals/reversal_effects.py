"""Reversal effects: what a purchase used of limits, budgets and promo codes goes back, and its vouchers become void.

An award that the customer keeps a part of, because it was spent, counts as given as far as that goes. As with amounts,
what was taken back altogether decides, and each step gives back the difference between two totals; so nothing is given
back twice, nor used again.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Self

from msgspec import Struct

from loyalty.domain.currencies import Exponents
from loyalty.domain.errors import Code, Problem
from loyalty.domain.events.documents import PostedAward, PurchaseDocument
from loyalty.domain.ledger.uses import Use
from loyalty.domain.ledger.vouchers import VoucherState
from loyalty.domain.money import ZERO, share
from loyalty.domain.pricing.exchange import Amounts
from loyalty.domain.programme.award_rules import AwardCurrency
from loyalty.domain.reversals.proration import sold_lines, weighted
from loyalty.domain.reversals.returns import Fractions, all_of, come_back, is_all
from loyalty.domain.reversals.reversal import ReversedAward
from loyalty.store import keys
from loyalty.store.events import Event, EventState
from loyalty.store.ledger import Effect
from loyalty.store.writes import Add, Update
from loyalty.usecases.purchases.shared_limits import budget_key, promo_code_key

_VOUCHER_GONE = Problem(Code.INVALID, "A voucher that this purchase gave can no longer be taken back.")


class ReversalExtent(Struct, frozen=True):
    """How far a purchase was taken back.

    Attributes:
        document: the purchase.
        lines: how much of its lines came back.
        awarded: how much of its awards the wallet gave back, in the wallet's currency.
        kept: which part of which offers' awards is left to the customer all the same, in the wallet's currency.
        untold: whether an earlier version left something without telling of which.
        exponents: the decimals of the currencies.
    """

    document: PurchaseDocument
    lines: Fractions
    awarded: Decimal
    kept: Mapping[str, Decimal]
    untold: bool
    exponents: Exponents

    @classmethod
    def of(cls, purchase: Event, exponents: Exponents) -> Self:
        """Return how far a purchase is taken back by what is told on it."""
        lines, taken_back = sold_lines(purchase.purchase_document), purchase.taken_back
        fractions = all_of(lines) if purchase.state is EventState.CANCELLED else come_back(lines, taken_back.lines)
        untold = taken_back.waived > sum(purchase.kept.values(), ZERO)
        return cls(purchase.purchase_document, fractions, taken_back.awarded, purchase.kept, untold, exponents)

    @property
    def is_whole(self) -> bool:
        """Whether nothing of the purchase is left, nor of its awards with the customer."""
        return is_all(self.lines) and not self.kept and not self.untold

    @property
    def alternative(self) -> Decimal:
        """The awards that the wallet gave back, in the alternative currency: its part of all that was due so far,
        rounded once; zero of a purchase that was told in none."""
        due = [self._part(award) for award in self.document.awards]
        alternative = sum((amounts.alternative or ZERO for amounts in due), ZERO)
        return share(alternative, self.awarded, sum((one.wallet for one in due), ZERO), self.exponents.alternative)

    def offers(self) -> Iterator[tuple[str, Decimal, bool]]:
        """Return of each award and voucher, by its offer's id, how much is back, in its own currency, and whether all
        is."""
        for award in self.document.awards:
            offer_id, kept = award.offer_id, self.kept.get(award.offer_id)
            amount = self._amount(award)
            if kept:
                amount = max(ZERO, amount - self._in_its_currency(award, kept))
            yield offer_id, amount, self.is_back(award) and not kept and not self.untold
        for voucher in self.document.vouchers:
            yield voucher.offer_id, self._amount(voucher), self.is_back(voucher)

    def awards(self) -> Iterator[ReversedAward]:
        """Return what of each award is reversed, in the wallet's currency."""
        for award in self.document.awards:
            yield ReversedAward(award.offer_id, self._part(award).wallet, award.expires, award.instant)

    def is_back(self, award: PostedAward) -> bool:
        """Tell whether all lines that an award or a voucher stands for came back."""
        return weighted(award).is_whole(self.lines)

    def _amount(self, award: PostedAward) -> Decimal:
        return self._part(award).of(award.currency)

    def _part(self, award: PostedAward) -> Amounts:
        return weighted(award).part(self.lines, self.exponents).amounts

    def _in_its_currency(self, award: PostedAward, kept: Decimal) -> Decimal:
        """Return a part of an award, told in the wallet's currency, in its own."""
        whole, currency = award.amounts, award.currency
        exponent = self.exponents.system if currency is AwardCurrency.SYSTEM else self.exponents.alternative
        return share(whole.of(currency), kept, whole.wallet, exponent)


class ReversalEffects(Struct, frozen=True):
    """The effects of a step of a reversal, from what was taken back `before` to what is `after`."""

    before: ReversalExtent
    after: ReversalExtent

    def uses(self) -> Iterator[Use]:
        """Return what is given back of limits per account. An offer's award, or a promo code, counts as used as long as
        a part of it stands."""
        given = {offer_id: (amount, times) for offer_id, amount, times in self._offers()}
        for use in self.after.document.uses:
            amount, times = given.get(use.subject, (ZERO, self.after.is_whole - self.before.is_whole))
            if amount or times:
                yield Use(use.subject, use.window, -use.count * times, ZERO - amount, use.currency)

    @property
    def alternative(self) -> Decimal:
        """The awards that the wallet gives back now, in the alternative currency: the difference of two rounded
        totals, so that all steps sum to what was awarded."""
        return self.after.alternative - self.before.alternative

    @property
    def budgets(self) -> dict[str, Decimal]:
        """The amounts that budgets get back, by offer; below zero, as they are given back."""
        limited = self.after.document.budgets
        return {offer_id: -amount for offer_id, amount, _ in self._offers() if offer_id in limited and amount}

    @property
    def counted_code(self) -> str | None:
        """The promo code that may be used once more by all accounts together."""
        gone = self.after.is_whole and not self.before.is_whole
        return self.after.document.counted_code if gone else None

    def effects(self) -> Iterator[Effect]:
        """Return what is written beside the event: counters of all accounts, and vouchers."""
        for offer_id, amount in self.budgets.items():
            yield Effect(Add(budget_key(offer_id), amount))
        if self.counted_code:
            yield Effect(Add(promo_code_key(self.counted_code), -1))
        for voucher in self.after.document.vouchers:
            if self.after.is_back(voucher) and not self.before.is_back(voucher):
                yield Effect(
                    Update(
                        keys.voucher(voucher.id),
                        {"state": VoucherState.VOIDED},
                        condition="#state = :issued",
                        values={":issued": VoucherState.ISSUED},
                    ),
                    _VOUCHER_GONE,
                )

    def _offers(self) -> Iterator[tuple[str, Decimal, int]]:
        """Return how much of each award and voucher goes back now, and how often its offer may be used once more."""
        for (offer_id, back, was), (_, now_back, now) in zip(self.before.offers(), self.after.offers(), strict=True):
            yield offer_id, now_back - back, now - was
