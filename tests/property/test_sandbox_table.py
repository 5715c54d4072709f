"""The sandbox of a comparison does what a table in memory does, whatever is written to both."""

from contextlib import closing
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cli.compare.sandbox import SandboxTable
from loyalty.store.keys import Key
from loyalty.store.memory_table import MemoryTable
from loyalty.store.sdk_errors import ConditionFailed
from loyalty.store.table import Table
from loyalty.store.writes import Add, Count, Delete, Put, Update, Write

KEYS = st.builds(Key, st.sampled_from("PQ"), st.sampled_from("abc"))
VALUES = st.one_of(
    st.integers(0, 9),
    st.sampled_from([Decimal("0.10"), Decimal(7)]),
    st.text("aé", max_size=3),
    st.sampled_from([b"", b"\x00\xff"]),
    st.booleans(),
    st.lists(st.sampled_from(["", "b"]), max_size=2),
    st.none(),
)
ITEMS = st.dictionaries(st.sampled_from(["x", "y", "z"]), VALUES, max_size=3)
CONDITIONS = st.sampled_from([None, "attribute_not_exists(pk)", "attribute_exists(pk)"])
WRITES = st.one_of(
    st.builds(Put, KEYS, ITEMS, CONDITIONS),
    st.builds(Delete, KEYS, CONDITIONS),
    st.builds(Update, KEYS, ITEMS, st.just("attribute_exists(pk)")),
    st.builds(Add, KEYS, st.integers(1, 3), st.none() | st.integers(1, 5)),
    st.builds(lambda key, most: Count(key, {"tries": 1}, most={"tries": most}), KEYS, st.integers(1, 2)),
)
TRANSACTIONS = st.lists(WRITES, min_size=1, max_size=3, unique_by=lambda write: write.key)


def outcome(table: Table, writes: list[Write]) -> Any:
    """Return what a table says to a transaction: nothing, or which conditions failed and what they found."""
    try:
        return table.transact(writes)
    except ConditionFailed as failed:
        return failed.found


def everything(table: Table) -> list[list[Any]]:
    keys = [Key(pk, sk) for pk in "PQ" for sk in "abc"]
    read = [table.get(key) for key in keys]
    return [*(list(table.partition(pk)) for pk in "PQ"), read, [table.get_many(keys)]]


@given(st.lists(TRANSACTIONS, max_size=3), st.lists(TRANSACTIONS, max_size=6))
def test_both_tables_hold_the_same(before: list[list[Write]], after: list[list[Write]]) -> None:
    base = MemoryTable()
    for writes in before:
        outcome(base, writes)
    kept, memory = everything(base), MemoryTable(base)

    with closing(SandboxTable(base)) as sandbox:
        for writes in after:
            assert outcome(sandbox, writes) == outcome(memory, writes)
        assert everything(sandbox) == everything(memory)
        assert sandbox.add(Key("N", "n"), {"used": 2}) == memory.add(Key("N", "n"), {"used": 2})
        assert sandbox.add(Key("N", "n"), {"used": 3}) == {"used": 5}

    assert everything(base) == kept


def test_amounts_stay_exact() -> None:
    with closing(SandboxTable(MemoryTable())) as sandbox:
        sandbox.put(Put(Key("P", "a"), {"balance": Decimal("0.10"), "hash": b"\x00\xff"}))

        assert sandbox.get(Key("P", "a")) == {"pk": "P", "sk": "a", "balance": Decimal("0.10"), "hash": b"\x00\xff"}
