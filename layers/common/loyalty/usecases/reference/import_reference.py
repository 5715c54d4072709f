"""Importing a file of reference data that was dropped: it is split like any other, and each chunk is imported as soon
as it is kept, before the next one is."""

from collections.abc import Callable

from loyalty.domain.rows.records import RECORDS
from loyalty.store.files import Files
from loyalty.store.uploads import Upload
from loyalty.usecases.reference.import_chunk import ChunkImporter
from loyalty.usecases.uploads.split_upload import Workplace, split_upload

SEGMENT_BYTES = 250_000
"""The rows of a file that are imported between two looks at the clock: opening balances, the slowest, may take a
minute."""


def import_reference(
    upload: Upload, importer: ChunkImporter, *, dropped: Files, attempt: str, out_of_time: Callable[[], bool]
) -> bool:
    """Import what is left of a file; see `split_upload`. Return False where the time is out before.

    Raises:
        Refused: RETRY_LATER, if storage is busy for long. Nothing was lost; called again, it goes on.
    """
    at = Workplace(importer.table, dropped, importer.files, importer, RECORDS, SEGMENT_BYTES)
    return split_upload(upload, at, attempt=attempt, out_of_time=out_of_time)
