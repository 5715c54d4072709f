"""What has to hold whenever all is quiet: each invariant is a function, registered here, that answers what breaks it.

To add one, write a function that takes what `Seen` is, and decorate it with `invariant`; its docstring is the rule, as
docs/reliability.md tells it: `python -m tests.simulation.page` writes it there.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from loyalty.domain.ledger.vouchers import VoucherState
from loyalty.domain.ledger.wallet import Wallet
from loyalty.store import keys
from loyalty.store.events import Event, is_event, wallet_of
from loyalty.store.uploads import KEPT, Upload, read_upload
from tests.simulation.dynamo import Kept
from tests.simulation.judge import Judge
from tests.simulation.operations import Load, SentFile, Told
from tests.simulation.readings import read_event
from tests.simulation.world import World


@dataclass
class Seen:
    """The world as it is now, and what its callers know."""

    world: World
    load: Load
    known: Judge | None = None
    since: int = 0
    """How many calls had been answered the last time."""

    @property
    def judge(self) -> Judge:
        """The model's side of it, for rules that are not of the engine alone."""
        assert self.known is not None
        return self.known

    @cached_property
    def events(self) -> dict[str, list[Event]]:
        """Events by account, in the order of their numbers."""
        found: dict[str, list[Event]] = defaultdict(list)
        for event in map(read_event, filter(is_event, self.world.table.scan())):
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
    def counters(self) -> dict[str, Decimal]:
        """The uses of all accounts together, by `reward_offer#<id>` or `promo_code#<id>`."""
        return {pk.removeprefix("USED#"): Decimal(item["used"]["N"]) for pk, item in self._items("USED#")}

    @cached_property
    def vouchers(self) -> dict[str, VoucherState]:
        """The state of each voucher."""
        return {pk.removeprefix("VOUCHER#"): VoucherState(item["state"]["S"]) for pk, item in self._items("VOUCHER#")}

    @cached_property
    def references(self) -> dict[str, str | None]:
        """The event that each partner's reference number leads to."""
        return {
            pk.removeprefix("REFERENCE#"): item["event_id"]["S"] if "event_id" in item else None
            for pk, item in self._items("REFERENCE#")
        }

    @property
    def written(self) -> list[tuple[float, tuple[str, str], Kept | None]]:
        """All that was written, in the order in which it was committed."""
        return self.world.dynamo.written

    @cached_property
    def highest(self) -> dict[str, Decimal]:
        """The highest budget or maximum of uses that each offer or promo code ever had."""
        found: dict[str, Decimal] = {}
        for record in self.judge.records:
            match record:
                case {"type": "reward_offer", "limits": {"budget": most}} | {
                    "type": "promo_code",
                    "maximum_uses": most,
                }:
                    subject = f"{record['type']}#{record['id']}"
                    found[subject] = max(Decimal(most), found.get(subject, Decimal(0)))
        return found

    @property
    def fresh(self) -> list[Told]:
        """The answers since the last time."""
        return self.load.told[self.since :]

    def judged(self, rule: str) -> Iterator[str]:
        """Return what the judge has found against a rule."""
        yield from self.judge.found.pop(rule, [])

    def _items(self, start: str) -> Iterator[tuple[str, Any]]:
        for pk, partition in self.world.dynamo.partitions.items():
            if pk.startswith(start):
                yield from ((pk, item) for item in partition.values())

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
