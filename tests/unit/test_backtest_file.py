"""Backtests of a file: it is read as an upload is, each purchase counts once, and its order does not matter."""

import csv
import gzip
import io
from collections.abc import Callable, Mapping
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from loyalty import exactjson

Json = dict[str, Any]

RECORDS: list[Json] = [
    {"type": "currency", "id": "EUR", "code": "EUR", "role": "SYSTEM", "exponent": 2},
    {"type": "business_unit", "id": "B", "name": "Shop", "code": "SHOP"},
    {"type": "product", "id": "P", "code": "APPLE"},
    {"type": "contact", "id": "C", "first_name": "A", "last_name": "B"},
    {"type": "account", "id": "A", "number": "N", "contact": "C"},
    {"type": "access_token", "id": "T", "account": "N", "authentication_code": "CARD"},
    {"type": "reward_scheme", "id": "S", "name": "S"},
]
OFFER = {"method": "PERCENTAGE", "value": 1, "base": "NET"}
DRAFT = {"type": "reward_offer", "id": "O", "name": "O", "scheme": "S", "award": OFFER}
JANUARY = 1768467600
DAY = 86400


def bought(reference: str, *nets: int, day: int = 0, **fields: Any) -> Json:
    lines = [{"product_sku": "APPLE", "net_amount": net, "tax_amount": 0, "total_amount": net} for net in nets]
    body = {"cim": "CARD", "reference_number": reference, "performed_on": JANUARY + day * DAY}
    return {**body, "merchant_tap": {"code": "SHOP"}, "products": lines, **fields}


def classic(net: int, **fields: Any) -> Json:
    line = {"product_identifier": {"code": "APPLE"}, "quantity": 1, "net_amount": net, "vat_amount": 0}
    return {
        "accounts_receivable_identifier": {"number": "N"},
        "performed_by_business_unit_identifier": {"code": "SHOP"},
        "performed_on": "2026-01-15T12:00:00",
        "reference_number": "R",
        "products_set": [{**line, "total_amount": net}],
        **fields,
    }


def lines_of(*bodies: Json) -> bytes:
    return "".join(exactjson.dumps(body) + "\n" for body in bodies).encode()


def csv_of(*bodies: Json, **more: str) -> bytes:
    """As CSV, a row for each line, of which only the first says what they have in common."""
    text = io.StringIO()
    names = ["cim", "reference_number", "performed_on", "merchant_tap.code"]
    columns = [f"products.{name}" for name in bodies[0]["products"][0]]
    writer = csv.writer(text)
    writer.writerow([*names, *columns, *more])
    for body in bodies:
        head = [body["cim"], body["reference_number"], body["performed_on"], body["merchant_tap"]["code"]]
        for place, line in enumerate(body["products"]):
            writer.writerow([*(head if place == 0 else ["", head[1], "", ""]), *line.values(), *more.values()])
    return text.getvalue().encode()


@pytest.fixture
def backtest(tmp_path: Path) -> Callable[..., Result]:
    """Runs `loyalty backtest` of a file that has these bytes."""
    draft, reference = tmp_path / "draft.jsonl", tmp_path / "reference.jsonl"
    draft.write_bytes(lines_of(DRAFT))
    reference.write_bytes(lines_of(*RECORDS))

    def run(data: bytes, name: str = "year.jsonl", *more: str) -> Result:
        (tmp_path / name).write_bytes(data)
        command = ["backtest", str(draft), "--purchases", str(tmp_path / name), "--reference", str(reference)]
        return CliRunner().invoke(app, [*command, *more])

    return run


@pytest.fixture
def report(backtest: Callable[..., Result]) -> Callable[..., Any]:
    """Return a backtest of a file, which answers what `--json` does."""

    def run(data: bytes, name: str = "year.jsonl") -> Any:
        result = backtest(data, name, "--json")
        assert result.exit_code == 0, result.output
        return exactjson.loads(result.stdout)

    return run


def figures(report: Mapping[str, Any]) -> tuple[int, int, int]:
    draft = report["draft"]
    return draft["purchases"], draft["sales"], draft["given"] * 100


BODIES = [bought("R1", 10), bought("R2", 20, 30, day=1), bought("R3", 40, day=2)]
FOUND = (3, 100, 100)
RESULT = {"status": "posted", "event_id": 32 * "A", "error_code": "", "error_field": "", "error_description": ""}
FORMS = {
    "year.jsonl": lines_of(*BODIES),
    "year.json": exactjson.dumps(BODIES).encode(),
    "year.csv": csv_of(*BODIES),
    "year.jsonl.gz": gzip.compress(lines_of(*BODIES)),
    "year.csv.gz": gzip.compress(csv_of(*BODIES)),
    "year.result.jsonl": lines_of(
        *({**body, **RESULT, "event_id": f"{place:032X}"} for place, body in enumerate(BODIES))
    ),
    "year.result.csv": csv_of(*BODIES, **RESULT),
    "own.csv": csv_of(*BODIES, status="posted"),
    "excel.csv": b"\xef\xbb\xbf" + csv_of(*BODIES).replace(b",", b";"),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_file_is_taken_in_every_form_that_an_upload_takes(report: Callable[..., Any], name: str) -> None:
    found = report(FORMS[name], name)

    assert figures(found) == FOUND
    assert found["left_out"] == {}


def test_bodies_of_the_classic_api_are_taken_and_so_is_that_of_its_bulk_call(report: Callable[..., Any]) -> None:
    entries = [{"request_unique_identifier": str(net), **classic(net)} for net in (10, 90)]
    bulk = {"intended_currency_identifier": {"code": "EUR"}, "purchase_customer_events_set": entries}

    assert figures(report(lines_of(classic(10), classic(90)))) == (2, 100, 100)
    assert figures(report(exactjson.dumps(bulk).encode(), "bulk.json")) == (2, 100, 100)


EXTERNAL = {"external_system": "TILL", "external_system_reference_number": "1"}
GIVEN: Json = {"id": 32 * "A"}


@pytest.mark.parametrize(
    ("one", "again"),
    [
        (bought("R", 10), bought("R", 10)),
        (bought("R", 10), bought("R", 10) | {"status": "replayed", "event_id": 32 * "A"}),
        (bought("R", 10, **GIVEN), bought("R", 10, **GIVEN)),
        (classic(10, **EXTERNAL), classic(10, **EXTERNAL)),
    ],
)
def test_a_purchase_that_a_file_repeats_counts_once(report: Callable[..., Any], one: Json, again: Json) -> None:
    found = report(lines_of(one, bought("Q", 50), again))

    assert figures(found) == (2, 60, 60)
    assert (found["left_out"], found["first_rows"]) == ({"repeated": 1}, {"repeated": 3})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (bought("R", 10), bought("R", 20)),
        (bought("R", 10), bought("R", 10, **GIVEN)),
        (bought("R", 10, **GIVEN), bought("R", 10)),
        (bought("R", 10, **GIVEN), bought("S", 10, **GIVEN)),
        (classic(10, **EXTERNAL), classic(20, **EXTERNAL)),
    ],
)
def test_of_purchases_with_one_identity_that_say_different_things_the_first_counts(
    report: Callable[..., Any], one: Json, other: Json
) -> None:
    found = report(lines_of(one, other))

    assert figures(found) == (1, 10, 10)
    assert found["left_out"] == {"DuplicateAPIValueException": 1}


def test_purchases_that_nothing_tells_apart_but_their_rows_all_count(report: Callable[..., Any]) -> None:
    assert figures(report(lines_of(classic(10), classic(10)))) == (2, 20, 20)


def test_a_purchase_counts_though_one_of_its_identity_could_not_be_priced(report: Callable[..., Any]) -> None:
    assert figures(report(lines_of(bought("R", 10, cim="NOBODY"), bought("R", 10)))) == (1, 10, 10)


def test_the_order_of_a_file_does_not_matter_not_even_within_a_second(report: Callable[..., Any]) -> None:
    """Ten are earned; of the spends, just the one of the lower reference number can be had."""
    ten, nine = ({"spend_request": {"amount": amount}} for amount in (10, 9))
    bodies = [
        bought("R1", 1000),
        bought("R2", 50, day=31, **ten),
        bought("R3", 70, day=31, **nine),
        bought("R1", 2000, day=60),
    ]

    reports = [report(lines_of(*some)) for some in permutations(bodies)]

    for found in reports:
        assert found["draft"] == reports[0]["draft"]
        assert found["left_out"] == {"DuplicateAPIValueException": 1}
    assert (reports[0]["draft"]["spent"], reports[0]["draft"]["forgone"]) == (10, 1)


def test_that_a_file_is_put_into_order_is_told_with_the_row(backtest: Callable[..., Result]) -> None:
    result = backtest(csv_of(bought("R1", 10, 20, day=1), bought("R2", 10)), "year.csv")

    assert "The purchase in row 3 belongs before the one in row 1" in result.stderr


def test_rows_that_cannot_be_priced_are_told_with_their_code_their_number_and_the_first_of_them(
    backtest: Callable[..., Result],
) -> None:
    says_posted = bought("R4", 40, status="posted")
    bad = [bought("R2", 10, cim="NOBODY"), bought("R3", 10, cim="NOBODY"), {"no": "purchase"}, says_posted]

    result = backtest(lines_of(bought("R1", 10), *bad) + b"{\n")

    assert result.exit_code == 0
    assert "left out: 2 NotFoundAPIValueException /cim, first in row 2" in result.stdout
    assert "left out: 1 MandatoryAPIValueMissingException /event_id, first in row 5" in result.stdout
    assert "left out: 1 InvalidAPIValueException, first in row 6" in result.stdout


@pytest.mark.parametrize(
    ("data", "name", "why"),
    [
        (b"", "year.jsonl", "The file is empty"),
        (b"[]", "year.json", "no purchase of year.json could be priced"),
        (csv_of(bought("R", 10)).splitlines()[0] + b"\n", "year.csv", "no purchase of year.csv could be priced"),
        (lines_of(bought("R", 10, cim="NOBODY")), "year.jsonl", "1 NotFoundAPIValueException /cim, first in row 1"),
        (b"name;price\nA;1\n", "year.csv", "The first line must name the columns"),
        (lines_of(bought("R", 10)), "year.txt", "must end in .csv, .jsonl or .json"),
        (lines_of(bought("R", 10)), "year.jsonl.gz", "is not compressed by gzip"),
        (gzip.compress(lines_of(*BODIES))[:-12], "year.jsonl.gz", "cut short"),
        (exactjson.dumps(BODIES).encode()[:-1], "year.json", "ends before its array does"),
        (b"PK\x03\x04", "year.csv", "a spreadsheet; save it as CSV"),
    ],
)
def test_a_file_that_yields_no_figures_is_an_error_that_says_why(
    backtest: Callable[..., Result], data: bytes, name: str, why: str
) -> None:
    result = backtest(data, name)

    assert (result.exit_code, result.stdout) == (1, "")
    assert why in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("name", ["missing.jsonl", "."])
def test_a_file_that_is_not_there_is_an_error_of_usage(
    backtest: Callable[..., Result], tmp_path: Path, name: str
) -> None:
    result = backtest(lines_of(bought("R", 10)), "year.jsonl", "--purchases", str(tmp_path / name))

    assert (result.exit_code, result.stdout) == (2, "")


def test_a_page_whose_folder_is_not_there_is_an_error_before_anything_is_priced(
    backtest: Callable[..., Result], tmp_path: Path
) -> None:
    result = backtest(lines_of(bought("R", 10)), "year.jsonl", "--html", str(tmp_path / "none" / "page.html"))

    assert (result.exit_code, result.stdout) == (2, "")
    assert "there is no folder" in result.stderr
