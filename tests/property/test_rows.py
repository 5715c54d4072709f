"""Cutting files into rows: in whatever blocks a file comes, however often another cutter goes on, by whichever path."""

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from loyalty.domain.errors import Problem
from loyalty.domain.purchases.purchase import Reference
from loyalty.domain.rows.chunk import ChunkEntry, read_chunk
from loyalty.domain.rows.csv_purchases import CsvCutter
from loyalty.domain.rows.customers import customer_in
from loyalty.domain.rows.cutter import Cutter
from loyalty.domain.rows.json_rows import JsonArrayCutter, JsonLinesCutter
from loyalty.domain.rows.layout import FileFormat, Layout, Position
from loyalty.domain.rows.sharding import Shards

COLUMNS = ("reference_number", "cim", "products.product_sku", "merchant_tap.code", "contact_id", "promo_code")
KEYS = ("cim", "contact_id", "merchant_tap.code")
SHARDS = 5
Result = tuple[list[tuple[int, ChunkEntry]], Problem | None]


def wallets(names: Sequence[Reference]) -> dict[Reference, str]:
    """Names of one letter, in lower case and in upper case, lead to the same account."""
    return {name: name.value.lower() for name in names if name.value.isalpha()}


def cut(
    kind: type[Cutter], layout: Layout, data: bytes, blocks: Sequence[int] = (), *, hand_over: bool = False
) -> Result:
    """Return the entries of a file that comes in blocks of these sizes, then all the rest; each with its shard, in
    order. With `hand_over`, each block is cut by a cutter of its own."""
    shards, at = Shards(SHARDS, wallets), 0
    cutter = kind(layout, shards, Position(0))
    for size in blocks:
        cutter.cut(data[at : at + size])
        at += size
        if cutter.fault:
            break
        if hand_over:
            cutter, at = kind(layout, shards, cutter.position), cutter.position.offset
    if not cutter.fault:
        cutter.cut(data[at:], last=True)
    found = [
        (shard.number, entry)
        for shard in shards.all
        for frame in shard.take_chunks(layout)
        for entry in read_chunk(frame.data).entries
    ]
    return sorted(found, key=lambda one: one[1].number), cutter.fault


class CarefulCsvCutter(CsvCutter):
    """Takes the long way for every row."""

    def _plain(self, data: bytes, *, last: bool) -> None:
        pass


BLOCKS = st.lists(st.integers(1, 60), max_size=12)
CELLS = st.sampled_from(["", "a", "A", "b", "B", "c", "1", "a b", 'q"q', "x,y", "two\nlines", '"', "é", "'=1", ";"])
LINE_ENDS = st.sampled_from(["\n", "\r\n"])
ROUGH = st.lists(st.sampled_from([b"a", b"b", b",", b",", b"\n", b"\n", b'"', b"\r", b"\xff", b" "]), max_size=60).map(
    b"".join
)


EMPTY: st.SearchStrategy[list[str]] = st.just([]) | st.lists(
    st.sampled_from(["", " ", "\t"]), min_size=len(COLUMNS), max_size=len(COLUMNS)
)


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    """Rows, of which some go on with the purchase of the one before, and some are empty."""
    rows = []
    for _ in range(draw(st.integers(0, 8))):
        first = [draw(CELLS) for _ in COLUMNS]
        first[0] = draw(st.sampled_from(["", "R1", "R2", "R,3", '"R"']))
        rows.append(first)
        for _ in range(draw(st.integers(0, 3))):
            rows += draw(st.lists(EMPTY, max_size=1))
            rows.append([first[0], *(draw(st.sampled_from([cell, cell, "", "z"])) for cell in first[1:])])
    return rows


def is_empty(row: list[str]) -> bool:
    return not "".join(row).strip()


def purchases(rows: list[list[str]]) -> list[list[list[str]]]:
    """Return the rows of each purchase, by the letter of the rule."""
    found: list[list[list[str]]] = []
    for row in rows:
        if is_empty(row):
            continue
        said, first = dict(zip(COLUMNS, row, strict=True)), dict(zip(COLUMNS, (found or [[row]])[-1][0], strict=True))
        goes_on = said["reference_number"] == first["reference_number"] and all(
            said[key] in ("", first[key]) for key in KEYS
        )
        if found and said["reference_number"] and goes_on:
            found[-1].append(row)
        else:
            found.append([row])
    return found


def named(row: list[str]) -> Reference | None:
    said = dict(zip(COLUMNS, row, strict=True))
    name = next(((by, said[by]) for by in ("cim", "contact_id") if said[by]), None)
    by = {"cim": "token.authentication_code", "contact_id": "contact_id"}
    return Reference(by[name[0]], name[1].removeprefix("'") if name[1] == "'=1" else name[1], "") if name else None


@given(
    tables(),
    LINE_ENDS,
    st.sampled_from(",;\t"),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    BLOCKS,
    st.booleans(),
)
def test_csv_is_cut_as_the_standard_says_and_purchases_stay_whole(
    rows: list[list[str]], end: str, delimiter: str, quoting: Any, blocks: list[int], hand_over: bool
) -> None:
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(rows)
    layout = Layout(FileFormat.CSV, COLUMNS, delimiter)

    entries, fault = cut(CsvCutter, layout, file.getvalue().encode(), blocks, hand_over=hand_over)

    expected = purchases(rows)
    read = [[next(csv.reader([row.decode()], delimiter=delimiter)) for row in entry.rows] for _, entry in entries]
    assert fault is None
    assert not any(entry.fault for _, entry in entries)
    assert read == expected
    numbers = [number for number, row in enumerate(rows, start=1) if not is_empty(row)]
    assert [entry.number for _, entry in entries] == [
        numbers[sum(map(len, expected[:place]))] for place in range(len(expected))
    ]
    shards = Shards(SHARDS, wallets).of([named(purchase[0]) for purchase in expected])
    assert [shard for shard, _ in entries] == [shard.number for shard in shards]


@given(ROUGH, BLOCKS, st.booleans())
def test_the_short_way_and_the_long_way_cut_the_same(data: bytes, blocks: list[int], hand_over: bool) -> None:
    layout = Layout(FileFormat.CSV, COLUMNS[:4])

    found = cut(CsvCutter, layout, data, blocks, hand_over=hand_over)

    assert found == cut(CarefulCsvCutter, layout, data)


@given(
    st.lists(st.lists(st.sampled_from(["", "a", "R1"]), min_size=1, max_size=5), max_size=8),
    st.lists(st.booleans(), min_size=40, max_size=40),
    BLOCKS,
)
def test_quotes_change_nothing_of_how_rows_are_cut_not_even_those_with_too_few_cells(
    rows: list[list[str]], quotes: list[bool], blocks: list[int]
) -> None:
    layout, quoted = Layout(FileFormat.CSV, COLUMNS[:4]), iter(quotes)
    bare = "".join(f"{','.join(row)}\n" for row in rows)
    mixed = "".join(",".join(f'"{cell}"' if next(quoted) else cell for cell in row) + "\n" for row in rows)

    entries, _ = cut(CsvCutter, layout, mixed.encode(), blocks)

    found = [(shard, entry.number, [row.replace(b'"', b"") for row in entry.rows]) for shard, entry in entries]
    expected, _ = cut(CsvCutter, layout, bare.encode())
    assert found == [(shard, entry.number, list(entry.rows)) for shard, entry in expected]


NAMES = st.sampled_from(
    [
        "cim",
        "contact_id",
        "accounts_receivable_identifier",
        "rewards_participant_identifier",
        "number",
        "id",
        "x",
        'x"',
        "access_token_identifier",
        "identifier",
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet='ab"\\[]{},:\n é\u2028', max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
CUSTOMERS = st.one_of(
    st.tuples(st.sampled_from(["cim", "contact_id"]), st.text(alphabet='aAbB"\\}é', max_size=3) | st.none()),
    st.tuples(
        st.sampled_from(["accounts_receivable_identifier", "rewards_participant_identifier"]),
        st.dictionaries(
            st.sampled_from(["id", "number", "name"]), st.sampled_from(["a", "A", "b", "}", "\\", ""]), max_size=2
        )
        | st.fixed_dictionaries(
            {"access_token_identifier": st.dictionaries(NAMES, st.sampled_from(["a", "b", 7]), max_size=2)}
        ),
    ),
)
BODIES = st.builds(
    lambda before, customer, after: dict([*before.items(), customer, *after.items()]),
    st.dictionaries(NAMES, VALUES, max_size=3),
    CUSTOMERS,
    st.dictionaries(NAMES, VALUES, max_size=2),
)
SPELLINGS = st.sampled_from([{}, {"ensure_ascii": False}, {"separators": (",", ":")}, {"separators": (" ,\t", " : ")}])


@given(st.lists(BODIES | VALUES, max_size=6), SPELLINGS, BLOCKS, st.booleans())
def test_json_lines_are_cut_at_their_ends_and_dealt_out_by_their_customers(
    bodies: list[Any], spelling: dict[str, Any], blocks: list[int], hand_over: bool
) -> None:
    rows = [json.dumps(body, **spelling).encode() for body in bodies]
    data = b"".join(row + b"\n" for row in rows)

    entries, _ = cut(JsonLinesCutter, Layout(FileFormat.JSON_LINES), data, blocks, hand_over=hand_over)

    assert [entry.rows for _, entry in entries] == [(row,) for row in rows]
    assert [entry.number for _, entry in entries] == list(range(1, len(rows) + 1))
    assert [shard for shard, _ in entries] == [
        shard.number for shard in Shards(SHARDS, wallets).of(list(map(customer_in, bodies)))
    ]


@given(st.lists(BODIES | VALUES, max_size=6), SPELLINGS, st.sampled_from([None, 2]), BLOCKS, st.booleans())
def test_an_array_is_cut_into_its_elements(
    bodies: list[Any], spelling: dict[str, Any], indent: int | None, blocks: list[int], hand_over: bool
) -> None:
    data = json.dumps(bodies, indent=indent, **spelling).encode().removeprefix(b"[")

    entries, fault = cut(JsonArrayCutter, Layout(FileFormat.JSON), data, blocks, hand_over=hand_over)

    assert fault is None
    assert [json.loads(entry.rows[0]) for _, entry in entries] == bodies
    assert [shard for shard, _ in entries] == [
        shard.number for shard in Shards(SHARDS, wallets).of(list(map(customer_in, bodies)))
    ]


@given(
    st.lists(st.sampled_from([b"[", b"]", b"{", b"}", b'"', b"\\", b",", b" ", b"a", b"1"]), max_size=40).map(b"".join),
    BLOCKS,
    st.booleans(),
)
def test_brackets_and_quotes_at_random_are_cut_the_same_in_whatever_blocks(
    data: bytes, blocks: list[int], hand_over: bool
) -> None:
    layout = Layout(FileFormat.JSON)

    assert cut(JsonArrayCutter, layout, data, blocks, hand_over=hand_over) == cut(JsonArrayCutter, layout, data)
