"""Import a file of reference data that was dropped, or what is left of it since the time of the last call was out."""

from functools import partial
from os import environ

from loyalty.api.logs import log_fault
from loyalty.api.triggers.s3_handler import Relay, S3Call, s3_handler
from loyalty.store.client import connect, connect_files, connect_function, connect_queue
from loyalty.store.uploads import Upload
from loyalty.usecases.reference.import_chunk import ChunkImporter
from loyalty.usecases.reference.import_reference import import_reference
from loyalty.usecases.uploads.begin_upload import begin_import

MILLISECONDS_TO_KEEP = 300_000
"""How much of a call's time it hands over with: two segments of opening balances, on a storage that is slow."""

table = connect(environ["TABLE_NAME"])
dropped = connect_files(environ["UPLOAD_BUCKET"])
work = connect_files(environ["RESULT_BUCKET"])
closings = connect_queue(environ["CLOSE_QUEUE_URL"])
itself = connect_function(environ["AWS_LAMBDA_FUNCTION_NAME"])


def import_file(upload: Upload, call: S3Call) -> bool:
    importer = ChunkImporter(table, work, call.now, report=lambda row, fault: log_fault(fault, row=row))
    return import_reference(upload, importer, dropped=dropped, attempt=call.attempt, out_of_time=call.out_of_time)


handler = s3_handler(
    import_file,
    partial(begin_import, table=table, dropped=dropped),
    table=table,
    closings=closings,
    relay=Relay(itself, MILLISECONDS_TO_KEEP),
)
