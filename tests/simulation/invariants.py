"""What has to hold whenever all is quiet: each invariant is a function, registered here, that answers what breaks it.

To add one, write a function that takes what `Seen` is, and decorate it with `invariant`; its docstring is the rule.
"""

import csv
import gzip
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

from loyalty import exactjson
from loyalty.domain.ledger.wallet import EventType, Wallet
from loyalty.domain.money import ZERO
from loyalty.domain.rows.file_opening import format_of
from loyalty.domain.rows.layout import FileFormat
from loyalty.store import keys, ledger
from loyalty.store.chunk_marks import read_tally
from loyalty.store.events import Event, wallet_of
from loyalty.store.uploads import KEPT, Upload, UploadState, read_upload
from loyalty.usecases.proofs.verify_journal import verify_journal
from loyalty.usecases.uploads.make_result import result_key
from tests.simulation.operations import Load, SentFile
from tests.simulation.world import World


@dataclass
class Seen:
    """The world as it is now, and what its callers know."""

    world: World
    load: Load

    @cached_property
    def events(self) -> dict[str, list[Event]]:
        """Events by account, in the order of their numbers."""
        found: dict[str, list[Event]] = defaultdict(list)
        for event in ledger.scan_events(self.world.table):
            found[event.entry.account_id].append(event)
        return {account: sorted(events, key=lambda event: event.entry.sequence) for account, events in found.items()}

    @cached_property
    def wallets(self) -> dict[str, Wallet]:
        """Wallets by account."""
        return {
            keys.account_id(item["pk"]): wallet_of(keys.account_id(item["pk"]), item)
            for item in self.world.table.scan()
            if item["sk"] == "WALLET"
        }

    @cached_property
    def uploads(self) -> list[tuple[SentFile, Upload | None]]:
        """The files that were dropped, as far as they are told of yet, and the upload of each."""
        since = self.world.time() - KEPT
        return [(sent, read_upload(self.world.table, sent.upload)) for sent in self.load.files if sent.at > since]


Invariant = Callable[[Seen], Iterator[str]]

INVARIANTS: list[Invariant] = []

NOTICED = timedelta(minutes=1)
"""Until each container knows who has a code by now: what is sent twice meanwhile may be posted twice (decision 20)."""

POSTED = ("posted", "replayed")
IMPORTED = ("created", "updated", "unchanged")
"""What the result of a file says of rows that are there."""


def invariant(rule: Invariant) -> Invariant:
    """Register an invariant."""
    INVARIANTS.append(rule)
    return rule


@invariant
def no_purchase_overdraws(seen: Seen) -> Iterator[str]:
    """No purchase leaves a wallet below zero that was not below it before."""
    for account, events in seen.events.items():
        for event in events:
            balance, amount = event.entry.balance, event.entry.movement.amount
            if event.entry.type is EventType.PURCHASE and balance < min(ZERO, balance - amount):
                yield f"{account}: {event.entry.event_id} leaves {balance} after {amount}"


@invariant
def journals_are_chained(seen: Seen) -> Iterator[str]:
    """The events of a wallet are numbered from 1 on without a gap, each goes on where the one before ended, and the
    wallet is as the last one left it."""
    for account in sorted(seen.events.keys() | seen.wallets.keys()):
        balance, number = ZERO, 0
        for event in seen.events.get(account, []):
            number += 1
            balance += event.entry.movement.amount
            found = (event.entry.sequence, event.entry.balance)
            if found != (number, balance):
                yield f"{account}: {event.entry.event_id} is {found}, not {(number, balance)}"
        wallet = seen.wallets.get(account)
        if wallet is None or (wallet.version, wallet.balance) != (number, balance):
            yield f"{account}: the wallet is {wallet and (wallet.version, wallet.balance)}, not {(number, balance)}"


@invariant
def one_event_of_each_identity(seen: Seen) -> Iterator[str]:
    """Of a merchant and reference number that a caller of the newest API has given, there is one purchase at most; and
    whoever sent the same was always told the same one."""
    counted = Counter(
        (event.entry.merchant_id, event.entry.reference_number)
        for events in seen.events.values()
        for event in events
        if event.entry.type is EventType.PURCHASE
    )
    given = {body["reference_number"] for body in _given(seen.load) if "products" in body}
    for (merchant, reference), count in counted.items():
        if count > 1 and reference in given:
            yield f"{reference} of {merchant} was posted {count} times"
    posted = {reference for _, reference in counted}
    answered: dict[str, set[str]] = defaultdict(set)
    for told in seen.load.told:
        if told.path == "/purchases" and told.answer.status == 200:
            answered[repr(told.body)].add(told.answer.body["id"])
            if told.body["reference_number"] not in posted:
                yield f"{told.body} was answered {told.answer.body['id']}, and is not posted"
    posted_on = {event.entry.event_id: event.entry.posted_on for events in seen.events.values() for event in events}
    for body, ids in answered.items():
        if len(ids) > 1:
            first, *_, last = sorted(posted_on[told_id] for told_id in ids)
            if last - first > NOTICED:
                yield f"{body} was answered {ids}"


@invariant
def every_row_has_one_outcome(seen: Seen) -> Iterator[str]:
    """The result of a file tells each of its rows once; what was posted of them is in the journal, and what was refused
    is not, unless another row or call has posted it."""
    posted = {event.entry.reference_number for events in seen.events.values() for event in events}
    given = Counter(body["reference_number"] for body in _given(seen.load))
    files = seen.world.files("ResultBucket")
    for sent, upload in seen.uploads:
        if upload is None:
            yield f"{sent.key} is no upload"
            continue
        if upload.state is not UploadState.POSTING or not read_tally(seen.world.table, upload.id).is_told:
            continue  # `all_has_ended` tells
        statuses = _statuses(upload, files.read(result_key(upload)))
        if sent.is_whole and len(statuses) != len(sent.rows):
            yield f"{sent.key}: {len(statuses)} outcomes of {len(sent.rows)} rows"
        for row, status in zip(sent.rows, statuses, strict=False):
            reference = row["id"] if row.get("type") == "opening_balance" else row.get("reference_number")
            if sent.is_sound and status not in IMPORTED:
                yield f"{sent.key}: {row} is {status}"
            if reference and status in (*POSTED, *IMPORTED) and not sent.is_dry_run and reference not in posted:
                yield f"{sent.key}: {row} is {status}, and is not posted"
            if status not in POSTED and given[reference] == 1 and reference in posted:
                yield f"{sent.key}: {row} is {status}, and is posted"


def _given(load: Load) -> list[Mapping[str, Any]]:
    """Return the purchases with a reference number that calls of the newest API and rows of files have given."""
    bodies = [told.body for told in load.told if told.path == "/purchases" and isinstance(told.body, Mapping)]
    rows = [row for sent in load.files for row in sent.rows]
    return [body for body in [*bodies, *rows] if body.get("reference_number")]


def _statuses(upload: Upload, result: bytes) -> list[str]:
    """Return what the result of a file tells of each row."""
    text = (gzip.decompress(result) if upload.name.endswith(".gz") else result).decode()
    match format_of(upload.name)[0]:
        case FileFormat.CSV:
            return [line["status"] for line in csv.DictReader(text.splitlines())]
        case FileFormat.JSON_LINES:
            rows = [exactjson.loads(line) for line in text.splitlines()]
        case FileFormat.JSON:
            rows = exactjson.loads(text)
    return [row["status"] for row in rows]


@invariant
def all_has_ended(seen: Seen) -> Iterator[str]:
    """No message is left, and each file is told of to its end."""
    for url, queue in seen.world.queues.items():
        if queue.messages:
            yield f"{url} holds {len(queue.messages)}"
    for sent, upload in seen.uploads:
        if upload is None or upload.state is UploadState.REFUSED:
            continue
        if not read_tally(seen.world.table, upload.id).is_told:
            yield f"{sent.key}: upload {upload.id} is {upload.state}, and its result does not tell all"


@invariant
def the_ledger_proves(seen: Seen) -> Iterator[str]:
    """`loyalty verify` finds no deviation."""
    found = verify_journal(seen.world.table, settle=seen.world.scheduler.advance)
    yield from map(str, found.deviations)


@invariant
def no_fault_of_ours(seen: Seen) -> Iterator[str]:
    """The log has no fault but those that the cloud made."""
    for failure in seen.world.failures:
        yield f"at step {failure.step}, {failure.kind}:\n{failure.trace}"
