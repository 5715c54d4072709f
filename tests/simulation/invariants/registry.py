"""What has to hold whenever all is quiet: each invariant is a function, registered here, that answers what breaks it.

To add one, write a function that takes what `Seen` is, and decorate it with `invariant`; its docstring is the rule, as
docs/reliability.md tells it: `python -m tests.simulation.page` writes it there.
"""

import csv
import gzip
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

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
from tests.simulation.judge import Judge
from tests.simulation.operations import Load, SentFile
from tests.simulation.world import World


@dataclass
class Seen:
    """The world as it is now, and what its callers know."""

    world: World
    load: Load
    judge: Judge

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


def invariant(rule: Invariant) -> Invariant:
    """Register an invariant."""
    INVARIANTS.append(rule)
    return rule


