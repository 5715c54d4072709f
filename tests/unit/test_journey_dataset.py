"""`loyalty dataset`: purchases as files, the same ones in either form."""

import csv
import gzip
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.main import app
from loyalty import exactjson
from loyalty.api.newest.purchase_requests import read_purchase
from loyalty.store.memory_table import MemoryTable
from loyalty.usecases.reference.import_records import import_records

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def written(file: Path, *options: str) -> bytes:
    result = CliRunner().invoke(app, ["dataset", str(file), "--limit", "200", *options])
    assert result.exit_code == 0, result.output
    return gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()


def bodies(text: bytes) -> list[Any]:
    return [exactjson.loads(line) for line in text.splitlines()]


def test_each_line_of_json_lines_is_a_purchase_that_the_api_takes(tmp_path: Path) -> None:
    found = bodies(written(tmp_path / "some.jsonl"))

    requests = [read_purchase(body, NOW) for body in found]
    assert len(requests) == 200
    assert requests == sorted(requests, key=lambda request: request.performed_on)


def test_the_rows_of_csv_that_have_one_reference_number_are_the_same_purchase(tmp_path: Path) -> None:
    rows = list(csv.DictReader(written(tmp_path / "some.csv", "--spend-every", "3").decode().splitlines()))

    purchases = [list(group) for _, group in groupby(rows, key=lambda row: row["reference_number"])]
    assert [body_of(purchase) for purchase in purchases] == bodies(
        written(tmp_path / "some.jsonl", "--spend-every", "3")
    )


def body_of(rows: list[dict[str, str]]) -> Any:
    """Return a purchase from its rows, each column at the place that it is named by."""
    first, number = rows[0], exactjson.loads
    body: dict[str, Any] = {
        "cim": first["cim"],
        "reference_number": first["reference_number"],
        "performed_on": number(first["performed_on"]),
        "merchant_tap": {"code": first["merchant_tap.code"]},
        "outlet_tap": {"code": first["outlet_tap.code"]},
        "products": [
            {
                "product_sku": row["products.product_sku"],
                **{
                    name: number(row[f"products.{name}"])
                    for name in ("quantity", "net_amount", "tax_amount", "total_amount")
                },
            }
            for row in rows
        ],
    }
    if first["spend_request.amount"]:
        body["spend_request"] = {"amount": number(first["spend_request.amount"])}
    return body


def test_a_file_is_compressed_where_its_name_says_so(tmp_path: Path) -> None:
    assert written(tmp_path / "some.jsonl.gz") == written(tmp_path / "some.jsonl")
    assert written(tmp_path / "some", "--format", "csv") == written(tmp_path / "some.csv.gz")


def test_what_the_purchases_refer_to_can_be_imported(tmp_path: Path) -> None:
    reference = tmp_path / "reference.jsonl"
    written(tmp_path / "some.jsonl", "--reference", str(reference))

    currency = b'{"type": "currency", "id": "EUR", "code": "EUR", "role": "SYSTEM"}'
    summary = import_records([currency, *reference.read_bytes().splitlines()], table=MemoryTable(), now=NOW)

    assert summary.refused == []
    assert summary.created > 600


@pytest.mark.parametrize("name", ["some.txt", "some"])
def test_a_file_of_neither_form_is_refused(name: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["dataset", str(tmp_path / name)])

    assert (result.exit_code, "choose one with --format" in result.stderr) == (1, True)


@pytest.mark.parametrize("more", [["none/some.csv"], ["some.csv", "--reference", "none/reference.jsonl"]])
def test_a_folder_that_is_not_there_is_told_before_any_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    result = CliRunner().invoke(app, ["dataset", *more])

    assert (result.exit_code, list(tmp_path.iterdir())) == (2, [])
    assert "there is no folder none" in result.stderr


def test_days_without_a_basket_are_an_error_and_write_nothing(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["dataset", str(tmp_path / "some.csv"), "--from", "2019-01-01"])

    assert (result.exit_code, list(tmp_path.iterdir())) == (1, [])
    assert "no basket falls on these days" in result.stderr
