"""Events and wallets: reading them, and the one transaction that posts an event and moves its wallet."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from loyalty import exactjson
from loyalty.domain.identity import Origin
from loyalty.domain.wallet import Entry, EventType, Movement, Wallet
from loyalty.store import keys
from loyalty.store.table import Cancelled, Item, Put, Table, Update

MAX_PAGE = 100
"""Entries on one page of a journal."""


@dataclass(frozen=True, slots=True)
class Event:
    """A posted event: its journal entry, who asked for what, and all that is needed to answer with it again.

    `document` is what the API renders the event from, in JSON's types with decimals for numbers. `pointer` is the id
    that the reference number alone would have given, where the caller chose an id of their own.
    """

    entry: Entry
    origin: Origin
    fingerprint: bytes
    partner_id: str | None
    document: Mapping[str, Any]
    pointer: str | None = None


class WalletMoved(Exception):  # noqa: N818 - reads as what it says
    """Another event of the same wallet was posted, or is being posted, in the meantime: read it again and retry."""


class AlreadyPosted(Exception):  # noqa: N818 - reads as what it says
    """There is an event with this id, or with this reference number. `event` is None where it has another id."""

    def __init__(self, event: Event | None) -> None:
        super().__init__()
        self.event = event


def read_event(table: Table, event_id: str) -> Event | None:
    """The posted event with this id."""
    item = table.get(keys.event(event_id), consistent=True)
    return event_of(item) if item and "sequence" in item else None


def post(table: Table, event: Event) -> None:
    """Write the event and move its wallet in one transaction: 4 WCU, 1 for the journal, for an event up to 1 KB.

    The wallet must still be at the version before the event's sequence number, and no event of this id may exist.

    Raises:
        AlreadyPosted: the id, or the reference number, is taken.
        WalletMoved: the wallet is at another version by now.
    """
    entry = event.entry
    writes: list[Put | Update] = [
        Put(keys.event(entry.event_id), _item(event), condition="attribute_not_exists(pk)"),
        Update(
            keys.wallet(entry.account_id),
            {"version": entry.sequence, "balance": entry.balance},
            condition="attribute_not_exists(pk)" if entry.sequence == 1 else "version = :before",
            values=None if entry.sequence == 1 else {":before": entry.sequence - 1},
        ),
    ]
    if event.pointer:
        pointer: Item = {"event_id": entry.event_id}
        writes.append(Put(keys.event(event.pointer), pointer, condition="attribute_not_exists(pk)"))
    try:
        table.transact(writes)
    except Cancelled as cancelled:
        if cancelled.failed(0):
            found = cancelled.reasons[0][1]
            raise AlreadyPosted(event_of(found) if found and "sequence" in found else None) from cancelled
        if event.pointer and cancelled.failed(2):
            raise AlreadyPosted(None) from cancelled
        raise WalletMoved from cancelled


def read_journal(table: Table, account_id: str, *, before: int | None, limit: int) -> list[Entry]:
    """At most `limit` entries, newest first, below the sequence number `before`."""
    return [entry_of(item) for item in table.journal(account_id, before=before, limit=limit)]


def wallet_of(account_id: str, item: Item | None) -> Wallet:
    """The wallet in its item; an empty one where nothing was posted yet."""
    return Wallet(account_id, int(item["version"]), item["balance"]) if item else Wallet(account_id)


def entry_of(item: Item) -> Entry:
    """The journal entry in an event's item, or in its projection on the journal's index."""
    return Entry(
        account_id=item["account_id"],
        sequence=int(item["sequence"]),
        event_id=keys.event_id(item["pk"]),
        type=EventType(item["event_type"]),
        performed_on=_moment(item["performed_on"]),
        posted_on=_moment(item["posted_on"]),
        reference_number=item.get("reference_number"),
        merchant_id=item.get("merchant_id"),
        movement=Movement(
            item["awarded"], item["spent"], item.get("alternative_awarded"), item.get("alternative_spent")
        ),
        balance=item["balance"],
        alternative_balance=item.get("alternative_balance"),
    )


def event_of(item: Item) -> Event:
    """The event in its item."""
    return Event(
        entry=entry_of(item),
        origin=Origin(item["origin"]),
        fingerprint=item["fingerprint"],
        partner_id=item.get("partner_id"),
        document=exactjson.loads(zlib.decompress(item["document"])),
        pointer=item.get("pointer"),
    )


def _item(event: Event) -> Item:
    entry = event.entry
    return {
        "account_id": entry.account_id,
        "sequence": entry.sequence,
        "event_type": entry.type,
        "performed_on": int(entry.performed_on.timestamp()),
        "posted_on": int(entry.posted_on.timestamp()),
        "reference_number": entry.reference_number,
        "merchant_id": entry.merchant_id,
        "awarded": entry.movement.awarded,
        "spent": entry.movement.spent,
        "balance": entry.balance,
        "alternative_awarded": entry.movement.alternative_awarded,
        "alternative_spent": entry.movement.alternative_spent,
        "alternative_balance": entry.alternative_balance,
        "origin": event.origin,
        "fingerprint": event.fingerprint,
        "partner_id": event.partner_id,
        "pointer": event.pointer,
        "document": zlib.compress(exactjson.dumps(event.document).encode()),
    }


def _moment(epoch: Decimal) -> datetime:
    return datetime.fromtimestamp(int(epoch), UTC)
