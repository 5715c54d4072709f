"""Events and wallets as items of the table, and back."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Self

from msgspec import Struct, field

from loyalty import exactjson
from loyalty.domain.events.documents import Document, PurchaseDocument, ReversalDocument
from loyalty.domain.identity import Origin
from loyalty.domain.ledger.chain import Content, Link
from loyalty.domain.ledger.uses import MAX_WINDOWS, UNRECORDED, UseHistory, Uses, WindowUse
from loyalty.domain.ledger.wallet import EventType, JournalEntry, Movement, Wallet
from loyalty.domain.ledger.windows import previous, same_period
from loyalty.domain.reversals.reversal import TakenBack
from loyalty.store import keys
from loyalty.store.attributes import Item, key_of
from loyalty.store.event_documents import document_text, packed, read_document, stored_tree, tree_of, unpacked
from loyalty.store.reservations import is_reservation

USES_AS_TEXT = 700
"""Bytes of a wallet's uses that are kept as text. More are compressed, as each further KB of a wallet costs 2 WCU with
each purchase."""


class EventState(StrEnum):
    """State of a posted event (contract, purchase customer event)."""

    POSTED = "POSTED"
    CANCELLED = "CANCELLED"


class Event(Struct, frozen=True):
    """A posted event: its journal entry, who requested it, and everything needed to answer with it again.

    Attributes:
        entry: its journal entry.
        origin: what its identity is made of.
        fingerprint: the fingerprint of its request; empty once it is erased.
        partner_id: the partner that requested it, if any.
        document: what answers, reversals and proofs need beside the entry.
        form: the form of the fingerprint; None for events from before there were forms.
        pointer: another id that leads to the event: the derived one if the caller gave an id, the one of its number if
            a classic call has an identity.
        filed: whether its reference number leads to it (`ledger.read_filed`); older versions do not record it.
        link: its place in the wallet's chain; None for events from before there were chains.
        state: whether a purchase is cancelled.
        taken_back: what was taken back of a purchase.
        kept: what the customer keeps of each offer's awards after a reversal.
        updated_on: when a purchase was last taken back.
        updated_by: the partner that took it back.
        partner_unit: the unit that the partner called as; None where its record says which.
        updated_by_unit: likewise the unit that took it back.
    """

    entry: JournalEntry
    origin: Origin
    fingerprint: bytes
    partner_id: str | None
    document: Document
    form: int | None = None
    pointer: str | None = None
    filed: bool = False
    link: Link | None = None
    state: EventState = EventState.POSTED
    taken_back: TakenBack = field(default_factory=TakenBack)
    kept: Mapping[str, Decimal] = field(default_factory=dict)
    updated_on: datetime | None = None
    updated_by: str | None = None
    partner_unit: str | None = None
    updated_by_unit: str | None = None

    @property
    def purchase_document(self) -> PurchaseDocument:
        """Its document, as that of a purchase."""
        assert isinstance(self.document, PurchaseDocument)
        return self.document

    @property
    def reversal_document(self) -> ReversalDocument:
        """Its document, as that of a cancellation or a return."""
        assert isinstance(self.document, ReversalDocument)
        return self.document


def wallet_of(account_id: str, item: Item | None) -> Wallet:
    """Return the wallet in its item; an empty one where nothing was posted yet."""
    if item is None:
        return Wallet(account_id)
    return Wallet(
        account_id=account_id,
        version=int(item["version"]),
        balance=item["balance"],
        booked=_amounts_in(item, "lots"),
        lapsed=_amounts_in(item, "lapsed"),
        purchases=int(item["purchases"]),
        uses=uses_in(item["uses"]) if "uses" in item else Uses(),
        waived=_amounts_in(item, "waived"),
        forgiven=_amounts_in(item, "forgiven"),
        head=item.get("head"),
    )


def _amounts_in(item: Item, name: str) -> Mapping[str, Decimal]:
    kept = exactjson.loads(item[name]) if name in item else {}
    return {key: Decimal(amount) for key, amount in kept.items()}


def uses_in(kept: str | bytes) -> Uses:
    """Return the uses in what a wallet's item says of them, compressed or not."""
    text = unpacked(kept) if isinstance(kept, bytes) else kept
    return Uses({subject: _history_in(history) for subject, history in exactjson.loads(text).items()})


def _history_in(kept: Mapping[str, Any]) -> UseHistory:
    if "windows" not in kept:
        return _first_form(kept)
    windows = {window: WindowUse(count) for window, count in kept["windows"].items()}
    for currency, amounts in kept.get("amounts", {}).items():
        for window, amount in zip(kept["windows"], amounts, strict=True):
            windows[window] = windows[window].plus(0, {currency: Decimal(amount)})
    return UseHistory(windows, frozenset(kept.get("forgotten", ())))


def _first_form(kept: Mapping[str, Any]) -> UseHistory:
    """Return the uses of a subject as the first version kept them: neither with a currency, nor with what it had
    forgotten. It took what lies before the oldest of four windows for forgotten, so that stays so."""
    windows = {
        window: WindowUse().plus(count, {UNRECORDED: Decimal(amount)}) for window, (count, amount) in kept.items()
    }
    periods = [sorted(window for window in windows if same_period(window, one)) for one in windows]
    return UseHistory(windows, frozenset(previous(period[0]) for period in periods if len(period) >= MAX_WINDOWS))


def entry_of(item: Item) -> JournalEntry:
    """Return the journal entry in an event's item, or in its projection on the journal's index."""
    return JournalEntry(
        account_id=item["account_id"],
        sequence=int(item["sequence"]),
        event_id=keys.event_id(key_of(item)),
        type=EventType(item["event_type"]),
        performed_on=_moment(item["performed_on"]),
        posted_on=_moment(item["posted_on"]),
        reference_number=item.get("reference_number"),
        merchant_id=item.get("merchant_id"),
        movement=Movement(
            awarded=item["awarded"],
            spent=item["spent"],
            alternative_awarded=item.get("alternative_awarded"),
            alternative_spent=item.get("alternative_spent"),
            lots=_amounts_in(item, "lots"),
            lapsed=_amounts_in(item, "lapsed"),
        ),
        balance=item["balance"],
        alternative_balance=item.get("alternative_balance"),
    )


def is_event(item: Item) -> bool:
    """Return whether an item is an event, rather than a pointer to one or anything else."""
    return keys.is_event(key_of(item)) and "sequence" in item


def is_pointer(item: Item) -> bool:
    """Return whether an item is a pointer to an event."""
    return keys.is_event(key_of(item)) and "sequence" not in item and not is_reservation(item)


def event_of(item: Item) -> Event:
    """Return the event in its item."""
    return Event(
        entry=entry_of(item),
        origin=Origin(item["origin"]),
        fingerprint=item.get("fingerprint", b""),
        form=int(item["form"]) if "form" in item else None,
        partner_id=item.get("partner_id"),
        document=read_document(EventType(item["event_type"]), item["document"]),
        pointer=item.get("pointer"),
        filed=item.get("filed", False),
        link=link_in(item),
        state=EventState(item.get("state", EventState.POSTED)),
        taken_back=taken_back_in(item["taken_back"]) if "taken_back" in item else TakenBack(),
        kept=_amounts_in(item, "kept"),
        updated_on=_moment(item["updated_on"]) if "updated_on" in item else None,
        updated_by=item.get("updated_by"),
        partner_unit=item.get("partner_unit"),
        updated_by_unit=item.get("updated_by_unit"),
    )


class WrittenEvent(Struct, frozen=True):
    """An event as it is written: its attributes, those that are not None, but its document and its link; and the
    document's JSON."""

    event_id: str
    attributes: Item
    text: bytes

    @classmethod
    def of(cls, event: Event) -> Self:
        """Write an event."""
        attributes = {name: value for name, value in _attributes(event).items() if value is not None}
        return cls(event.entry.event_id, attributes, document_text(event.document))

    @property
    def content(self) -> Content:
        """The part of the event that must not change once it is posted, as its chain proves it."""
        return _content(self.event_id, self.attributes, tree_of(self.text))

    def item(self, link: Link | None) -> Item:
        """Return the item of the event, at this place in its chain."""
        return {**self.attributes, **link_attributes(link), "document": packed(self.text)}


def stored_content(item: Item) -> Content:
    """Return the same of an event's item, with all that anybody has put there.

    Raises:
        ValueError, zlib.error: the document cannot be read.
    """
    attributes = {name: value for name, value in item.items() if value is not None and name not in _NOT_CONTENT}
    return _content(keys.event_id(key_of(item)), attributes, stored_tree(item["document"]))


def _content(event_id: str, attributes: Item, document: Any) -> Content:
    content = {**attributes, "event_id": event_id, "document": document}
    for name in _AMOUNTS:
        if name in content:
            content[name] = exactjson.loads(content[name])
    return content


_AMOUNTS = ("lots", "lapsed")
_NOT_CONTENT = frozenset(
    {
        *("pk", "sk"),  # which the event's id tells
        *("hash", "hash_form", "personal", "salt"),
        # proven by what took the purchase back
        *("state", "taken_back", "kept", "updated_on", "updated_by", "updated_by_unit"),
    }
)


def link_in(item: Item) -> Link | None:
    """Return the link in an event's item."""
    if "hash" not in item:
        return None
    return Link(item["hash"], item["personal"], item.get("salt"), int(item["hash_form"]))


def link_attributes(link: Link | None) -> Item:
    """Return the attributes that tell an event's link."""
    if link is None:
        return {}
    return {"hash": link.digest, "hash_form": link.form, "personal": link.personal, "salt": link.salt}


def _attributes(event: Event) -> Item:
    """Return the attributes of an event but its document and its link."""
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
        "form": event.form,
        "partner_id": event.partner_id,
        "partner_unit": event.partner_unit,
        "pointer": event.pointer,
        "filed": event.filed or None,
        "lots": _amounts_text(entry.movement.lots),
        "lapsed": _amounts_text(entry.movement.lapsed),
    }


def _moment(epoch: Decimal) -> datetime:
    return datetime.fromtimestamp(int(epoch), UTC)


def wallet_item(wallet: Wallet) -> Item:
    """Return the attributes of a wallet's item, None for those that it does not have."""
    lots = wallet.lots
    return {
        "version": wallet.version,
        "balance": wallet.balance,
        "purchases": wallet.purchases,
        "lots": _amounts_text(wallet.booked),
        "lapsed": _amounts_text(wallet.lapsed),
        "uses": _uses_kept(wallet.uses),
        "waived": _amounts_text(wallet.waived),
        "forgiven": _amounts_text(wallet.forgiven),
        "head": wallet.head,
        "expires": min(lots) if lots else None,
        "expiry_shard": keys.expiry_shard(wallet.account_id) if lots else None,
    }


def _uses_kept(uses: Uses) -> str | bytes | None:
    told = {subject: _history_to_json(history) for subject, history in uses.by_subject.items()}
    if not told:
        return None
    text = exactjson.dumps(told)
    return text if len(text) <= USES_AS_TEXT else packed(text.encode())


def _history_to_json(history: UseHistory) -> dict[str, Any]:
    """Return the count of each window and, as ids are long, each currency once, with an amount for each window."""
    windows = sorted(history.windows.items())
    currencies = sorted({currency for _, used in windows for currency in used.amounts})
    kept = {
        "windows": {window: used.count for window, used in windows},
        "amounts": {currency: [used.amount(currency) for _, used in windows] for currency in currencies},
        "forgotten": sorted(history.forgotten),
    }
    return {name: value for name, value in kept.items() if value or name == "windows"}


def _amounts_text(amounts: Mapping[str, Decimal]) -> str | None:
    return exactjson.dumps(amounts) if amounts else None


def taken_back_in(text: str) -> TakenBack:
    """Return what was taken back, in what a purchase's item says of it."""
    kept = exactjson.loads(text)
    lines = {int(line): Decimal(quantity) for line, quantity in kept["lines"].items()}
    return TakenBack(lines, *(Decimal(kept.get(name, 0)) for name in ("awarded", "spent", "waived", "settled")))


def taken_back_attributes(purchase: Event) -> Item:
    """Return the attributes that tell of a purchase what became of it since it was posted."""
    return {
        "state": purchase.state,
        "taken_back": taken_back_text(purchase.taken_back),
        "kept": _amounts_text(purchase.kept),
        "updated_on": None if purchase.updated_on is None else int(purchase.updated_on.timestamp()),
        "updated_by": purchase.updated_by,
        "updated_by_unit": purchase.updated_by_unit,
    }


def taken_back_text(taken_back: TakenBack) -> str:
    """Return what of a purchase was taken back, as it is stored on the purchase."""
    lines = {str(line): quantity for line, quantity in sorted(taken_back.lines.items())}
    amounts = {"awarded": taken_back.awarded, "spent": taken_back.spent, "waived": taken_back.waived}
    if taken_back.settled:
        amounts["settled"] = taken_back.settled
    return exactjson.dumps({"lines": lines, **amounts})
