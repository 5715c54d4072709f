"""The reward programme as pricing sees it: currencies and rates, business units, classifications, offers, limits.

Built from imported reference records (`loyalty.domain.records`), which were validated when they were imported and whose
references are ids by then; so nothing is checked twice here.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Self

from loyalty.domain.awards import AwardRule
from loyalty.domain.conditions import Condition, compiled
from loyalty.domain.money import rounded
from loyalty.domain.purchase import Account

Record = Mapping[str, Any]


def moment(text: str | None) -> datetime | None:
    """A record's date (`YYYY-MM-DDThh:mm:ss`, no zone) as UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` (included) to `end` (excluded); None leaves that side open."""

    start: datetime | None
    end: datetime | None

    def holds(self, at: datetime) -> bool:
        """Whether `at` lies within."""
        return (self.start is None or self.start <= at) and (self.end is None or at < self.end)


@dataclass(frozen=True, slots=True)
class Currency:
    """A currency; `exponent` is its number of decimals."""

    id: str
    code: str
    exponent: int


@dataclass(frozen=True, slots=True)
class Rate:
    """Units of a currency for one unit of the system currency, within a period."""

    period: Period
    rate: Decimal


@dataclass(frozen=True, slots=True)
class BusinessUnit:
    """A merchant, or an outlet (`parent_id` is its merchant)."""

    id: str
    code: str | None
    parent_id: str | None
    currency_id: str | None

    @property
    def merchant_id(self) -> str:
        """The merchant that this unit is, or belongs to."""
        return self.parent_id or self.id


@dataclass(frozen=True, slots=True)
class SpendSettings:
    """Whether a wallet may pay, and how much in one transaction (system currency; None means no limit)."""

    allow_spending: bool = True
    minimum: Decimal | None = None
    maximum: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """A reward offer: when its conditions hold, its award is given."""

    id: str
    name: str
    effective: Period
    conditions: tuple[Condition, ...]
    award: AwardRule


@dataclass(frozen=True, slots=True)
class Programme:
    """Everything that pricing looks up, by id and by the codes that callers use."""

    version: int
    system_currency: Currency
    alternative_currency: Currency | None
    currencies: Mapping[str, Currency]
    rates: Mapping[str, tuple[Rate, ...]]
    business_units: Mapping[str, BusinessUnit]
    classifications: Mapping[str, str]
    offers: tuple[Offer, ...]
    spend_settings: Mapping[str | None, SpendSettings]
    codes: Mapping[tuple[str, str], str] = field(repr=False)

    @classmethod
    def of(cls, records: Iterable[Record], version: int = 0) -> Self:
        """The programme that `records` make up. Types that pricing does not use are passed over.

        Raises:
            ProgrammeIncomplete: no currency has the role SYSTEM.
        """
        kinds: dict[str, list[Record]] = defaultdict(list)
        for record in records:
            kinds[record["type"]].append(record)
        currencies = {record["id"]: _currency(record) for record in kinds["currency"]}
        roles = {record["role"]: currencies[record["id"]] for record in kinds["currency"] if record.get("role")}
        if "SYSTEM" not in roles:
            raise ProgrammeIncomplete
        rates: dict[str, list[Rate]] = defaultdict(list)
        for record in kinds["currency_rate"]:
            rates[record["currency"]].append(
                Rate(Period(moment(record.get("from_date")), moment(record.get("to_date"))), Decimal(record["rate"]))
            )
        effective = [record for record in kinds["reward_offer"] if record["life_cycle_state"] == "EFFECTIVE"]
        return cls(
            version=version,
            system_currency=roles["SYSTEM"],
            alternative_currency=roles.get("ALTERNATIVE"),
            currencies=currencies,
            rates={currency: tuple(periods) for currency, periods in rates.items()},
            business_units={record["id"]: _business_unit(record) for record in kinds["business_unit"]},
            classifications={record["id"]: record["name"] for record in kinds["classification"]},
            offers=tuple(sorted((_offer(record) for record in effective), key=lambda offer: offer.id)),
            spend_settings={record.get("business_unit"): _spend_settings(record) for record in kinds["spend_settings"]},
            codes=_codes(kinds),
        )

    def find(self, kind: str, by: str, value: str) -> str | None:
        """The id of what a caller named, None where there is none. `by` is `id` or `code`."""
        known: Mapping[str, Mapping[str, object]] = {
            "currency": self.currencies,
            "business_unit": self.business_units,
            "classification": self.classifications,
        }
        if by == "id":
            return value if value in known[kind] else None
        return self.codes.get((kind, value))

    def spend_settings_for(self, merchant_id: str) -> SpendSettings:
        """The merchant's own settings, else the organisation's, else none."""
        return self.spend_settings.get(merchant_id) or self.spend_settings.get(None) or SpendSettings()

    def rate(self, currency: Currency, at: datetime) -> Decimal | None:
        """Units of `currency` for one unit of the system currency at `at`; None where no rate is in force."""
        if currency.id == self.system_currency.id:
            return Decimal(1)
        return next((entry.rate for entry in self.rates.get(currency.id, ()) if entry.period.holds(at)), None)

    def exchanged(self, amount: Decimal, source: Currency, target: Currency, at: datetime) -> Decimal | None:
        """An amount of `source` in `target` at the rates in force, rounded once; None where a rate is missing."""
        if source.id == target.id:
            return rounded(amount, target.exponent)
        of_source, of_target = self.rate(source, at), self.rate(target, at)
        if of_source is None or of_target is None:
            return None
        return rounded(amount * of_target / of_source, target.exponent)

    def wallet_currency(self, account: Account) -> Currency:
        """The currency that an account's wallet is kept in."""
        return self.currencies[account.currency_id] if account.currency_id else self.system_currency

    def alternative_of(self, balance: Decimal, account: Account, at: datetime) -> Decimal | None:
        """A balance in the alternative currency; None where there is none, or no rate of it at `at`."""
        if self.alternative_currency is None:
            return None
        return self.exchanged(balance, self.wallet_currency(account), self.alternative_currency, at)


class ProgrammeIncomplete(Exception):  # noqa: N818 - reads as what it says
    """No currency has the role SYSTEM, so nothing can be priced: the programme was not imported yet."""


def _currency(record: Record) -> Currency:
    return Currency(record["id"], record["code"], record["exponent"])


def _business_unit(record: Record) -> BusinessUnit:
    return BusinessUnit(record["id"], record.get("code"), record.get("parent_business_unit"), record.get("currency"))


def _spend_settings(record: Record) -> SpendSettings:
    minimum = record.get("minimum_spend_amount_per_transaction")
    maximum = record.get("maximum_spend_amount_per_transaction")
    return SpendSettings(
        record["allow_spending"],
        None if minimum is None else Decimal(minimum),
        None if maximum is None else Decimal(maximum),
    )


def _offer(record: Record) -> Offer:
    return Offer(
        id=record["id"],
        name=record["name"],
        effective=Period(moment(record.get("effective_from")), moment(record.get("effective_to"))),
        conditions=compiled(record.get("conditions") or {}),
        award=AwardRule.of(record["award"], record.get("conditions") or {}),
    )


def _codes(kinds: Mapping[str, list[Record]]) -> dict[tuple[str, str], str]:
    return {
        (kind, record[code]): record["id"]
        for kind in ("currency", "business_unit", "classification")
        for code in ("alternative_code", "code")
        for record in kinds[kind]
        if record.get(code)
    }
