"""One amount in three currencies (rewards.md, "Three currencies"): the system's, the wallet's, the alternative one."""

from dataclasses import dataclass
from fractions import Fraction

from tests.model.exact import DOWN, HALF_UP, Json, rounded
from tests.model.programme import Programme, exponent
from tests.model.purchase import CURRENCY, Refused

SYSTEM, WALLET, ALTERNATIVE = "SYSTEM", "WALLET", "ALTERNATIVE"


@dataclass(frozen=True)
class Rates:
    """Rates of one moment, as units for one unit of the system currency, and the decimals of each currency.

    Without an alternative currency, or a rate of it on the day, `ALTERNATIVE` is missing in both.
    """

    rate: dict[str, Fraction]
    decimals: dict[str, int]

    def amounts(self, value: Fraction, mode: str = HALF_UP, cap: Fraction | None = None) -> dict[str, Fraction]:
        """Return an exact amount of the system currency in all currencies, each rounded once, none above the cap."""
        return {name: self.amount(value, name, mode, cap) for name in self.rate}

    def amount(self, value: Fraction, name: str, mode: str = HALF_UP, cap: Fraction | None = None) -> Fraction:
        """Return an exact amount of the system currency in one currency.

        "Conversions start from the exact amount", and "limits are rounded down": what rounding would lift above the
        cap is the largest that fits.
        """
        result = rounded(value * self.rate[name], self.decimals[name], mode)
        if cap is None:
            return result
        return min(result, rounded(cap * self.rate[name], self.decimals[name], DOWN))


def rates(programme: Programme, account: Json, moment: int) -> Rates:
    """Return the rates on a day. Without one of the wallet's currency, a purchase is refused."""
    wallet, alternative = programme.wallet_currency(account), programme.currency("ALTERNATIVE")
    found = {SYSTEM: Fraction(1)}
    decimals = {SYSTEM: exponent(programme.system), WALLET: exponent(wallet)}
    of_wallet = programme.rate(wallet, moment)
    if of_wallet is None:
        raise Refused(("", CURRENCY))
    found[WALLET] = of_wallet
    of_points = programme.rate(alternative, moment) if alternative else None
    if alternative and of_points is not None:
        found[ALTERNATIVE] = of_points
        decimals[ALTERNATIVE] = exponent(alternative)
    return Rates(found, decimals)
