"""Runs of expiry: which wallets they move, what they write, and what they tell of those that they cannot move."""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import chain, repeat
from typing import Any

import pytest

from loyalty.domain.errors import Code, Problem, Refused
from loyalty.domain.fingerprint import Fingerprint
from loyalty.domain.identity import Origin, derived_id
from loyalty.domain.ledger.wallet import EventType, JournalEntry, Movement, Wallet
from loyalty.domain.purchases.purchase import Reference
from loyalty.store import keys, ledger
from loyalty.store.attributes import Item
from loyalty.store.backoff import Backoff
from loyalty.store.events import Event, wallet_item, wallet_of
from loyalty.store.keys import EXPIRY_SHARDS
from loyalty.store.memory_table import MemoryTable
from loyalty.store.sdk_errors import ConditionFailed
from loyalty.store.writes import Put, Write
from loyalty.usecases.engine import Engine
from loyalty.usecases.ledger import expire_lots as module
from loyalty.usecases.ledger.expire_lots import ExpiryDraft, ExpiryRun, due_accounts, expire_lots
from loyalty.usecases.reference.import_records import import_records
from tests.builders import AT, EUR, POINTS, RATE, programme
from tests.template import read_template

NOW = datetime(2026, 4, 2, tzinfo=UTC)
ACCOUNTS = [f"A{number}" for number in range(20)]
LOTS = {"2026-02": Decimal(2), "2026-03": Decimal("1.5"), "2026-04": Decimal(4)}
"""Of which those of February and March are over."""


class Indexed(MemoryTable):
    """A table with an index of expiries; `late` is what it has not noticed yet."""

    def __init__(self) -> None:
        super().__init__()
        self.late: list[tuple[str, str]] = []
        self.asked: list[tuple[str, str]] = []

    def due(self, shard: str, month: str) -> Iterator[Item]:
        """As `WholeTable.due`."""
        self.asked.append((shard, month))
        yield from (keys.wallet(account)._asdict() for account, of in self.late if of == shard)
        for account in ACCOUNTS:
            item = self.get(keys.wallet(account)) or {}
            if item.get("expiry_shard") == shard and item["expires"] <= month:
                yield item


class Busy(Indexed):
    """A table in which some wallets are always in use; `before` happens once, before the first transaction."""

    def __init__(self, *accounts: str, before: Callable[["Busy"], Any] = lambda _: None) -> None:
        super().__init__()
        self.busy = {keys.wallet(account) for account in accounts}
        self._before = [before]

    def transact(self, writes: Sequence[Write], backoff: Backoff | None = None) -> None:
        """As `Table.transact`."""
        if self.ready and self._before:
            self._before.pop()(self)
        if self.ready and self.busy & {write.key for write in writes}:
            raise Refused(Problem(Code.RETRY_LATER, "in use"))
        super().transact(writes, backoff)

    ready = False


def stocked(table: Indexed, accounts: Sequence[str], lots: dict[str, Decimal] = LOTS) -> Indexed:
    """Return a table with accounts that each hold 10 in their third version, of which lots expire."""
    records = [EUR, POINTS, RATE, *({"type": "account", "id": one, "number": one} for one in accounts)]
    lines = [json.dumps(record).encode() for record in records]
    assert not import_records(lines, table=table, now=AT).refused
    for one in accounts:
        table.put(Put(keys.wallet(one), wallet_item(Wallet(one, 3, Decimal(10), lots))))
    if isinstance(table, Busy):
        table.ready = True
    return table


def run(
    table: Indexed,
    seconds_left: Sequence[float] = (),
    pause: Callable[[float], None] = lambda _: None,
    shard: str | None = None,
    **more: Any,
) -> ExpiryRun:
    left = chain(seconds_left, repeat(900.0))
    engine = Engine.on(table, pause=pause)
    index: Any = table
    return expire_lots(engine, due_accounts(index, NOW, shard), now=NOW, time_left=lambda: next(left), **more)


def versions(table: Indexed, *accounts: str) -> list[int]:
    return [wallet_of(one, table.get(keys.wallet(one))).version for one in accounts]


def test_wallets_of_every_shard_lose_what_is_over_once() -> None:
    table = stocked(Indexed(), ACCOUNTS)

    assert run(table) == ExpiryRun(wallets=20, busy=0, finished=True)

    assert table.asked == [(shard, "2026-03") for shard in EXPIRY_SHARDS]
    assert versions(table, *ACCOUNTS) == [4] * 20
    assert run(table) == ExpiryRun(wallets=0, busy=0, finished=True)


def test_accounts_that_were_listed_before_are_each_tried_once() -> None:
    table = stocked(Indexed(), ["A1", "A2"])

    listed = expire_lots(Engine.on(table), ["A1", "A2"], now=NOW, time_left=lambda: 900.0)

    assert listed == ExpiryRun(wallets=2, busy=0, finished=True)
    assert versions(table, "A1", "A2") == [4, 4]


def test_a_run_of_one_shard_moves_the_wallets_of_that_shard_alone() -> None:
    table = stocked(Indexed(), ACCOUNTS)
    shard = keys.expiry_shard("A0")
    own = [one for one in ACCOUNTS if keys.expiry_shard(one) == shard]

    assert run(table, shard=shard) == ExpiryRun(wallets=len(own), busy=0, finished=True)

    assert table.asked == [(shard, "2026-03")]
    assert [one for one in ACCOUNTS if versions(table, one) == [4]] == own


def test_runs_of_all_shards_move_each_wallet_once_in_any_order_and_however_often_they_are_repeated() -> None:
    table = stocked(Indexed(), ACCOUNTS)

    moved = [run(table, shard=shard).wallets for shard in (*reversed(EXPIRY_SHARDS), *EXPIRY_SHARDS)]

    assert (sum(moved[: len(EXPIRY_SHARDS)]), sum(moved[len(EXPIRY_SHARDS) :])) == (len(ACCOUNTS), 0)
    assert versions(table, *ACCOUNTS) == [4] * len(ACCOUNTS)


def test_a_shard_that_ran_out_of_time_goes_on_with_its_next_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BATCH", 1)
    table, shard = stocked(Indexed(), ACCOUNTS), keys.expiry_shard("A0")
    own = sum(keys.expiry_shard(one) == shard for one in ACCOUNTS)

    assert run(table, seconds_left=[900.0, 0.0], shard=shard) == ExpiryRun(wallets=1, busy=0, finished=False)
    assert run(table, shard=shard) == ExpiryRun(wallets=own - 1, busy=0, finished=True)


@pytest.mark.parametrize("shard", ["8", "", 0])
def test_a_shard_that_does_not_exist_is_no_run_that_finds_nothing(shard: Any) -> None:
    with pytest.raises(ValueError, match=r"no shard .*; its shards are 0, 1, 2, 3, 4, 5, 6, 7$"):
        run(stocked(Indexed(), []), shard=shard)


def test_the_schedule_calls_each_shard_of_the_index_once_and_leaves_no_time_for_two_runs_of_one() -> None:
    function = read_template()["Resources"]["ExpireLotsFunction"]["Properties"]
    events = [event["Properties"] for event in function["Events"].values()]

    assert [json.loads(event["Input"]) for event in events] == [{"shard": shard} for shard in EXPIRY_SHARDS]
    assert {event["Schedule"] for event in events} == {"cron(10/20 0-5 * * ? *)"}
    assert function["Timeout"] < 20 * 60


def test_an_expiry_records_what_was_taken_out_as_of_the_end_of_the_last_month_that_is_over() -> None:
    table = stocked(Indexed(), ["A1"])
    run(table)

    event = ledger.read_event(table, derived_id(Origin.EXPIRY, "A1", "4"))

    assert event
    assert event.link
    over = {"2026-02": Decimal(2), "2026-03": Decimal("1.5")}
    assert event == Event(
        entry=JournalEntry(
            account_id="A1",
            sequence=4,
            event_id=derived_id(Origin.EXPIRY, "A1", "4"),
            type=EventType.EXPIRY,
            performed_on=datetime(2026, 4, 1, tzinfo=UTC),
            posted_on=NOW,
            reference_number=None,
            merchant_id=None,
            movement=Movement(
                awarded=Decimal("-3.5"),
                spent=Decimal(0),
                alternative_awarded=Decimal(-350),
                alternative_spent=Decimal(0),
                lots={month: -amount for month, amount in over.items()},
                lapsed=over,
            ),
            balance=Decimal("6.5"),
            alternative_balance=Decimal(650),
        ),
        origin=Origin.EXPIRY,
        fingerprint=Fingerprint.of_fields({"expires": "A1", "sequence": 4}).digest,
        partner_id=None,
        document=None,
        link=event.link,
    )
    assert wallet_of("A1", table.get(keys.wallet("A1"))).lots == {"2026-04": 4}


def test_wallets_that_are_too_busy_are_counted_and_the_first_of_each_batch_is_reported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every wallet is a batch of its own, as those of one transaction wait for each other."""
    monkeypatch.setattr(module, "BATCH", 1)
    table, heard = stocked(Busy("A1", "A2"), ["A1", "A2", "A3"]), list[Refused]()

    assert run(table, report=heard.append) == ExpiryRun(wallets=1, busy=2, finished=True)

    assert versions(table, "A1", "A2", "A3") == [3, 3, 4]
    assert [refused.problems[0].description for refused in heard] == ["in use"] * 2


class Moving(Busy):
    """A table in which a wallet has always moved by the time it is written."""

    def transact(self, writes: Sequence[Write], backoff: Backoff | None = None) -> None:
        """As `Table.transact`."""
        if self.ready:
            raise ConditionFailed({place: None for place, write in enumerate(writes) if write.key.sk == "WALLET"})
        super().transact(writes, backoff)


def test_a_wallet_that_moves_all_the_time_is_busy_after_as_many_waits_as_the_engine_makes() -> None:
    table, waits = stocked(Moving(), ["A1"]), list[float]()

    assert run(table, pause=waits.append) == ExpiryRun(wallets=0, busy=1, finished=True)

    assert waits


def test_what_keeps_a_whole_batch_is_reported_once_and_nobody_has_to_hear_of_it() -> None:
    table, heard = stocked(Busy("A1"), ["A1", "A2"]), list[Refused]()

    assert run(table, report=heard.append) == ExpiryRun(wallets=0, busy=2, finished=True)
    assert run(table) == ExpiryRun(wallets=0, busy=2, finished=True)

    assert len(heard) == 1


def test_what_the_index_has_not_noticed_yet_is_neither_moved_nor_busy() -> None:
    table, heard = stocked(Indexed(), ["A1"], {"2026-04": Decimal(4)}), list[Refused]()
    table.late.append(("A1", "0"))

    assert run(table, report=heard.append) == ExpiryRun(wallets=0, busy=0, finished=True)

    assert (versions(table, "A1"), heard) == ([3], [])


def test_what_another_run_takes_out_meanwhile_is_not_counted_twice() -> None:
    others: list[ExpiryRun] = []
    table = stocked(Busy(before=lambda of: others.append(run(of))), ["A1"])

    assert run(table) == ExpiryRun(wallets=0, busy=0, finished=True)

    assert others == [ExpiryRun(wallets=1, busy=0, finished=True)]
    assert versions(table, "A1") == [4]


def test_without_the_time_for_a_batch_the_rest_waits_for_the_next_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BATCH", 1)
    table = stocked(Indexed(), ["A1", "A2", "A3"])

    late = run(table, [900.0, module.RESERVE_SECONDS, module.RESERVE_SECONDS - 0.1])

    assert late == ExpiryRun(wallets=2, busy=0, finished=False)
    assert run(table) == ExpiryRun(wallets=1, busy=0, finished=True)


def test_only_another_expiry_is_what_has_been_asked_for() -> None:
    table = stocked(Indexed(), ["A1"])
    run(table)
    [expired] = [ledger.read_event(table, derived_id(Origin.EXPIRY, "A1", "4"))]
    draft = ExpiryDraft("A1", programme(), NOW)
    assert expired

    assert draft.named == Reference("id", "A1", "")
    assert draft.is_posted_as(expired)
    problem = draft.duplicate_of(expired)
    assert (problem.code, problem.pointer) == (Code.DUPLICATE, "")
