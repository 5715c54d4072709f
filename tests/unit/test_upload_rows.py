"""What rows of a file say: bodies of either API, results that are sent again."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from loyalty import exactjson
from loyalty.api.newest.purchase_requests import CreatePurchase, read_purchase
from loyalty.domain.errors import Refused
from loyalty.domain.rows.cells import NO_NUMBER
from loyalty.domain.rows.chunk import ChunkEntry
from loyalty.domain.rows.columns import COLUMNS, RESULT_FIELDS, STRAYED_ROW, body_of, cells_of, place_of
from loyalty.domain.rows.layout import FileFormat, Layout
from loyalty.usecases.uploads.row_body import RowBody, read_row
from tests.functional.conftest import example
from tests.uploads import COLUMNS as SOME
from tests.uploads import NOW, body, classic_body, row

LAYOUT = Layout(FileFormat.CSV, SOME)


def read(*rows: str, layout: Layout = LAYOUT) -> RowBody:
    return read_row(layout, ChunkEntry(1, tuple(text.encode() for text in rows)))


def refused(*rows: str, layout: Layout = LAYOUT) -> list[tuple[str, str]]:
    with pytest.raises(Refused) as refusal:
        read_purchase(read(*rows, layout=layout).body, NOW)
    return [(problem.pointer, problem.description) for problem in refusal.value.problems]


def fields(model: type[BaseModel], path: str = "") -> Iterator[str]:
    """Dotted paths of all that a model has, through its lists, but for what only tills without baskets send."""
    for name, field in model.model_fields.items():
        if name in getattr(model, "since", {}):
            continue
        inner = [part for part in flat(field.annotation) if isinstance(part, type) and issubclass(part, BaseModel)]
        yield from fields(inner[0], f"{path}{name}.") if inner else [path + name]


def flat(annotation: Any) -> Iterator[Any]:
    yield annotation
    for part in get_args(annotation):
        yield from flat(part)


def test_there_is_a_column_for_every_field_of_the_newest_api() -> None:
    assert {*fields(CreatePurchase)} == COLUMNS - {*RESULT_FIELDS}


def test_a_till_without_baskets_sends_json() -> None:
    assert not CreatePurchase.since.keys() & {column.partition(".")[0] for column in COLUMNS}


def test_a_row_says_what_a_body_would() -> None:
    expected: dict[str, Any] = example("create_v5_1.request")
    columns = [*dict.fromkeys(name for name in fields(CreatePurchase))]
    said = {"products": expected["products"][0], **{name: expected[name] for name in expected if name != "products"}}
    cells = []
    for column in columns:
        value: Any = said
        for step in column.split("."):
            value = value.get(step) if value else None
        cells.append("" if value is None else str(value))

    found = read(",".join(cells), layout=Layout(FileFormat.CSV, tuple(columns)))

    assert found.body == expected
    assert not found.is_classic


def test_the_rows_of_a_purchase_are_its_lines_and_may_leave_out_what_the_first_one_said() -> None:
    found = read(row("R1", products__product_sku="P1"), row("R1", cim="", performed_on="", products__product_sku="P2"))

    assert [line["product_sku"] for line in found.body["products"]] == ["P1", "P2"]
    assert found.body["cim"] == "A"


def test_a_row_that_goes_on_with_no_row_is_told_that_the_rows_of_a_purchase_follow_each_other() -> None:
    found = refused(row("R1", cim="", merchant_tap__code="", performed_on=""))

    assert found[0] == ("/reference_number", STRAYED_ROW)
    assert refused(row("R1", cim="")) == [("/contact_id", "One of contact_id, cim and contact is mandatory.")]


def test_numbers_are_exact_and_empty_cells_are_absent() -> None:
    found = read(row("R1", products__net_amount="0.10", products__quantity="", performed_on=""))

    line = found.body["products"][0]
    assert (str(line["net_amount"]), line.keys() & {"quantity"}) == ("0.10", set())
    assert "performed_on" not in found.body


@pytest.mark.parametrize(
    ("cell", "number"), [("15.19", "15.19"), (" 7 ", "7"), ("-1", "-1"), ("+1", "1"), ("1e3", "1E+3"), ("007", "7")]
)
def test_what_a_number_is(cell: str, number: str) -> None:
    assert read(row("R1", products__net_amount=cell)).body["products"][0]["net_amount"] == Decimal(number)


@pytest.mark.parametrize("cell", ["1,5", "1.", ".5", "1 000", "0x1", "NaN", "1_0", "€1", "1e99999", "true"])
def test_what_no_number_is(cell: str) -> None:
    assert refused(row("R1", products__net_amount=f'"{cell}"')) == [
        ("/products/0/net_amount", f"The cell {NO_NUMBER}.")
    ]


@pytest.mark.parametrize("shown", ["########", "#", "#N/A", "#REF!", " #NAME? "])
def test_what_a_spreadsheet_shows_in_the_place_of_a_value_is_no_reference(shown: str) -> None:
    [(pointer, why)] = refused(row(shown))

    assert pointer == "/reference_number"
    assert "instead of a value" in why


@pytest.mark.parametrize("number", ["45678", "45678.39", "0", "20260115", "99999999", "2026", "1768469400000"])
def test_a_number_that_no_till_tells_the_time_by_is_refused_with_the_forms_of_dates(number: str) -> None:
    [(pointer, why)] = refused(row("R1", performed_on=number))

    assert pointer == "/performed_on"
    assert "2026-01-15 09:30:00" in why


def test_a_date_is_in_seconds_or_in_the_classic_form() -> None:
    dates = ["1572423477", "2019-10-30T08:17:57"]

    assert {read(row("R1", performed_on=date)).body["performed_on"] for date in dates} == {1572423477}


def test_all_cells_that_cannot_be_read_are_told_by_their_place_in_the_body() -> None:
    problems = refused(row("R1", performed_on="x"), row("R1", performed_on="x", products__quantity="two"))

    assert [pointer for pointer, _ in problems] == ["/performed_on", "/products/1/quantity"]


@pytest.mark.parametrize(
    ("pointer", "place"),
    [
        ("/products/2/net_amount", (2, "products.net_amount")),
        ("/merchant_tap/code", (0, "merchant_tap.code")),
        ("/products", (0, "products")),
        ("", (0, "")),
    ],
)
def test_a_pointer_leads_back_to_a_row_and_a_column(pointer: str, place: tuple[int, str]) -> None:
    assert place_of(pointer) == place


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@A", "\tA"])
def test_an_apostrophe_before_a_formula_is_not_meant(text: str) -> None:
    assert read(row(f"'{text}")).body["reference_number"] == text


@pytest.mark.parametrize("text", ["'A", "''", "'"])
def test_any_other_apostrophe_is_meant(text: str) -> None:
    assert read(row(text)).body["reference_number"] == text


@pytest.mark.parametrize(
    ("statuses", "settled"),
    [
        (["posted"], True),
        (["replayed"], True),
        (["refused"], False),
        ([""], False),
        (["posted", "replayed"], True),
        (["posted", "refused"], False),
        (["posted", ""], False),
    ],
)
def test_a_purchase_of_a_result_says_that_it_is_settled_if_all_its_rows_do(statuses: list[str], settled: bool) -> None:
    layout = Layout(FileFormat.CSV, (*SOME, "status", "error_code"))

    found = read(*(row("R1") + f",{status},X" for status in statuses), layout=layout)

    assert found.says_settled is settled
    assert found.earlier == {"status": statuses[0], "error_code": "X"}
    assert found.body == read(*[row("R1")] * len(statuses)).body
    assert not read(row("R1")).says_settled


def test_a_result_of_json_is_read_like_what_it_is_the_result_of() -> None:
    layout = Layout(FileFormat.JSON_LINES)

    found = read(body("R1", more=', "status": "posted", "event_id": "E"'), layout=layout)

    assert found.says_settled
    assert found.body == read(body("R1"), layout=layout).body


def test_bodies_of_both_apis_are_told_apart() -> None:
    layout = Layout(FileFormat.JSON_LINES)

    assert not read(body("R1"), layout=layout).is_classic
    assert read(classic_body("R1"), layout=layout).is_classic
    for name in ("bulk_1", "create_1", "create_2", "create_spend_1"):
        sent = example(f"{name}.request")
        entries = sent.get("purchase_customer_events_set", [sent])
        assert all(read(exactjson.dumps(entry), layout=layout).is_classic for entry in entries)


def test_the_currency_of_a_bulk_call_is_that_of_its_entries() -> None:
    layout = Layout(FileFormat.JSON, currency='{"code": "EUR"}')

    assert read(classic_body("R1"), layout=layout).body["intended_currency_identifier"] == {"code": "EUR"}


def test_a_purchase_that_is_too_long_is_refused_as_a_whole() -> None:
    [(pointer, description)] = refused(*[row("R1")] * 40_000)

    assert pointer == ""
    assert description.startswith("The rows of this purchase are longer than")


def test_the_callers_cells_are_to_be_had_again() -> None:
    cells = cells_of(LAYOUT, row("R1", cim='"a ""b"", c\nd"').encode() + b"\r")

    assert cells[:2] == ['a "b", c\nd', "R1"]


def test_columns_may_come_in_any_order() -> None:
    backwards = Layout(FileFormat.CSV, SOME[::-1])

    found = body_of(backwards, [row("R1").split(",")[::-1]])

    assert found == read(row("R1")).body
