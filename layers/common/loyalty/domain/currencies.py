"""Currencies and the dated rates between them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Self

from msgspec import Struct

from loyalty.domain.period import Period


class Currency(Struct, frozen=True):
    """A currency; `exponent` is its number of decimals."""

    id: str
    code: str
    exponent: int

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Self:
        """Return the currency of a `currency` record."""
        return cls(record["id"], record["code"], record["exponent"])


class Exponents(Struct, frozen=True):
    """Decimals of the system currency, of a wallet's, and of the alternative one."""

    system: int
    wallet: int
    alternative: int


class Rate(Struct, frozen=True):
    """Units of a currency for one unit of the system currency, within a period."""

    id: str
    period: Period
    rate: Decimal

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Self:
        """Return the rate of a `currency_rate` record."""
        return cls(
            record["id"], Period.between(record.get("from_date"), record.get("to_date")), Decimal(record["rate"])
        )

    @property
    def turn(self) -> tuple[datetime, str]:
        """The key of its order. Among rates that begin together, which only older tables have, the higher id is
        last."""
        return self.period.start or _EVER, self.id


_EVER = datetime.min.replace(tzinfo=UTC)
