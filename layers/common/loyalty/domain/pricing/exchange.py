"""From exact amounts to money: in the system currency, the wallet's and the alternative one, at the rates of a day."""

import operator
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Decimal
from functools import cache

from msgspec import Struct

from loyalty.domain.currencies import Currency
from loyalty.domain.errors import Code, NotInProgramme, Problem
from loyalty.domain.money import ONE, UNITS, ZERO, rounded
from loyalty.domain.programme.award_rules import AwardCurrency
from loyalty.domain.programme.programme import Programme
from loyalty.domain.purchases.account import Account
from loyalty.domain.purchases.purchase import RequestedSpend


class Amounts(Struct, frozen=True, array_like=True):
    """One amount in the three currencies that matter, each converted from the exact amount and rounded once.

    `alternative` is None if the organisation has no alternative currency, or no rate for it on that day.
    """

    system: Decimal
    wallet: Decimal
    alternative: Decimal | None

    def of(self, currency: AwardCurrency) -> Decimal:
        """Return the amount in the system or the alternative currency; 0 where there is none in the latter."""
        return self.system if currency is AwardCurrency.SYSTEM else self.alternative or ZERO

    def __add__(self, other: "Amounts") -> "Amounts":
        return self._with(other, operator.add)

    def __sub__(self, other: "Amounts") -> "Amounts":
        return self._with(other, operator.sub)

    def within(self, other: "Amounts") -> "Amounts":
        """Return the smaller one, currency by currency."""
        return self._with(other, min)

    def _with(self, other: "Amounts", combine: Callable[[Decimal, Decimal], Decimal]) -> "Amounts":
        alternative = None
        if self.alternative is not None and other.alternative is not None:
            alternative = combine(self.alternative, other.alternative)
        return Amounts(combine(self.system, other.system), combine(self.wallet, other.wallet), alternative)


class Quote(Struct, frozen=True):
    """A currency and how many units of it one unit of the system currency was worth."""

    currency: Currency
    rate: Decimal

    def of(self, exact: Decimal, source: "Quote", rounding: str) -> Decimal:
        """Return an exact amount of `source` in this currency, rounded once."""
        if self.currency.id != source.currency.id:
            exact = exact * self.rate / source.rate
        return rounded(exact, self.currency.exponent, rounding)


class Exchange:
    """Turns amounts into an account's currencies at the rates in force at one moment.

    Raises:
        NotInProgramme: CURRENCY_MISMATCH, if there is no rate of the wallet's currency then; RETRY_LATER, if there is
            no such currency.
    """

    def __init__(self, programme: Programme, account: Account, at: datetime) -> None:
        self._at = at
        self._system = Quote(programme.system_currency, ONE)
        wallet = programme.wallet_currency(account)
        rate = programme.rate(wallet, at)
        if rate is None:
            raise NotInProgramme(_no_rate(wallet, at))
        self._wallet = Quote(wallet, rate) if wallet.id != programme.system_currency.id else self._system
        self._alternative_currency = programme.alternative_currency
        rate = programme.rate(self._alternative_currency, at) if self._alternative_currency else None
        self._alternative = Quote(self._alternative_currency, rate) if self._alternative_currency and rate else None

    @property
    def exponent(self) -> int:
        """Decimals of the system currency."""
        return self._system.currency.exponent

    @property
    def nothing(self) -> Amounts:
        """Zero in all currencies."""
        alternative = self._alternative.currency.exponent if self._alternative else None
        return _nothing(self.exponent, self._wallet.currency.exponent, alternative)

    def sum(self, amounts: Sequence[Amounts]) -> Amounts:
        """Currency by currency; of none, zero."""
        if len(amounts) < 2:
            return amounts[0] if amounts else self.nothing
        alternatives = [one.alternative for one in amounts if one.alternative is not None]
        return Amounts(
            sum([one.system for one in amounts], ZERO),
            sum([one.wallet for one in amounts], ZERO),
            sum(alternatives, ZERO) if alternatives else None,
        )

    def quote(self, currency: AwardCurrency) -> Quote | None:
        """Return `currency` and its rate; None where there is no such currency, or no rate of it."""
        return self._system if currency is AwardCurrency.SYSTEM else self._alternative

    def amounts(
        self,
        exact: Decimal,
        currency: AwardCurrency = AwardCurrency.SYSTEM,
        rounding: str = ROUND_HALF_UP,
        maximum: Decimal | None = None,
    ) -> Amounts:
        """Return an exact amount of `currency`, which needs to have a rate, in all currencies.

        None of them exceeds `maximum` (of `currency` too), not even by what rounding adds.
        """
        amounts = self._round_amounts(exact, currency, rounding)
        return amounts if maximum is None else amounts.within(self._round_amounts(maximum, currency, ROUND_DOWN))

    def payable(self, *limits: Decimal | None) -> Decimal:
        """Return the largest amount that can be paid in the system currency within all `limits`; None is no limit."""
        return rounded(min([limit for limit in limits if limit is not None]), self.exponent, ROUND_DOWN)

    def largest_within(self, balance: Decimal) -> Decimal:
        """Return the largest amount of the system currency that is not more than `balance`, which is of the wallet's,
        once it is rounded to that; it may be nothing there."""
        if self._wallet is self._system:
            return balance
        exponent = self._wallet.currency.exponent
        too_much = (rounded(balance, exponent, ROUND_DOWN) + UNITS[exponent] / 2) / self._wallet.rate
        return rounded(too_much, self.exponent, ROUND_UP) - UNITS[self.exponent]

    def wallet_of(self, amount: Decimal) -> Decimal:
        """Return an amount of the system currency in the wallet's, rounded once."""
        return self._wallet.of(amount, self._system, ROUND_HALF_UP)

    def system_of(self, balance: Decimal) -> Decimal:
        """Return a balance of the wallet's currency in the system currency, exactly."""
        return balance / self._wallet.rate

    def describe(self, amount: Decimal) -> str:
        """Return an amount of the wallet's currency in words, with the code of any currency that is not the
        system's."""
        return str(amount) if self._wallet is self._system else f"{amount} {self._wallet.currency.code}"

    def requested_amounts(self, spend: RequestedSpend) -> Amounts:
        """Return the amounts of a requested spend, from the one that is given.

        Raises:
            NotInProgramme: CURRENCY_MISMATCH, if that is of an alternative currency, and there is none or no rate
                of it.
        """
        if spend.alternative_amount is None or spend.amount is not None:
            return self.amounts(spend.amount or ZERO)
        if self._alternative_currency is None:
            description = "There is no alternative currency here."
            raise NotInProgramme(Problem(Code.CURRENCY_MISMATCH, description, spend.pointer))
        if self._alternative is None:
            raise NotInProgramme(_no_rate(self._alternative_currency, self._at, spend.pointer))
        return self.amounts(spend.alternative_amount, AwardCurrency.ALTERNATIVE)

    def _round_amounts(self, exact: Decimal, currency: AwardCurrency, rounding: str) -> Amounts:
        source = self.quote(currency)
        assert source is not None
        system = self._system.of(exact, source, rounding)
        return Amounts(
            system,
            system if self._wallet is self._system else self._wallet.of(exact, source, rounding),
            self._alternative.of(exact, source, rounding) if self._alternative else None,
        )


@cache
def _nothing(system: int, wallet: int, alternative: int | None) -> Amounts:
    """Return zero in currencies of so many decimals."""
    nothing = None if alternative is None else rounded(ZERO, alternative)
    return Amounts(rounded(ZERO, system), rounded(ZERO, wallet), nothing)


def _no_rate(currency: Currency, at: datetime, pointer: str = "") -> Problem:
    return Problem(Code.CURRENCY_MISMATCH, f"No rate of {currency.code} is in force on {at:%Y-%m-%d}.", pointer)
