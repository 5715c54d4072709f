"""Events and wallets: reading them, and the one transaction that posts an event and moves its wallet."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from secrets import token_bytes

from msgspec import Struct
from msgspec.structs import replace

from loyalty.domain.errors import Code, Problem
from loyalty.domain.ledger.chain import SALT_BYTES, linked, root
from loyalty.domain.ledger.wallet import JournalEntry, Wallet
from loyalty.domain.reversals.reversal import TakenBack
from loyalty.store import keys
from loyalty.store.attributes import Item, size_of
from loyalty.store.backoff import Backoff
from loyalty.store.events import (
    Event,
    WrittenEvent,
    entry_of,
    event_of,
    is_event,
    taken_back_attributes,
    taken_back_text,
    wallet_item,
)
from loyalty.store.keys import Key
from loyalty.store.reservations import free_for, is_reservation
from loyalty.store.sdk_errors import ConditionFailed
from loyalty.store.table import JournalTable, Table, WholeTable
from loyalty.store.writes import Add, Put, Update, Write

MAX_PAGE = 100
"""Entries on one page of a journal."""

FEW = 100
"""Offers and promo codes that were used, and purchases of which something is waived, that leave a wallet small."""


class Effect(Struct, frozen=True):
    """A write that goes into the transaction of an event. If its condition does not hold, the data has changed since it
    was read, and the event is made again. If there is a `refusal` and nothing else has changed for the event, it is
    refused instead."""

    write: Write
    refusal: Problem | None = None


class PreparedEvent(Struct, frozen=True, dict=True):
    """An event to post, the wallet after it, and everything else that is written with it. An event that takes a
    purchase back has the `purchase` as it is afterwards. `written` is there once it is linked."""

    event: Event
    wallet: Wallet
    effects: tuple[Effect, ...] = ()
    purchase: Event | None = None
    written: WrittenEvent | None = None

    def linked(self, before: Wallet, table_id: str | None) -> "PreparedEvent":
        """Return the event with its place in the chain of its wallet, which was at `before`."""
        head = before.head or root(table_id, before.account_id, before.version, before.balance)
        written = WrittenEvent.of(self.event)
        link = linked(written.content, head, token_bytes(SALT_BYTES))
        event, wallet = replace(self.event, link=link), replace(self.wallet, head=link.digest)
        return PreparedEvent(event, wallet, self.effects, self.purchase, written)

    @cached_property
    def item(self) -> Item:
        """The item of the event, made once: it is measured before it is written."""
        return (self.written or WrittenEvent.of(self.event)).item(self.event.link)

    @property
    def size(self) -> int:
        """Bytes of the event's item."""
        return size_of(self.item)

    @cached_property
    def wallet_size(self) -> int:
        """Bytes of the wallet's item; 0 where it has too little to be large, so that nothing is measured."""
        remembered = len(self.wallet.uses.by_subject) + len(self.wallet.waived)
        return size_of(wallet_item(self.wallet)) if remembered > FEW else 0

    @property
    def writes(self) -> int:
        """Items that it takes of a transaction, beside the wallet."""
        return 1 + len(self.effects) + (self.event.pointer is not None)

    @property
    def own_keys(self) -> set[Key]:
        """The keys that no other event may write at the same time; counters are shared."""
        own = {keys.event(self.event.entry.event_id)}
        if self.event.pointer:
            own.add(keys.event(self.event.pointer))
        own.update(effect.write.key for effect in self.effects if not isinstance(effect.write, Add))
        return own


class Changed(Exception):  # noqa: N818 - reads as what it says
    """Nothing was written, as some wallets, or something else that was read for them, have changed: read them again.

    `accounts` are theirs; those of the other events are as they were.
    """

    def __init__(self, accounts: frozenset[str]) -> None:
        super().__init__()
        self.accounts = accounts


class Unpostable(Exception):  # noqa: N818 - reads as what it says
    """Nothing was written, as some events cannot be posted. By their places: `rivals` are the events that have the id
    already (None where just the reference number is taken), `refused` why others cannot be."""

    def __init__(self, rivals: Mapping[int, Event | None], refused: Mapping[int, Problem]) -> None:
        super().__init__()
        self.rivals = rivals
        self.refused = refused


def read_event(table: Table, event_id: str) -> Event | None:
    """Return the posted event with this id."""
    item = table.get(keys.event(event_id), consistent=True)
    return event_of(item) if item and is_event(item) else None


def read_events(table: Table, event_ids: Collection[str]) -> dict[str, Event]:
    """Return those of the posted events with these ids that exist."""
    return {event_id: event for event_id, event in read_taken(table, event_ids).items() if event}


def read_taken(table: Table, event_ids: Collection[str]) -> dict[str, Event | None]:
    """Return those of the ids that are taken, with the posted events that have them; None for an id that leads to an
    event with another one. One that is just reserved is not taken."""
    items = table.get_many(list(map(keys.event, event_ids)), consistent=True)
    return events_at([key for key, item in items.items() if not is_reservation(item)], items)


def events_at(wanted: Collection[Key], items: Mapping[Key, Item]) -> dict[str, Event | None]:
    """Return the posted events at those of the keys that are of events, by their ids; None if `items`, which were read,
    have none."""
    found = {keys.event_id(key): items.get(key) for key in wanted if keys.is_event(key)}
    return {event_id: event_of(item) if item and is_event(item) else None for event_id, item in found.items()}


def read_known_as(table: Table, told_id: str) -> list[Event]:
    """Return the posted events that callers know by an id, of all merchants; first the one that has it alone."""
    items = table.partition(keys.events_known_as(told_id), consistent=True)
    return [event_of(item) for item in items if is_event(item)]


def scan_events(table: WholeTable) -> Iterator[Event]:
    """Return every event of the table, in no order."""
    for item in table.scan():
        if is_event(item):
            yield event_of(item)


def read_pointed(table: Table, pointer: str) -> Event | None:
    """Return the posted event with this id, or that this other id leads to: two reads, whatever there is, so that the
    time does not tell what a partner may not see."""
    item = table.get(keys.event(pointer), consistent=True) or {}
    return read_event(table, item.get("event_id", pointer))


def read_filed(table: Table, partner_id: str, reference_number: str) -> tuple[int, str | None]:
    """Return how many purchases of a partner have this reference number, of those that it leads to; and the id of the
    last."""
    item = table.get(keys.reference_number(partner_id, reference_number), consistent=True)
    return (int(item["used"]), item["event_id"]) if item else (0, None)


def post(table: Table, prepared: Sequence[PreparedEvent], backoff: Backoff | None = None) -> None:
    """Write events, of each wallet in the order of their sequence numbers, and move the wallets, in one transaction.

    Per event up to 1 KB: 2 WCU, and 1 for the journal; 2 WCU per wallet. Each wallet must still be at the version
    before its first event's sequence number, and the ids must be free for the events' requests.

    Raises:
        Unpostable: ids or reference numbers are taken, or an effect with a refusal is not possible.
        Changed: wallets are at another version.
        Refused: RETRY_LATER, if others keep using some of the items.
    """
    rows = []
    for place, one in enumerate(prepared):
        event_id, free = one.event.entry.event_id, free_for(one.event.fingerprint)
        rows.append(_Row(Put(keys.event(event_id), one.item, condition=free), place, identifies=True))
        if one.event.pointer:
            pointer = Put(keys.event(one.event.pointer), {"event_id": event_id}, condition=free)
            rows.append(_Row(pointer, place, identifies=True))
    rows += [*_wallets(prepared), *_effects(prepared)]
    try:
        table.transact([row.write for row in rows], backoff)
    except ConditionFailed as failed:
        raise _failure(failed, rows, prepared) from failed


CODE_MOVED = Problem(Code.RETRY_LATER, "The merchant's code is changing hands. Nothing was posted; send it again.")
"""Why an event is not posted whose id is reserved, or whose other ids cannot be."""

_ABSENT = "attribute_not_exists(pk)"


class _Row(Struct, frozen=True):
    """A write of a transaction: for the event at which place, and what it means where its condition does not hold."""

    write: Write
    place: int
    identifies: bool = False
    refusal: Problem | None = None


def _effects(prepared: Sequence[PreparedEvent]) -> Iterable[_Row]:
    """Return the effects of events; those that add to one counter are one, for the first of their events."""
    rows: dict[Key, _Row] = {}
    for place, one in enumerate(prepared):
        for effect in one.effects:
            write, before = effect.write, rows.get(effect.write.key)
            if before and isinstance(write, Add) and isinstance(before.write, Add):
                write = replace(write, amount=before.write.amount + write.amount)
            rows[write.key] = _Row(write, before.place if before else place, refusal=effect.refusal)
    return rows.values()


def _wallets(prepared: Sequence[PreparedEvent]) -> Iterator[_Row]:
    """Return the wallets as they are after their last events, on the condition that they are as they were before the
    first."""
    first = {one.wallet.account_id: one.event.entry.sequence for one in reversed(prepared)}
    last = {one.wallet.account_id: place for place, one in enumerate(prepared)}
    for account_id, place in last.items():
        wallet, before = prepared[place].wallet, first[account_id] - 1
        condition, values = ("version = :before", {":before": before}) if before else (_ABSENT, None)
        yield _Row(Update(keys.wallet(account_id), wallet_item(wallet), condition, values), place)


def _failure(failed: ConditionFailed, rows: Sequence[_Row], prepared: Sequence[PreparedEvent]) -> Changed | Unpostable:
    rivals: dict[int, Event | None] = {}
    refused: dict[int, Problem] = {}
    changed = {_account_of(rows[at], prepared) for at in failed.untold}
    for at, found in failed.found.items():
        row = rows[at]
        if row.identifies and found and is_reservation(found):
            refused[row.place] = CODE_MOVED
        elif row.identifies:
            rivals.setdefault(row.place, event_of(found) if found and is_event(found) else None)
        elif row.refusal:
            refused[row.place] = row.refusal
        else:
            changed.add(_account_of(row, prepared))
    # A refusal that rests on what has changed since may not be one any more.
    refused = {place: problem for place, problem in refused.items() if prepared[place].wallet.account_id not in changed}
    return Unpostable(rivals, refused) if rivals or refused else Changed(frozenset(changed))


def _account_of(row: _Row, prepared: Sequence[PreparedEvent]) -> str:
    return prepared[row.place].wallet.account_id


def read_journal(table: JournalTable, account_id: str, *, before: int | None, limit: int) -> list[JournalEntry]:
    """Return at most `limit` entries, newest first, below the sequence number `before`."""
    return [entry_of(item) for item in table.journal(account_id, before=before, limit=limit)]


def journal_items(table: JournalTable, account_id: str) -> Iterator[Item]:
    """Return all that the index has of an account's journal, newest first, readable or not."""
    before: Decimal | None = None
    while page := table.journal(account_id, before=before, limit=MAX_PAGE):
        yield from page
        before = page[-1]["sequence"]  # a whole number, unless somebody has changed it


def take_back(before: Event, after: Event) -> Update:
    """Return the write that makes a posted purchase what it is `after` something of it was taken back; nothing else may
    have been since it was read as it is `before`."""
    condition, values = "attribute_not_exists(taken_back)", None
    if before.taken_back != TakenBack():
        condition, values = "taken_back = :before", {":before": taken_back_text(before.taken_back)}
    return Update(keys.event(before.entry.event_id), taken_back_attributes(after), condition, values)
