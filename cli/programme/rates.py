"""Rates that do not hold for as long as they say, as a later one counts in their place."""

from collections.abc import Iterator
from typing import NamedTuple

from loyalty.domain.currencies import Rate
from loyalty.domain.programme.programme import Programme


class CutShort(NamedTuple):
    """A rate, the later one that counts in its place, and what there is to say about that."""

    rate_id: str
    later_id: str
    reason: str
    hint: str


def rates_cut_short(programme: Programme) -> Iterator[CutShort]:
    """Rates that end after a later one begins, and those that count again once a later one ends. That a rate without an
    end is followed by another is nothing to wonder about."""
    for currency_id, rates in programme.rates.items():
        for place, rate in enumerate(rates):
            for later in rates[:place]:
                if not rate.period.common(later.period).is_empty:
                    yield from _doubt(rate, later, _comes_back(programme, currency_id, rate, later))


def _comes_back(programme: Programme, currency_id: str, rate: Rate, later: Rate) -> bool:
    return later.period.end is not None and programme.rate_in_force(currency_id, later.period.end) == rate


def _doubt(rate: Rate, later: Rate, comes_back: bool) -> Iterator[CutShort]:
    begins = f"from {later.period.start:%Y-%m-%dT%H:%M:%S} on" if later.period.start else "always"
    if comes_back:
        reason = f"{later.id} counts in place of {rate.id} {begins}, and {rate.id} again when that ends."
        yield CutShort(rate.id, later.id, reason, f"Give {rate.id} a to_date, or remove the to_date of {later.id}.")
    elif rate.period.end:
        reason = f"{later.id} counts in place of {rate.id} {begins}, though that ends later."
        yield CutShort(rate.id, later.id, reason, f"End {rate.id} where {later.id} begins.")
