"""Splitting uploads: every row in one chunk, however often it is told, handed over, killed or overtaken."""

import gzip
import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from loyalty.api.faults import CallFailed
from loyalty.domain.access.partner import Partner, Scope
from loyalty.store import keys
from loyalty.store.credentials import ApiKey, add_key
from loyalty.store.dynamo_table import DynamoTable
from loyalty.store.uploads import Upload, UploadState, add_upload, read_upload
from loyalty.usecases.uploads import split_upload as module
from tests.functional.conftest import NOW, Functions
from tests.functional.uploads import LateContext, Splitting
from tests.uploads import body, classic_body, csv, lines, row

ROWS = [row(f"R{number}", cim=f"C{number % 7}") for number in range(200)]
EXPECTED = [f"{number + 1} R{number}" for number in range(200)]


@pytest.fixture
def splitting(functions: Functions, demo: DynamoTable) -> Splitting:
    return Splitting(functions, demo)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, functions: Functions) -> None:
    """Segments, and all that a file is read and cut in, so small that a short file has several."""
    app: Any = functions.module("split_upload")
    monkeypatch.setattr(app, "at", replace(app.at, segment_bytes=2000))
    monkeypatch.setattr(module, "RANGE_BYTES", 1500)
    monkeypatch.setattr(module, "BLOCK_BYTES", 700)


def numbers(splitting: Splitting, upload: Upload) -> list[int]:
    """Return the numbers of all rows in all chunks, in the order of chunks."""
    return [
        entry.number + place
        for _, entries in splitting.chunks(upload)
        for entry in entries
        for place in range(len(entry.rows))
    ]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(("name", "pack"), [("x.csv", bytes), ("x.csv.gz", gzip.compress)])
def test_a_file_is_split_in_segments_and_each_chunk_is_sent_once(splitting: Splitting, name: str, pack: Any) -> None:
    upload = splitting.drop(name, pack(csv(*ROWS)))

    assert (upload.state, upload.rows, upload.fault) == (UploadState.POSTING, 200, None)
    assert upload.segments > 2
    assert splitting.told(upload) == EXPECTED
    sent = splitting.sent()
    assert [message["chunk"] for message in sent] == list(range(1, upload.chunks + 1))
    assert {message["upload"] for message in sent} == {upload.id}


@pytest.mark.usefixtures("small")
def test_rows_of_a_wallet_stay_in_its_shard_and_in_order_whatever_they_name_it_by(
    splitting: Splitting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loyalty.usecases.uploads.begin_upload.SHARD_BYTES", 500)
    contact = "C0FFEE00C0FFEE00C0FFEE00C0FFEE00"
    names = [
        body("", "4A30966F684B0269AD91"),
        body("", contact).replace('"cim"', '"contact_id"'),
        classic_body("", "ACR0000000001"),
    ]
    others = (body("other", f"C{number}") for number in itertools.count())
    bodies = [text for _ in range(10) for name in names for text in (name, next(others))]

    upload = splitting.drop("x.jsonl", lines(*bodies))

    assert upload.shards > 4
    at = {entry.number: shard for shard, entries in splitting.chunks(upload) for entry in entries}
    assert len({at[number] for number in range(1, 61, 2)}) == 1
    assert len({*at.values()}) > 2
    for shard in range(upload.shards):
        mine = [entry.number for number, entries in splitting.chunks(upload) for entry in entries if number == shard]
        assert mine == sorted(mine)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(("name", "pack"), [("x.csv", bytes), ("x.csv.gz", gzip.compress)])
def test_a_file_that_is_handed_over_at_every_turn_is_split_like_any_other(
    splitting: Splitting, name: str, pack: Any
) -> None:
    splitting.contexts = lambda: LateContext(looks=1)

    upload = splitting.drop(name, pack(csv(*ROWS)))

    assert splitting.calls > 5
    assert splitting.told(upload) == EXPECTED
    assert [message["chunk"] for message in splitting.sent()] == list(range(1, upload.chunks + 1))


@pytest.mark.usefixtures("small")
def test_a_notification_that_comes_twice_changes_nothing(splitting: Splitting) -> None:
    event, upload_id = splitting.dropped("uploads/DEMO/x.csv", csv(*ROWS))
    splitting.call(event)
    before = read_upload(splitting.table, upload_id)

    splitting.call(event)

    assert before
    assert read_upload(splitting.table, upload_id) == before
    assert splitting.told(before) == EXPECTED
    assert len(splitting.sent()) == before.chunks


class Killed(BaseException):
    """What no code catches."""


@pytest.mark.usefixtures("small")
def test_a_file_whose_splitting_is_killed_at_any_call_is_split_like_any_other_when_it_is_called_again(
    splitting: Splitting, functions: Functions
) -> None:
    at = functions.module("split_upload").at
    clients = [at.table.client, at.work.client, at.taker.queue.client, at.dropped.client]
    left = 0

    def kill(**_: Any) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise Killed

    for client in clients:
        client.meta.events.register_first("before-call", kill)
        client.meta.events.register_last("after-call", kill)
    try:
        for turn in itertools.count(1):
            event, upload_id = splitting.dropped("uploads/DEMO/x.csv", csv(*ROWS[:80]))
            left = turn
            try:
                splitting.call(event)
            except Killed:
                left = 0
                splitting.call(event)
            upload, survived = read_upload(splitting.table, upload_id), left > 0
            left = 0
            assert upload
            assert (upload.state, upload.segments) == (UploadState.POSTING, 2)
            assert splitting.told(upload) == EXPECTED[:80]
            assert {message["chunk"] for message in splitting.sent()} == {*range(1, upload.chunks + 1)}
            if survived:
                break
    finally:
        for client in clients:
            client.meta.events.unregister("before-call", kill)
            client.meta.events.unregister("after-call", kill)
    assert turn > 10


@pytest.mark.usefixtures("small")
def test_of_two_runs_at_a_time_one_keeps_each_segment_and_the_other_leaves(
    splitting: Splitting, functions: Functions, monkeypatch: pytest.MonkeyPatch
) -> None:
    event, upload_id = splitting.dropped("uploads/DEMO/x.csv", csv(*ROWS))
    work, write = functions.module("split_upload").at.work, functions.module("split_upload").at.work.write
    rivals = iter([True])

    def write_late(key: str, data: bytes) -> None:
        write(key, data)
        if next(rivals, False):
            splitting.call(event)  # from beginning to end, while this run waits

    monkeypatch.setattr(work, "write", write_late)

    splitting.call(event)

    upload = read_upload(splitting.table, upload_id)
    assert upload
    assert splitting.told(upload) == EXPECTED
    assert [message["chunk"] for message in splitting.sent()] == list(range(1, upload.chunks + 1))


def test_an_upload_all_of_which_is_posted_before_it_is_known_to_be_all_is_closed(
    splitting: Splitting, monkeypatch: pytest.MonkeyPatch
) -> None:
    event, upload_id = splitting.dropped("uploads/DEMO/x.csv", csv(*ROWS))
    splitting.table.add(keys.upload_counts(upload_id), {"done": 1, "recorded": 1})

    def killed(_: Any) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(splitting.functions.module("split_upload").closings, "send", killed)
        with pytest.raises(Killed):
            splitting.call(event)

    splitting.call(event)  # as Lambda does where a call failed

    assert splitting.asked() == [{"upload": upload_id}]


def test_the_last_chunk_closes_any_other_upload(splitting: Splitting) -> None:
    splitting.drop("x.csv", csv(*ROWS))

    assert splitting.asked() == []


def test_a_file_that_is_overwritten_meanwhile_is_another_upload(splitting: Splitting) -> None:
    first, first_id = splitting.dropped("uploads/DEMO/x.csv", csv(row("R1")))
    second, second_id = splitting.dropped("uploads/DEMO/x.csv", csv(row("R2")))

    splitting.call(second)
    splitting.call(first)

    for upload_id, outcome in ((first_id, "1 R1"), (second_id, "1 R2")):
        upload = read_upload(splitting.table, upload_id)
        assert upload
        assert splitting.told(upload) == [outcome]


def test_files_of_the_same_content_are_known_as_such(splitting: Splitting) -> None:
    first, second, other = (splitting.drop(name, csv(row(name[0]))) for name in ("a.csv", "a.csv", "b.csv"))

    assert first.id != second.id
    assert first.content == second.content != other.content


def test_a_file_that_is_gone_before_it_is_looked_at_is_no_upload(splitting: Splitting) -> None:
    event, upload_id = splitting.dropped("uploads/DEMO/x.csv", csv(row("R1")))
    event["Records"][0]["s3"]["object"]["key"] = "uploads/DEMO/y.csv"

    splitting.call(event)

    assert read_upload(splitting.table, upload_id) is None


def test_what_s3_asks_when_it_is_set_up_is_no_upload(splitting: Splitting) -> None:
    splitting.call({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "uploads"})

    assert splitting.sent() == []


@pytest.mark.parametrize(
    ("partner", "told"),
    [
        ("NOBODY", "Partner NOBODY does not exist"),
        ("", "No partner is named for this file"),
        ("DEMO#1", "Partner DEMO#1 cannot send files"),
    ],
)
def test_a_file_of_somebody_who_may_not_post_is_refused(splitting: Splitting, partner: str, told: str) -> None:
    upload = splitting.drop("x.csv", csv(row("R1")), partner=partner)

    assert upload.state is UploadState.REFUSED
    assert upload.fault
    assert upload.fault.description.startswith(told)
    assert splitting.sent() == []
    assert splitting.closed(upload)[1]["fault"] == upload.fault.description


@pytest.mark.parametrize(("name", "data"), [("x.xlsx", b"PK"), ("x.csv", b""), ("x.csv", b"a,b\n1,2\n")])
def test_a_file_that_nobody_can_read_has_a_summary_that_says_why(splitting: Splitting, name: str, data: bytes) -> None:
    upload = splitting.drop(name, data)

    assert upload.fault
    _, summary = splitting.closed(upload)
    assert (summary["fault"], summary["purchases"], summary["posted"]) == (upload.fault.description, 0, 0)


def test_a_file_that_was_split_waits_for_its_purchases_to_be_posted(splitting: Splitting) -> None:
    splitting.asked()  # of earlier tests

    assert splitting.drop("x.csv", csv(row("R1"))).state is UploadState.POSTING
    assert splitting.asked() == []


def test_a_file_in_no_folder_of_a_partner_is_refused(splitting: Splitting) -> None:
    event, upload_id = splitting.dropped("uploads/x.csv", csv(row("R1")))

    splitting.call(event)

    upload = read_upload(splitting.table, upload_id)
    assert upload
    assert upload.state is UploadState.REFUSED


@pytest.mark.parametrize("folder", ["Ω", "%2e%2e", "P X", "P#X"])
def test_a_file_in_a_folder_that_no_id_of_a_partner_may_name_is_refused(splitting: Splitting, folder: str) -> None:
    """Not even if a partner of before has that id, and keys."""
    of_before = Partner(folder, frozenset(Scope), frozenset({"*"}))
    add_key(splitting.table, ApiKey("OLD", of_before, NOW, "hash", "R"))
    event, upload_id = splitting.dropped(f"uploads/{folder}/x.csv", csv(row("R1")))

    splitting.call(event)

    upload = read_upload(splitting.table, upload_id)
    assert upload
    assert upload.state is UploadState.REFUSED
    assert upload.fault
    assert "cannot name a folder" in upload.fault.description


def test_a_file_with_a_note_is_a_dry_run(splitting: Splitting) -> None:
    assert splitting.drop("x.csv", csv(row("R1")), Metadata={"dry-run": "true"}).dry_run
    assert not splitting.drop("x.csv", csv(row("R1")), Metadata={"colour": "red"}).dry_run


def expected_upload(splitting: Splitting) -> tuple[str, str]:
    """Return an upload that a form was given out for: its id, and where the file is to be dropped."""
    upload_id = "0123456789ABCDEF" * 2
    key = f"uploads/DEMO/{upload_id}/x.csv"
    upload = Upload(upload_id, "DEMO", ("EK123456",), "x.csv", key, NOW, dry_run=True)
    assert add_upload(splitting.table, upload) == upload
    return upload_id, key


def test_a_file_that_was_expected_is_the_upload_that_was_told_of_before(splitting: Splitting) -> None:
    upload_id, key = expected_upload(splitting)
    event, _ = splitting.dropped(key, csv(row("R1")))

    splitting.call(event)
    splitting.call(event)

    upload = read_upload(splitting.table, upload_id)
    assert upload
    assert (upload.state, upload.merchants, upload.dry_run) == (UploadState.POSTING, ("EK123456",), True)
    assert splitting.told(upload) == ["1 R1"]
    assert len(splitting.sent()) == 1


def test_another_file_in_the_place_of_an_expected_one_is_an_upload_of_its_own_and_refused(splitting: Splitting) -> None:
    upload_id, key = expected_upload(splitting)
    first, _ = splitting.dropped(key, csv(row("R1")))
    second, second_id = splitting.dropped(key, csv(row("R2")))

    for event in (first, second, second, first):
        splitting.call(event)

    expected, another = (read_upload(splitting.table, at) for at in (upload_id, second_id))
    assert expected
    assert another
    assert splitting.told(expected) == ["1 R1"]
    assert another.state is UploadState.REFUSED
    assert len(splitting.sent()) == 1


def test_a_busy_table_is_a_reason_to_be_called_again(splitting: Splitting, functions: Functions) -> None:
    event, upload_id = splitting.dropped("uploads/DEMO/x.csv", csv(row("R1")))
    client = functions.module("split_upload").at.table.client

    def throttled(**_: Any) -> Iterator[None]:
        raise client.exceptions.ProvisionedThroughputExceededException(
            {"Error": {"Code": "ThrottlingException"}}, "any"
        )

    client.meta.events.register("before-call.dynamodb.TransactWriteItems", throttled)
    try:
        with pytest.raises(CallFailed):
            splitting.call(event)
    finally:
        client.meta.events.unregister("before-call.dynamodb.TransactWriteItems", throttled)
    splitting.call(event)

    upload = read_upload(splitting.table, upload_id)
    assert upload
    assert splitting.told(upload) == ["1 R1"]
