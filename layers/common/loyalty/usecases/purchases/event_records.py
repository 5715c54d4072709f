"""Reading everything that the classic API shows of an event: its event holds ids, and this finds what they name now."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from msgspec import Struct

from loyalty import exactjson
from loyalty.domain.programme.directory import Directory, Record
from loyalty.domain.programme.programme import Programme
from loyalty.domain.purchases.account import Account
from loyalty.store import keys
from loyalty.store.events import Event
from loyalty.store.keys import Key
from loyalty.store.table import Table
from loyalty.usecases.engine import Engine
from loyalty.usecases.newest_programme import directory_for


class EventRecords(Struct, frozen=True):
    """An event and the records of the table that it is about; the programme's are in `directory`."""

    event: Event
    programme: Programme
    directory: Directory
    _records: Mapping[Key, Record]

    def record(self, kind: str, record_id: str | None) -> Record | None:
        """Return a record of the programme or of the table; None if there is none (any more)."""
        if record_id is None:
            return None
        return self.directory.record(kind, record_id) or self._records.get(keys.record(kind, record_id))


class AccountOwner(Struct, frozen=True):
    """An account's record, and that of the contact who owns it."""

    account: Record | None
    contact: Record | None


def owner_of(account: Account, *, table: Table) -> AccountOwner:
    """Read an account and its owner, in one call."""
    places = {"account": keys.record("account", account.id)}
    if account.contact_id:
        places["contact"] = keys.record("contact", account.contact_id)
    items = table.get_many(places.values())
    found = {kind: exactjson.loads(items[key]["record"]) for kind, key in places.items() if key in items}
    return AccountOwner(found.get("account"), found.get("contact"))


class EventRecordsReader:
    """Reads what the events of one call are about. Nothing is read twice, so of an event that was gathered before it
    was posted nothing is left to be read after."""

    def __init__(self, engine: Engine, now: datetime) -> None:
        self._table = engine.table
        self._catalogue = engine.catalogue
        self._now = now
        self._records: dict[Key, Record | None] = {}

    def __call__(self, event: Event) -> EventRecords:
        """Gather what an event is about, in one call for up to 94 different products.

        Raises:
            Refused: RETRY_LATER, if that cannot be read now.
        """
        self._read(_keys_of(event))
        records = {key: record for key, record in self._records.items() if record}
        directory = directory_for(event, self._catalogue, self._now, records.values())
        return EventRecords(event, self._catalogue.programme(self._now), directory, records)

    def gather(self, events: Iterable[Event]) -> list[EventRecords]:
        """Gather what several events are about, in one call for up to 100 records.

        Raises:
            Refused: RETRY_LATER, if that cannot be read now.
        """
        told = list(events)
        self._read({key for event in told for key in _keys_of(event)})
        return [self(event) for event in told]

    def _read(self, wanted: set[Key]) -> None:
        unread = wanted - self._records.keys()
        items = self._table.get_many(unread) if unread else {}
        self._records |= {key: exactjson.loads(items[key]["record"]) if key in items else None for key in unread}


def _keys_of(event: Event) -> set[Key]:
    """Return where the records lie that an event is about."""
    document = event.purchase_document
    wanted = [
        ("account", event.entry.account_id),
        ("contact", document.contact_id),
        ("partner", event.partner_id),
        ("partner", event.updated_by),
        *((kind, document.ids.get(kind)) for kind in ("invoice", "access_token")),
        *(("product", line.product_id) for line in document.lines),
    ]
    return {keys.record(kind, record_id) for kind, record_id in wanted if record_id}
