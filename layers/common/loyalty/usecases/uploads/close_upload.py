"""Closing an upload: its summary and its result, once each of its rows has an outcome; and again after a redrive."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from msgspec import Struct

from loyalty import exactjson
from loyalty.domain.uploads.row_outcome import STATUSES
from loyalty.store.chunk_marks import Tally, close, read_tally
from loyalty.store.files import Files
from loyalty.store.queue import Message, Queue
from loyalty.store.table import Table
from loyalty.store.uploads import Upload, UploadState, read_upload
from loyalty.usecases.uploads.make_result import make_result, result_folder


def close_if_complete(upload_id: str, *, table: Table, closings: Queue) -> None:
    """Ask for an upload to be closed if each of its rows has an outcome that its result does not tell yet, or if it has
    none as it was refused.

    Whoever adds to what is done asks after that, and so does whoever finds out how much there is to do: the last of
    them finds all done.
    """
    tally, upload = read_tally(table, upload_id), read_upload(table, upload_id)
    if upload and (upload.state is UploadState.REFUSED or (tally.covers(upload) and not tally.is_told)):
        closings.send([Message(f"{upload_id}-{tally.recorded}", upload_id, {"upload": upload_id})])


class UploadCloser(Struct, frozen=True):
    """Closes uploads: it writes results and summaries to `files`, and asks `closings` for another call if time runs
    out."""

    table: Table
    files: Files
    closings: Queue

    def close(self, upload_id: str, *, now: datetime, out_of_time: Callable[[], bool]) -> None:
        """Make the result and the summary of an upload whose rows all have an outcome, the summary alone of one that
        was refused; of any other, do nothing. If time runs out before, ask for the rest.

        A call that records an outcome in the meantime asks for another closing.

        Raises:
            Refused: RETRY_LATER, if the storage is busy.
        """
        tally, upload = read_tally(self.table, upload_id), read_upload(self.table, upload_id)
        if upload and upload.state is UploadState.REFUSED:
            self._write_summary(upload, tally, now)
        if upload is None or upload.layout is None or not tally.covers(upload) or tally.is_told:
            return
        if make_result(upload, tally, table=self.table, files=self.files, out_of_time=out_of_time):
            self._write_summary(upload, tally, now)
            close(self.table, upload, tally, now)
        else:
            name = f"{upload_id}-{tally.recorded}-{now.timestamp()}"
            self.closings.send([Message(name, upload_id, {"upload": upload_id})])

    def _write_summary(self, upload: Upload, tally: Tally, now: datetime) -> None:
        self.files.write(summary_key(upload), exactjson.dumps(summary(upload, tally, now)).encode())


def summary_key(upload: Upload) -> str:
    """Return the key of the summary."""
    return f"{result_folder(upload)}/summary.json"


def summary(upload: Upload, tally: Tally, now: datetime) -> dict[str, Any]:
    """Return what became of an upload, in numbers of purchases or records."""
    counts = tally.counts.by_status
    return {
        "upload": upload.id,
        "name": upload.name,
        "partner": upload.partner_id or None,
        "dry_run": upload.dry_run,
        upload.kind: upload.entries,
        "rows": upload.rows,
        **{status: counts.get(status, 0) for status in STATUSES[upload.kind]},
        "errors": tally.counts.by_code,
        "fault": upload.fault.description if upload.fault else None,
        "created_on": int(upload.created_on.timestamp()),
        "closed_on": int(now.timestamp()),
    }
