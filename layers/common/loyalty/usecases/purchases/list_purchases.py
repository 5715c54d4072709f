"""Listing the purchases of an account, newest first, by its wallet's journal: no index has them by anything else."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from msgspec import Struct, field

from loyalty.domain.access.partner import Partner
from loyalty.domain.dates import moment_at
from loyalty.domain.errors import NotInProgramme, Refused, not_found
from loyalty.domain.ledger.wallet import EventType, JournalEntry
from loyalty.domain.programme.programme import BusinessUnit, Programme
from loyalty.domain.purchases.purchase import Reference
from loyalty.store import ledger
from loyalty.store.customers import Customer, account_ids, read_customer
from loyalty.store.events import Event
from loyalty.store.ledger import MAX_PAGE
from loyalty.store.table import JournalTable, Table
from loyalty.usecases.engine import Engine
from loyalty.usecases.ledger.show_wallet import journal_page
from loyalty.usecases.newest_programme import with_newest_programme
from loyalty.usecases.purchases.resolution import LABELS

MAX_LOOKS = 5
"""Pages of the journal that are looked through for one page of purchases, however few of them are asked for."""

MAX_PARTS = 1000
"""Lines, awards and spends of all purchases on a page: as many as one purchase may have lines, so that a page takes no
longer to tell than one purchase may."""

FARTHEST_ZONE = timedelta(days=1)
"""More than any clock differs from UTC. Callers name days that have no neighbours; nothing was performed on such."""


class PurchaseFilter(Struct, frozen=True):
    """Which purchases are asked for.

    Attributes:
        customer: whose, by the names of an account or a rewards participant.
        business_unit: the merchant or outlet that performed them; None for any.
        since: when they were performed at the earliest, by the clock of whoever performed them if it has no zone.
        until: the same; they were performed before.
    """

    customer: Reference
    business_unit: Reference | None = None
    since: datetime | None = None
    until: datetime | None = None


class Asked(Struct, frozen=True):
    """A partner's request for at most `limit` purchases below the sequence number `before`, None for the newest."""

    filter: PurchaseFilter
    partner: Partner
    before: int | None
    limit: int


class PurchasePage(Struct):
    """Some purchases, newest first. `before` is where the next page starts, None on the last; `missing` are the numbers
    of the journal's entries that were looked through and that the index does not have yet."""

    purchases: list[Event] = field(default_factory=list)
    before: int | None = None
    missing: list[int] = field(default_factory=list)
    parts: int = 0

    def add(self, event: Event) -> bool:
        """Add a purchase, as long as the page has not too many parts; it always has room for the first one."""
        document = event.purchase_document
        parts = len(document.lines) + len(document.awards) + len(document.spends)
        if self.purchases and self.parts + parts > MAX_PARTS:
            return False
        self.purchases.append(event)
        self.parts += parts
        self.before = event.entry.sequence if event.entry.sequence > 1 else None
        return True


def list_purchases(engine: Engine, asked: Asked, *, table: JournalTable, now: datetime) -> PurchasePage:
    """Return a page of the purchases that the partner may see. It may have fewer than are asked for, or none, though
    there are more: what is looked through for it is limited.

    Raises:
        Refused: NOT_FOUND, if there is no such account, or no such business unit that the partner may see; RETRY_LATER.
    """
    wallet = _customer(asked.filter.customer, table).wallet
    unit = with_newest_programme(engine.catalogue, now, partial(_business_unit, engine, asked, now))
    page = PurchasePage(before=asked.before)
    for _ in range(MAX_LOOKS):
        look = journal_page(wallet, before=page.before, limit=MAX_PAGE, table=table, pause=engine.pause)
        page.missing += look.missing
        wanted = [entry for entry in look.entries if _may_be_meant(entry, asked, unit)]
        for event in _read(wanted, asked.limit, table):
            if not _is_meant(event, asked.filter, unit, engine.catalogue.programme(now)):
                continue
            if not page.add(event) or len(page.purchases) == asked.limit:
                return _without_what_is_below(page)
        page.before = look.before
        if page.before is None:
            break
    return page


def _customer(named: Reference, table: Table) -> Customer:
    account_id = account_ids(table, [named]).get(named)
    customer = read_customer(table, account_id) if account_id else None
    if customer is None:
        raise Refused(not_found("Account", named.value, named.pointer))
    return customer


def _business_unit(engine: Engine, asked: Asked, now: datetime) -> BusinessUnit | None:
    named = asked.filter.business_unit
    if named is None:
        return None
    found = engine.catalogue.directory(now).find("business_unit", named.by, named.value)
    unit = engine.catalogue.programme(now).business_units.get(found or "")
    if unit is None or not asked.partner.sees(unit.merchant_id):
        raise NotInProgramme(not_found(LABELS["business_unit"], named.value, named.pointer))
    return unit


def _may_be_meant(entry: JournalEntry, asked: Asked, unit: BusinessUnit | None) -> bool:
    """Return whether an entry is of a purchase that the partner may see and, as far as an entry tells, asks for."""
    since, until = (moment and moment_at(UTC, moment) for moment in (asked.filter.since, asked.filter.until))
    return (
        entry.type is EventType.PURCHASE
        and asked.partner.sees(entry.merchant_id)
        and (unit is None or unit.merchant_id == entry.merchant_id)
        and (since is None or entry.performed_on + FARTHEST_ZONE >= since)
        and (until is None or entry.performed_on - FARTHEST_ZONE < until)
    )


def _read(entries: Sequence[JournalEntry], at_a_time: int, table: Table) -> Iterator[Event]:
    """Return the events of entries, in their order; no more are read than a page may take."""
    for start in range(0, len(entries), at_a_time):
        ids = [entry.event_id for entry in entries[start : start + at_a_time]]
        events = ledger.read_events(table, ids)
        yield from (events[event_id] for event_id in ids)


def _is_meant(event: Event, asked: PurchaseFilter, unit: BusinessUnit | None, programme: Programme) -> bool:
    performer = event.purchase_document.outlet_id or event.entry.merchant_id or ""
    if unit and unit.id not in (performer, event.entry.merchant_id):
        return False
    zone, performed_on = programme.zone_at(performer), event.entry.performed_on
    return (asked.since is None or performed_on >= moment_at(zone, asked.since)) and (
        asked.until is None or performed_on < moment_at(zone, asked.until)
    )


def _without_what_is_below(page: PurchasePage) -> PurchasePage:
    """Return a page that ends before all was told that was looked through, without what the next one tells."""
    if page.before is not None:
        page.missing = [number for number in page.missing if number >= page.before]
    return page
