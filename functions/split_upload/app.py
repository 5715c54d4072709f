"""Split a file that was dropped in the upload bucket, or what is left of it since the time of the last call was out."""

from functools import partial
from os import environ

from loyalty.api.triggers.s3_handler import Relay, S3Call, s3_handler
from loyalty.store.client import connect, connect_files, connect_function, connect_queue
from loyalty.store.uploads import Upload
from loyalty.usecases.uploads.begin_upload import begin_upload
from loyalty.usecases.uploads.chunk_queue import ChunkQueue
from loyalty.usecases.uploads.split_upload import Workplace, split_upload

MILLISECONDS_TO_KEEP = 60_000
"""The time before the end of a call at which it hands over: work in progress has to be kept by then."""

table = connect(environ["TABLE_NAME"])
dropped = connect_files(environ["UPLOAD_BUCKET"])
itself = connect_function(environ["AWS_LAMBDA_FUNCTION_NAME"])
closings = connect_queue(environ["CLOSE_QUEUE_URL"])
chunks = ChunkQueue(connect_queue(environ["CHUNK_QUEUE_URL"]))
at = Workplace(table, dropped, connect_files(environ["RESULT_BUCKET"]), chunks)


def split(upload: Upload, call: S3Call) -> bool:
    return split_upload(upload, at, attempt=call.attempt, out_of_time=call.out_of_time)


handler = s3_handler(
    split,
    partial(begin_upload, table=table, dropped=dropped),
    table=table,
    closings=closings,
    relay=Relay(itself, MILLISECONDS_TO_KEEP),
)
