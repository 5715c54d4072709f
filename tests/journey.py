"""Some days of the Complete Journey through a stack, as a file of purchases, held against its recount."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import zip_longest
from pathlib import Path
from time import perf_counter

from cli.commands.import_files import import_files
from cli.journey.dataset import dataset
from cli.target import Target
from cli.uploading import fetch_result, send, watch_upload
from loyalty.domain.rows.columns import RESULT_FIELDS
from loyalty.store import keys
from loyalty.store.dynamo_table import DynamoTable
from loyalty.usecases.uploads.show_upload import UploadView
from tests.recount import recounted

SPEND_EVERY = 7
"""Baskets whose id is a multiple of it pay 1.00 from the wallet; some have not so much."""


@dataclass(frozen=True)
class JourneyFile:
    """A file that was posted: how the upload ended, after how many seconds; and where it differs from the recount."""

    view: UploadView
    seconds: float
    deviations: list[str]


def post_days(target: Target, folder: Path, first: datetime, end: datetime) -> JourneyFile:
    """Post the baskets from the day `first` on, until before the day `end`, none of which was posted before."""
    file, reference = folder / "days.csv", folder / "reference.jsonl"
    dataset(file, start=first, end=end, spend_every=SPEND_EVERY, reference=reference, as_json=True)
    import_files(target, [reference])
    table = target.open_table()
    before = wallets(table)
    began = perf_counter()
    view = watch_upload(target, send(target, file, "DEMO", dry_run=False))
    seconds = perf_counter() - began
    recount = recounted(file, reference, before)
    result = fetch_result(target, view.upload, folder)
    deviations = [
        *_of_rows(file, result, recount.statuses),
        *_of_wallets(wallets(table), recount.balances),
    ]
    return JourneyFile(view, seconds, deviations)


def wallets(table: DynamoTable) -> dict[str, Decimal]:
    """Return what the wallets of households hold, by account number, which is their accounts' id as well."""
    found = {keys.account_id(item["pk"]): item["balance"] for item in table.scan() if item["sk"] == keys.wallet("").sk}
    return {account: balance for account, balance in found.items() if account.startswith("CJ-")}


def _of_rows(file: Path, result: Path, statuses: dict[str, str]) -> Iterator[str]:
    """Rows of a result that are not those of the file, in its order, each with the status that it should have."""
    with file.open(newline="") as ours, result.open(newline="") as theirs:
        for number, (row, told) in enumerate(zip_longest(csv.DictReader(ours), csv.DictReader(theirs)), start=1):
            if row is None or told is None:
                yield f"row {number} stands in one of the files only"
                return
            if row != {name: cell for name, cell in told.items() if name not in RESULT_FIELDS}:
                yield f"row {number} differs in the result"
            if told["status"] != statuses[row["reference_number"]]:
                yield f"row {number} is {told['status']}"


def _of_wallets(found: dict[str, Decimal], reckoned: dict[str, Decimal]) -> Iterator[str]:
    for account, balance in reckoned.items():
        if found.get(account, Decimal(0)) != balance:
            yield f"{account} has {found.get(account)} instead of {balance}"
