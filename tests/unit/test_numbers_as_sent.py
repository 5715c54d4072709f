"""Amounts as tills and spreadsheets send them: noise of doubles, separators, shortened numbers."""

from decimal import Decimal
from typing import Any

import pytest
from pydantic_core import PydanticCustomError

from loyalty import exactjson
from loyalty.api.classic.reading import read_purchase as read_classic
from loyalty.api.newest.purchase_requests import read_purchase
from loyalty.domain.errors import Refused
from loyalty.domain.fields import json_number
from loyalty.domain.purchases.purchase import PurchaseRequest
from loyalty.domain.records.said import Said
from loyalty.domain.rows.chunk import ChunkEntry
from loyalty.domain.rows.layout import FileFormat, Layout
from loyalty.domain.rows.record_columns import record_of
from loyalty.usecases.reference.record_of_row import as_record
from loyalty.usecases.uploads.row_body import read_row
from tests.unit.test_classic_reading import PARTNER
from tests.unit.test_classic_reading import body as classic
from tests.uploads import COLUMNS, NOW, row


def as_doubles(*terms: str) -> str:
    """Return a sum as a program in doubles writes it."""
    return repr(sum(map(float, terms)))


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("15.190000000000001", "15.19"),
        ("59.97000000000001", "59.97"),
        ("0.30000000000000004", "0.3"),
        ("434.99999999999994", "435"),
        ("0.7999999999999999", "0.8"),
        (as_doubles("100.10", "-99.99"), "0.11"),
        (as_doubles("0.3", "-0.1", "-0.2"), "0"),
        (as_doubles(*["0.1"] * 1000), "100"),
        ("1234567.8900000001", "1234567.89"),
        ("15.19000000000000000", "15.19"),
    ],
)
def test_the_noise_of_doubles_is_not_meant(sent: str, meant: str) -> None:
    assert str(json_number(Decimal(sent))) == meant


@pytest.mark.parametrize(
    "sent",
    ["15.19001", "0.00001", "15.1900000001", "0.333333333333333333", "15.190010000000001", "12345678901.12345"],
)
def test_digits_beyond_the_fourth_that_are_meant_are_refused(sent: str) -> None:
    with pytest.raises(PydanticCustomError, match="at most 4 decimals"):
        json_number(Decimal(sent))


def newest(amount: str) -> PurchaseRequest:
    line = f'{{"product_sku": "P", "net_amount": {amount}, "tax_amount": 0, "total_amount": 15.19}}'
    body = f'{{"cim": "A", "reference_number": "R", "merchant_tap": {{"code": "M"}}, "products": [{line}]}}'
    return read_purchase(exactjson.loads_strictly(body), NOW)


def of_classic(amount: str) -> PurchaseRequest:
    line = {"product_identifier": {"code": "P"}, "net_amount": Decimal(amount), "vat_amount": 0}
    return read_classic(classic(products_set=[line | {"total_amount": Decimal("15.19")}]), PARTNER, None)


def of_file(amount: str) -> PurchaseRequest:
    cells = {"products__net_amount": amount, "products__tax_amount": "0", "products__total_amount": "15.19"}
    entry = ChunkEntry(1, (row("R", **cells).encode(),))
    return read_purchase(read_row(Layout(FileFormat.CSV, COLUMNS), entry).body, NOW)


@pytest.mark.parametrize("read", [newest, of_classic, of_file])
def test_a_purchase_is_the_same_with_noise_and_without(read: Any) -> None:
    with_noise, without = read("15.190000000000001"), read("15.19")

    assert with_noise.fingerprint == without.fingerprint
    assert with_noise.lines == without.lines


def refused(delimiter: str, **cells: str) -> list[tuple[str, str]]:
    """Return what is wrong with a row whose cells are separated, and quoted, like this."""
    text = delimiter.join(f'"{cell}"' for cell in row("R1", **cells).split(","))
    with pytest.raises(Refused) as refusal:
        read_purchase(read_row(Layout(FileFormat.CSV, COLUMNS, delimiter), ChunkEntry(1, (text.encode(),))).body, NOW)
    return [(problem.pointer, problem.description) for problem in refusal.value.problems]


@pytest.mark.parametrize("amount", ["1.000", "12.345", "999.999", "-1.000", "+1.000"])
def test_a_point_before_three_digits_is_ambiguous_where_cells_are_separated_by_semicolons(amount: str) -> None:
    [(pointer, description), *_] = refused(";", products__net_amount=amount)

    assert pointer == "/products/0/net_amount"
    assert f"may mean {amount} or {amount.replace('.', '')}" in description


@pytest.mark.parametrize("amount", ["0.500", "10.00", "10.0000", "1000.000", "10"])
def test_any_other_point_is_a_decimal_point(amount: str) -> None:
    cells = {"products__net_amount": amount, "products__tax_amount": "0", "products__total_amount": amount}
    text = row("R1", **cells).replace(",", ";").encode()

    found = read_purchase(read_row(Layout(FileFormat.CSV, COLUMNS, ";"), ChunkEntry(1, (text,))).body, NOW)

    assert found.lines[0].net == Decimal(amount)


@pytest.mark.parametrize(
    "amount", ["1.000.000", "1 000", "1\u00a0000", "1\u202f000", "€ 1", "1 €", "$1", "EUR 1", "1'000", "15;19"]
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_separators_of_thousands_spaces_and_currencies_are_told(delimiter: str, amount: str) -> None:
    [(pointer, description), *_] = refused(delimiter, products__net_amount=amount)

    assert pointer == "/products/0/net_amount"
    assert "with a decimal point, and without thousands separators, spaces or currency signs" in description


@pytest.mark.parametrize("cell", ["1.23457E+12", "1,23457E+12", "1E+12", "4.00638e+12"])
@pytest.mark.parametrize(
    "column", ["cim", "reference_number", "performed_on", "products.product_sku", "products.net_amount"]
)
def test_what_a_spreadsheet_has_shortened_is_refused_with_what_to_do(column: str, cell: str) -> None:
    cells = {column.replace(".", "__"): cell.replace(",", "·")}
    text = ";".join(row("R1", **cells).split(",")).replace("·", ",")
    with pytest.raises(Refused) as refusal:
        read_purchase(read_row(Layout(FileFormat.CSV, COLUMNS, ";"), ChunkEntry(1, (text.encode(),))).body, NOW)
    [problem, *_] = refusal.value.problems

    assert problem.pointer.endswith(column.split(".")[-1])
    assert "a spreadsheet has shortened" in problem.description
    assert "format the column as text" in problem.description


@pytest.mark.parametrize("reference", ["5E10", "1.2E5", "E+12", "12E+12", "A1E+12"])
def test_a_reference_that_has_an_e_in_it_is_one(reference: str) -> None:
    entry = ChunkEntry(1, (row(reference).encode(),))

    assert read_row(Layout(FileFormat.CSV, COLUMNS), entry).body["reference_number"] == reference


@pytest.mark.parametrize("amount", ["1.5E+03", "1e3", "1.50E+12"])
def test_a_balance_has_no_exponent(amount: str) -> None:
    layout = Layout(FileFormat.CSV, ("type", "id", "account", "amount", "performed_on"))
    record = record_of(layout, [["opening_balance", "B", "A", amount, "2026-01-15T00:00:00"]])

    with pytest.raises(Refused) as refusal:
        as_record(Said(record))
    assert [problem.pointer for problem in refusal.value.problems] == ["/amount"]
