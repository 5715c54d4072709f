"""Proving a table shard by shard, in bounded memory: wallets with their events by account; names, and what has to lead
to each, by name. What does not add up is looked at more closely once all shards are proven."""

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from functools import partial
from typing import Protocol

from msgspec import Struct, field

from loyalty import exactjson
from loyalty.domain.proofs.audit import Deviation
from loyalty.domain.proofs.chain_audit import TableChains
from loyalty.store import keys
from loyalty.store.attributes import Item, key_of, pack, unpack
from loyalty.store.events import is_event, is_pointer
from loyalty.store.export import attributes_in
from loyalty.store.keys import Key
from loyalty.store.spool import Spool
from loyalty.usecases.proofs.audit import Audit
from loyalty.usecases.proofs.legible import damage, legible
from loyalty.usecases.proofs.verify_counterparts import Claim, Counterparts
from loyalty.usecases.proofs.verify_counters import Counters
from loyalty.usecases.proofs.verify_keys import MetKeys
from loyalty.usecases.proofs.verify_numbers import LargestNumbers
from loyalty.usecases.proofs.verify_programme import ProgrammeItems
from loyalty.usecases.proofs.verify_references import References
from loyalty.usecases.proofs.verify_untold import separate_unrecorded
from loyalty.usecases.proofs.workspace import Tell, Work, Workspace

NAMED = ("VOUCHER", "ALIAS", "TOKEN", "REFERENCE")
"""Sort keys of items that are there only for what something else says; pointers are, too."""

Progress = Callable[[str, int, int | None], None]
"""Hears what is done, and how much of how much, where that is known."""


class Verification(Struct):
    """How much was read, what does not hold, and what may hold, but rests on what an older version did not record.
    `erased` are events of which what named a person is not there any more."""

    events: int = 0
    wallets: int = 0
    erased: int = 0
    deviations: list[Deviation] = field(default_factory=list)
    unrecorded: list[Deviation] = field(default_factory=list)

    def add(self, other: "Verification") -> None:
        """Take in what was found of other items."""
        self.events += other.events
        self.wallets += other.wallets
        self.erased += other.erased
        self.deviations += other.deviations
        self.unrecorded += other.unrecorded


class ProofSource(Protocol):
    """What is proven: where its items come from, and what is to be seen of it at a second look."""

    def works(self, items: "SortedItems", processes: int) -> list[Work]:
        """Return pieces of work that sort all items; each returns when the first event with a hash was posted that it
        met, None if it met none."""

    def of_accounts(self, audit: Audit, items: Iterator[Item]) -> Iterable[Deviation]:
        """Return what does not hold of accounts that do not add up, given all items of their shard."""

    def of_names(self, counterparts: Counterparts, references: References) -> Iterable[Deviation]:
        """Return what does not hold of names that do not add up."""

    def of_all(self, counters: Counters, numbers: LargestNumbers, programme: ProgrammeItems) -> Iterable[Deviation]:
        """Return what does not hold of what all accounts share."""


class SortedItems:
    """Items, as rows, by what they are proven with."""

    def __init__(self, workspace: Workspace) -> None:
        writers = workspace.processes + 1
        self.accounts = Spool(workspace.folder, "account", workspace.shards, writers)
        self.names = Spool(workspace.folder, "name", workspace.shards, writers)
        self.rest = Spool(workspace.folder, "rest", workspace.shards, writers)

    def sort(self, item: Item, row: bytes, writer: int) -> None:
        """Put an item where it belongs; `row` is the item as a line of an export has it."""
        key = key_of(item)
        if key.sk in ("WALLET", "ACCOUNT"):
            self.accounts.add(keys.account_id(key.pk), row, writer)
        elif is_event(item):
            self.accounts.add(str(item.get("account_id")), row, writer)
        elif key.sk in NAMED or is_pointer(item):
            self.names.add(key.pk, row, writer)
        else:
            self.rest.add(key.pk, row, writer)

    def flush(self, writer: int) -> None:
        """Let other processes read what a writer has put here."""
        for spool in (self.accounts, self.names, self.rest):
            spool.flush(writer)


def row_of(item: Item) -> bytes:
    """Return an item as a line of an export."""
    return exactjson.dumps({"Item": pack(item)}).encode() + b"\n"


def prove(source: ProofSource, workspace: Workspace, progress: Progress, total: int | None = None) -> Verification:
    """Prove what is read. The verdict is the same whatever the number of shards and of processes, and its lists are in
    order; `total` is the number of items, where that is known."""
    items = SortedItems(workspace)
    shares = [range(number, workspace.shards, workspace.processes) for number in range(workspace.processes)]
    met = workspace.run(source.works(items, workspace.processes), _counted(progress, "reading", total))
    since = min((one for one in met if one is not None), default=None)

    whole = _Proven()
    rest = _audit(whole, _NamesAside(items.names, workspace.processes), TableChains(since=since))
    for number in range(workspace.shards):
        _take_all(rest, _items(items.rest, number))
    items.flush(workspace.processes)
    whole.verification.deviations += rest.items_at_odds

    of_accounts = [partial(_prove_accounts, items, rest.chains, share, writer) for writer, share in enumerate(shares)]
    for proven in workspace.run(of_accounts, _counted(progress, "proving shards of wallets", workspace.shards)):
        whole.add(proven)
    for number in whole.at_odds:
        whole.verification.add(_look_closer(source, items, rest.chains, number))

    of_names, found = [partial(_prove_names, items, share) for share in shares], whole.verification.deviations
    for damaged, at_odds in workspace.run(of_names, _counted(progress, "proving shards of names", workspace.shards)):
        found += damaged
        for number in at_odds:
            counterparts, references, _ = _read_names(items.names, number)
            found += source.of_names(counterparts, references)

    of_all = source.of_all(whole.counters, whole.numbers, rest.programme)
    wrong, unrecorded = separate_unrecorded(of_all, frozenset(), whole.untold)
    found += wrong
    whole.verification.unrecorded += [*unrecorded, *whole.counters.beyond()]
    found.sort(key=_place)
    whole.verification.unrecorded.sort(key=_place)
    return whole.verification


def _place(one: Deviation) -> tuple[str, ...]:
    return tuple(str(part or "") for part in (one.account_id, one.event_id, one.rule, one.found))


def _counted(progress: Progress, doing: str, of: int | None) -> Tell:
    """Tell that work begins; return what tells how far it is."""
    done = 0

    def tell(more: int) -> None:
        nonlocal done
        done += more
        progress(doing, done, of)

    tell(0)
    return tell


class _Proven(Struct):
    """What some shards of accounts have shown: what is wrong with single items, in which of them not all adds up, and
    what all accounts share."""

    verification: Verification = field(default_factory=Verification)
    counters: Counters = field(default_factory=Counters)
    numbers: LargestNumbers = field(default_factory=LargestNumbers)
    untold: set[str] = field(default_factory=set)
    at_odds: list[int] = field(default_factory=list)

    def add(self, other: "_Proven") -> None:
        self.verification.add(other.verification)
        self.counters.add(other.counters)
        self.numbers.add(other.numbers)
        self.untold |= other.untold
        self.at_odds += other.at_odds


class _NamesAside:
    """What events and records say of names, put aside to be held against them later."""

    def __init__(self, names: Spool, writer: int) -> None:
        self._names = names
        self._writer = writer

    def claim(self, claims: Iterable[Claim]) -> None:
        """Put aside what an event or a record says to lie elsewhere."""
        for claim in claims:
            self._add(claim.key, {"claim": pack(claim.says), "owner": claim.owner, "shared": claim.shared})

    def file(self, key: Key, event_id: str, *, certain: bool) -> None:
        """Put aside that a purchase is filed under a reference number."""
        self._add(key, {"filed": event_id, "certain": certain})

    def _add(self, key: Key, row: dict[str, object]) -> None:
        self._names.add(key.pk, exactjson.dumps({"key": key, **row}).encode() + b"\n", self._writer)


class _Unheard:
    """Hears again what was put aside already."""

    def claim(self, claims: Iterable[Claim]) -> None:
        """Let it be."""

    def file(self, key: Key, event_id: str, *, certain: bool) -> None:
        """Let it be."""


def _audit(proven: _Proven, aside: _NamesAside | _Unheard, chains: TableChains) -> Audit:
    return Audit(aside, aside, proven.counters, proven.numbers, chains)


def _items(shards: Spool, number: int) -> Iterator[Item]:
    return (unpack(attributes_in(line)) for line in shards.rows(number))


def _take_all(audit: Audit, shard: Iterable[Item]) -> None:
    met = MetKeys()
    for item in shard:
        audit.take(item)
        audit.items_at_odds += met.take(item)


def _prove_accounts(items: SortedItems, chains: TableChains, shards: range, writer: int, tell: Tell) -> _Proven:
    proven = _Proven()
    for number in shards:
        audit = _audit(proven, _NamesAside(items.names, writer), chains)
        _take_all(audit, _items(items.accounts, number))
        counts = audit.events, audit.wallets.count, audit.wallets.erased
        proven.verification.add(Verification(*counts, audit.items_at_odds))
        proven.untold |= audit.untold.counters
        if audit.has_accounts_at_odds:
            proven.at_odds.append(number)
        else:
            items.accounts.remove(number)
        tell(1)
    items.names.flush(writer)
    return proven


def _look_closer(source: ProofSource, items: SortedItems, chains: TableChains, number: int) -> Verification:
    audit = _audit(_Proven(), _Unheard(), chains)
    _take_all(audit, _items(items.accounts, number))
    found = source.of_accounts(audit, _items(items.accounts, number))
    wrong, unrecorded = separate_unrecorded(found, audit.untold.accounts, audit.untold.counters)
    items.accounts.remove(number)
    return Verification(deviations=wrong, unrecorded=unrecorded)


def _prove_names(items: SortedItems, shards: range, tell: Tell) -> tuple[list[Deviation], list[int]]:
    """Return what of names cannot be read, and which shards do not add up."""
    wrong, at_odds = list[Deviation](), list[int]()
    for number in shards:
        counterparts, references, damaged = _read_names(items.names, number)
        wrong += damaged
        if counterparts.suspects or references.suspects:
            at_odds.append(number)
        else:
            items.names.remove(number)
        tell(1)
    return wrong, at_odds


def _read_names(names: Spool, number: int) -> tuple[Counterparts, References, list[Deviation]]:
    counterparts, references, met, damaged = Counterparts(), References(), MetKeys(), list[Deviation]()
    for line in names.rows(number):
        row = exactjson.loads(line)
        if "claim" in row:
            claim = Claim(Key(*row["key"]), unpack(row["claim"]), Key(*row["owner"]), row["shared"])
            counterparts.claim([claim])
        elif "filed" in row:
            references.file(Key(*row["key"]), row["filed"], certain=row["certain"])
        else:
            item, wrong = legible(unpack(row["Item"]))
            damaged += [*(damage(item, found) for found in wrong), *met.take(item)]
            (references if item["sk"] == "REFERENCE" else counterparts).take(item)
    return counterparts, references, damaged


def first_hash(since: int | None, item: Item) -> int | None:
    """Return when the first event with a hash was posted, given what was met before an item; None if there is none."""
    posted_on = item.get("posted_on")
    if not (is_event(item) and isinstance(item.get("hash"), bytes) and isinstance(posted_on, Decimal)):
        return since
    return int(posted_on) if since is None else min(since, int(posted_on))
