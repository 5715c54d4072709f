"""Proving an export of the table: the same proof as of the table itself, without touching it, and in bounded memory.

An export is of one moment, so nothing is read again. Its items are sharded into temporary files: wallets with their
events by account; names, and what has to lead to each, by name. One shard is in memory at a time.
"""

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from pathlib import Path

from loyalty import exactjson
from loyalty.domain.proofs.audit import Deviation
from loyalty.store import keys
from loyalty.store.attributes import Item, key_of, pack, unpack
from loyalty.store.events import is_event, is_pointer
from loyalty.store.export import TableExport, attributes_in
from loyalty.store.keys import Key
from loyalty.store.memory_table import MemoryTable
from loyalty.store.spool import Spool
from loyalty.store.writes import Put
from loyalty.usecases.proofs.audit import NAMED, Audit
from loyalty.usecases.proofs.legible import damage, legible
from loyalty.usecases.proofs.verify_counterparts import Claim, Counterparts
from loyalty.usecases.proofs.verify_counters import Counters
from loyalty.usecases.proofs.verify_journal import Verification
from loyalty.usecases.proofs.verify_numbers import LargestNumbers
from loyalty.usecases.proofs.verify_references import References
from loyalty.usecases.proofs.verify_untold import separate_unrecorded

ITEMS_OF_A_SHARD = 20_000
"""Items that are in memory at a time, but for those of one account, which stay together: some 100 MB."""

TOLD_EVERY = 1_000
"""Items after which progress is told: to tell it takes about as long as to read an item."""

Progress = Callable[[str, int, int], None]
"""Hears what is done, and how much of how much."""


def verify_export(export: TableExport, folder: Path, *, progress: Progress = lambda *_: None) -> Verification:
    """Check that every posting did exactly what it should, as `verify_journal` does. Temporary files go into `folder`;
    they take about as much as the export does unzipped.

    Raises:
        NotAnExport: it is not whole.
    """
    shards = export.count // ITEMS_OF_A_SHARD + 1
    accounts, names = Spool(folder, "account", shards), Spool(folder, "name", shards)
    counters, numbers, sink = Counters(), LargestNumbers(), _NamesAside(names)
    rest = Audit(sink, sink, counters, numbers)
    for count, (line, item) in enumerate(export.items(), start=1):
        _sort(line, item, accounts, names, rest)
        if count % TOLD_EVERY == 0:
            progress("reading", count, export.count)
    verification = Verification(deviations=list(rest.items_at_odds))
    untold: set[str] = set()
    for number in range(shards):
        audit = Audit(sink, sink, counters, numbers, rest.chains)
        _prove_accounts(accounts, number, audit, verification)
        untold |= audit.untold.counters
        progress("proving wallets", number + 1, shards)
    for number in range(shards):
        verification.deviations += _names_at_odds(names, number)
        progress("proving names", number + 1, shards)
    wrong, unrecorded = separate_unrecorded(counters.listed(), frozenset(), untold)
    verification.deviations += [*wrong, *numbers.listed(), *rest.programme.listed()]
    verification.unrecorded += [*unrecorded, *counters.beyond()]
    return verification


def _sort(line: bytes, item: Item, accounts: Spool, names: Spool, rest: Audit) -> None:
    key = key_of(item)
    if key.sk in ("WALLET", "ACCOUNT"):
        accounts.add(keys.account_id(key.pk), _as_row(line))
    elif is_event(item):
        rest.see_hash(item)
        accounts.add(str(item.get("account_id")), _as_row(line))
    elif key.sk in NAMED or is_pointer(item):
        names.add(key.pk, _as_row(line))
    else:
        rest.take(item)


def _as_row(line: bytes) -> bytes:
    return line if line.endswith(b"\n") else line + b"\n"


def _items(shards: Spool, number: int) -> Iterator[Item]:
    return (unpack(attributes_in(line)) for line in shards.rows(number))


def _prove_accounts(accounts: Spool, number: int, audit: Audit, verification: Verification) -> None:
    for item in _items(accounts, number):
        audit.take(item)
    found: Iterable[Deviation] = audit.items_at_odds
    if audit.has_accounts_at_odds:
        found = [*audit.accounts_at_odds(_Snapshot(_items(accounts, number)), settle=lambda _: None), *found]
    accounts.remove(number)
    wrong, unrecorded = separate_unrecorded(found, audit.untold.accounts, audit.untold.counters)
    verification.deviations += wrong
    verification.unrecorded += unrecorded
    verification.events += audit.events
    verification.wallets += audit.wallets.count
    verification.erased += audit.wallets.erased


class _Snapshot(MemoryTable):
    """A shard's items, as a table that stands still."""

    def __init__(self, items: Iterable[Item]) -> None:
        super().__init__()
        self._journals: dict[str, list[Item]] = {}
        for item in items:
            self.put(Put(key_of(item), item))
            if is_event(item) and isinstance(item["sequence"], Decimal):
                self._journals.setdefault(str(item.get("account_id")), []).append(item)

    def journal(self, account_id: str, *, before: int | None, limit: int) -> list[Item]:
        """Return at most `limit` events of an account, newest first, with a sequence number below `before`."""
        own = [one for one in self._journals.get(account_id, ()) if before is None or one["sequence"] < before]
        return sorted(own, key=lambda item: item["sequence"], reverse=True)[:limit]


class _NamesAside:
    """What events and records say of names, put aside to be held against them later."""

    def __init__(self, names: Spool) -> None:
        self._names = names

    def claim(self, claims: Iterable[Claim]) -> None:
        """Put aside what an event or a record says to lie elsewhere."""
        for claim in claims:
            self._add(claim.key, {"claim": pack(claim.says), "owner": claim.owner, "shared": claim.shared})

    def file(self, key: Key, event_id: str, *, certain: bool) -> None:
        """Put aside that a purchase is filed under a reference number."""
        self._add(key, {"filed": event_id, "certain": certain})

    def take(self, item: Item) -> None:
        """Put an item aside that has to be there for something."""
        self._names.add(item["pk"], exactjson.dumps({"Item": pack(item)}).encode() + b"\n")

    def _add(self, key: Key, row: dict[str, object]) -> None:
        self._names.add(key.pk, exactjson.dumps({"key": key, **row}).encode() + b"\n")


def _names_at_odds(names: Spool, number: int) -> list[Deviation]:
    counterparts, references, damaged = Counterparts(), References(), list[Deviation]()
    for line in names.rows(number):
        row = exactjson.loads(line)
        if "claim" in row:
            claim = Claim(Key(*row["key"]), unpack(row["claim"]), Key(*row["owner"]), row["shared"])
            counterparts.claim([claim])
        elif "filed" in row:
            references.file(Key(*row["key"]), row["filed"], certain=row["certain"])
        else:
            item, wrong = legible(unpack(row["Item"]))
            damaged += [damage(item, found) for found in wrong]
            (references if item["sk"] == "REFERENCE" else counterparts).take(item)
    names.remove(number)
    return [*counterparts.listed(), *references.listed(), *damaged]
