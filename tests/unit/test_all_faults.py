"""All that is wrong with a row or a classic request is told at once, in words of the caller's own fields."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from loyalty.api.classic.bulk import read_entries
from loyalty.api.classic.envelope import describe_refusal
from loyalty.api.classic.reading import read_purchase as read_classic
from loyalty.api.newest.purchase_requests import read_purchase
from loyalty.domain.errors import Code, Problem, Refused, not_found
from loyalty.domain.records.said import Said
from loyalty.domain.rows.chunk import ChunkEntry
from loyalty.domain.rows.layout import FileFormat, Layout
from loyalty.domain.rows.record_columns import record_of
from loyalty.domain.uploads.row_outcome import MAX_PROBLEMS, RowOutcome, RowStatus
from loyalty.usecases.reference.record_of_row import as_record
from loyalty.usecases.uploads.row_body import read_row
from loyalty.usecases.uploads.upload_results import Rendering, render_result
from tests.unit.test_classic_reading import PARTNER
from tests.unit.test_classic_reading import body as classic
from tests.uploads import COLUMNS, NOW, row

LAYOUT = Layout(FileFormat.CSV, COLUMNS)
FAULTS = (
    Problem(Code.NOT_FOUND, "no such card", "/cim"),
    Problem(Code.INVALID, "no number", "/products/1/net_amount"),
    Problem(Code.NOT_FOUND, "no such product", "/products/1/product_sku"),
)


def test_cells_that_cannot_be_read_are_told_beside_what_else_is_wrong() -> None:
    rows = row("R1", performed_on="x", products__tax_amount=""), row("R1", performed_on="x", products__quantity="two")
    with pytest.raises(Refused) as refused:
        read_purchase(read_row(LAYOUT, ChunkEntry(1, tuple(text.encode() for text in rows))).body, NOW)

    assert {problem.pointer: problem.code for problem in refused.value.problems} == {
        "/performed_on": Code.INVALID,
        "/products/0/tax_amount": Code.MANDATORY,
        "/products/1/quantity": Code.INVALID,
    }


def test_cells_of_a_record_that_cannot_be_read_are_told_beside_what_else_is_wrong() -> None:
    layout = Layout(FileFormat.CSV, ("type", "id", "rate", "currency", "code"))
    with pytest.raises(Refused) as refused:
        as_record(Said(record_of(layout, [["currency_rate", "R 1", "much", "", "X"]])))

    assert {problem.pointer for problem in refused.value.problems} == {"/id", "/rate", "/currency", "/code"}


@pytest.mark.parametrize("problems", [FAULTS[:1], FAULTS])
def test_an_outcome_is_kept_with_all_that_is_wrong(problems: tuple[Problem, ...]) -> None:
    outcome = RowOutcome.refused(7, Refused(*problems))

    assert RowOutcome.of(outcome.to_list()) == outcome
    assert outcome.problems == problems


def test_an_outcome_that_an_earlier_version_kept_is_read() -> None:
    assert RowOutcome.of([7, "refused", None, Code.INVALID, "/cim", "no"]) == RowOutcome(
        7, RowStatus.REFUSED, problem=Problem(Code.INVALID, "no", "/cim")
    )


def test_an_outcome_tells_so_many_problems_and_no_more() -> None:
    assert len(RowOutcome.refused(1, Refused(*FAULTS * 100)).problems) == MAX_PROBLEMS


def test_each_row_of_a_refused_purchase_says_all_that_is_wrong_and_where() -> None:
    layout = Layout(FileFormat.CSV, ("cim", "products.net_amount"))
    entry, outcome = ChunkEntry(1, (b"C1,1", b",x")), RowOutcome.refused(1, Refused(*FAULTS))

    _, *rows = b"".join(render_result(layout, [(entry, outcome)], Rendering())).decode().splitlines()

    first = "no such card Also: row 2 of this purchase, products.net_amount: no number"
    second = "no number Also: products.product_sku: no such product"
    third = "products.product_sku: no such product"
    assert rows == [
        f'C1,1,refused,,{Code.NOT_FOUND},cim,"{first} Also: row 2 of this purchase, {third}"',
        f',x,refused,,{Code.INVALID},products.net_amount,"{second} Also: row 1 of this purchase, cim: no such card"',
    ]


def test_a_row_of_json_says_all_that_is_wrong_by_pointer() -> None:
    layout, outcome = Layout(FileFormat.JSON_LINES), RowOutcome.refused(1, Refused(*FAULTS))

    text = b"".join(render_result(layout, [(ChunkEntry(1, (b"{}",)), outcome)], Rendering())).decode()

    assert "no such card Also: /products/1/net_amount: no number Also: /products/1/product_sku: no such" in text


def test_a_classic_refusal_tells_every_unknown_name_and_all_that_is_wrong_beside() -> None:
    lost = [not_found("Account", "A1", "/accounts"), not_found("Product", "P1", "/products_set/0")]
    wrong = Problem(Code.INVALID, "is closed.", "/unit")

    assert describe_refusal(Refused(lost[0])) == lost[0].description
    assert describe_refusal(Refused(*lost)) == f"{lost[0].description} {lost[1].description}"
    assert describe_refusal(Refused(*lost, wrong)).endswith("/unit: is closed.")


WRONG: list[Any] = [None, 1, "text", [], {}, True]
OURS = re.compile("[A-Z][a-z]+[A-Z]|instance|dictionary|Decimal")
"""What only somebody understands who knows the program."""


def as_create(body: Any) -> None:
    read_classic(body, PARTNER, None)


def as_entry(body: Any) -> None:
    as_bulk({"purchase_customer_events_set": [body]})


def as_bulk(body: Any) -> None:
    for refused in read_entries(body, PARTNER, None).unreadable.values():
        raise refused


def told(read: Callable[[Any], None], body: Any) -> str:
    """Return what a caller is told of a body, if anything is wrong with it."""
    try:
        read(body)
    except Refused as refused:
        return describe_refusal(refused)
    return ""


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("name", [*classic(), "spend_request", "classification_identifier", "description"])
def test_no_message_names_anything_of_our_program(name: str, wrong: Any) -> None:
    for read in (as_create, as_entry):
        assert not OURS.search(told(read, {**classic(), name: wrong}))


@pytest.mark.parametrize("wrong", WRONG)
def test_no_message_on_a_bulk_call_does(wrong: Any) -> None:
    for body in (wrong, {"purchase_customer_events_set": wrong}, {"purchase_customer_events_set": [wrong]}):
        assert told(as_bulk, body)
        assert not OURS.search(told(as_bulk, body))
