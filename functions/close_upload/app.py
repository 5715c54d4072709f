"""Makes the result of an upload, once each of its rows has an outcome, or what is left of it since the last call."""

from os import environ

from loyalty.api.triggers.sqs_handler import SqsDelivery, sqs_handler
from loyalty.store.client import connect, connect_files, connect_queue
from loyalty.usecases.uploads.close_upload import close_upload

MILLISECONDS_TO_KEEP = 180_000
"""How much of a call's time it puts the result down with: another segment may have begun."""

table = connect(environ["TABLE_NAME"])
files = connect_files(environ["RESULT_BUCKET"])
closings = connect_queue(environ["CLOSE_QUEUE_URL"])


def close(received: SqsDelivery) -> bool:
    close_upload(
        received.body["upload"],
        table=table,
        files=files,
        closings=closings,
        now=received.now,
        out_of_time=lambda: received.milliseconds_left() < MILLISECONDS_TO_KEEP,
    )
    return True


handler = sqs_handler(close, closings, int(environ["MAX_RECEIVES"]))
