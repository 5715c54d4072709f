"""Proof of a wallet's chain: every event says what it said when it was posted, in the place where it was posted."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, NamedTuple, Self

from msgspec import Struct

from loyalty.domain.ledger.chain import (
    HASH_FORM,
    Content,
    Link,
    content_digest,
    next_hash,
    person_in,
    personal_digest,
    root,
)
from loyalty.domain.ledger.wallet import JournalEntry, Wallet


class ChainEvidence(Struct, frozen=True):
    """An event as its chain sees it.

    Attributes:
        event_id: its id.
        sequence: its number in the journal.
        balance: the balance after it.
        posted_on: when it was posted, in seconds since 1970.
        link: its place in the chain; None for events from before there were chains.
        content: the digest of its content; None if it has no link.
        person_holds: whether its personal data is as it was posted, or erased completely.
        has_traces: whether it has something that events have only beside a hash.
    """

    event_id: str
    sequence: int
    balance: Decimal
    posted_on: int
    link: Link | None
    content: bytes | None = None
    person_holds: bool = True
    has_traces: bool = False

    @classmethod
    def of(cls, entry: JournalEntry, link: Link | None, content: Content, *, has_traces: bool) -> Self:
        """Return the evidence of an event that says `content`."""
        where = (entry.event_id, entry.sequence, entry.balance, int(entry.posted_on.timestamp()))
        if link is None:
            return cls(*where, None, has_traces=has_traces)
        return cls(*where, link, content_digest(content, link.personal), _person_holds(content, link))

    @property
    def is_erased(self) -> bool:
        """Whether what named a person was erased."""
        return self.link is not None and not self.link.salt


def _person_holds(content: Content, link: Link) -> bool:
    if not link.salt:
        return _says_nothing(person_in(content))
    return personal_digest(content, link.salt) == link.personal


def _says_nothing(value: Any) -> bool:
    """Return whether a value is empty, or has nothing but empty ones."""
    return all(map(_says_nothing, value.values())) if isinstance(value, dict) else not value


UPGRADE_SECONDS = 15 * 60
"""How long containers of a version without hashes may post beside new ones while an upgrade is under way; and how much
earlier than the event before it an event may say that it was posted, as a run of 15 minutes tells when it began."""


class TableChains(Struct, frozen=True):
    """What the chains of a table have in common: the table's identity, if it has one; and when its first event with a
    hash was posted, in seconds since 1970."""

    table_id: str | None = None
    since: int | None = None


class ChainFinding(NamedTuple):
    """A rule that does not hold: of which event (None for the wallet), and what was found instead."""

    event_id: str | None
    rule: str
    found: str


def chain_findings(wallet: Wallet, events: Sequence[ChainEvidence], table: TableChains) -> Iterator[ChainFinding]:
    """Return what does not hold of a wallet's chain, given its whole journal (in any order). A chain begins with the
    first event that has a hash, in the table with this identity or, if it began early, in one that had none yet. An
    event without a hash passes as one of an older version only if it was posted before or during the upgrade."""
    head: bytes | None = None
    hashed_on: int | None = None
    version, balance = 0, Decimal(0)
    for event in sorted(events, key=lambda event: event.sequence):
        if event.link:
            roots = [root(one, wallet.account_id, version, balance) for one in (table.table_id, None)]
            yield from _broken(event, event.link, [head] if head else roots)
            head, hashed_on = event.link.digest, max(event.posted_on, hashed_on or event.posted_on)
        elif found := _needs_hash(event, table.since, hashed_on):
            yield ChainFinding(event.event_id, HASHED_ON, f"number {event.sequence} has none, {found}")
        version, balance = event.sequence, event.balance
    if wallet.head != head:
        yield ChainFinding(None, HEAD_KEPT, f"{_told(wallet.head)} in the wallet, {_told(head)} in the journal")


HASHED_ON = "all events have a hash that were posted since the table has hashes"
HEAD_KEPT = "the wallet's head is the hash of its last event"
FORM_KNOWN = "a hash is of a form that this version knows"
AS_POSTED = "an event says what it said when it was posted, after the same events of the same wallet of this table"
PERSON_AS_POSTED = "what names a person is as it was posted, or all of it is erased"


def _needs_hash(event: ChainEvidence, since: int | None, hashed_on: int | None) -> str | None:
    """Return why an event without a hash must have one, None if it need not; `hashed_on` is when the latest of those
    before it was posted that have one."""
    if event.has_traces:
        return "but what comes only with one"
    if since is not None and event.posted_on > since + UPGRADE_SECONDS:
        return f"and was posted {event.posted_on - since} s after the table's first event with one"
    if hashed_on is not None and event.posted_on < hashed_on - UPGRADE_SECONDS:
        return f"but one before it does, which was posted {hashed_on - event.posted_on} s later"
    return None


def _broken(event: ChainEvidence, link: Link, befores: Sequence[bytes]) -> Iterator[ChainFinding]:
    if link.form != HASH_FORM:
        yield ChainFinding(event.event_id, FORM_KNOWN, f"form {link.form}, known are 1 to {HASH_FORM}")
        return
    assert event.content
    made = [next_hash(before, event.content) for before in befores]
    if link.digest not in made:
        yield ChainFinding(event.event_id, AS_POSTED, f"hash {_told(link.digest)}, but it makes {_told(made[0])}")
    if not event.person_holds:
        yield ChainFinding(event.event_id, PERSON_AS_POSTED, f"number {event.sequence}")


def _told(digest: bytes | None) -> str:
    return digest.hex() if digest else "none"
