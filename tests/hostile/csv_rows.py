"""Rows of CSV files that cannot be read, or not easily, among good ones."""

import gzip

from loyalty.domain.rows.cells import NO_NUMBER
from tests.hostile import Hostile
from tests.uploads import HEADER, csv, row

GOOD = csv(row("R1"), row("R2"))

LONG = 40_000
"""Rows of a purchase that have too many bytes together."""

EMPTY_ROWS = {
    "blank lines": "",
    "blank lines of spaces": " \t ",
    "carriage returns": "\r",
    "empty cells": "," * 8,
    "too few empty cells": ",,",
    "cells of spaces": ", ,\t,",
    "empty cells in quotes": '"",' * 8 + '""',
    "too few empty cells in quotes": '"",""',
    "cells of spaces in quotes": '" ",' * 8 + '"\n"',
}


_BOTH = ("1 R1", "2 R2")


def below(line: bytes) -> Hostile:
    """Return a file below a line that a spreadsheet writes for itself."""
    return Hostile(f"a line for the spreadsheet: {line!r}", "x.csv", lambda: line + GOOD.replace(b",", b";"), _BOTH)


def around(what: str, empty: str) -> Hostile:
    """Return a purchase that empty rows stand between the rows of."""
    rows = (row("R1"), empty, row("R1"), empty, empty, row("R1", cim=""), row("R2"), empty)
    return Hostile(f"a purchase around {what}", "x.csv", lambda: csv(*rows), ("1-3 R1", "7 R2"))


CSV = [
    Hostile("a byte order mark", "x.csv", lambda: b"\xef\xbb\xbf" + GOOD, ("1 R1", "2 R2")),
    Hostile(
        "what was damaged on its way",
        "x.csv",
        lambda: csv(row("R1", cim="Caf\ufffd"), row("R2\ufffd"), row("R3")),
        ("1 /cim ", "2 /reference_number ", "3 R3"),
    ),
    Hostile("no line end at the end", "x.csv", lambda: GOOD.rstrip(), ("1 R1", "2 R2")),
    Hostile("carriage returns", "x.csv", lambda: csv(row("R1"), row("R2"), end="\r\n"), ("1 R1", "2 R2")),
    Hostile("line ends of both kinds", "x.csv", lambda: csv(row("R1") + "\r", row("R2")), ("1 R1", "2 R2")),
    Hostile("semicolons", "x.csv", lambda: GOOD.replace(b",", b";"), ("1 R1", "2 R2")),
    Hostile("tabs", "x.csv", lambda: GOOD.replace(b",", b"\t"), ("1 R1", "2 R2")),
    Hostile(
        "all in quotes",
        "x.csv",
        lambda: b"\n".join(b'"%b"' % line.replace(b",", b'","') for line in GOOD.splitlines()),
        ("1 R1", "2 R2"),
    ),
    Hostile("empty rows before the header", "x.csv", lambda: b'\n ;;"";\r\n,\n' + GOOD, ("1 R1", "2 R2")),
    *map(below, (b"sep=;\n", b"SEP=;\r\n", b'"sep=;"\n', b"\xef\xbb\xbfsep=;\n", b"sep=;;;;\n")),
    Hostile("empty columns behind the last one", "x.csv", lambda: GOOD.replace(b"\n", b",,\n"), _BOTH),
    Hostile("columns of spaces behind the last one", "x.csv", lambda: GOOD.replace(b"\n", b', ,""\r\n'), _BOTH),
    Hostile("empty cells behind the last column", "x.csv", lambda: csv(row("R1") + ",,", row("R2")), _BOTH),
    Hostile(
        "rows of a purchase with empty cells behind the last column",
        "x.csv",
        lambda: csv(row("R1") + ",", row("R1") + ",,", row("R2")),
        ("1-2 R1", "3 R2"),
    ),
    Hostile(
        "something behind the last column",
        "x.csv",
        lambda: csv(row("R1") + ",,x", row("R2")),
        ("1 The row has 11 cells, but the header has 9.", "2 R2"),
    ),
    Hostile(
        "references that a spreadsheet has shortened",
        "x.csv",
        lambda: csv(row("1.23457E+12"), row("1.23457E+12"), row("R2")),
        ("1-2 /reference_number The cell says 1.23457E+12, a number that a spreadsheet has shortened", "3 R2"),
    ),
    Hostile(
        "thousands in a file with semicolons",
        "x.csv",
        lambda: csv(row("R1", products__net_amount="1.000", products__total_amount="1.001"), row("R2")).replace(
            b",", b";"
        ),
        ("1 /products/0/net_amount The cell may mean 1.000 or 1000", "2 R2"),
    ),
    Hostile("rows of commas", "x.csv", lambda: csv("," * 8, row("R1"), "," * 20, row("R2"), ","), ("2 R1", "4 R2")),
    Hostile("blank lines between", "x.csv", lambda: csv(row("R1"), "", "  ", row("R2")), ("1 R1", "4 R2")),
    Hostile("a name over two lines", "x.csv", lambda: csv(row("R1", cim='"A\nB"'), row("R2")), ("1 R1", "2 R2")),
    Hostile(
        "a name with quotes and commas",
        "x.csv",
        lambda: csv(row("R1", cim='"A ""1"", B"'), row("R2")),
        ("1 R1", "2 R2"),
    ),
    Hostile("a quote in the middle of a cell", "x.csv", lambda: csv(row("R1", cim='A"B'), row("R2")), ("1 R1", "2 R2")),
    Hostile(
        "a quote that is not closed",
        "x.csv",
        lambda: csv(row("R1", cim='"A'), row("R2"), row("R3")),
        ("1 A quote opens here", "2 R2", "3 R3"),
    ),
    Hostile(
        "a quote that is not closed, last",
        "x.csv",
        lambda: csv(row("R1"), row("R2") + ',"'),
        ("1 R1", "2 A quote opens here"),
    ),
    Hostile(
        "a quote that another row closes",
        "x.csv",
        lambda: csv(row("R1", cim='"A'), row("R2", cim='"A'), row("R3")),
        ("1 A quote closes here", "2 A quote opens here", "3 R3"),
    ),
    Hostile(
        "something behind a closed quote",
        "x.csv",
        lambda: csv(row("R1", cim='"A"B'), row("R2")),
        ("1 A quote closes here", "2 R2"),
    ),
    Hostile(
        "a carriage return in a cell",
        "x.csv",
        lambda: csv(row("R1", cim="A\rB"), row("R2")),
        ("1 The row is not valid CSV", "2 R2"),
    ),
    Hostile(
        "a carriage return in a cell, among quotes",
        "x.csv",
        lambda: csv(row("R1", cim="A\rB", merchant_tap__code='"M"'), row("R2")),
        ("1 A quote closes here", "2 R2"),
    ),
    Hostile(
        "a NUL character",
        "x.csv",
        lambda: csv(row("R1", cim="A\0B"), row("R2")),
        ("1 The row has a NUL character.", "2 R2"),
    ),
    Hostile(
        "a line separator of Unicode",
        "x.csv",
        lambda: csv(row("R1", cim="A\u2028B"), row("R2", cim="\x85\x0b\x0c")),
        ("1 R1", "2 /cim begins or ends with a control character"),
    ),
    Hostile(
        "Latin-1 in one row",
        "x.csv",
        lambda: csv(row("R1"), row("R2", cim="Zoë")).decode().encode("latin-1"),
        ("1 R1", "2 The row is not in UTF-8."),
    ),
    Hostile(
        "a cell too few",
        "x.csv",
        lambda: csv(row("R1").rpartition(",")[0], row("R2")),
        ("1 The row has 8 cells, but the header has 9.", "2 R2"),
    ),
    Hostile(
        "a cell too many",
        "x.csv",
        lambda: csv(row("R1") + ",more", row("R2")),
        ("1 The row has 10 cells, but the header has 9.", "2 R2"),
    ),
    Hostile(
        "one cell", "x.csv", lambda: csv("R1", row("R2")), ("1 The row has 1 cells, but the header has 9.", "2 R2")
    ),
    Hostile(
        "nothing but commas",
        "x.csv",
        lambda: csv("," * 8, row("R2")),
        ("2 R2",),
    ),
    *(around(what, empty) for what, empty in EMPTY_ROWS.items()),
    Hostile(
        "a purchase all in quotes around empty cells in quotes",
        "x.csv",
        lambda: csv(*('"' + text.replace(",", '","') + '"' for text in (row("R1"), "," * 8, row("R1"))), end="\r\n"),
        ("1-2 R1",),
    ),
    Hostile("a cell of a quote alone", "x.csv", lambda: csv('""""', row("R1")), ("1 The row has 1 cells", "2 R1")),
    Hostile("a space for a reference number", "x.csv", lambda: csv(row(" "), row("R2")), ("1 ", "2 R2")),
    Hostile(
        "a purchase before more empty rows than may wait",
        "x.csv",
        lambda: csv(row("R1"), *["," * 8] * 300_000, row("R2")),
        ("1 R1", "300002 R2"),
    ),
    Hostile(
        "a purchase before more blank lines than may wait",
        "x.csv",
        lambda: csv(row("R1"), row("R1"), *[""] * 3_000_000, row("R2")),
        ("1-2 R1", "3000003 R2"),
    ),
    Hostile(
        "a purchase of too many bytes, with empty rows between",
        "x.csv",
        lambda: csv(*[row("R1"), "", "," * 8] * 40_000, row("R2")),
        ("*The rows of this purchase are longer", "120001 R2"),
    ),
    Hostile(
        "a purchase of too many bytes before more blank lines than may wait",
        "x.csv",
        lambda: csv(*[row("R1")] * 40_000, *[""] * 3_000_000, row("R2")),
        ("*The rows of this purchase are longer", "3040001 R2"),
    ),
    Hostile(
        "the header once more",
        "x.csv",
        lambda: csv(row("R1"), HEADER, row("R2")),
        ("1 R1", "2 /performed_on The cell must be a date", "3 R2"),
    ),
    Hostile(
        "a row of ten million bytes",
        "x.csv",
        lambda: csv(row("R1"), "x" * 10_000_000, row("R2")),
        ("1 R1", "2 The row is longer than", "3 R2"),
    ),
    Hostile(
        "a cell of ten million bytes in quotes",
        "x.csv",
        lambda: csv(row("R1"), row("R2", cim='"' + "x" * 10_000_000 + '"'), row("R3")),
        ("1 R1", "2 The row is longer than", "3 R3"),
    ),
    Hostile(
        "a row of ten million quotes",
        "x.csv",
        lambda: csv(row("R1"), '"' * 10_000_000, row("R2")),
        ("1 R1", "2 The row is longer than", "3 R2"),
    ),
    Hostile(
        "a cell of many lines",
        "x.csv",
        lambda: csv(row("R1", cim='"' + "x\n" * 50_000 + '"'), row("R2")),
        ("1 /cim ", "2 R2"),
    ),
    Hostile(
        "a cell of very many lines",
        "x.csv",
        lambda: csv(row("R1", cim='"' + "x\n" * 400_000 + '"'), row("R2")),
        ("1 The row is not valid CSV", "2 R2"),
    ),
    Hostile(
        "a name that is too long", "x.csv", lambda: csv(row("R1", cim="x" * 100_000), row("R2")), ("1 /cim ", "2 R2")
    ),
    Hostile(
        "a purchase of too many lines",
        "x.csv",
        lambda: csv(*[row("R1")] * 1001, row("R2")),
        ("1-1001 /products This has more than 1000 elements", "1002 R2"),
    ),
    Hostile(
        "a purchase of too many bytes",
        "x.csv",
        lambda: csv(*[row("R1")] * 40_000, row("R2")),
        ("*The rows of this purchase are longer", "40001 R2"),
    ),
    Hostile(
        "rows of a purchase that differ",
        "x.csv",
        lambda: csv(row("R1"), row("R1", performed_on="1"), row("R2")),
        ("1-2 /performed_on The rows of a purchase differ here. Make them equal.", "3 R2"),
    ),
    Hostile(
        "the same reference number of two customers",
        "x.csv",
        lambda: csv(row("R1"), row("R1", cim="B"), row("R1")),
        ("1 R1", "2 R1", "3 R1"),
    ),
    Hostile(
        "amounts that are none",
        "x.csv",
        lambda: csv(
            row("R1", products__net_amount="ten"),
            row("R2", products__net_amount="1,0").replace("1,0", '"1,0"'),
            row("R3", products__net_amount="NaN"),
            row("R4", products__net_amount="\u0661\u0660"),
        ),
        tuple(f"{number} /products/0/net_amount The cell {NO_NUMBER}." for number in (1, 2, 3, 4)),
    ),
    Hostile(
        "amounts out of range",
        "x.csv",
        lambda: csv(
            row("R1", products__net_amount="1e400"),
            row("R2", products__net_amount="9" * 1000),
            row("R3", products__net_amount="0.00001"),
        ),
        (
            "1 /products/0/net_amount must have at most 12 digits",
            "2 /products/0/net_amount The cell must be a number",
            "3 /products/0/net_amount must have at most 4 decimals",
        ),
    ),
    Hostile(
        "formulas", "x.csv", lambda: csv(row("R1", cim="=HYPERLINK(1)"), row("'=R2", cim="'=A")), ("1 R1", "2 =R2")
    ),
    Hostile(
        "dates of all kinds",
        "x.csv",
        lambda: csv(
            row("R1", performed_on="2016-06-22T15:00:00"),
            row("R2", performed_on="2016-02-30T15:00:00"),
            row("R3", performed_on="22.6.2016"),
        ),
        ("1 R1", "2 /performed_on The cell is not a date that exists.", "3 /performed_on The cell must be"),
    ),
    Hostile(
        "a result sent again",
        "x.csv",
        lambda: csv(row("R1") + ",posted", row("R2") + ",refused", header=HEADER + ",status"),
        ("1 R1", "2 R2"),
    ),
    Hostile(
        "a thousand open quotes",
        "x.csv",
        lambda: csv(*['y","'] * 1000),
        (
            *(f"{number} A quote opens here" for number in range(1, 102)),
            "102 More than 100 quotes are never closed. From row 102 on, the file was not read",
        ),
        "More than 100 quotes",
    ),
    Hostile(
        "gzip in several members, padded",
        "x.csv.gz",
        lambda: gzip.compress(GOOD[:100]) + gzip.compress(GOOD[100:]) + bytes(512),
        ("1 R1", "2 R2"),
    ),
    Hostile(
        "gzip and rubbish",
        "x.csv.gz",
        lambda: gzip.compress(csv(*(row(f"R{number}") for number in range(3000)))) + b"rubbish",
        ("1 R0", "...", "3000 The compressed file is damaged here. From row 3000 on, the file was not read"),
        "The compressed file is damaged",
    ),
    Hostile(
        "a purchase of too many bytes, cut short",
        "x.csv.gz",
        lambda: gzip.compress(csv(*[row("R1", products__quantity=str(number)) for number in range(40_000)]))[:-200],
        ("*The rows of this purchase are longer", "*The compressed file is cut short"),
        "The compressed file is cut short",
    ),
    Hostile(
        "a row more of a purchase of too many bytes, damaged",
        "x.csv.gz",
        lambda: gzip.compress(csv(*[row("R1")] * LONG)) + gzip.compress(row("R1").encode() + b"\n") + b"rubbish",
        ("*The rows of this purchase are longer",),
        "The compressed file is damaged",
    ),
    Hostile(
        "many rows, cut short",
        "x.csv.gz",
        lambda: gzip.compress(csv(*(row(f"R{number}") for number in range(3000))))[:-200],
        ("1 R0", "...", "*The compressed file is cut short"),
        "The compressed file is cut short",
    ),
    Hostile(
        "zeros that gzip packs a thousandfold",
        "x.csv.gz",
        lambda: gzip.compress(GOOD + bytes(50_000_000)),
        ("1 R1", "2 R2", "3 The row is longer than"),
    ),
]
