"""Redriving what failed for good: dead letters, which are closings that failed and chunks with failed rows; and calls
of functions that did not split or import a file to its end."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from loyalty.store.files import read_notification
from loyalty.store.queue import Queue, ReceivedMessage
from loyalty.store.table import Table
from loyalty.store.uploads import read_upload
from loyalty.usecases.uploads.close_upload import close_if_complete

HIDDEN_SECONDS = 60
"""For how long nobody else sees what is looked at."""


class Lane(Struct, frozen=True):
    """A queue, and where its dead letters go."""

    queue: Queue
    dead: Queue


class FailedCalls(Struct, frozen=True):
    """Where Lambda leaves calls that failed for good, and `call`, which calls a function, named by its ARN, with an
    event."""

    queue: Queue
    call: Callable[[str, Mapping[str, Any]], None]


class DeadLetters(Struct, frozen=True):
    """The queues of everything that failed for good."""

    chunks: Lane
    closings: Lane
    failed_calls: FailedCalls


def redrive(upload_id: str | None, run: str, letters: DeadLetters, *, table: Table) -> int:
    """Have what failed taken up again, of one upload or of all; return how many letters and calls. `run` is a name that
    no other run of this has. An upload whose result was never made is closed."""
    moved = sum(_move_letters(lane, upload_id, run) for lane in (letters.chunks, letters.closings))
    called = _repeat_calls(letters.failed_calls, upload_id, table)
    if upload_id:
        close_if_complete(upload_id, table=table, closings=letters.closings.queue)
    return moved + called


def count_hidden(letters: DeadLetters) -> int:
    """Return about how many letters and calls nobody can take up now. Somebody else is looking at them; or SQS handed
    them out, and its answer was lost: then they can be taken up after `HIDDEN_SECONDS`."""
    queues = (letters.chunks.dead, letters.closings.dead, letters.failed_calls.queue)
    return sum(queue.count_hidden() for queue in queues)


def _move_letters(lane: Lane, upload_id: str | None, run: str) -> int:
    """Sent again first, removed then: a letter that is sent twice is a delivery more, and changes nothing."""

    def send(letter: ReceivedMessage) -> None:
        lane.queue.send([replace(letter.message, id=f"{letter.message.id[:80]}-{run}")])

    return _take_up(lane.dead, lambda letter: upload_id in (None, letter.message.body["upload"]), send)


def _repeat_calls(failed: FailedCalls, upload_id: str | None, table: Table) -> int:
    """Return a call that is made twice goes on where the other one is, or finds all done."""
    upload = read_upload(table, upload_id) if upload_id else None
    about = {upload_id, upload.key if upload else None} - {None}

    def call(letter: ReceivedMessage) -> None:
        failed.call(letter.message.body["requestContext"]["functionArn"], letter.message.body["requestPayload"])

    return _take_up(
        failed.queue,
        lambda letter: upload_id is None or not about.isdisjoint(_subjects(letter.message.body["requestPayload"])),
        call,
    )


def _subjects(event: Mapping[str, Any]) -> Iterator[str]:
    """Return what a call was about: an upload's id, or keys of dropped files."""
    if "upload" in event:
        yield event["upload"]
    for key, _ in read_notification(event):
        yield key


def _take_up(
    queue: Queue, wanted: Callable[[ReceivedMessage], bool], take_up: Callable[[ReceivedMessage], None]
) -> int:
    count, others = 0, list[ReceivedMessage]()
    for letter in queue.receive(HIDDEN_SECONDS):
        if wanted(letter):
            take_up(letter)
            queue.remove(letter.receipt)
            count += 1
        else:
            others.append(letter)
    for letter in others:
        queue.show_again(letter.receipt, 0)
    return count
