"""Results of uploads: the caller's rows as they were, with what became of each beside them."""

import csv
import io
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from loyalty.domain.errors import Code, Problem
from loyalty.domain.rows.cells import cell_text
from loyalty.domain.rows.chunk import ChunkEntry
from loyalty.domain.rows.layout import FileFormat, Layout
from loyalty.domain.uploads.row_outcome import RowOutcome, RowStatus
from loyalty.usecases.uploads.upload_results import Rendering, neutralise, render_result

FULL_WIDTH = "\uff1d\uff0b\uff0d\uff20"

CSV = Layout(FileFormat.CSV, ("cim", "reference_number", "products.net_amount"))
JSON_LINES = Layout(FileFormat.JSON_LINES)
JSON = Layout(FileFormat.JSON)
POSTED = RowOutcome(1, RowStatus.POSTED, "E1")
UNKNOWN = RowOutcome(2, RowStatus.REFUSED, None, Problem(Code.NOT_FOUND, "Account (X) Not Found.", "/cim"))


def result(layout: Layout, *told: tuple[tuple[bytes, ...], RowOutcome], dry_run: bool = False) -> str:
    entries = [(ChunkEntry(outcome.row, rows), outcome) for rows, outcome in told]
    return b"".join(render_result(layout, entries, Rendering(dry_run))).decode()


def cells(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def test_a_csv_result_has_the_callers_columns_and_five_more() -> None:
    assert result(CSV, ((b"C1,RF1,9.50",), POSTED), ((b"X,RF2,1",), UNKNOWN)).splitlines() == [
        "cim,reference_number,products.net_amount,status,event_id,error_code,error_field,error_description",
        "C1,RF1,9.50,posted,E1,,,",
        "X,RF2,1,refused,,NotFoundAPIValueException,cim,Account (X) Not Found.",
    ]


def test_the_outcome_of_a_purchase_stands_on_each_of_its_rows_and_the_column_on_the_row_at_fault() -> None:
    outcome = RowOutcome(1, RowStatus.REFUSED, None, Problem(Code.INVALID, "no", "/products/1/net_amount"))

    _, *rows = cells(result(CSV, ((b"C1,RF1,9.50", b",RF1,-1"), outcome)))

    assert [row[3:] for row in rows] == [
        ["refused", "", "InvalidAPIValueException", "", "row 2 of this purchase, products.net_amount: no"],
        ["refused", "", "InvalidAPIValueException", "products.net_amount", "no"],
    ]


def test_no_cell_of_a_result_is_a_formula_be_it_the_callers_or_ours() -> None:
    outcome = RowOutcome(1, RowStatus.REFUSED, None, Problem(Code.INVALID, "=HYPERLINK(1)", ""))

    _, row = cells(result(CSV, ((b"=1+1,@x,-1.5",), outcome)))

    assert row == ["'=1+1", "'@x", "-1.5", "refused", "", "InvalidAPIValueException", "", "'=HYPERLINK(1)"]


def test_the_result_of_a_result_has_the_same_cells_once() -> None:
    first = result(CSV, ((b"=1+1,'@x,-1.5",), UNKNOWN))
    header, row = first.encode().splitlines()
    again = Layout(FileFormat.CSV, tuple(header.decode().split(",")))

    assert result(again, ((row,), UNKNOWN)) == first


def test_rows_keep_their_line_ends_and_quoted_cells_their_lines() -> None:
    assert result(CSV, ((b'"C\n1",RF1,1\r',), POSTED)).encode().endswith(b'"C\n1",RF1,1,posted,E1,,,\r\n')


def test_rows_of_another_width_or_encoding_stay_in_their_columns() -> None:
    _, short, long, broken = cells(
        result(CSV, ((b"C1",), UNKNOWN), ((b"C1,R,1,2,3",), UNKNOWN), ((b'\xff"x",R,"',), UNKNOWN))
    )

    assert {row[3] for row in (short, long, broken)} == {"refused"}
    assert (short[:3], long[:3]) == (["C1", "", ""], ["C1", "R", "1,2,3"])


def test_a_json_lines_result_has_the_callers_text_and_further_members() -> None:
    lines = result(JSON_LINES, ((b'{"cim": "C1", "net": 1.50}',), POSTED), ((b'{"cim": "X"}',), UNKNOWN)).splitlines()

    assert lines[0] == '{"cim": "C1", "net": 1.50,"status":"posted","event_id":"E1"}'
    assert json.loads(lines[1]) == {
        "cim": "X",
        "status": "refused",
        "error_code": "NotFoundAPIValueException",
        "error_field": "/cim",
        "error_description": "Account (X) Not Found.",
    }


def test_what_is_no_object_is_told_as_text() -> None:
    lines = [
        json.loads(line)
        for line in result(JSON_LINES, *(((row,), UNKNOWN) for row in (b"{x", b"7", b"{}"))).splitlines()
    ]

    assert [line.get("row") for line in lines] == ["{x", "7", None]
    assert {line["status"] for line in lines} == {"refused"}


def test_members_of_an_earlier_result_give_way_and_numbers_keep_their_digits() -> None:
    row = b'{"status": "refused", "net": 1.10, "error_code": "X", "event_id": null}'

    assert result(JSON_LINES, ((row,), POSTED)) == '{"net":1.10,"status":"posted","event_id":"E1"}\n'


def test_the_result_of_an_array_is_an_array() -> None:
    assert [body["status"] for body in json.loads(result(JSON, ((b'{"a":1}',), POSTED), ((b"{}",), UNKNOWN)))] == [
        "posted",
        "refused",
    ]
    assert json.loads(result(JSON)) == []


def test_the_result_of_a_bulk_calls_body_keeps_its_currency() -> None:
    layout = Layout(FileFormat.JSON, currency='{"code":"EUR"}')

    body = json.loads(result(layout, ((b'{"a":1}',), POSTED)))

    assert body["intended_currency_identifier"] == {"code": "EUR"}
    assert [entry["a"] for entry in body["purchase_customer_events_set"]] == [1]
    assert json.loads(result(layout))["purchase_customer_events_set"] == []


def test_the_result_of_a_dry_run_says_so_and_is_sent_in_again_for_real() -> None:
    assert '"status":"posted (dry run)"' in result(JSON_LINES, ((b'{"a":1}',), POSTED), dry_run=True)


@pytest.mark.parametrize("before", ["", " ", "  ", "\t", "\r", "\n", "\u00a0", "\u3000", "\ufeff", "\u200b "])
@pytest.mark.parametrize("sign", [*"=+-@", *FULL_WIDTH])
def test_a_formula_is_one_behind_white_space_and_with_full_width_signs(before: str, sign: str) -> None:
    cell = f"{before}{sign}SUM(1)"

    assert neutralise(cell) == f"'{cell}"
    assert cell_text(neutralise(cell)) == cell


@pytest.mark.parametrize("cell", ["", "-1.5", " -1.5 ", "+3", "-1e5", "-.5", "RF01", "'quoted'", "it's", "''", "'=1"])
def test_numbers_and_plain_text_stay_as_they_are(cell: str) -> None:
    assert neutralise(cell) == cell


@given(st.text(alphabet="'=+-@\uff1d\uff0d\t\r\n1a. ", max_size=8) | st.text())
@example("'-1.5")
@example("''=x")
@example("-1٣")
def test_a_cell_of_a_result_is_no_formula_and_means_what_it_meant(cell: str) -> None:
    shown = neutralise(cell)

    assert cell_text(shown) == cell_text(cell)
    assert shown[:1] not in ("\t", "\r", "\n")
    assert shown.lstrip()[:1] not in ("=", "@", *FULL_WIDTH)
    if shown.lstrip()[:1] in ("+", "-"):
        assert float(shown) is not None
