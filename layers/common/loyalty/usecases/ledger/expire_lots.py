"""Expiry: taking expired lots out of the wallets, with an EXPIRY event for each wallet."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import partial
from itertools import islice
from typing import NamedTuple, TypeGuard

from msgspec import Struct

from loyalty.domain.errors import Code, Problem, Refused
from loyalty.domain.fingerprint import Fingerprint
from loyalty.domain.identity import Origin, derived_id
from loyalty.domain.ledger.expiry import expiry
from loyalty.domain.ledger.wallet import EventType
from loyalty.domain.period import end_of_month, months_after
from loyalty.domain.programme.programme import Programme
from loyalty.domain.purchases.account import Account
from loyalty.domain.purchases.purchase import Reference
from loyalty.store import keys
from loyalty.store.customers import Customer
from loyalty.store.events import Event
from loyalty.store.keys import Key
from loyalty.store.ledger import PreparedEvent
from loyalty.store.table import WholeTable
from loyalty.usecases.engine import Engine
from loyalty.usecases.ledger.journal_entry import EntryHeader, journal_entry, with_alternative
from loyalty.usecases.ledger.post_events import EventOutcome, post_events
from loyalty.usecases.ledger.transaction_batch import Used
from loyalty.usecases.newest_programme import with_newest_programme_each

BATCH = 400
"""Wallets posted in one go: eight transactions of fifty, each wallet being two of a transaction's hundred writes."""

RESERVE_SECONDS = 60.0
"""Time that has to be left for another batch: far more than one takes, unless storage is slow."""


class ExpiryRun(NamedTuple):
    """The result of a run: wallets with an expiry, wallets that were too busy, and whether the time was enough for all.
    The next run finds the rest."""

    wallets: int
    busy: int
    finished: bool


def due_accounts(index: WholeTable, now: datetime, shard: str | None = None) -> Iterator[str]:
    """Return the accounts of the wallets that the expiry index has under a month that has ended, however long ago; of
    one of its shards, or of all, shard by shard.

    Raises:
        ValueError: the index has no such shard.
    """
    if shard not in (None, *keys.EXPIRY_SHARDS):
        raise ValueError(f"the expiry index has no shard {shard!r}; its shards are {', '.join(keys.EXPIRY_SHARDS)}")
    shards = keys.EXPIRY_SHARDS if shard is None else (shard,)
    month = months_after(now, -1)
    return (keys.account_id(item["pk"]) for one in shards for item in index.due(one, month))


def expire_lots(
    engine: Engine,
    due: Iterable[str],
    *,
    now: datetime,
    time_left: Callable[[], float],
    report: Callable[[Refused], None] = lambda _: None,
) -> ExpiryRun:
    """Post the expiry of all lots whose month has ended, for the accounts that are `due` (`due_accounts`, of the
    engine's table). `time_left` returns the seconds that the run may still take; `report` receives the reason why the
    first wallet of a batch was not moved.

    It may run at any time, also beside itself: a wallet is moved on the condition that it is as it was read. What a run
    does not get to, the next one of its shard finds.
    """
    wallets = busy = 0
    for batch in _batches(iter(due)):
        if time_left() < RESERVE_SECONDS:
            return ExpiryRun(wallets, busy, finished=False)
        outcomes = with_newest_programme_each(
            engine.catalogue, now, batch, partial(_post_expiries, engine, now)
        ).values()
        put_off = [outcome for outcome in outcomes if _is_busy(outcome)]
        wallets += sum(not isinstance(outcome, Refused) and not outcome.replayed for outcome in outcomes)
        busy += len(put_off)
        if put_off:
            report(put_off[0])
    return ExpiryRun(wallets, busy, finished=True)


def _post_expiries(engine: Engine, now: datetime, account_ids: Iterable[str]) -> dict[str, EventOutcome]:
    programme = engine.catalogue.programme(now)
    drafts = {account_id: ExpiryDraft(account_id, programme, now) for account_id in account_ids}
    outcomes = post_events(list(drafts.items()), table=engine.table, pause=engine.pause)
    return dict(zip(drafts, outcomes, strict=True))


def _batches(account_ids: Iterator[str]) -> Iterator[list[str]]:
    while batch := list(islice(account_ids, BATCH)):
        yield batch


def _is_busy(outcome: EventOutcome) -> TypeGuard[Refused]:
    return isinstance(outcome, Refused) and outcome.is_for_now


class ExpiryDraft(Struct, frozen=True):
    """The end of some lots. The account may be in any state."""

    account_id: str
    programme: Programme
    now: datetime

    @property
    def named(self) -> Reference:
        return Reference("id", self.account_id, "")

    def duplicate_of(self, rival: Event | None) -> Problem:  # noqa: ARG002 - a draft's
        return Problem(Code.DUPLICATE, "Another event has this expiry's place in the journal.")

    def is_posted_as(self, event: Event) -> bool:
        return event.entry.type is EventType.EXPIRY

    def counters(self, account: Account) -> Iterable[Key]:  # noqa: ARG002 - a draft's
        return ()

    def prepare(self, customer: Customer, used: Used) -> PreparedEvent:  # noqa: ARG002 - a draft's
        movement = expiry(customer.wallet, self.now)
        if movement is None:  # another run was faster, or the index is late
            raise Refused(Problem(Code.INVALID, "Nothing in this wallet has expired."))
        at, account = end_of_month(max(movement.lots)), customer.account
        movement = with_alternative(movement, account, self.programme, at)
        wallet = customer.wallet.moved(movement)
        event_id = derived_id(Origin.EXPIRY, wallet.account_id, str(wallet.version))
        header = EntryHeader(event_id, EventType.EXPIRY, performed_on=at, posted_on=self.now)
        entry = journal_entry(header, movement, wallet, account, self.programme)
        printed = Fingerprint.of_fields({"expires": wallet.account_id, "sequence": wallet.version}).digest
        return PreparedEvent(Event(entry, Origin.EXPIRY, printed, partner_id=None, document=None), wallet)
