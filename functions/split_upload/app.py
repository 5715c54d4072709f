"""Split a file that was dropped in the upload bucket, or what is left of it since the time of the last call was out."""

from collections.abc import Iterator
from datetime import UTC, datetime
from os import environ
from typing import Any
from urllib.parse import unquote_plus
from uuid import uuid4

from loyalty.api.endpoint import logger
from loyalty.domain.errors import Code, Refused
from loyalty.store.client import connect, connect_files, connect_function, connect_queue
from loyalty.store.uploads import Upload, read_upload
from loyalty.usecases.begin_upload import begin_upload
from loyalty.usecases.split_upload import Workplace, split_upload

MILLISECONDS_TO_KEEP = 60_000
"""How much of a call's time it hands over with: what is under way has to be kept by then."""

table = connect(environ["TABLE_NAME"])
dropped = connect_files(environ["UPLOAD_BUCKET"])
itself = connect_function(environ["AWS_LAMBDA_FUNCTION_NAME"])
at = Workplace(table, dropped, connect_files(environ["RESULT_BUCKET"]), connect_queue(environ["CHUNK_QUEUE_URL"]))


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> None:
    def out_of_time() -> bool:
        return bool(context.get_remaining_time_in_millis() < MILLISECONDS_TO_KEEP)

    for upload in uploads(event):
        if not split_upload(upload, at, attempt=uuid4().hex, out_of_time=out_of_time):
            itself.call_later({"upload": upload.id})


def uploads(event: dict[str, Any]) -> Iterator[Upload]:
    """The uploads that a call is about: one to go on with, or those that a notification of S3 tells of."""
    if "upload" in event and (upload := read_upload(table, event["upload"])):
        yield upload
    for record in event.get("Records", ()):
        told = record["s3"]["object"]
        try:
            yield begin_upload(
                unquote_plus(told["key"]), told.get("versionId"), table=table, dropped=dropped, now=datetime.now(UTC)
            )
        except Refused as refused:
            if refused.problems[0].code is not Code.NOT_FOUND:
                raise
            logger.info("gone", extra={"key": told["key"]})  # deleted again before we came to it
