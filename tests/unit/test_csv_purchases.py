"""Cutting CSV into purchases by the short way: files that take it, what it reads, and that it cuts as the long way."""

from collections.abc import Mapping, Sequence

import pytest

from loyalty.domain.errors import Problem
from loyalty.domain.purchases.purchase import Reference
from loyalty.domain.rows.chunk import read_chunk
from loyalty.domain.rows.csv_purchases import CsvCutter
from loyalty.domain.rows.csv_rows import empty_row
from loyalty.domain.rows.cutter import Faults
from loyalty.domain.rows.layout import FileFormat, Layout, Position
from loyalty.domain.rows.sharding import Shards

Rows = list[tuple[int, tuple[bytes, ...], Problem | None]]

COLUMNS = ("reference_number", "cim", "merchant_tap.code", "products.product_sku", "products.quantity")
CUSTOMER_FIRST = ("cim", "reference_number", "products.product_sku")
CUSTOMER_LAST = ("products.product_sku", "reference_number", "cim")
LAYOUTS = [COLUMNS, CUSTOMER_FIRST, CUSTOMER_LAST]
PURCHASES = [
    [("R1", "A", "M", "P", "1")],
    [("R2", "B", "M", "P", "1"), ("R2", "B", "M", "Q", "22")],
    [("R3", "B", "M", "P", "1"), ("R3", "B", "M", "Q", "2"), ("R3", "B", "M", "RS", "1")],
    [("R4", "CC", "M", "P", "1")],
    [("", "A", "M", "P", "1")],
    [("", "A", "M", "P", "1")],
]
"""Rows of five columns, by purchase."""


class Watched(CsvCutter):
    """Notes which rows are read cell by cell, and whether a block was looked through for rows in quotes; and the names
    of customers that are looked up."""

    def __init__(self, columns: Sequence[str], delimiter: str = ",") -> None:
        self.layout = Layout(FileFormat.CSV, tuple(columns), delimiter)
        self.read: list[bytes] = []
        self.looked_through = False
        self.asked: list[Reference] = []
        self.shards = Shards(7, self._accounts_of)
        super().__init__(self.layout, self.shards, Position(0))

    def _accounts_of(self, names: Sequence[Reference]) -> Mapping[Reference, str]:
        self.asked += names
        return {}

    def _cells(self, row: bytes) -> list[bytes]:
        self.read.append(row)
        return super()._cells(row)

    def _quoted_rows(self, data: bytes, *, last: bool) -> tuple[list[bytes], Faults, int]:
        self.looked_through = True
        return super()._quoted_rows(data, last=last)

    def rows(self) -> Rows:
        """Return what was cut, in the order of the file."""
        frames = [frame for shard in self.shards.all for frame in shard.take_chunks(self.layout)]
        entries = [entry for frame in frames for entry in read_chunk(frame.data).entries]
        assert sum(frame.rows for frame in frames) == sum(len(entry.rows) for entry in entries)
        return sorted((entry.number, entry.rows, entry.fault) for entry in entries)


class Careful(Watched):
    """Takes the long way for every row."""

    def _plain(self, data: bytes, *, last: bool) -> None:
        pass


def cut(cutter: Watched, *blocks: bytes) -> Watched:
    """Cut a file that comes in these blocks."""
    for block in blocks[:-1]:
        cutter.cut(block)
    cutter.cut(blocks[-1], last=True)
    return cutter


def written(columns: Sequence[str], quote: str, delimiter: str) -> list[list[str]]:
    """Return the rows of each purchase as a file with these columns has them."""
    places = [COLUMNS.index(name) for name in columns]
    return [[delimiter.join(f"{quote}{row[at]}{quote}" for at in places) for row in rows] for rows in PURCHASES]


@pytest.mark.parametrize("columns", LAYOUTS, ids=str)
@pytest.mark.parametrize("quote", ["", '"'])
@pytest.mark.parametrize("delimiter", [",", ";"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("is_ended", [True, False])
def test_of_a_file_without_quotes_or_all_in_quotes_no_row_is_read_cell_by_cell(
    columns: Sequence[str], quote: str, delimiter: str, end: str, is_ended: bool
) -> None:
    """But for the customer in its last column, where the line may end."""
    purchases = written(columns, quote, delimiter)
    text = end.join(row for rows in purchases for row in rows) + end * is_ended
    data, half = text.encode(), len(text) // 2

    for blocks in ([data], [data[:half], data[half:]]):
        cutter = cut(Watched(columns, delimiter), *blocks)

        assert (cutter.looked_through, cutter.fault) == (False, None)
        assert columns == CUSTOMER_LAST or cutter.read == []
        assert cutter.position == Position(len(data), 10, "" if is_ended else "line")
        names = {Reference("token.authentication_code", name, "") for name in ("A", "B", "CC")}
        assert ({*cutter.asked}, len(cutter.asked)) == (names, 3)
        found = [(number, [row.decode().removesuffix("\r") for row in rows]) for number, rows, _ in cutter.rows()]
        numbers = [1, 2, 4, 7, 8, 9]
        assert found == list(zip(numbers, purchases, strict=True))


def test_rows_in_quotes_are_looked_through_once_they_end() -> None:
    """What is behind the last line end of a block may have been cut anywhere."""
    rows = [b'"R1","A","M","P","1"', b'"R2","A","M","P","1"']
    data = b"\n".join(rows)

    for place in range(len(rows[0]) + 1, len(data)):
        cutter = cut(Watched(COLUMNS), data[:place], data[place:])
        assert (cutter.looked_through, cutter.rows()) == (False, [(1, (rows[0],), None), (2, (rows[1],), None)])


def test_of_a_file_with_some_quotes_only_rows_with_quotes_are_read_and_of_a_purchase_two() -> None:
    """Lines that end inside quotes are no rows."""
    rows = [
        [b"R1,A,M,P,1"],
        [b"R2,B,M,P,1", b"R2,B,M,Q,2", b"R2,B,M,RS,3"],
        [b'"R3",C,M,P,1', b'"R3",C,M,"Q\nq",2', b'"R3",C,M,R,"3\n"', b'"R3",C,M,S,4'],
        [b'R4,"B",M,P,"1\n2\n"'],
        [b"R5,A,M,P,1"],
    ]

    cutter = cut(Watched(COLUMNS), b"\n".join(row for purchase in rows for row in purchase))

    assert cutter.rows() == [
        (number, tuple(purchase), None) for number, purchase in zip([1, 2, 5, 9, 10], rows, strict=True)
    ]
    assert cutter.read == [*rows[2][:2], *rows[3]]
    assert {name.value for name in cutter.asked} == {"A", "B", "C"}


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("short", ["R1,A", '"R1","A"', '"R1",A', 'R1,"A"', '"R1"'])
def test_a_row_with_too_few_cells_stays_with_its_purchase(short: str, end: str) -> None:
    rows = ['"R1","A","M","P","1"', short, '"R2","B","M","P","1"']

    cutter = cut(Watched(COLUMNS), "".join(row + end for row in rows).encode())

    assert [(number, len(rows)) for number, rows, _ in cutter.rows()] == [(1, 2), (3, 1)]


NEARLY = [
    b'"R","A","P"\n"R","A","Q"\n"S","B","P"\n"","B","P"\n',
    b'"R","A","P"\r\n"R","A","Q"\r\n"S","B","P"\r\n"","B","P"\r\n',
    b"R,A,P\nR,A,Q\nS,B,P\n,B,P\n",
    b'R,"A",P\nR,"A",Q\n"S",B,P\n,B,P\n',
    b'"R","A","P"\n"R","A","Q"',
]
ODD = [b'"', b",", b"\n", b"\r", b" ", b"x", b'","', b'"\n"']


@pytest.mark.parametrize("columns", [COLUMNS[:3], CUSTOMER_FIRST, CUSTOMER_LAST], ids=str)
@pytest.mark.parametrize("data", NEARLY)
@pytest.mark.parametrize("is_whole", [True, False])
def test_a_file_in_which_anything_is_odd_is_cut_as_by_the_long_way(
    columns: Sequence[str], data: bytes, is_whole: bool
) -> None:
    """Something is missing, or too much, at any place; whether the file comes at once, or is cut there."""
    for place in range(len(data)):
        less = (data[:place] + data[end:] for end in range(place, min(place + 4, len(data))))
        more = (data[:place] + odd + data[place:] for odd in ODD)
        for changed in (*less, *more):
            blocks = [changed] if is_whole else [changed[: place + 1], changed[place + 1 :]]
            short, long = cut(Watched(columns), *blocks), cut(Careful(columns), *blocks)

            assert (short.rows(), {*short.asked}) == (long.rows(), {*long.asked}), changed
            assert (short.position.offset, short.position.row) == (long.position.offset, long.position.row), changed


@pytest.mark.parametrize(
    ("row", "says_nothing"),
    [
        *((row, True) for row in (b"", b" \t\r", b",,", b'"",,""', b'" ", ,"\n"')),
        *((row, False) for row in (b"x", b",,x", b'"', b',"', b',""x', b',""""', b'""","', b',"x"', b';""')),
    ],
)
def test_a_row_says_nothing_where_its_cells_have_white_space_at_most(row: bytes, says_nothing: bool) -> None:
    assert (empty_row(b",").fullmatch(row) is not None) is says_nothing


@pytest.mark.parametrize("columns", LAYOUTS, ids=str)
@pytest.mark.parametrize("quote", ["", '"'])
def test_a_customer_whose_name_begins_like_anothers_is_another_one(columns: Sequence[str], quote: str) -> None:
    said = [{"reference_number": "R1", "cim": name} for name in ("A", "AB", "ABC")]
    rows = [",".join(f"{quote}{one.get(name, 'P')}{quote}" for name in columns) for one in said]

    cutter = cut(Watched(columns), "\n".join(rows).encode())

    assert [number for number, *_ in cutter.rows()] == [1, 2, 3]


@pytest.mark.parametrize("columns", [COLUMNS[:3], CUSTOMER_FIRST, CUSTOMER_LAST], ids=str)
def test_a_carriage_return_within_a_cell_is_part_of_it(columns: Sequence[str]) -> None:
    said = {"cim": "A\rB", "reference_number": "R1"}

    cutter = cut(Watched(columns), ",".join(said.get(name, "P") for name in columns).encode())

    assert [name.value for name in cutter.asked] == ["A\rB"]
