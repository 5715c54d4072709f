"""The table in memory keeps the rules that writes rely on, and leaves what is below it alone."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from loyalty.store.keys import Key
from loyalty.store.memory_table import MemoryTable
from loyalty.store.sdk_errors import ConditionFailed
from loyalty.store.writes import Add, Count, Delete, Put, Update
from tests.observed_table import ObservedTable

A, B, C = Key("P", "A"), Key("P", "B"), Key("Q", "C")
ABSENT = "attribute_not_exists(pk)"


def over(*puts: Put) -> tuple[MemoryTable, MemoryTable]:
    base = MemoryTable()
    base.transact(puts)
    return base, MemoryTable(base)


def test_what_is_written_hides_what_is_below_and_does_not_touch_it() -> None:
    base, sandbox = over(Put(A, {"x": 1}), Put(B, {"x": 2}))

    sandbox.transact([Put(A, {"x": 9}), Delete(B), Put(C, {"x": 3, "none": None})])

    assert sandbox.get_many([A, B, C]) == {A: {"pk": "P", "sk": "A", "x": 9}, C: {"pk": "Q", "sk": "C", "x": 3}}
    assert list(sandbox.partition("P")) == [{"pk": "P", "sk": "A", "x": 9}]
    assert [item["x"] for item in base.partition("P")] == [1, 2]


def test_a_partition_is_read_in_the_order_of_its_sort_keys() -> None:
    _, sandbox = over(Put(B, {}))
    sandbox.put(Put(A, {}))

    assert [item["sk"] for item in sandbox.partition("P")] == ["A", "B"]


@pytest.mark.parametrize(
    ("asked", "consistent"), [({}, False), ({"consistent": False}, False), ({"consistent": True}, True)]
)
@pytest.mark.parametrize(
    ("read", "wanted"),
    [
        (MemoryTable.get, [A]),
        (lambda table, *_, **asked: table.get_many([A, B], **asked), [A, B]),
        (lambda table, *_, **asked: list(table.partition("P", **asked)), "P"),
    ],
    ids=["item", "items", "partition"],
)
def test_what_is_below_is_read_as_consistently_as_it_is_asked_for(
    read: Callable[..., Any], wanted: Any, asked: dict[str, bool], consistent: bool
) -> None:
    base = ObservedTable()

    read(MemoryTable(base), A, **asked)

    assert base.reads == [(wanted, consistent)]


def test_what_is_written_or_deleted_here_is_not_asked_for_below() -> None:
    base = ObservedTable()
    sandbox = MemoryTable(base)
    sandbox.transact([Put(A, {}), Delete(B)])
    base.reads.clear()

    assert sandbox.get_many([A, B]).keys() == {A}
    assert base.reads == []
    sandbox.get_many([A, B, C])
    assert base.reads == [([C], False)]


def test_what_a_transaction_has_to_know_is_read_at_once() -> None:
    base = ObservedTable()

    MemoryTable(base).transact([Put(A, {}), Delete(B), Add(C, 1)])

    assert base.reads == [([A, B, C], False)]


def test_what_was_written_here_and_not_deleted_again_is_told_and_another_table_can_take_it_over() -> None:
    base, sandbox = over(Put(A, {"x": 1}), Put(B, {"x": 2}))
    sandbox.transact([Put(A, {"x": 9}), Delete(B), Put(C, {"x": 3})])

    written = sandbox.written()
    base.take_over(written)

    assert written == [{"pk": "P", "sk": "A", "x": 9}, {"pk": "Q", "sk": "C", "x": 3}]
    assert base.get_many([A, B, C]) == sandbox.get_many([A, C]) | {B: {"pk": "P", "sk": "B", "x": 2}}


def test_all_writes_of_a_transaction_are_done_or_none() -> None:
    _, sandbox = over(Put(A, {"x": 1}))

    with pytest.raises(ConditionFailed) as failed:
        sandbox.transact([Put(C, {}), Put(A, {"x": 2}, condition=ABSENT)])

    assert failed.value.found == {1: {"pk": "P", "sk": "A", "x": 1}}
    assert sandbox.get(C) is None


def test_conditions_hold_as_they_do_in_dynamodb() -> None:
    _, sandbox = over(Put(A, {"target": "1", "version": 4}))
    mine = "attribute_not_exists(pk) OR target = :target"

    assert sandbox.put(Put(B, {}, condition=ABSENT))
    assert not sandbox.put(Put(B, {}, condition=ABSENT))
    assert sandbox.put(Put(A, {"target": "1", "version": 4}, condition=mine, values={":target": "1"}))
    assert not sandbox.put(Put(A, {}, condition=mine, values={":target": "2"}))
    sandbox.transact([Update(A, {"version": 5, "target": None}, "version = :before", {":before": 4})])
    assert sandbox.get(A) == {"pk": "P", "sk": "A", "version": 5}
    with pytest.raises(ConditionFailed):
        sandbox.transact([Delete(C, condition="attribute_exists(pk)")])


def test_counters_add_up_and_stay_below_their_maximum() -> None:
    sandbox = MemoryTable()

    sandbox.transact([Add(A, Decimal("1.5"), 2)])
    with pytest.raises(ConditionFailed):
        sandbox.transact([Add(A, 1, 2)])
    sandbox.transact([Add(A, Decimal("0.5"), 2, {"seen": "yes"})])

    assert sandbox.get(A) == {"pk": "P", "sk": "A", "used": Decimal("2.0"), "seen": "yes"}
    sandbox.transact([Add(A, -1)])
    assert sandbox.get(A) == {"pk": "P", "sk": "A", "used": Decimal("1.0"), "seen": "yes"}
    assert sandbox.add(B, {"tries": 1}) == {"tries": 1}
    assert sandbox.add(B, {"tries": 2}) == {"tries": 3}


def test_several_counters_of_an_item_are_counted_at_a_time_or_none_of_them() -> None:
    sandbox = MemoryTable()
    tries = Count(A, {"day": 1, "month": 1}, {"expires_at": 9}, most={"day": 2, "month": 3})

    sandbox.transact([tries])
    assert sandbox.get(A) == {"pk": "P", "sk": "A", "day": 1, "month": 1, "expires_at": 9}
    sandbox.transact([tries])
    with pytest.raises(ConditionFailed) as failed:
        sandbox.transact([tries])

    assert failed.value.found == {0: sandbox.get(A)}
    assert (sandbox.get(A) or {})["month"] == 2
