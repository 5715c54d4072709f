"""A file through the deployed stack: dropped, split, posted and told, by functions that may do just what they do."""

import json
import time
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from cli.commands.uploads import upload
from cli.console import CommandFailure
from cli.target import Target
from cli.uploading import fetch_result, redrive, send, watch_upload
from loyalty import exactjson
from loyalty.domain.uploads.row_outcome import RowStatus
from loyalty.store import keys
from loyalty.store.attributes import pack_key
from loyalty.store.queue import Queue
from loyalty.store.uploads import UploadState, read_upload
from loyalty.store.writes import Put
from loyalty.usecases.proofs.verify_journal import verify_journal
from tests.cards import bring
from tests.customers import customer, purchase
from tests.functional.stage import classic
from tests.journey import post_days
from tests.partner import Api

ROWS = 300

SECONDS_TO_FAIL = 90
"""For a call and its repetitions, on a busy machine."""


def test_a_file_is_posted_and_its_result_repeats_what_was_not(stack: Target, tmp_path: Path) -> None:
    table = stack.open_table()
    for number in range(5):
        customer(table, f"file-{number}", 1000)
    bodies = [purchase(f"CIM-file-{number % 5}", f"FILE-{number}", spend="1") for number in range(ROWS)]
    bodies.append(purchase("CIM-file-late", "FILE-LATE"))
    file = tmp_path / "day.jsonl"
    file.write_bytes(b"".join(exactjson.dumps(body).encode() + b"\n" for body in bodies))

    dry_run = watch_upload(stack, send(stack, file, "DEMO", dry_run=True))
    assert dict(dry_run.tally.counts.items()) == {"posted": ROWS, "refused": 1, "error_NotFoundAPIValueException": 1}
    told = watch_upload(stack, send(stack, file, "DEMO", dry_run=False))
    result = fetch_result(stack, told.upload, tmp_path)
    customer(table, "file-late", 0)
    again = watch_upload(stack, send(stack, result, "DEMO", dry_run=False))

    assert told.state is UploadState.DONE
    assert dict(told.tally.counts.items()) == dict(dry_run.tally.counts.items())
    assert [json.loads(line)["reference_number"] for line in result.read_bytes().splitlines()] == [
        body["reference_number"] for body in bodies
    ]
    assert dict(again.tally.counts.items()) == {"posted": 1, "replayed": ROWS}
    wallets = table.get_many([keys.wallet(f"A-file-{number}") for number in range(5)], consistent=True)
    assert {item["balance"] for item in wallets.values()} == {Decimal(1000 - ROWS // 5)}
    assert verify_journal(table).deviations == []


def test_a_bulk_call_that_shows_a_pass_code_is_posted_later_by_what_it_proved(stack: Target) -> None:
    table, api = stack.open_table(), Api(stack)
    customer(table, "coded", 0)
    bring(
        table,
        {
            "type": "access_token",
            "id": "T-coded-2",
            "account": "A-coded",
            "identifier": "coded",
            "pass_code": "coded-7391",
        },
    )
    shown = {"access_token_identifier": {"identifier": "coded", "pass_code": "coded-7391"}}
    entry = classic("coded") | {"accounts_receivable_identifier": shown}
    del entry["spend_request"]
    body = {"token": api.token(), "purchase_customer_events_set": [entry]}

    status, _, answer = api.call("POST", "/customer_events/bulk/purchases/create", body, Prefer="respond-async")

    assert status == 202
    told = watch_upload(stack, answer["data"]["upload_id"])
    assert dict(told.tally.counts.items()) == {"posted": 1}


def test_the_command_ends_with_a_failure_where_a_file_is_not_read_to_its_end(
    stack: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cim = customer(stack.open_table(), "unread", 100)
    file = tmp_path / "unread.json"
    file.write_text(f"[{exactjson.dumps(purchase(cim, 'UNREAD-1'))}] [{exactjson.dumps(purchase(cim, 'UNREAD-2'))}]")
    monkeypatch.setattr(Target, "load", lambda *_: stack)

    with pytest.raises(CommandFailure, match="1 purchase not posted"):
        upload(file, "DEMO", watch=True, as_json=True)

    told = json.loads(capsys.readouterr().out)
    assert (told["state"], told["posted"], told["refused"]) == ("INCOMPLETE", 1, 1)
    assert "From row 2 on, the file was not read" in told["fault"]
    assert [row["status"] for row in json.loads(Path(told["result"]).read_text())] == ["posted", "refused"]


def test_a_file_that_could_not_be_split_is_taken_up_once_the_fault_is_mended(stack: Target, tmp_path: Path) -> None:
    table, failed = stack.open_table(), stack.open_queue(stack.failed_call_queue_url)
    cim, broken = customer(table, "failed-call", 0), keys.partner_key("DEMO", 9)
    file = tmp_path / "failed.jsonl"
    file.write_text(exactjson.dumps(purchase(cim, "FAILED-CALL")))

    table.put(Put(broken, {"key_hash": "of a key that has nothing else"}))
    try:
        upload_id = send(stack, file, "DEMO", dry_run=False)
        wait_for_messages(failed)
    finally:
        table.client.delete_item(TableName=table.name, Key=pack_key(broken))

    assert read_upload(table, upload_id) is None
    assert redrive(stack, None) == (1, 0)
    assert dict(watch_upload(stack, upload_id).tally.counts.items()) == {"posted": 1}
    assert redrive(stack, None) == (0, 0)


def wait_for_messages(queue: Queue) -> None:
    """Wait until there is something in a queue."""
    deadline = time.monotonic() + SECONDS_TO_FAIL
    while time.monotonic() < deadline:
        told = queue.client.get_queue_attributes(QueueUrl=queue.url, AttributeNames=["ApproximateNumberOfMessages"])
        if told["Attributes"]["ApproximateNumberOfMessages"] != "0":
            return
        time.sleep(0.5)
    raise AssertionError("no message came")


def test_a_file_of_real_purchases_does_what_a_recount_of_it_says(stack: Target, tmp_path: Path) -> None:
    posted = post_days(stack, tmp_path, datetime(2017, 6, 3), datetime(2017, 6, 5))  # noqa: DTZ001 - days

    counts = posted.view.tally.counts.by_status
    assert posted.deviations == []
    assert counts[RowStatus.POSTED] > 700
    assert counts[RowStatus.REFUSED] > 10
    assert verify_journal(stack.open_table()).deviations == []
