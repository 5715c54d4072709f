"""Writes: each does in DynamoDB what it says, and what it does in memory; its condition holds there where it holds
here."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loyalty.store.attributes import Item, key_of
from loyalty.store.dynamo_table import DynamoTable
from loyalty.store.keys import Key
from loyalty.store.memory_table import MemoryTable
from loyalty.store.sdk_errors import ConditionFailed
from loyalty.store.table import Table
from loyalty.store.writes import Add, Count, Delete, Put, Update, Write
from tests.moto_table import fill

KEYS = [Key("P", "A"), Key("P", "B"), Key("Q", "A")]
KEY = st.sampled_from(KEYS)
VALUES = st.sampled_from(["one", "two"])
ITEMS = st.fixed_dictionaries(
    {}, optional={"state": VALUES, "version": st.integers(1, 2), "flag": st.booleans(), "gone": st.none()}
)
CONDITIONS: list[tuple[str | None, Item | None]] = [
    (None, None),
    ("attribute_not_exists(pk)", None),
    ("attribute_exists(pk)", None),
    ("version = :before", {":before": 1}),
    ("attribute_not_exists(pk) OR version = :before", {":before": 2}),
]
RESERVED: tuple[str | None, Item | None] = ("#state = :state", {":state": "one"})
"""Of which names are spelled out in puts alone."""

ON_CONDITION = st.sampled_from(CONDITIONS)
AMOUNTS = st.integers(-2, 3)
PUTS = st.builds(
    lambda key, item, condition: Put(key, item, *condition), KEY, ITEMS, st.sampled_from([*CONDITIONS, RESERVED])
)
WRITES = st.one_of(
    PUTS,
    st.builds(
        lambda key, item, condition: Update(key, {**item, "used_by": "P"}, *condition),
        KEY,
        ITEMS,
        st.sampled_from(CONDITIONS[1:]),
    ),
    st.builds(
        Add,
        KEY,
        AMOUNTS | st.sampled_from([Decimal("0.5"), Decimal("1.25")]),
        st.none() | st.integers(0, 3),
        st.fixed_dictionaries({}, optional={"state": VALUES}),
    ),
    st.builds(
        Count,
        KEY,
        st.fixed_dictionaries({"day": AMOUNTS, "month": AMOUNTS}),
        st.fixed_dictionaries({}, optional={"state": VALUES}),
        st.fixed_dictionaries({}, optional={"day": st.integers(0, 3), "month": st.integers(0, 3)}),
    ),
    st.builds(lambda key, condition: Delete(key, *condition), KEY, ON_CONDITION),
)
TRANSACTIONS = st.lists(st.lists(WRITES, min_size=1, max_size=3, unique_by=lambda write: write.key), max_size=5)


def outcome(table: Table, writes: Sequence[Write]) -> Any:
    """Return the places of the writes whose conditions did not hold; and the item that it did not hold for, where that
    is told."""
    try:
        table.transact(writes)
    except ConditionFailed as failed:
        told = {place for place in failed.found if isinstance(writes[place], Put) or getattr(writes[place], "most", {})}
        return {place: failed.found[place] if place in told else ... for place in failed.found}
    return None


def items(table: Table) -> dict[Key, Item]:
    return {key_of(item): item for pk in ("P", "Q") for item in table.partition(pk, consistent=True)}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(TRANSACTIONS)
def test_what_is_written_in_a_table_is_what_would_be_written_in_memory(
    table: DynamoTable, transactions: list[list[Write]]
) -> None:
    fill(table, {})
    memory = MemoryTable()

    for writes in transactions:
        assert outcome(table, writes) == outcome(memory, writes)
        assert items(table) == items(memory)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(st.lists(PUTS, max_size=5))
def test_a_single_item_is_put_on_the_same_conditions(table: DynamoTable, puts: list[Put]) -> None:
    fill(table, {})
    memory = MemoryTable()

    assert [table.put(one) for one in puts] == [memory.put(one) for one in puts]

    assert items(table) == items(memory)


def test_counters_are_told_as_they_are_then(table: DynamoTable) -> None:
    for each in (table, MemoryTable()):
        assert each.add(KEYS[0], {"day": 2, "month": 1}) == {"day": 2, "month": 1}
        assert each.add(KEYS[0], {"day": 1}) == {"day": 3}


@pytest.mark.parametrize("amount", [4, Decimal("3.01")])
def test_not_even_the_first_amount_may_exceed_a_maximum(table: DynamoTable, amount: Decimal | int) -> None:
    for each in (table, MemoryTable()):
        with pytest.raises(ConditionFailed):
            each.transact([Add(KEYS[0], amount, 3)])
        with pytest.raises(ConditionFailed):
            each.transact([Count(KEYS[0], {"day": 4}, most={"day": 3})])
        each.transact([Add(KEYS[0], 3, 3), Count(KEYS[1], {"day": 3}, most={"day": 3})])
