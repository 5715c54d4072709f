"""What a dry run writes is kept apart, for it alone; what it reads is the table as if that had been written."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from loyalty.domain.errors import Code, Refused
from loyalty.store import dry_run_table as module
from loyalty.store import keys
from loyalty.store.attributes import Item
from loyalty.store.backoff import Backoff
from loyalty.store.dry_run_table import DryRunTable
from loyalty.store.keys import Key
from loyalty.store.sdk_errors import ConditionFailed
from loyalty.store.writes import Add, Count, Delete, Put, Update, Write
from tests.observed_table import ObservedTable

EXPIRES_AT = 2_000_000_000
WALLET, ACCOUNT = keys.wallet("A"), keys.account("A")
COUNTER, RECORD = keys.counter("reward_offer", "O"), keys.record("product", "P")
GUESSES = keys.guessed_passwords("P", "1")
ABSENT = "attribute_not_exists(pk)"


class Observed(ObservedTable):
    """The stack's table, which also notes with which waits it is written to. Before each transaction the next of the
    mishaps happens, if there are any."""

    def __init__(self) -> None:
        super().__init__()
        self.backoffs: list[Backoff | None] = []
        self.mishaps: list[Callable[[], object]] = []

    def transact(self, writes: Sequence[Write], backoff: Backoff | None = None) -> None:
        """As `Table.transact`."""
        if self.mishaps:
            self.mishaps.pop(0)()
        self.backoffs.append(backoff)
        super().transact(writes, backoff)

    def kept(self) -> list[Item]:
        """Return the items that dry runs have written."""
        return [item for item in self.written() if item["pk"].startswith("DRY_RUN#")]


@pytest.fixture
def table() -> Observed:
    table = Observed()
    table.transact([Put(ACCOUNT, {"record": "{}"}), Put(WALLET, {"balance": 5}), Put(RECORD, {"record": "P"})])
    table.backoffs.clear()
    table.reads.clear()
    return table


@pytest.fixture
def dry_run(table: Observed) -> DryRunTable:
    return DryRunTable(table, "U", EXPIRES_AT)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the seconds that dry runs wait where nobody tells them how to."""
    waits: list[float] = []
    monkeypatch.setattr(module, "Backoff", partial(Backoff, waits.append))
    return waits


def item(key: Key, **attributes: Any) -> Item:
    return {**key._asdict(), **attributes}


@pytest.mark.parametrize(
    "key",
    [
        keys.event("E"),
        keys.account("A"),
        keys.wallet("A"),
        keys.NUMBERS,
        keys.counter("promo_code", "C"),
        keys.voucher("V"),
        keys.one_time_password("0" * 64),
    ],
    ids=lambda key: key.pk,
)
def test_whatever_a_posting_writes_is_kept_apart(table: Observed, dry_run: DryRunTable, key: Key) -> None:
    before = table.get(key)

    assert dry_run.put(Put(key, {"balance": Decimal(3), "none": None}))

    assert dry_run.get(key) == item(key, balance=3)
    assert table.get(key) == before
    assert table.kept() == [
        {
            "pk": f"DRY_RUN#U#{key.pk}",
            "sk": f"DRY_RUN#{key.sk}",
            "rehearsed_pk": key.pk,
            "rehearsed_sk": key.sk,
            "rehearsed_balance": 3,
            "revision": 1,
            "gone": False,
            "expires_at": EXPIRES_AT,
        }
    ]


def test_what_is_removed_is_kept_as_gone(table: Observed, dry_run: DryRunTable) -> None:
    dry_run.transact([Delete(WALLET)])

    assert dry_run.get(WALLET) is None
    assert dry_run.get_many([WALLET, ACCOUNT]).keys() == {ACCOUNT}
    assert table.get(WALLET) == item(WALLET, balance=5)
    [kept] = table.kept()
    assert kept == {
        "pk": f"DRY_RUN#U#{WALLET.pk}",
        "sk": f"DRY_RUN#{WALLET.sk}",
        "rehearsed_pk": WALLET.pk,
        "rehearsed_sk": WALLET.sk,
        "revision": 1,
        "gone": True,
        "expires_at": EXPIRES_AT,
    }


def test_each_kind_of_write_does_to_what_the_dry_run_sees_what_it_says(dry_run: DryRunTable) -> None:
    dry_run.transact([Update(WALLET, {"version": 2}, "balance = :before", {":before": 5}), Add(COUNTER, 2, 3)])
    dry_run.transact([Update(WALLET, {"balance": None}, "version = :before", {":before": 2}), Add(COUNTER, 1, 3)])
    dry_run.transact([Delete(ACCOUNT, "attribute_exists(pk)")])

    assert dry_run.get(WALLET) == item(WALLET, version=2)
    assert dry_run.get(COUNTER) == item(COUNTER, used=3)
    assert dry_run.put(Put(ACCOUNT, {"record": "anew"}, ABSENT))
    assert dry_run.get(ACCOUNT) == item(ACCOUNT, record="anew")


def test_a_transaction_whose_conditions_do_not_hold_for_what_the_dry_run_sees_writes_nothing(
    table: Observed, dry_run: DryRunTable
) -> None:
    dry_run.put(Put(WALLET, {"balance": 7}))
    kept = table.kept()

    with pytest.raises(ConditionFailed) as failed:
        dry_run.transact([Put(COUNTER, {}), Put(ACCOUNT, {}, ABSENT), Put(WALLET, {}, "balance = :old", {":old": 5})])
    assert not dry_run.put(Put(WALLET, {}, ABSENT))

    assert failed.value.found == {1: item(ACCOUNT, record="{}"), 2: item(WALLET, balance=7)}
    assert table.kept() == kept


def test_a_partition_is_told_in_its_order_with_what_was_written_and_without_what_was_removed(
    table: Observed, dry_run: DryRunTable
) -> None:
    first, unchanged, last = (Key(WALLET.pk, sk) for sk in ("A", "M", "Z"))
    table.put(Put(unchanged, {}))
    dry_run.transact([Put(last, {}), Delete(WALLET), Put(ACCOUNT, {"record": "changed"}), Put(first, {})])
    dry_run.transact([Delete(Key(WALLET.pk, "NEVER"))])

    assert list(dry_run.partition(WALLET.pk)) == [
        item(first),
        item(ACCOUNT, record="changed"),
        item(unchanged),
        item(last),
    ]
    assert list(dry_run.partition(RECORD.pk)) == [item(RECORD, record="P")]


@pytest.mark.parametrize(
    ("asked", "consistent"), [({}, False), ({"consistent": False}, False), ({"consistent": True}, True)]
)
def test_the_table_is_read_as_consistently_as_it_is_asked_for_and_aside_only_where_something_may_be(
    table: Observed, dry_run: DryRunTable, asked: dict[str, bool], consistent: bool
) -> None:
    aside = keys.dry_run_item("U", WALLET)

    dry_run.get(WALLET, **asked)
    dry_run.get_many([WALLET, RECORD, WALLET], **asked)
    list(dry_run.partition(WALLET.pk, **asked))
    list(dry_run.partition(RECORD.pk, **asked))

    assert table.reads == [
        ([WALLET, aside], consistent),
        ([WALLET, RECORD, aside], consistent),
        (WALLET.pk, consistent),
        (aside.pk, consistent),
        (RECORD.pk, consistent),
    ]


def test_what_a_write_rests_on_is_read_consistently(table: Observed, dry_run: DryRunTable) -> None:
    dry_run.add(COUNTER, {"used": 1})
    dry_run.transact([Put(WALLET, {})])

    assert [consistent for asked, consistent in table.reads if WALLET in asked or COUNTER in asked] == [True, True]


def test_counters_start_where_the_table_has_them_and_keep_what_lies_beside_them(
    table: Observed, dry_run: DryRunTable
) -> None:
    table.put(Put(keys.NUMBERS, {"purchase": Decimal(7), "lease": "L"}))

    assert dry_run.add(keys.NUMBERS, {"purchase": 2, "award": 1}) == {"purchase": 9, "award": 1}
    assert dry_run.add(keys.NUMBERS, {"purchase": 1}) == {"purchase": 10}

    assert dry_run.get(keys.NUMBERS) == item(keys.NUMBERS, purchase=10, award=1, lease="L")
    assert table.get(keys.NUMBERS) == item(keys.NUMBERS, purchase=7, lease="L")
    assert [kept["revision"] for kept in table.kept()] == [2]


def test_chunks_of_a_dry_run_see_what_each_other_writes_and_other_dry_runs_do_not(
    table: Observed, dry_run: DryRunTable
) -> None:
    same, other = DryRunTable(table, "U", EXPIRES_AT), DryRunTable(table, "V", EXPIRES_AT)

    dry_run.put(Put(WALLET, {"balance": 1}))

    assert [one.get(WALLET) for one in (same, other)] == [item(WALLET, balance=1), item(WALLET, balance=5)]


WRITERS = pytest.mark.parametrize(
    "write",
    [lambda of: of.add(COUNTER, {"used": 1}), lambda of: of.transact([Add(COUNTER, 1)])],
    ids=["counter", "transaction"],
)


@WRITERS
@pytest.mark.parametrize("before", [False, True], ids=["which is new", "which was written before"])
def test_an_item_that_another_chunk_writes_meanwhile_is_written_again_on_top_of_that(
    table: Observed, dry_run: DryRunTable, waits: list[float], write: Callable[[DryRunTable], Any], before: bool
) -> None:
    rival = DryRunTable(table, "U", EXPIRES_AT)
    if before:
        rival.add(COUNTER, {"used": 5})
    table.mishaps = [partial(rival.add, COUNTER, {"used": 10})]

    write(dry_run)

    assert dry_run.get(COUNTER) == item(COUNTER, used=16 if before else 11)
    assert len(waits) == 1


@WRITERS
def test_while_other_chunks_are_always_faster_a_write_is_put_off_once_there_were_waits_enough(
    table: Observed, dry_run: DryRunTable, waits: list[float], write: Callable[[DryRunTable], Any]
) -> None:
    def changed() -> None:
        raise ConditionFailed({0: None})

    table.mishaps = [changed] * 10_000

    with pytest.raises(Refused) as refused:
        write(dry_run)

    assert refused.value.problems[0].code is Code.RETRY_LATER
    assert len(waits) > 10
    assert table.kept() == []


def test_a_transaction_waits_as_its_caller_does(table: Observed, dry_run: DryRunTable, waits: list[float]) -> None:
    given: list[float] = []
    backoff = Backoff(given.append)
    table.mishaps = [partial(DryRunTable(table, "U", EXPIRES_AT).add, COUNTER, {"used": 1})]

    dry_run.transact([Add(COUNTER, 1)], backoff)
    dry_run.transact([Count(GUESSES, {"tries": 1})], backoff)

    assert (len(given), waits) == (1, [])
    assert [used for used in table.backoffs if used is backoff] == [backoff] * 3


def test_guesses_count_in_the_table_itself(table: Observed, dry_run: DryRunTable) -> None:
    most = Count(GUESSES, {"tries": 1}, most={"tries": 1})

    dry_run.transact([most])
    with pytest.raises(ConditionFailed):
        dry_run.transact([most])

    assert table.get(GUESSES) == dry_run.get(GUESSES) == item(GUESSES, tries=1)
    assert table.kept() == []


@pytest.mark.parametrize(
    "writes", [[Put(RECORD, {})], [Put(WALLET, {}), Put(RECORD, {})], [Put(WALLET, {}), Count(GUESSES, {})]]
)
def test_what_is_not_kept_apart_is_not_written_and_nothing_with_it(
    table: Observed, dry_run: DryRunTable, writes: list[Write]
) -> None:
    before = table.written()

    with pytest.raises(ValueError, match=f"no dry run writes to {writes[-1].key.pk}"):
        dry_run.transact(writes)

    assert table.written() == before
