"""A file through the deployed stack: dropped, split, posted and told, by functions that may do just what they do."""

import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from cli.target import Target
from cli.uploading import fetch_result, send, watch_upload
from loyalty import exactjson
from loyalty.domain.uploads.outcome import Status
from loyalty.store import keys
from loyalty.store.uploads import State
from loyalty.usecases.verify_journal import verify_journal
from tests.customers import customer, purchase
from tests.journey import post_days

ROWS = 300


def test_a_file_is_posted_and_its_result_repeats_what_was_not(stack: Target, tmp_path: Path) -> None:
    table = stack.open_table()
    for number in range(5):
        customer(table, f"file-{number}", 1000)
    bodies = [purchase(f"CIM-file-{number % 5}", f"FILE-{number}", spend="1") for number in range(ROWS)]
    bodies.append(purchase("CIM-file-late", "FILE-LATE"))
    file = tmp_path / "day.jsonl"
    file.write_bytes(b"".join(exactjson.dumps(body).encode() + b"\n" for body in bodies))

    rehearsed = watch_upload(stack, send(stack, file, "DEMO", dry_run=True))
    assert dict(rehearsed.tally.counts.items()) == {"posted": ROWS, "refused": 1, "error_NotFoundAPIValueException": 1}
    told = watch_upload(stack, send(stack, file, "DEMO", dry_run=False))
    result = fetch_result(stack, told.upload, tmp_path)
    customer(table, "file-late", 0)
    again = watch_upload(stack, send(stack, result, "DEMO", dry_run=False))

    assert told.state is State.DONE
    assert dict(told.tally.counts.items()) == dict(rehearsed.tally.counts.items())
    assert [json.loads(line)["reference_number"] for line in result.read_bytes().splitlines()] == [
        body["reference_number"] for body in bodies
    ]
    assert dict(again.tally.counts.items()) == {"posted": 1, "replayed": ROWS}
    wallets = table.get_many([keys.wallet(f"A-file-{number}") for number in range(5)], consistent=True)
    assert {item["balance"] for item in wallets.values()} == {Decimal(1000 - ROWS // 5)}
    assert verify_journal(table).deviations == []


def test_a_file_of_real_purchases_does_what_a_recount_of_it_says(stack: Target, tmp_path: Path) -> None:
    posted = post_days(stack, tmp_path, datetime(2017, 6, 3), datetime(2017, 6, 5))  # noqa: DTZ001 - days

    counts = posted.view.tally.counts.by_status
    assert posted.deviations == []
    assert counts[Status.POSTED] > 700
    assert counts[Status.REFUSED] > 10
    assert verify_journal(stack.open_table()).deviations == []
