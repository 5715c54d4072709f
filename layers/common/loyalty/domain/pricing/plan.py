"""The plan of a purchase, which is the result of pricing: what posting it would do, and why."""

from decimal import Decimal

from msgspec import Struct

from loyalty.domain.ledger.uses import Use
from loyalty.domain.ledger.wallet import Movement
from loyalty.domain.money import ZERO, split
from loyalty.domain.pricing.basket import Portion
from loyalty.domain.pricing.exchange import Amounts
from loyalty.domain.pricing.spends import Spend, SpendMethod
from loyalty.domain.programme.award_rules import AwardCurrency
from loyalty.domain.programme.offers import Offer, VoucherType
from loyalty.domain.programme.spend_settings import SpendSettings
from loyalty.domain.purchases.purchase import Totals


class Share(Struct, frozen=True, array_like=True):
    """How much of an award a line brought, system currency. `line` is the line's place in the purchase, from 0."""

    line: int
    amount: Decimal


class Award(Struct, frozen=True):
    """What `offer` gives. `portion` is what its value was applied to: lines, by their amounts in the system currency,
    for PER_UNIT by their pieces. Where the offer has a voucher type, it is a voucher of this value, else it goes to the
    wallet; there it expires at the end of the month `expires`, if it does. `use` is what it takes of the offer's limits
    per account, None if there are none."""

    offer: Offer
    portion: Portion
    amounts: Amounts
    expires: str | None
    use: Use | None

    @property
    def offer_id(self) -> str:
        """Whose award it is."""
        return self.offer.id

    @property
    def voucher_type(self) -> VoucherType | None:
        """The type of the voucher; None if it is not a voucher."""
        return self.offer.voucher_type

    @property
    def currency(self) -> AwardCurrency:
        """The currency of the offer's values, limits and budget."""
        return self.offer.award.currency

    @property
    def instant(self) -> bool:
        """Whether it is to be spent at once."""
        return self.offer.award.instant

    @property
    def budget(self) -> Decimal | None:
        """The most that all accounts together may get of the offer; None without such a limit."""
        return self.offer.limits.budget

    @property
    def value(self) -> Decimal:
        """The value that counted, in `currency`: an amount, or a percentage."""
        return self.offer.award.value_at(self.base)

    @property
    def base(self) -> Decimal:
        """The sum of what the lines brought."""
        return self.portion.base

    @property
    def shares(self) -> tuple[Share, ...]:
        """The part of the award that each line brought; they sum to its system amount."""
        return tuple(map(Share, self.portion.places, split(self.amounts.system, self.portion.weights)))

    @property
    def amount(self) -> Decimal:
        """The amount in `currency`."""
        return self.amounts.of(self.currency)


class Verdict(Struct, frozen=True, array_like=True):
    """Why an offer applied, or did not: `failed` is None if it did, else the first of these that kept it from applying.

    life_cycle_state, effective (its dates), scheme, merchant (not effective), disable_instant_spend; stacking (an
    exclusive offer has its lines); a condition, by its name; per_account, per_account_amount, budget (a limit that is
    reached); rate (its currency has none); award (it comes to nothing).
    """

    offer_id: str
    failed: str | None


class Plan(Struct, frozen=True):
    """Everything that posting the purchase would do.

    Attributes:
        totals: the sums of the lines.
        awards: awards to the wallet.
        vouchers: awards that are given as vouchers.
        spends: what the wallet pays.
        movement: what happens to the wallet.
        settings: the limits of each spend.
        available: what could still be requested, in the system currency; 0 if nothing.
        why: A verdict on each offer that was examined; `explain` has one on every offer.
    """

    totals: Totals
    awards: tuple[Award, ...]
    vouchers: tuple[Award, ...]
    spends: tuple[Spend, ...]
    movement: Movement
    settings: SpendSettings
    available: Decimal
    why: tuple[Verdict, ...]

    @property
    def budgeted(self) -> list[Award]:
        """The awards and vouchers that draw on a budget."""
        return [award for award in (*self.awards, *self.vouchers) if award.budget is not None]

    @property
    def awarded(self) -> Decimal:
        """All awards, system currency."""
        return sum((award.amounts.system for award in self.awards), ZERO)

    @property
    def alternative_awarded(self) -> Decimal | None:
        """All awards, alternative currency; None where none of them was given in it (contract, preview)."""
        if all(award.currency is AwardCurrency.SYSTEM for award in self.awards):
            return None
        return sum((award.amounts.alternative or ZERO for award in self.awards), ZERO)

    def spent(self, method: SpendMethod) -> Decimal:
        """Return what is spent by one method, system currency."""
        return sum((spend.amounts.system for spend in self.spends if spend.method is method), ZERO)
