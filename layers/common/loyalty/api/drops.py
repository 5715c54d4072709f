"""What functions share that S3 calls with files that were dropped: each file is an upload, and a call that runs out of
time hands over to another."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import unquote_plus
from uuid import uuid4

from loyalty.api.endpoint import logger
from loyalty.domain.errors import Code, Refused
from loyalty.store.files import Files
from loyalty.store.function import Function
from loyalty.store.table import Table
from loyalty.store.uploads import Upload, read_upload


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a function: when it began, a name that no other call has, and whether its time is out."""

    now: datetime
    attempt: str
    out_of_time: Callable[[], bool]


class Begin(Protocol):
    """What makes an upload of a dropped file, such as `begin_upload`."""

    def __call__(self, key: str, version: str, *, table: Table, dropped: Files, now: datetime) -> Upload: ...


def drops(
    action: Callable[[Upload, Call], bool],
    begin: Begin,
    *,
    table: Table,
    dropped: Files,
    itself: Function,
    milliseconds_to_keep: int,
) -> Callable[[dict[str, Any], Any], None]:
    """A Lambda handler around `action`, which answers whether it is through with an upload; if not, the function calls
    itself to go on. Of each call's time, `milliseconds_to_keep` are for what is under way by then."""

    @logger.inject_lambda_context(clear_state=True)
    def handler(event: dict[str, Any], context: Any) -> None:
        def out_of_time() -> bool:
            return bool(context.get_remaining_time_in_millis() < milliseconds_to_keep)

        call = Call(datetime.now(UTC), uuid4().hex, out_of_time)
        for upload in _uploads(event, call, begin, table, dropped):
            if not action(upload, call):
                itself.call_later({"upload": upload.id})

    return handler


def _uploads(event: Mapping[str, Any], call: Call, begin: Begin, table: Table, dropped: Files) -> Iterator[Upload]:
    """The uploads that a call is about: one to go on with, or those that a notification of S3 tells of."""
    if "upload" in event and (upload := read_upload(table, event["upload"])):
        yield upload
    for record in event.get("Records", ()):
        told = record["s3"]["object"]
        try:
            yield begin(unquote_plus(told["key"]), told.get("versionId"), table=table, dropped=dropped, now=call.now)
        except Refused as refused:
            if refused.problems[0].code is not Code.NOT_FOUND:
                raise
            logger.info("gone", extra={"key": told["key"]})  # deleted again before we came to it
