"""Importing a file of reference data that was dropped: it is split like any other, and each chunk is imported as soon
as it is kept, before the next one is."""

from collections.abc import Callable

from loyalty.domain.rows.records import RECORDS
from loyalty.store.chunk_marks import read_tally
from loyalty.store.files import Files
from loyalty.store.table import Table
from loyalty.store.uploads import Upload, read_upload
from loyalty.usecases.reference.import_chunk import ChunkImporter
from loyalty.usecases.reference.publish_programme import publish_programme
from loyalty.usecases.uploads.split_upload import Workplace, split_upload

SEGMENT_BYTES = 250_000
"""The rows of a file that are imported between two looks at the clock: opening balances, the slowest, may take a
minute."""


def import_reference(
    upload: Upload, importer: ChunkImporter, *, dropped: Files, attempt: str, out_of_time: Callable[[], bool]
) -> bool:
    """Import what is left of a file; see `split_upload`. Return False where the time is out before. What the file says
    of the programme counts all at once, when all of it is imported.

    Raises:
        Refused: RETRY_LATER, if storage is busy for long, or others write the programme. Nothing was lost; called
            again, it goes on.
    """
    at = Workplace(importer.table, dropped, importer.files, importer, RECORDS, SEGMENT_BYTES)
    is_done = split_upload(upload, at, attempt=attempt, out_of_time=out_of_time)
    if is_done and (importer.seen.are_of_programme or upload.segments) and _is_imported(upload.id, importer.table):
        # An earlier call may have imported some of it, if there was one.
        publish_programme(importer.table, importer.now)
    return is_done


def _is_imported(upload_id: str, table: Table) -> bool:
    """Return whether each row has an outcome: another call may be at work on the file."""
    tally, upload = read_tally(table, upload_id), read_upload(table, upload_id)
    return upload is not None and tally.covers(upload)
