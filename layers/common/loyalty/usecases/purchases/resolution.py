"""Finding what a request names: every name that cannot be found is reported, not just the first."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, tzinfo
from functools import partial
from typing import Any, NamedTuple, TypeVar

from msgspec import Struct

from loyalty.domain.access.partner import Partner
from loyalty.domain.dates import clock_at, moment_at
from loyalty.domain.errors import Code, NotInProgramme, Problem, Refused, not_found
from loyalty.domain.pricing.audience import Audience
from loyalty.domain.programme.programme import BusinessUnit
from loyalty.domain.purchases.promo_code import PromoCode
from loyalty.domain.purchases.purchase import Line, Product, Purchase, PurchaseRequest, Reference
from loyalty.store import keys
from loyalty.store.attributes import Item
from loyalty.store.catalogue import Catalogue
from loyalty.store.customer_tokens import resolve_passwords
from loyalty.usecases.access.customer_tokens import GuessRefused, ShownTokens
from loyalty.usecases.engine import Engine
from loyalty.usecases.purchases.promo_codes import promo_code_in
from loyalty.usecases.purchases.recognition import guess_of, keys_to_recognize, recognize

LABELS: Mapping[str, str] = {
    "business_unit": "Business Unit",
    "classification": "Classification",
    "currency": "Currency",
    "invoice": "Invoice",
    "merchant": "Merchant",
    "outlet": "Outlet",
    "payment_medium_brand": "Payment Medium Brand",
    "payment_medium_type": "Payment Medium Type",
    "spend_request_classification": "Classification",
    "tap": "Transaction Acquiring Point",
    "unit": "Unit",
}
"""The label of each type in a message that it is not found."""

_BUSINESS_UNITS = {"merchant", "outlet", "business_unit"}
_RECORD_TYPES = dict.fromkeys(_BUSINESS_UNITS, "business_unit") | {"spend_request_classification": "classification"}
"""The record types of parts of a purchase with another name."""

_STORED_APART = {"invoice", "promo_code"}


Result = TypeVar("Result")


class Performer(Struct, frozen=True):
    """The performer of a purchase: the business unit (an outlet or a merchant), and the unit and the tap that were
    named, or the only ones that it has."""

    business_unit: BusinessUnit
    unit_id: str | None
    tap_id: str | None


PerformedBy = tuple[tuple[str, Reference], ...]
"""The names that a request has for who performed it."""


class Resolved(NamedTuple):
    """A request with every name found.

    Attributes:
        purchase: what is priced.
        account_id: the account that it is for.
        ids: the ids of what it is about, by record type.
        unit_id: the unit of whoever performed it.
        details: values that are only kept, with dates by the clock of whoever performed it.
        one_time_password: where the password lies that the customer was recognized or authorized by. It was there, but
            only its deletion tells that it was used once: the posting deletes it, on the condition that it still is
            there.
    """

    purchase: Purchase
    account_id: str
    ids: Mapping[str, str]
    unit_id: str | None
    details: Mapping[str, Any]
    one_time_password: keys.Key | None


def look_up(
    engine: Engine,
    resolutions: Iterable["Resolution"],
    partner: Partner,
    *,
    now: datetime,
    beside: Iterable[keys.Key] = (),
) -> dict[keys.Key, Item]:
    """Return what the requests name and is not in memory, and what else is wanted beside it: one read for all,
    eventually consistent, and one more where they show one-time passwords. What was imported or given out a moment ago
    may not be found yet; asked again, it is."""
    wanted = [*beside]
    products: list[Reference] = []
    for one in resolutions:
        wanted += one.keys_to_read(now)
        products += one.products
    wanted += engine.catalogue.missing(products)
    items = resolve_passwords(engine.table, wanted, engine.table.get_many(wanted), partner.id, now)
    engine.catalogue.learn(items.values())
    return items


class Resolution:
    """The names of one request, looked up in one programme. Problems gather until they are raised together, behind
    those that are known `before`. Requests that are resolved together share `performers`: most name the same ones."""

    def __init__(
        self,
        request: PurchaseRequest,
        audience: Audience,
        performers: dict[PerformedBy, Performer] | None = None,
        before: Iterable[Problem] = (),
    ) -> None:
        self._request = request
        self._audience = audience
        self._partner, self._programme, self._directory = audience.partner, audience.programme, audience.directory
        self._performers: dict[PerformedBy, Performer] = {} if performers is None else performers
        self._problems: list[Problem] = [*before]
        self._is_lacking = False

    def _performer(self) -> Performer | None:
        """Return who performed it."""
        named = tuple(self._request.performed_by.items())
        performer = self._performers.get(named) or self._find_performer()
        if performer:
            self._performers[named] = performer
        return performer

    def _find_performer(self) -> Performer | None:
        """Return who performed it. All given names must agree; the rest follows from them (contract, row 34)."""
        named = self._request.performed_by
        ids = {kind: self._find_record(kind, reference) for kind, reference in named.items()}
        units = [(kind, unit) for kind in named if (unit := self._business_unit(kind, ids[kind], named[kind]))]
        if not units or len(units) < len(named):
            return None
        deepest = units[0][1]
        for kind, unit in units[1:]:
            if unit.id in (deepest.id, deepest.parent_id):
                continue
            if unit.parent_id != deepest.id:
                description = f"{named[kind].value} does not belong to {deepest.code or deepest.id}."
                self._refuse(Code.INVALID, description, named[kind])
                return None
            deepest = unit
        unit_id, tap_id = (
            ids.get(kind) or self._directory.find(kind, "business_unit", deepest.id) for kind in ("unit", "tap")
        )
        return Performer(deepest, unit_id, tap_id)

    def performed_on(self) -> datetime:
        """Return when it was performed, by the clock of whoever performed it if it tells no moment."""
        told = self._request.performed_on
        return told if told.tzinfo else moment_at(self._zone(self._performer()), told)

    def _zone(self, performer: Performer | None) -> tzinfo:
        return self._programme.zone_at(performer.business_unit.id) if performer else self._programme.zone

    @property
    def products(self) -> list[Reference]:
        """The names that the request has for products."""
        return [line.product for line in self._request.lines if line.product]

    def keys_to_read(self, now: datetime) -> Iterator[keys.Key]:
        """Return where to look for what the request names beside products, and is not in memory."""
        yield from keys_to_recognize(self._request, self._partner, now)
        for kind in self._request.references.keys() & _STORED_APART:
            yield _key(kind, self._request.references[kind])

    def resolve(self, engine: Engine, items: Mapping[keys.Key, Item], tokens: ShownTokens) -> Resolved:
        """Return all that the request names; `items` are those at `keys_to_read`, the catalogue has its `products`,
        `tokens` what was found so far of what its call shows.

        Raises:
            Refused: with everything that does not fit.
            NotInProgramme: likewise, where some of it was not found.
            GuessRefused: all is well but the pass code or one-time password, which are tried last.
        """
        performer = self._performer()
        ids = {
            kind: self._find_record(kind, reference)
            for kind, reference in self._request.references.items()
            if kind not in _STORED_APART
        }
        if performer:
            self._check_currency(performer.business_unit, ids.pop("currency", None))
            self._check_reduction(performer.business_unit)
        zone = self._zone(performer)
        performed_on = moment_at(zone, self._request.performed_on)
        lines = self._lines(engine.catalogue)
        ids["invoice"] = self._invoice(items)
        promo_code = None
        if named := self._request.references.get("promo_code"):
            promo_code = self._gathering(lambda: self._promo_code(named, items, performed_on))
        if self._problems and guess_of(self._request):
            raise self._refusal()  # guesses are made only where all else is well, as each counts
        customer = self._gathering(lambda: recognize(self._request, items, tokens))
        if self._problems or performer is None or customer is None:
            raise self._refusal()
        ids["promo_code"] = promo_code.id if promo_code else None
        found = customer.usual_ids(self._directory) | {kind: value for kind, value in ids.items() if value}
        purchase = self._purchase(performer, performed_on, found, lines, promo_code)
        details = _by_clock(zone, self._request.details)
        return Resolved(purchase, customer.account_id, found, performer.unit_id, details, customer.one_time_password)

    def _refusal(self) -> Refused:
        """Return all problems together; a newer programme may have what was not found."""
        is_lacking = self._is_lacking or any(problem.code is Code.NOT_FOUND for problem in self._problems)
        return (NotInProgramme if is_lacking else Refused)(*self._problems)

    def _gathering(self, find: Callable[[], Result]) -> Result | None:
        """Return what `find` finds; if it is refused, that joins the other problems."""
        try:
            return find()
        except GuessRefused:
            raise
        except Refused as refused:
            self._problems += refused.problems
            self._is_lacking |= isinstance(refused, NotInProgramme)
            return None

    def _purchase(
        self,
        performer: Performer,
        performed_on: datetime,
        ids: Mapping[str, str],
        lines: tuple[Line, ...],
        promo_code: PromoCode | None,
    ) -> Purchase:
        unit = performer.business_unit
        return Purchase(
            merchant_id=unit.merchant_id,
            outlet_id=unit.id if unit.parent_id else None,
            classification_id=ids.get("classification"),
            performed_on=performed_on,
            lines=lines,
            spend=self._request.spend,
            tap_id=performer.tap_id,
            payment_medium_brand_id=ids.get("payment_medium_brand"),
            payment_medium_type_id=ids.get("payment_medium_type"),
            disable_instant_spend=self._request.disable_instant_spend,
            promo_code=promo_code,
        )

    def _business_unit(self, kind: str, found: str | None, reference: Reference) -> BusinessUnit | None:
        """Return the business unit that a merchant, outlet, unit or tap is, or belongs to."""
        if found is None:
            return None
        unit = self._programme.business_units.get(self._business_unit_id(kind, found) or "")
        if unit is None:
            self._refuse(Code.INVALID, f"{reference.value} belongs to no business unit.", reference)
        elif (kind == "merchant" and unit.parent_id) or (kind == "outlet" and not unit.parent_id):
            self._refuse(Code.INVALID, self._is_other(unit, reference), reference)
            return None
        return unit

    def _is_other(self, unit: BusinessUnit, reference: Reference) -> str:
        """Return the message for a business unit of the wrong kind, with what to do."""
        merchant = self._programme.business_units.get(unit.parent_id or "")
        if merchant:
            return f"{reference.value} is an outlet of {merchant.code or merchant.id}: name it as the outlet."
        return f"{reference.value} is a merchant: name it as the merchant, or one of its outlets here."

    def _business_unit_id(self, kind: str, found: str) -> str | None:
        if kind in _BUSINESS_UNITS:
            return found
        return (self._directory.record(kind, found) or {}).get("business_unit")

    def _check_currency(self, unit: BusinessUnit, named: str | None) -> None:
        """The currency that the caller had in mind has to be the unit's; it is not stored (contract, op. 1)."""
        if named and named != (actual := self._programme.currency_of(unit)).id:
            reference = self._request.references["currency"]
            description = f"The currency here is {actual.code}, not {reference.value}."
            self._refuse(Code.CURRENCY_MISMATCH, description, reference)

    def _check_reduction(self, unit: BusinessUnit) -> None:
        """Who takes spends off the price, the settings say: if the caller believed another, both would, or nobody."""
        told = self._request.reduction_method
        if told and told != (actual := self._programme.reduction_method_at(unit.id).name):
            description = f"Spends here are taken off by {actual}. Send that, or change the spend settings."
            self._problems.append(Problem(Code.INVALID, description, "/reduction_method"))

    def _lines(self, catalogue: Catalogue) -> tuple[Line, ...]:
        return tuple(
            [
                Line(self._product(line.product, catalogue), line.quantity, line.net, line.tax, line.total)
                for line in self._request.lines
            ]
        )

    def _product(self, named: Reference | None, catalogue: Catalogue) -> Product | None:
        product = catalogue.product(named) if named else None
        if named and product is None:
            self._not_found("Product", named)
        if product and product.product_type_id and not self._directory.has("product_type", product.product_type_id):
            self._gathering(partial(self._directory.named_record, "product_type", product.product_type_id))
        return product

    def _promo_code(self, named: Reference, items: Mapping[keys.Key, Item], performed_on: datetime) -> PromoCode | None:
        return promo_code_in(items.get(_key("promo_code", named)), named, self._audience, performed_on)

    def _invoice(self, items: Mapping[keys.Key, Item]) -> str | None:
        named = self._request.references.get("invoice")
        item = items.get(_key("invoice", named)) if named else None
        if named and item is None:
            self._not_found(LABELS["invoice"], named)
        return item["target"] if item else None

    def _find_record(self, kind: str, reference: Reference) -> str | None:
        record_type = _RECORD_TYPES.get(kind, kind)
        found = self._directory.find(record_type, reference.by, reference.value)
        if found and not self._is_seen(record_type, found):
            found = None
        if found is None:
            self._not_found(LABELS[kind], reference)
        return found

    def _is_seen(self, record_type: str, found: str) -> bool:
        """Return whether it belongs to a merchant that the partner may act for, or to none."""
        if record_type not in ("business_unit", "unit", "tap"):
            return True
        unit = self._programme.business_units.get(self._business_unit_id(record_type, found) or "")
        return self._partner.sees(unit.merchant_id if unit else None)

    def _not_found(self, label: str, reference: Reference) -> None:
        self._problems.append(not_found(label, reference.value, reference.pointer))

    def _refuse(self, code: Code, description: str, reference: Reference) -> None:
        self._problems.append(Problem(code, description, reference.pointer))


def _by_clock(zone: tzinfo, details: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: clock_at(zone, value) if isinstance(value, datetime) else value for name, value in details.items()}


def _key(kind: str, reference: Reference) -> keys.Key:
    if reference.by == "id":
        return keys.record(kind, reference.value)
    return keys.alias(kind, reference.by, reference.value)
