"""Cutting files with rows that are too long, quotes that are astray, and rests that cannot be read: whatever blocks the
file comes in, whoever goes on with it, the same rows are refused and all others are cut."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from loyalty.domain.errors import Code, Problem
from loyalty.domain.purchases.purchase import Reference
from loyalty.domain.rows import csv_purchases, csv_rows, cutter
from loyalty.domain.rows.chunk import ChunkEntry, read_chunk
from loyalty.domain.rows.csv_purchases import INSIDE_PURCHASE, LONG_PURCHASE, CsvCutter
from loyalty.domain.rows.csv_rows import MANY_OPEN_QUOTES, OPEN_QUOTE, STRAY_QUOTE
from loyalty.domain.rows.cutter import INSIDE_LINE, TOO_LONG, Cutter
from loyalty.domain.rows.json_rows import JsonLinesCutter
from loyalty.domain.rows.layout import FileFormat, Layout, Position
from loyalty.domain.rows.sharding import Shards

LIMIT, KEPT = 60, 10
COLUMNS = ("reference_number", "cim", "products.product_sku", "contact_id")
KINDS: dict[type[Cutter], Layout] = {
    CsvCutter: Layout(FileFormat.CSV, COLUMNS),
    JsonLinesCutter: Layout(FileFormat.JSON_LINES),
}
BLOCKS = [1, 7, 50, 61, 1000]
LONG = b"x" * (LIMIT + 1)
Row = tuple[int, tuple[bytes, ...], Problem | None]


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (cutter, csv_rows, csv_purchases):
        monkeypatch.setattr(module, "MAX_ROW_BYTES", LIMIT)
    monkeypatch.setattr(cutter, "KEPT_BYTES", KEPT)


class Cutting:
    """A file on its way through cutters; `asked` are the customers that were looked up."""

    def __init__(self, kind: type[Cutter] = CsvCutter, shards: int = 1) -> None:
        self.kind = kind
        self.asked: list[list[str]] = []
        self.shards = Shards(shards, self._accounts_of)
        self.cutter = kind(KINDS[kind], self.shards, Position(0))

    def _accounts_of(self, names: Sequence[Reference]) -> Mapping[Reference, str]:
        self.asked.append([name.value for name in names])
        return {}

    def cut(self, data: bytes, block: int = 1000, *, hand_over: bool = False, last: bool = True) -> "Cutting":
        """Cut a file in blocks of a size; with `hand_over`, each by a cutter of its own, and a longer one where that
        could not go on."""
        at = 0
        while at + block < len(data) and not self.cutter.fault:
            self.cutter.cut(data[at : at + block])
            at += block
            if hand_over and not self.cutter.fault:
                at, before = self.cutter.position.offset, at - block
                block += at == before
                self.cutter = self.kind(KINDS[self.kind], self.shards, self.cutter.position)
        if not self.cutter.fault:
            self.cutter.cut(data[at:], last=last)
        return self

    def entries(self) -> Iterator[ChunkEntry]:
        """Return what was cut, in the order of the file."""
        frames = [frame for shard in self.shards.all for frame in shard.take_chunks(KINDS[self.kind])]
        return iter(
            sorted((one for frame in frames for one in read_chunk(frame.data).entries), key=lambda one: one.number)
        )

    def rows(self) -> list[Row]:
        """Return the same, each as its number, its rows and its fault."""
        return [(one.number, one.rows, one.fault) for one in self.entries()]


def in_all_blocks(kind: type[Cutter], data: bytes) -> list[Row]:
    """Return what a file is cut into, in whatever blocks it comes and whoever goes on with it."""
    found = [
        Cutting(kind).cut(data, block, hand_over=hand_over).rows() for block in BLOCKS for hand_over in (False, True)
    ]
    assert all(one == found[0] for one in found), found
    return found[0]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("end", [b"", b"\n"])
def test_a_row_that_is_too_long_is_refused_with_its_beginning_and_all_others_are_cut(
    kind: type[Cutter], end: bytes
) -> None:
    rows = [b"R1,A,P,", LONG, b"R2,B,P,", b"x" * 200, LONG[1:], b"R3,C,P,"]

    found = in_all_blocks(kind, b"\n".join(rows) + end)

    refused = {2, 4}
    assert found == [
        (number, (row[:KEPT] if number in refused else row,), TOO_LONG if number in refused else None)
        for number, row in enumerate(rows, start=1)
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_a_last_row_that_is_too_long_is_refused_once(kind: type[Cutter]) -> None:
    found = in_all_blocks(kind, b"R1,A,P,\n" + b"x" * 200)

    assert found == [(1, (b"R1,A,P,",), None), (2, (b"x" * KEPT,), TOO_LONG)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("block", [7, 25])
def test_another_may_go_on_at_any_place(kind: type[Cutter], block: int) -> None:
    data = b"\n".join([b"R1,A,P,", b"R2,B,P,", b"x" * 200, b"R3,C,P,", LONG, b"R4,A,P,", b"R4,,Q,", b"R5,A,P,"])
    at_once = Cutting(kind).cut(data, block).rows()

    for place in range(block, len(data), block):
        cutting = Cutting(kind).cut(data[:place], block, last=False)
        position = cutting.cutter.position
        cutting.cutter = kind(KINDS[kind], cutting.shards, position)
        assert cutting.cut(data[position.offset :], block).rows() == at_once


def test_a_position_is_behind_all_that_was_cut_or_refused_and_nothing_too_long_is_kept() -> None:
    cutting = Cutting(JsonLinesCutter).cut(b"{}\n{", last=False)
    assert cutting.cutter.position == Position(3, 2)

    cutting.cut(b"x" * LIMIT, last=False)
    assert cutting.cutter.position == Position(4 + LIMIT, 3, INSIDE_LINE)
    cutting.cut(b"y" * 20, last=False)
    assert cutting.cutter.position == Position(24 + LIMIT, 3, INSIDE_LINE)
    cutting.cut(b"yy\n{}\n", last=False)
    assert cutting.cutter.position == Position(30 + LIMIT, 4)
    cutting.cut(b"{}", last=False)
    cutting.cutter.cut(b"", last=True)
    assert cutting.cutter.position == Position(32 + LIMIT, 5, INSIDE_LINE)
    assert Cutting(JsonLinesCutter).cut(b"{}\n").cutter.position == Position(3, 2)


LINES = [b"R1,A,%d,0123456789" % number for number in range(5)]
"""Rows of a purchase: four are too long together."""


def test_a_purchase_as_long_as_a_row_may_be_is_one() -> None:
    assert sum(map(len, LINES[:3])) <= LIMIT < sum(map(len, LINES[:4]))

    assert in_all_blocks(CsvCutter, b"\n".join([*LINES[:3], b"R2,A,P,"])) == [
        (1, tuple(LINES[:3]), None),
        (4, (b"R2,A,P,",), None),
    ]


@pytest.mark.parametrize("empty", [[], [b""], [b",,,"]], ids=str)
def test_a_purchase_whose_rows_are_too_long_together_is_refused_with_all_its_rows(empty: list[bytes]) -> None:
    """Where it comes in pieces, its later rows are refused on their own."""
    data = b"\n".join([b"R0,A,P,", *LINES[:3], *empty, *LINES[3:], b"R2,A,P,", b"R2,,Q,"])

    for block in BLOCKS[:2]:
        for hand_over in (False, True):
            found = Cutting().cut(data, block, hand_over=hand_over).rows()
            assert [row for row in found if row[2] is None] == [
                (1, (b"R0,A,P,",), None),
                (7 + len(empty), (b"R2,A,P,", b"R2,,Q,"), None),
            ]
            refused = [row for row in found if row[2]]
            assert {fault for _, _, fault in refused} == {LONG_PURCHASE}
            assert [line for _, lines, _ in refused for line in lines] == LINES
            assert refused[0][0] == 2


def test_a_purchase_that_is_followed_by_more_empty_rows_than_may_wait_has_ended() -> None:
    empty = [b",,,"] * 20

    for rows in (LINES[:2], LINES):
        data = b"\n".join([*rows, *empty, LINES[0]])
        found = Cutting().cut(data, 7).rows()
        assert found[-1] == (len(rows) + 21, (LINES[0],), None)
        assert [line for _, lines, _ in found for line in lines] == [*rows, LINES[0]]


MOST_EMPTY = [b",,,"] * (LIMIT // 4)
"""As many empty rows as may wait, with their line ends."""


def test_a_purchase_waits_for_its_next_row_behind_as_many_empty_rows_as_may_wait() -> None:
    """Those before it do not count."""
    before = [b"R0,A,P,", *MOST_EMPTY]
    for more, expected in (
        ([], [(1, (b"R0,A,P,",), None), (17, (b"R1,A,P,", b"R1,A,Q,"), None)]),
        ([b",,,"], [(1, (b"R0,A,P,",), None), (17, (b"R1,A,P,",), None), (34, (b"R1,A,Q,",), None)]),
    ):
        cutting = Cutting().cut(b"\n".join([*before, b"R1,A,P,", *MOST_EMPTY, *more, b""]), last=False)

        assert cutting.cut(b"R1,A,Q,\n").rows() == expected


def test_a_purchase_is_refused_behind_as_many_empty_rows_as_may_wait_and_no_more() -> None:
    for more, behind in (([], (22, (LINES[0],), LONG_PURCHASE)), ([b",,,"], (23, (LINES[0],), None))):
        data = b"\n".join([b"R0,A,P,", *LINES, *MOST_EMPTY, *more, b""])
        cutting = Cutting().cut(data, last=False)
        assert cutting.cutter.position.inside == ("" if more else INSIDE_PURCHASE)

        assert cutting.cut(LINES[0] + b"\n").rows() == [
            (1, (b"R0,A,P,",), None),
            (2, tuple(LINES), LONG_PURCHASE),
            behind,
        ]


def test_further_rows_of_a_purchase_that_is_refused_are_refused_together() -> None:
    cutting = Cutting().cut(b"\n".join([*LINES, b""]), last=False)

    cutting.cut(b"\n".join([b"", b"R1,,P,", b",,,", b"R1,A,Q,", b"R2,A,P,"]))

    assert cutting.rows() == [
        (1, tuple(LINES), LONG_PURCHASE),
        (7, (b"R1,,P,", b"R1,A,Q,"), LONG_PURCHASE),
        (10, (b"R2,A,P,",), None),
    ]


def test_a_row_with_a_fault_of_its_own_ends_the_purchase_that_is_refused() -> None:
    cutting = Cutting().cut(b"\n".join([*LINES, b""]), last=False)

    cutting.cut(b"\n".join([b"R1,A,P,", b"R1,A," + LONG, b"R1,A,Q,"]))

    assert cutting.rows() == [
        (1, tuple(LINES), LONG_PURCHASE),
        (6, (b"R1,A,P,",), LONG_PURCHASE),
        (7, (b"R1,A,xxxxx",), TOO_LONG),
        (8, (b"R1,A,Q,",), None),
    ]


@pytest.mark.parametrize("more", [[], [b"R1,A,P,"]], ids=str)
def test_a_file_may_end_in_a_purchase_that_is_refused(more: list[bytes]) -> None:
    cutting = Cutting().cut(b"\n".join([*LINES, b""]), last=False)
    rest = b"".join(row + b"\n" for row in more)

    assert cutting.cut(rest).cutter.position == Position(len(b"\n".join(LINES)) + 1 + len(rest), 6 + len(more))


def test_a_row_with_a_fault_ends_the_purchase_before_it_and_begins_none() -> None:
    rows = [b"R1,A," + LONG, b"R1,A,P,", b"R1,A,Q,", b"R1,A," + LONG, b"R1,A,P,"]

    assert in_all_blocks(CsvCutter, b"\n".join(rows)) == [
        (1, (b"R1,A,xxxxx",), TOO_LONG),
        (2, (b"R1,A,P,", b"R1,A,Q,"), None),
        (4, (b"R1,A,xxxxx",), TOO_LONG),
        (5, (b"R1,A,P,",), None),
    ]


def test_rows_with_faults_of_any_kind_are_each_refused_once() -> None:
    rows = [b"R1,A," + LONG, b"R1,A,P,", b'R1,"A"x,P,', b"R1,A,Q,", b"R1,A," + LONG]

    assert [(number, fault) for number, _, fault in in_all_blocks(CsvCutter, b"\n".join(rows))] == [
        (1, TOO_LONG),
        (2, None),
        (3, STRAY_QUOTE),
        (4, None),
        (5, TOO_LONG),
    ]


@pytest.mark.parametrize("plain", [False, True])
def test_a_quote_that_is_astray_costs_the_line_that_it_stands_in(plain: bool) -> None:
    rows = [b'R1,A,"P",', b'R1,"A"x,P,', b"R1,A,P,", b'R2,"A,P,', b"R3,A,Q,", b"R3,A,Q," + b"y" * 50]
    rows = [row for row in rows if not plain or row != b'R1,A,"P",']

    found = in_all_blocks(CsvCutter, b"\n".join(rows))

    faults = {b'R1,"A"x,P,': STRAY_QUOTE, b'R2,"A,P,': OPEN_QUOTE}
    assert [(row, fault) for _, lines, fault in found for row in lines] == [
        (row[:KEPT] if row in faults else row, faults.get(row)) for row in rows
    ]


def test_a_file_of_quotes_that_are_never_closed_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_rows, "MAX_OPEN_QUOTES", 2)
    cutting = Cutting()
    for _ in range(5):
        cutting.cut(b'R,"A,P,\n' + b"R,A,P,z\n" * 9, last=False)

    assert cutting.cutter.fault == MANY_OPEN_QUOTES
    assert [fault for _, _, fault in cutting.rows()].count(OPEN_QUOTE) == 3


TORN = Problem(Code.INVALID, "The file is torn.")


def given_up(data: bytes, kind: type[Cutter] = CsvCutter, block: int = 1000) -> tuple[list[Row], Any, Position]:
    """Return what becomes of a file of which nothing can be read behind `data`."""
    cutting = Cutting(kind).cut(data, block, last=False)
    told = cutting.cutter.give_up(TORN)
    return cutting.rows(), told, cutting.cutter.position


@pytest.mark.parametrize("block", BLOCKS)
def test_one_row_stands_for_a_rest_that_cannot_be_read(block: int) -> None:
    """It begins with the purchase that may have gone on there, all in one cell."""
    rows, told, position = given_up(b'R0,A,P,\nR1,"A",P,\nR2,A,', block=block)

    description = "The file is torn. From row 2 on, the file was not read: send that part as a separate file."
    assert told == Problem(Code.INVALID, description)
    assert rows == [(1, (b"R0,A,P,",), None), (2, (b'"R1,""A"",P,"',), told)]
    assert position == Position(8, 3)


def test_the_rest_of_json_is_told_as_it_is() -> None:
    rows, told, position = given_up(b'{"a": 1}\n {"cim": "A", "more": 1', JsonLinesCutter)

    assert rows == [(1, (b'{"a": 1}',), None), (2, (b'{"cim": "',), told)]
    assert position == Position(9, 3)


@pytest.mark.parametrize("rest", [b"", b"  ", b",,"])
def test_where_nothing_of_the_rest_was_read_it_is_told_what_the_last_row_was(rest: bytes) -> None:
    rows, told, position = given_up(b"R1,A,P,\nR2,A,P,\n" + LONG + b"\n" + rest)

    assert [number for number, _, _ in rows] == [1, 2, 3]
    assert told == Problem(
        Code.INVALID,
        "The file is torn. Row 3 is the last one that was read: if rows are missing after it, send them as a separate "
        "file.",
    )
    assert position.row == 4


def test_of_a_purchase_that_is_refused_the_rest_is_not_told_again() -> None:
    rows, told, _ = given_up(b"\n".join([*LINES, b"R2,A,P,"]), block=7)

    assert [line for _, lines, fault in rows for line in lines if fault == LONG_PURCHASE] == LINES
    assert rows[-1] == (6, (b'"R2,A,P,"',), told)


def test_a_customer_is_looked_up_once_and_all_of_a_block_together() -> None:
    cutting = Cutting().cut(b"R1,A,P,\nR2,B,P,\nR3,A,P,\nR4,,P,C\n", last=False)
    cutting.cut(b"R5,B,P,\nR6,D,P,\n")

    assert [sorted(names) for names in cutting.asked if names] == [["A", "B"], ["C"], ["D"]] or [
        sorted(names) for names in cutting.asked if names
    ] == [["A", "B"], ["C", "D"]]


def test_more_customers_than_are_remembered_are_looked_up_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutter, "MAX_NAMES", 2)
    cutting = Cutting()

    for name in (b"A", b"B", b"C", b"A", b"D", b"A"):
        cutting.cut(b"R,%b,P,\n" % name, last=False)
    cutting.cut(b"")

    assert [names for names in cutting.asked if names] == [["A"], ["B"], ["C"], ["D"], ["A"]]
