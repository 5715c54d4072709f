"""Makes the result of an upload, once each of its rows has an outcome, or what is left of it since the last call."""

from os import environ

from loyalty.api.triggers.sqs_handler import SqsDelivery, sqs_handler
from loyalty.store.client import connect, connect_files, connect_queue
from loyalty.usecases.uploads.close_upload import UploadCloser

MILLISECONDS_TO_KEEP = 180_000
"""How much of a call's time it puts the result down with: another segment may have begun."""

table = connect(environ["TABLE_NAME"])
files = connect_files(environ["RESULT_BUCKET"])
closings = connect_queue(environ["CLOSE_QUEUE_URL"])
closer = UploadCloser(table, files, closings)


def close(received: SqsDelivery) -> bool:
    def out_of_time() -> bool:
        return received.milliseconds_left() < MILLISECONDS_TO_KEEP

    closer.close(received.body["upload"], now=received.now, out_of_time=out_of_time)
    return True


handler = sqs_handler(close, closings, int(environ["MAX_RECEIVES"]))
