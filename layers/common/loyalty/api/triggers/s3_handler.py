"""Handling of calls by S3 for dropped files: each file is an upload, and a call that runs out of time hands over to
another."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import uuid4

from msgspec import Struct

from loyalty.api.faults import log_faults
from loyalty.api.logs import logger, tell_of_call
from loyalty.domain.errors import Code, Refused
from loyalty.store.files import read_notification
from loyalty.store.lambda_function import LambdaFunction
from loyalty.store.queue import Queue
from loyalty.store.table import Table
from loyalty.store.uploads import Upload, read_upload, upload_id
from loyalty.usecases.uploads.close_upload import close_if_complete


class S3Call(Struct, frozen=True):
    """A call of a function: when it began, a name that no other call has, and whether its time is out."""

    now: datetime
    attempt: str
    out_of_time: Callable[[], bool]


class Begin(Protocol):
    """Make an upload of a dropped file, such as `begin_upload` with the table and the bucket."""

    def __call__(self, key: str, version: str, *, now: datetime) -> Upload: ...


class Relay(Struct, frozen=True):
    """The hand-over from a call to the next one: the function `itself` is called while `milliseconds_to_keep` of the
    call's time are left, which it needs to finish what it has begun."""

    itself: LambdaFunction
    milliseconds_to_keep: int


def s3_handler(
    action: Callable[[Upload, S3Call], bool],
    begin: Begin,
    *,
    table: Table,
    closings: Queue,
    relay: Relay,
) -> Callable[[dict[str, Any], Any], None]:
    """Return a Lambda handler around `action`, which returns whether it has finished an upload. If it has, and all rows
    have an outcome or there are none, the upload is closed; if not, the `relay` goes on."""

    @log_faults()
    def handler(event: dict[str, Any], context: Any) -> None:
        tell_of_call(context)

        def out_of_time() -> bool:
            return bool(context.get_remaining_time_in_millis() < relay.milliseconds_to_keep)

        call = S3Call(datetime.now(UTC), uuid4().hex, out_of_time)
        for upload in _uploads(event, call, begin, table):
            if action(upload, call):
                close_if_complete(upload.id, table=table, closings=closings)
            else:
                relay.itself.call_later({"upload": upload.id})

    return handler


def _uploads(event: Mapping[str, Any], call: S3Call, begin: Begin, table: Table) -> Iterator[Upload]:
    """Return the uploads that a call is about: one to go on with, or those that a notification of S3 tells of."""
    if "upload" in event and (upload := read_upload(table, event["upload"])):
        yield upload
    for key, version in read_notification(event):
        try:
            yield begin(key, version, now=call.now)
        except Refused as refused:
            if refused.problems[0].code is not Code.NOT_FOUND:
                raise
            logger.info("gone", extra={"upload": upload_id(key, version)})  # deleted again before we came to it
