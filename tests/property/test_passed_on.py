"""However records pass on codes to each other, in whatever order of lines: what the file says is what is there."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from loyalty import exactjson
from loyalty.store.memory_table import MemoryTable
from loyalty.store.reference import name_keys, record_key
from loyalty.usecases.reference.import_records import import_records

NOW = datetime(2026, 1, 15, tzinfo=UTC)
MOST = 12
KINDS = st.sampled_from(["product", "business_unit"])

Record = dict[str, Any]


def records(kind: str, codes: list[int]) -> list[Record]:
    """Return a record for each code, always by the same ids."""
    names = {"business_unit": {"name": "Shop"}}
    return [
        {"type": kind, "id": f"R{place}", "code": f"{code}", **names.get(kind, {})} for place, code in enumerate(codes)
    ]


def imported(table: MemoryTable, lines: list[Record]) -> list[int]:
    """Import lines; answers the numbers of those that were refused."""
    summary = import_records([exactjson.dumps(line).encode() for line in lines], table=table, now=NOW)
    return [bad.line for bad in summary.refused]


@st.composite
def moves(draw: st.DrawFn) -> tuple[list[int], list[int], list[int]]:
    """Codes before and after, each of one record only, and an order of the lines."""
    size = draw(st.integers(1, MOST))
    codes = st.permutations(range(size + 3))
    return draw(codes)[:size], draw(codes)[:size], draw(st.permutations(range(size)))


@given(KINDS, moves())
def test_a_consistent_file_leads_to_its_state_whatever_the_order_of_its_lines(
    kind: str, move: tuple[list[int], list[int], list[int]]
) -> None:
    before, after, order = move
    table, wanted = MemoryTable(), records(kind, after)
    assert imported(table, records(kind, before)) == []

    assert imported(table, [wanted[place] for place in order]) == []

    for record in wanted:
        item = table.get(record_key(kind, record["id"]))
        assert item
        kept = exactjson.loads(item["record"])
        assert kept["code"] == record["code"]
        for key in name_keys(kept).values():
            assert (table.get(key) or {}).get("target") == record["id"]
    for record in records(kind, [code for code in before if code not in after]):
        assert not any(table.get(key) for key in name_keys(record).values())


@given(
    kind=st.sampled_from(["product", "business_unit"]),
    move=moves(),
    wanted=st.lists(st.integers(0, MOST), max_size=MOST),
)
def test_whatever_a_file_says_no_two_records_ever_have_the_same_code(
    kind: str, move: tuple[list[int], list[int], list[int]], wanted: list[int]
) -> None:
    table, lines = MemoryTable(), records(kind, wanted)
    imported(table, records(kind, move[0]))

    refused = imported(table, lines)

    items = [table.get(record_key(kind, f"R{place}")) for place in range(MOST)]
    codes = [exactjson.loads(item["record"])["code"] for item in items if item]
    assert len(codes) == len({*codes})
    for number, line in enumerate(lines, start=1):
        item = table.get(record_key(kind, line["id"]))
        if number not in refused:
            assert item
            assert exactjson.loads(item["record"])["code"] == line["code"]
