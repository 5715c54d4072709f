"""Reading everything that the classic API tells of an event: its event holds ids, and this finds what they name now."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from loyalty import exactjson
from loyalty.domain.directory import Directory
from loyalty.domain.errors import Code, Problem, Refused
from loyalty.domain.programme import Programme
from loyalty.domain.purchase import Account
from loyalty.store import keys
from loyalty.store.events import Event
from loyalty.store.keys import Key
from loyalty.store.programme import Catalogue
from loyalty.store.table import Table

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Gathered:
    """An event and the records of the table that it is about; the programme's are in `directory`."""

    event: Event
    programme: Programme
    directory: Directory
    _records: Mapping[Key, Record]

    def record(self, kind: str, record_id: str | None) -> Record | None:
        """A record of the programme or of the table; None where there is none (any more)."""
        if record_id is None:
            return None
        return self.directory.record(kind, record_id) or self._records.get(keys.record(kind, record_id))


@dataclass(frozen=True, slots=True)
class Owner:
    """An account's record, and that of the contact who owns it."""

    account: Record | None
    contact: Record | None


def owner_of(account: Account, *, table: Table) -> Owner:
    """Read an account and its owner, in one call."""
    places = {"account": keys.record("account", account.id)}
    if account.contact_id:
        places["contact"] = keys.record("contact", account.contact_id)
    items = table.get_many(places.values())
    found = {kind: exactjson.loads(items[key]["record"]) for kind, key in places.items() if key in items}
    return Owner(found.get("account"), found.get("contact"))


def gather_posted(event: Event, *, table: Table, catalogue: Catalogue, now: datetime) -> Gathered:
    """As `gather`, for an event that was posted in this very call.

    Raises:
        Refused: INTERNAL, where that cannot be read now; the event stays posted, and the caller is told not to repeat.
    """
    try:
        return gather(event, table=table, catalogue=catalogue, now=now)
    except Refused as busy:
        description = f"The purchase is posted as {event.entry.event_id}, only telling it failed. Do not send it again."
        raise Refused(Problem(Code.INTERNAL, description)) from busy


def gather(event: Event, *, table: Table, catalogue: Catalogue, now: datetime) -> Gathered:
    """Read what a posted event is about, in one call for up to 94 different products.

    Raises:
        Refused: RETRY_LATER, where that cannot be read now.
    """
    document = event.document
    wanted = [
        ("account", event.entry.account_id),
        ("contact", document.get("contact_id")),
        ("partner", event.partner_id),
        ("partner", event.updated_by),
        *((kind, document.get("ids", {}).get(kind)) for kind in ("invoice", "access_token")),
        *(("product", line[0]) for line in document["lines"]),
    ]
    items = table.get_many(keys.record(kind, record_id) for kind, record_id in wanted if record_id)
    records = {key: exactjson.loads(item["record"]) for key, item in items.items()}
    return Gathered(event, catalogue.programme(now), catalogue.directory(now), records)
