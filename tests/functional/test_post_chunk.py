"""Posting the chunks of uploads: each purchase once and each outcome once, however often and however badly a chunk is
delivered."""

from contextlib import suppress
from typing import Any

import pytest

from loyalty.api.triggers.row_reader import read_row
from loyalty.domain.errors import Code, Problem, Refused
from loyalty.domain.purchases.purchase import PurchaseRequest
from loyalty.usecases.proofs.verify_journal import verify_journal
from loyalty.usecases.purchases import post_purchase
from loyalty.usecases.uploads import post_rows
from loyalty.usecases.uploads.row_body import RowBody
from tests.customers import customer, purchase
from tests.functional.stage import Killed, Reaper, Stage, classic, crashing, spends
from tests.uploads_by_hand import lines, put_upload


def test_a_chunk_is_posted_and_each_row_has_its_outcome(stage: Stage) -> None:
    rows = [*spends(1, 2), *lines([purchase("CIM-none", "RF-3")]), b"{", b"7", *spends(4, name="two")]
    [message] = put_upload(stage.table, stage.files, "U1", [rows])

    assert stage.deliver(message)

    assert stage.counts("U1") == {
        "posted": 3,
        "refused": 3,
        "error_InvalidAPIValueException": 2,
        "error_NotFoundAPIValueException": 1,
    }
    assert stage.closings.sent == ["U1"]
    assert (stage.balance("one"), stage.balance("two")) == (990, 995)
    assert stage.statuses("U1") == ["posted", "posted", "refused", "refused", "refused", "posted"]


@pytest.mark.parametrize("unit_id", [None, "48305F8849E3C18B227C5BE3A27BA6DF"])
def test_what_a_file_posts_is_written_by_the_unit_that_sent_it(stage: Stage, unit_id: str | None) -> None:
    [message] = put_upload(stage.table, stage.files, "U1", [spends(1)], unit_id=unit_id)
    stage.deliver(message)

    [posted] = [item for item in stage.table.scan() if item.get("event_type") == "PURCHASE"]
    assert posted.get("partner_unit") == unit_id


def test_a_chunk_that_is_delivered_again_counts_once_and_says_the_same(stage: Stage) -> None:
    [message] = put_upload(stage.table, stage.files, "U1", [spends(1, 2)])

    for receives in (1, 2, 1, 3):
        assert stage.deliver(message, receives)

    assert stage.counts("U1") == {"posted": 2}
    assert stage.statuses("U1") == ["posted", "posted"]
    assert stage.balance("one") == 990


def test_an_upload_is_closed_by_the_last_of_its_chunks(stage: Stage) -> None:
    first, second = put_upload(stage.table, stage.files, "U1", [spends(1), spends(2)])

    stage.deliver(second)
    assert stage.closings.sent == []
    stage.deliver(first)

    assert stage.closings.sent == ["U1"]
    assert stage.statuses("U1") == ["posted", "posted"]
    stage.deliver(first, 2)
    assert stage.closings.sent == ["U1"]


def test_what_was_posted_before_is_replayed_be_it_by_another_upload_or_a_row_above(stage: Stage) -> None:
    [message] = put_upload(stage.table, stage.files, "U1", [spends(1)])
    [again] = put_upload(stage.table, stage.files, "U2", [[*spends(1), *spends(2), *spends(2)]])

    stage.deliver(message)
    stage.deliver(again)

    assert stage.statuses("U2") == ["replayed", "posted", "replayed"]
    assert stage.balance("one") == 990


def test_rows_that_say_nothing_of_themselves_are_known_by_the_file_and_their_place(stage: Stage) -> None:
    rows = lines([classic("one"), classic("one")])
    uploads = [
        put_upload(stage.table, stage.files, name, [rows], content=content)[0]
        for name, content in (("U1", "a"), ("U2", "a"), ("U3", "b"))
    ]
    for message in uploads:
        stage.deliver(message)

    assert [stage.statuses(name) for name in ("U1", "U2", "U3")] == [
        ["posted", "posted"],
        ["replayed", "replayed"],
        ["posted", "posted"],
    ]
    assert stage.balance("one") == 980
    assert verify_journal(stage.table).deviations == []


@pytest.mark.parametrize("moment", ["before-call", "after-call"])
@pytest.mark.parametrize("dry_run", [False, True], ids=["for real", "dry run"])
def test_a_worker_may_be_killed_at_any_call(stage: Stage, moment: str, dry_run: bool) -> None:
    """At each of its calls in turn, with an upload of its own each time, until it gets to its end."""
    killed, uploads = True, 0
    while killed:
        uploads += 1
        name = f"U{uploads}"
        rows = [*spends(2 * uploads, 2 * uploads + 1), *lines([classic("two")]), b"{", *spends(2 * uploads)]
        [message] = put_upload(stage.table, stage.files, name, [rows], dry_run=dry_run)
        with Reaper(stage, uploads, moment) as reaper, suppress(Killed):
            stage.deliver(message)
        killed = reaper.left <= 0

        assert stage.deliver(message, 2)

        assert stage.counts(name) == {"posted": 3, "replayed": 1, "refused": 1, "error_InvalidAPIValueException": 1}
        assert name in stage.closings.sent

    assert uploads > 10
    posted = 0 if dry_run else uploads
    assert (stage.balance("one"), stage.balance("two")) == (1000 - 10 * posted, 1000 - 5 * posted)
    assert verify_journal(stage.table).deviations == []


@pytest.mark.parametrize("how", [ZeroDivisionError, Killed], ids=["fault", "kill"])
def test_a_poison_row_takes_none_of_its_neighbours_with_it(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, how: type[BaseException]
) -> None:
    [message] = put_upload(stage.table, stage.files, "U1", [spends(*range(60))])
    monkeypatch.setattr(post_rows, "post_purchases", crashing({"RF-30"}, how))

    assert not stage.deliver_until_done(message)

    assert stage.counts("U1") == {"posted": 59, "failed": 1, "error_InternalException": 1}
    assert [row["reference_number"] for row in stage.result("U1") if row["status"] == "failed"] == ["RF-30"]
    assert stage.balance("one") == 1000 - 59 * 5


@pytest.mark.parametrize("how", [ZeroDivisionError, Killed], ids=["fault", "kill"])
def test_a_row_that_is_poison_to_read_takes_none_of_its_neighbours_with_it(
    stage: Stage, how: type[BaseException]
) -> None:
    def read(row: RowBody, *others: Any) -> PurchaseRequest:
        if row.body["reference_number"] == "RF-30":
            raise how
        return read_row(row, *others)

    stage.read = read
    [message] = put_upload(stage.table, stage.files, "U1", [spends(*range(60))])

    assert not stage.deliver_until_done(message)

    assert stage.counts("U1") == {"posted": 59, "failed": 1, "error_InternalException": 1}
    assert [row["reference_number"] for row in stage.result("U1") if row["status"] == "failed"] == ["RF-30"]


def test_a_dead_letter_taken_up_again_puts_the_result_right(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    [message] = put_upload(stage.table, stage.files, "U1", [spends(*range(60))])
    with monkeypatch.context() as patch:
        patch.setattr(post_rows, "post_purchases", crashing({"RF-30"}, Killed))
        stage.deliver_until_done(message)
        assert stage.statuses("U1").count("failed") == 1

    assert stage.deliver_until_done(message)

    assert stage.counts("U1") == {"posted": 60}
    assert stage.closings.sent == ["U1", "U1"]
    assert set(stage.statuses("U1")) == {"posted"}


def test_what_was_posted_by_a_worker_that_never_said_so_is_no_failure(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each worker posts, and is killed before it can tell; nothing of it is known but what lies in the table."""

    def posted_then_killed(*arguments: Any, **named: Any) -> Any:
        post_purchase.post_purchases(*arguments, **named)
        raise Killed

    [message] = put_upload(stage.table, stage.files, "U1", [[*spends(1, 2), *lines([classic("two")])]])
    monkeypatch.setattr(post_rows, "post_purchases", posted_then_killed)

    assert stage.deliver_until_done(message)

    assert stage.counts("U1") == {"posted": 3}
    assert stage.closings.sent == ["U1", "U1"]  # first as failed


def test_a_failed_row_sent_in_again_and_taken_up_again_is_posted_once(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    [message] = put_upload(stage.table, stage.files, "U1", [lines([classic("one"), classic("two")])])
    with monkeypatch.context() as patch:
        patch.setattr(post_rows, "post_purchases", crashing({"RF"}, Killed))
        stage.deliver_until_done(message)
    result = stage.result("U1")
    assert [row["status"] for row in result] == ["failed", "failed"]

    [again] = put_upload(stage.table, stage.files, "U2", [lines(result)])
    stage.deliver(again)
    stage.deliver(message)

    assert (stage.statuses("U2"), stage.statuses("U1")) == (["posted"] * 2, ["replayed"] * 2)
    assert (stage.balance("one"), stage.balance("two")) == (995, 995)


def test_a_result_sent_in_again_repeats_what_was_refused_and_passes_over_what_was_posted(stage: Stage) -> None:
    [message] = put_upload(stage.table, stage.files, "U1", [[*spends(1), *lines([purchase("CIM-three", "RF-2")])]])
    stage.deliver(message)
    result = stage.result("U1")
    customer(stage.table, "three", 0)

    [again] = put_upload(stage.table, stage.files, "U2", [lines(result)])
    stage.deliver(again)

    assert stage.statuses("U2") == ["replayed", "posted"]
    assert stage.result("U2")[0]["event_id"] == result[0]["event_id"]


def test_the_result_of_a_dry_run_sent_in_is_posted(stage: Stage) -> None:
    [message] = put_upload(stage.table, stage.files, "U1", [spends(1)], dry_run=True)
    stage.deliver(message)
    result = stage.result("U1")
    assert (result[0]["status"], stage.balance("one")) == ("posted (dry run)", 1000)

    [again] = put_upload(stage.table, stage.files, "U2", [lines(result)])
    stage.deliver(again)

    assert (stage.statuses("U2"), stage.balance("one")) == (["posted"], 995)


def test_a_fault_of_many_rows_that_none_meets_again_is_told_once(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    [message] = put_upload(stage.table, stage.files, "U1", [spends(1, 2, 3, 4, 5)])
    calls: list[int] = []

    def failing_at_first(engine: Any, requests: Any, *arguments: Any, **named: Any) -> Any:
        calls.append(len(requests))
        if len(calls) <= 2:  # all rows, and the first half of them
            raise ZeroDivisionError
        return post_purchase.post_purchases(engine, requests, *arguments, **named)

    monkeypatch.setattr(post_rows, "post_purchases", failing_at_first)

    assert stage.deliver(message)
    assert stage.counts("U1") == {"posted": 5}
    assert len(stage.faults) == 1


def test_a_busy_table_puts_rows_off_and_keeps_their_order(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    [message] = put_upload(stage.table, stage.files, "U1", [spends(1, 2, 3)])
    calls: list[int] = []

    def busy_at_first(engine: Any, requests: Any, *arguments: Any, **named: Any) -> Any:
        calls.append(len(requests))
        if len(calls) == 1:
            raise Refused(Problem(Code.RETRY_LATER, "busy"))
        return post_purchase.post_purchases(engine, requests, *arguments, **named)

    monkeypatch.setattr(post_rows, "post_purchases", busy_at_first)

    assert not stage.deliver(message)
    assert stage.counts("U1") == {}
    assert stage.deliver(message, 2)
    assert stage.counts("U1") == {"posted": 3}
