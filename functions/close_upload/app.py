"""Makes the result of an upload, once each of its rows has an outcome."""

from os import environ

from loyalty.api.deliveries import Received, deliveries
from loyalty.store.client import connect, connect_files, connect_queue
from loyalty.usecases.close_upload import close_upload

table = connect(environ["TABLE_NAME"])
files = connect_files(environ["RESULT_BUCKET"])


def close(received: Received) -> bool:
    close_upload(received.body["upload"], table=table, files=files, now=received.now)
    return True


handler = deliveries(close, connect_queue(environ["CLOSE_QUEUE_URL"]), int(environ["MAX_RECEIVES"]))
