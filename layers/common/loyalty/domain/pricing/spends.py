"""The spends of a purchase: awards spent at once, then the requested spend, or else the automatic one.

No spend exceeds what is left to pay, what the wallet holds, or the limits of one spend. A requested one that would is
refused (decision 6); the others take less, and where that is below a minimum, nothing.
"""

from collections.abc import Iterator
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from loyalty.domain.errors import Code, Problem, Refused
from loyalty.domain.ledger.wallet import Lots, take_from_lots
from loyalty.domain.money import ZERO
from loyalty.domain.pricing.exchange import Amounts, Exchange
from loyalty.domain.programme.conditions import Occasion
from loyalty.domain.programme.spend_settings import SpendSettings
from loyalty.domain.purchases.purchase import RequestedSpend


class SpendMethod(StrEnum):
    """How a spend came about (contract, spend reward transaction)."""

    ON_REQUEST = "SPEND_ON_REQUEST"
    INSTANTLY = "SPEND_INSTANTLY"
    AUTOMATICALLY = "SPEND_AUTOMATICALLY"


class Spend(Struct, frozen=True):
    """A payment from the wallet. A purchase has at most one of each method. `lots` are the lots that it is taken from,
    as amounts above zero in the wallet's currency."""

    method: SpendMethod
    amounts: Amounts
    lots: Lots


class Payment(Struct, frozen=True):
    """How far the wallet has paid a purchase: what is left to pay (system currency), and what the wallet still holds of
    what it held before the purchase (wallet currency)."""

    occasion: Occasion
    settings: SpendSettings
    exchange: Exchange
    left: Decimal
    balance: Decimal

    @property
    def available(self) -> Decimal:
        """The largest spend that could still be requested, system currency; 0 where none could."""
        amount = self._payable(self.exchange.largest_within(self.balance))
        return ZERO if amount and not self.exchange.wallet_of(amount) else amount

    def spends(self, instant: Amounts, lots: Lots) -> Iterator[Spend]:
        """Return the spends of the purchase; `instant` is the sum of the awards that are to be spent at once, `lots`
        theirs.

        Raises:
            Refused: SPEND_LIMIT, INSUFFICIENT_BALANCE, INVALID or CURRENCY_MISMATCH, if the requested spend is not
                possible.
        """
        payment = self
        at_once = self._instant(instant)
        if at_once:
            yield Spend(SpendMethod.INSTANTLY, at_once, take_from_lots(lots, at_once.wallet))
            payment = replace(self, left=self.left - at_once.system)
        requested = self.occasion.purchase.spend
        if requested:
            yield payment._spend(SpendMethod.ON_REQUEST, payment._take_requested(requested))
        elif amounts := payment._automatic():
            yield payment._spend(SpendMethod.AUTOMATICALLY, amounts)

    def after(self, spends: tuple[Spend, ...]) -> "Payment":
        """Return the payment once `spends` are taken. Instant ones take nothing of what the wallet held before."""
        if not spends:
            return self
        left, balance = self.left, self.balance
        for spend in spends:
            left -= spend.amounts.system
            if spend.method is not SpendMethod.INSTANTLY:
                balance -= spend.amounts.wallet
        return replace(self, left=left, balance=balance)

    def _spend(self, method: SpendMethod, amounts: Amounts) -> Spend:
        return Spend(method, amounts, take_from_lots(self.occasion.wallet.lots, amounts.wallet))

    @property
    def _balance(self) -> Decimal:
        return self.exchange.system_of(self.balance)

    def _instant(self, awarded: Amounts) -> Amounts | None:
        if not awarded.system:
            return None
        amount = self._payable(awarded.system)
        if amount == awarded.system:
            return awarded
        return self.exchange.amounts(amount).within(awarded) if amount else None

    def _automatic(self) -> Amounts | None:
        """Return what the wallet pays by itself, as its account asks for."""
        rule = self.occasion.account.automatic_spend
        if rule is None or (rule.merchants and rule.merchants.isdisjoint(self.occasion.units)):
            return None
        if rule.minimum_wallet_balance is not None and self._balance < rule.minimum_wallet_balance:
            return None
        amount = self._payable(self._balance, rule.maximum)
        if amount < (rule.minimum or ZERO):
            return None
        amounts = self.exchange.amounts(amount)
        # Of a balance that is kept finer than its currency is told, rounding must not take more than there is.
        amounts = Amounts(amounts.system, min(amounts.wallet, self.balance), amounts.alternative)
        return amounts if amounts.system > 0 and amounts.wallet > 0 else None

    def _payable(self, *limits: Decimal | None) -> Decimal:
        """Return the largest spend within `limits`, what is left to pay and the maximum of one spend; 0 below its
        minimum."""
        amount = self.exchange.payable(self.left, self.settings.maximum, *limits)
        return amount if self.settings.allow_spending and amount >= (self.settings.minimum or ZERO) else ZERO

    def _take_requested(self, spend: RequestedSpend) -> Amounts:
        """Return a requested spend is taken whole or refused, and only from what the wallet held before this
        purchase."""
        amounts = self._requested_amounts(spend)
        if limit := self._broken_limit(amounts.system):
            raise Refused(Problem(Code.SPEND_LIMIT, limit, spend.pointer))
        if amounts.wallet > self.balance:
            holds, asked = self.exchange.describe(self.balance), self.exchange.describe(amounts.wallet)
            description = f"The wallet holds {holds}; {asked} cannot be spent."
            raise Refused(Problem(Code.INSUFFICIENT_BALANCE, description, spend.pointer))
        return amounts

    def _requested_amounts(self, spend: RequestedSpend) -> Amounts:
        """Return the amounts of a requested spend, which are above zero."""
        amounts = self.exchange.requested_amounts(spend)
        if amounts.wallet <= 0 or amounts.system <= 0:
            raise Refused(Problem(Code.INVALID, "The amount is zero after rounding.", spend.pointer))
        return amounts

    def _broken_limit(self, amount: Decimal) -> str | None:
        settings = self.settings
        if not settings.allow_spending:
            return "Spending is not allowed here."
        if settings.minimum is not None and amount < settings.minimum:
            return f"The smallest spend in one transaction is {settings.minimum}."
        if settings.maximum is not None and amount > settings.maximum:
            return f"The largest spend in one transaction is {settings.maximum}."
        if amount > self.left:
            return f"At most {self.left} can be spent, as no more is left to pay."
        return None
