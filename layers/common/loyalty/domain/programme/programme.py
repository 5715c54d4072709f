"""The reward programme as pricing sees it: currencies and rates, business units, offers, limits.

Built from imported reference records (`loyalty.domain.records`), which are validated on import and then have ids as
references; so nothing is checked twice here.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from functools import partial
from typing import Self, TypeVar

from msgspec import Struct

from loyalty.domain.currencies import Currency, Exponents, Rate
from loyalty.domain.errors import not_in_programme
from loyalty.domain.ledger.wallet import Clawback, Wallet
from loyalty.domain.money import ONE, is_kept_exactly, rounded
from loyalty.domain.period import time_zone
from loyalty.domain.programme.compact_records import ProgrammeRecords, RecordsOfType
from loyalty.domain.programme.conditions import Occasion
from loyalty.domain.programme.directory import TABLE, Record
from loyalty.domain.programme.made_once import MadeOnce
from loyalty.domain.programme.offer_index import OfferIndex
from loyalty.domain.programme.offers import EFFECTIVE, Offer, Offers, Scheme, VoucherType
from loyalty.domain.programme.spend_settings import ReductionMethod, SpendSettings
from loyalty.domain.purchases.account import Account
from loyalty.domain.purchases.purchase import Purchase

LookedUp = TypeVar("LookedUp")


class BusinessUnit(Struct, frozen=True):
    """A merchant, or an outlet of one.

    Attributes:
        id: its id.
        code: its code, if it has one.
        parent_id: the merchant of an outlet; None for a merchant.
        currency_id: its own currency, if it has one.
        time_zone: its own time zone, if it has one.
        effective: whether its state is EFFECTIVE.
        clawback: its own setting for spent awards that are taken back, if it has one.
    """

    id: str
    code: str | None
    parent_id: str | None
    currency_id: str | None
    time_zone: tzinfo | None = None
    effective: bool = True
    clawback: Clawback | None = None

    @property
    def merchant_id(self) -> str:
        """The merchant that this unit is, or belongs to."""
        return self.parent_id or self.id


class Place(Struct, frozen=True):
    """A business unit as a purchase is performed there: the units from it upwards, their ids, whether all of them are
    effective, by whose clock it is, and what wallets may pay."""

    lineage: tuple[BusinessUnit, ...]
    unit_ids: frozenset[str]
    effective: bool
    zone: tzinfo
    spend_settings: SpendSettings

    @classmethod
    def of(cls, lineage: tuple[BusinessUnit, ...], settings: Mapping[str | None, SpendSettings], zone: tzinfo) -> Self:
        """Return the place at the foot of `lineage`. Clock and settings are the outlet's own, else the merchant's, else
        the organisation's."""
        ids = [*(unit.id for unit in lineage), None]
        return cls(
            lineage=lineage,
            unit_ids=frozenset(unit.id for unit in lineage),
            effective=all(unit.effective for unit in lineage),
            zone=next((unit.time_zone for unit in lineage if unit.time_zone), zone),
            spend_settings=next((settings[at] for at in ids if at in settings), SpendSettings()),
        )


class Programme(Struct, frozen=True, eq=False):
    """Everything that pricing looks up, by id.

    Methods raise `NotInProgramme` if a record names what this programme lacks, as it is older than the record.

    Attributes:
        version: changes with each import of programme records.
        system_currency: the currency of the role SYSTEM.
        alternative_currency: the currency of the role ALTERNATIVE, if there is one.
        currencies: currencies by id.
        rates: rates by the id of their currency.
        business_units: merchants and outlets by id.
        places: places where purchases are performed, by the id of the business unit.
        offers: all offers, in their order.
        offer_index: the offers that can apply to a purchase.
        with_budget: the ids of offers with a budget.
        zone: the organisation's time zone; UTC if it has none.
        table_id: the identity of its table; None until the first import since tables have one.
    """

    version: int
    system_currency: Currency
    alternative_currency: Currency | None
    currencies: Mapping[str, Currency]
    rates: Mapping[str, tuple[Rate, ...]]
    business_units: Mapping[str, BusinessUnit]
    places: Mapping[str, Place]
    offers: Offers
    offer_index: OfferIndex
    with_budget: frozenset[str]
    zone: tzinfo = UTC
    table_id: str | None = None

    @classmethod
    def of(cls, records: Iterable[Record], version: int = 0) -> Self:
        """Return the programme that `records` make up. Types that pricing does not use are passed over.

        Raises:
            ProgrammeIncomplete: no currency has the role SYSTEM.
        """
        kinds = ProgrammeRecords.of(records)
        own = kinds.of_type("currency")
        currencies = {record["id"]: Currency.of(record) for record in own}
        roles = {record["role"]: currencies[record["id"]] for record in own if record.get("role")}
        if "SYSTEM" not in roles:
            raise ProgrammeIncomplete
        rates: dict[str, list[Rate]] = defaultdict(list)
        for record in kinds.of_type("currency_rate"):
            rates[record["currency"]].append(Rate.of(record))
        offers, units = _offers(kinds), _business_units(kinds.of_type("business_unit"))
        settings = {record.get("business_unit"): SpendSettings.of(record) for record in kinds.of_type("spend_settings")}
        zones = (record.get("time_zone") for record in kinds.of_type("organisation"))
        zone = next((time_zone(name) for name in zones if name), UTC)
        return cls(
            version=version,
            system_currency=roles["SYSTEM"],
            alternative_currency=roles.get("ALTERNATIVE"),
            currencies=currencies,
            rates={
                currency: tuple(sorted(periods, key=lambda rate: rate.turn, reverse=True))
                for currency, periods in rates.items()
            },
            business_units=units,
            places=MadeOnce(units, lambda unit_id: Place.of(_lineage(unit_id, units), settings, zone)),
            offers=offers,
            offer_index=OfferIndex(offers),
            with_budget=offers.with_budget,
            zone=zone,
            table_id=next((record["id"] for record in kinds.of_type(TABLE)), None),
        )

    def place_of(self, purchase: Purchase) -> Place:
        """Return where a purchase was performed: at the outlet, or else the merchant."""
        return self._place(purchase.outlet_id or purchase.merchant_id)

    def reduction_method_at(self, business_unit_id: str) -> ReductionMethod:
        """Return who takes spends off the price at an outlet or a merchant."""
        return self._place(business_unit_id).spend_settings.reduction_method

    def zone_at(self, business_unit_id: str) -> tzinfo:
        """Return the time zone by whose clock an outlet or a merchant goes."""
        return self._place(business_unit_id).zone

    def currency_of(self, unit: BusinessUnit) -> Currency:
        """Return the currency of a business unit: its own, else its merchant's, else the system's."""
        own = (one.currency_id for one in self._place(unit.id).lineage)
        return self._currency(next(filter(None, own), None))

    def occasion(self, purchase: Purchase, account: Account, wallet: Wallet, given: Mapping[str, Decimal]) -> Occasion:
        """Return what conditions and limits look at."""
        place = self.place_of(purchase)
        return Occasion(purchase, account, wallet, place.unit_ids, place.effective, place.zone, given)

    def budgeted_offers(self, purchase: Purchase, account: Account) -> list[str]:
        """Return the offers with a budget that a purchase could match: pricing it needs to know what they have
        given."""
        if not self.with_budget:
            return []
        occasion = self.occasion(purchase, account, Wallet(account.id), {})
        possible = (offer for offer in self.offer_index.possible(occasion) if offer.id in self.with_budget)
        return [offer.id for offer in possible if not offer.closed_by(occasion)]

    def clawback(self, business_unit_id: str) -> Clawback:
        """Return what becomes of a reversed award that is spent already: as the outlet says, else the merchant."""
        settings = (unit.clawback for unit in self._place(business_unit_id).lineage)
        return next((setting for setting in settings if setting), Clawback.WITHIN_BALANCE)

    def rate(self, currency: Currency, at: datetime) -> Decimal | None:
        """Units of `currency` for one unit of the system currency at `at`; None if no rate is in force."""
        if currency.id == self.system_currency.id:
            return ONE
        in_force = self.rate_in_force(currency.id, at)
        return in_force.rate if in_force else None

    def rate_in_force(self, currency_id: str, at: datetime) -> Rate | None:
        """Return the rate of a currency at `at`, of several the one that began last; None if there is none, as for the
        system currency."""
        for rate in self.rates.get(currency_id, ()):
            if rate.period.holds(at):
                return rate
        return None

    def exchange(self, amount: Decimal, source: Currency, target: Currency, at: datetime) -> Decimal | None:
        """Return an amount of `source` in `target` at the rates in force, rounded once; None if a rate is missing."""
        if source.id == target.id:
            return rounded(amount, target.exponent)
        of_source, of_target = self.rate(source, at), self.rate(target, at)
        if of_source is None or of_target is None:
            return None
        return rounded(amount * of_target / of_source, target.exponent)

    def wallet_currency(self, account: Account) -> Currency:
        """Return the currency that an account's wallet is kept in."""
        return self._currency(account.currency_id)

    def exponents(self, account: Account) -> Exponents:
        """Decimals of the currencies that an account's amounts are told in."""
        alternative = self.alternative_currency
        return Exponents(
            self.system_currency.exponent,
            self.wallet_currency(account).exponent,
            alternative.exponent if alternative else 0,
        )

    def alternative_of(self, balance: Decimal, account: Account, at: datetime) -> Decimal | None:
        """Return a balance in the alternative currency; None if there is none, or no rate of it at `at`, or if it has
        more digits than a table keeps."""
        if self.alternative_currency is None:
            return None
        amount = self.exchange(balance, self.wallet_currency(account), self.alternative_currency, at)
        return amount if amount is not None and is_kept_exactly(amount) else None

    def _currency(self, currency_id: str | None) -> Currency:
        """Return the currency with this id; the system's where there is none."""
        return _require_known(self.currencies, "currency", currency_id) if currency_id else self.system_currency

    def _place(self, business_unit_id: str) -> Place:
        return _require_known(self.places, "business_unit", business_unit_id)


def _require_known(by_id: Mapping[str, LookedUp], kind: str, record_id: str) -> LookedUp:
    try:
        return by_id[record_id]
    except KeyError as error:
        raise not_in_programme(kind, record_id) from error


class ProgrammeIncomplete(Exception):  # noqa: N818 - reads as what it says
    """No currency has the role SYSTEM, so nothing can be priced: the programme was not imported yet."""


def _lineage(business_unit_id: str | None, among: Mapping[str, BusinessUnit]) -> tuple[BusinessUnit, ...]:
    """Return a business unit and all above it, itself first."""
    units: list[BusinessUnit] = []
    # A unit that is above itself was imported by mistake; it ends the climb.
    while business_unit_id and business_unit_id not in (unit.id for unit in units):
        units.append(_require_known(among, "business_unit", business_unit_id))
        business_unit_id = units[-1].parent_id
    return tuple(units)


def _business_units(records: RecordsOfType) -> Mapping[str, BusinessUnit]:
    return MadeOnce(records.places, lambda unit_id: _business_unit(records[records.places[unit_id]]))


def _offers(records: ProgrammeRecords) -> Offers:
    schemes = {record["id"]: Scheme.of(record) for record in records.of_type("reward_scheme")}
    vouchers = {record["id"]: VoucherType.of(record) for record in records.of_type("voucher_type")}
    return Offers(records.of_type("reward_offer"), partial(Offer.of, schemes=schemes, voucher_types=vouchers))


def _business_unit(record: Record) -> BusinessUnit:
    zone = record.get("time_zone")
    return BusinessUnit(
        id=record["id"],
        code=record.get("code"),
        parent_id=record.get("parent_business_unit"),
        currency_id=record.get("currency"),
        time_zone=time_zone(zone) if zone else None,
        effective=record["life_cycle_state"] == EFFECTIVE,
        clawback=Clawback(record["clawback"]) if "clawback" in record else None,
    )
