"""Files of reference data through the deployed stack, imported by a function that may do just what it does."""

import csv
import gzip
import io
import json
import time
from decimal import Decimal

import pytest

from cli.commands.uploads import describe_upload
from cli.target import Target
from cli.uploading import watch_upload
from loyalty.store import keys
from loyalty.store.uploads import UploadState, upload_id
from loyalty.usecases.proofs.verify_journal import verify_journal
from loyalty.usecases.uploads.close_upload import summary_key
from loyalty.usecases.uploads.make_result import result_key
from loyalty.usecases.uploads.show_upload import UploadView

COLUMNS = ("type", "id", "number", "account", "authentication_code", "amount", "performed_on", "primary")
CUSTOMERS = 1500


def customers() -> bytes:
    """Accounts, each with a card and a balance, as CSV; the last one has a card of an account that is not there."""
    file = io.StringIO()
    rows = csv.DictWriter(file, COLUMNS, lineterminator="\n")
    rows.writeheader()
    for number in range(CUSTOMERS):
        rows.writerow({"type": "account", "id": f"A-ref-{number}", "number": f"REF-{number}", "primary": "TRUE"})
        card = {"type": "access_token", "id": f"T-ref-{number}", "authentication_code": f"REF-{number}"}
        rows.writerow({**card, "account": f"REF-{number}"})
    for number in range(0, CUSTOMERS, 100):
        opening = {"type": "opening_balance", "id": f"O-ref-{number}", "account": f"REF-{number}"}
        rows.writerow({**opening, "amount": "12.50", "performed_on": "2026-01-01T00:00:00"})
    rows.writerow({"type": "access_token", "id": "T-ref", "authentication_code": "=REF", "account": "NOBODY"})
    return file.getvalue().encode()


def dropped(stack: Target, name: str, data: bytes) -> UploadView:
    """Drop a file, and wait until all of it is told."""
    key = f"reference/{name}"
    version = stack.client("s3").put_object(Bucket=stack.upload_bucket, Key=key, Body=data)["VersionId"]
    return watch_upload(stack, upload_id(key, version))


def test_a_file_of_customers_is_imported_and_its_result_repeats_what_was_refused(stack: Target) -> None:
    table, results = stack.open_table(), stack.open_results()
    balances, rows = CUSTOMERS // 100, 2 * CUSTOMERS + CUSTOMERS // 100

    first = dropped(stack, "customers, new +é.csv.gz", gzip.compress(customers()))
    told = gzip.decompress(results.read(result_key(first.upload)))
    again = dropped(stack, "customers.result.csv", told.replace(b"NOBODY", b"REF-0"))

    assert first.state is UploadState.DONE
    assert dict(first.tally.counts.items()) == {"created": rows, "refused": 1, "error_NotFoundAPIValueException": 1}
    assert describe_upload(first)["records"] == rows + 1
    lines = list(csv.DictReader(io.StringIO(told.decode())))
    assert [line["id"] for line in lines] == [row["id"] for row in csv.DictReader(io.StringIO(customers().decode()))]
    assert (lines[-1]["authentication_code"], lines[-1]["error_field"]) == ("'=REF", "account")
    assert dict(again.tally.counts.items()) == {"unchanged": rows, "created": 1}
    assert table.get(keys.token("=REF"))
    wallets = table.get_many([keys.wallet(f"A-ref-{number}") for number in range(CUSTOMERS)], consistent=True)
    assert [item["balance"] for item in wallets.values()] == [Decimal("12.5")] * balances
    assert verify_journal(table).deviations == []


@pytest.mark.parametrize(
    ("name", "fault"), [("x.xlsx", "The name"), ("x.csv", "The first line"), ("x.json", "A .json")]
)
def test_a_file_that_nobody_can_read_is_refused_and_its_summary_says_why(stack: Target, name: str, fault: str) -> None:
    view = dropped(stack, name, b"{}")

    assert view.state is UploadState.REFUSED
    for _ in range(100):
        if summary := stack.open_results().read_if_there(summary_key(view.upload)):
            break
        time.sleep(0.1)
    assert summary
    assert json.loads(summary)["fault"].startswith(fault)
