"""Uploads as their senders see them: a form to send a file with, and how far it has got."""

from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from loyalty.domain.access.partner import Partner
from loyalty.domain.errors import Refused, not_found
from loyalty.domain.uploads.progress import Progress
from loyalty.store.chunk_marks import Tally, read_tally
from loyalty.store.files import Files, Form
from loyalty.store.table import Table
from loyalty.store.uploads import Upload, UploadState, add_upload, read_upload
from loyalty.usecases.uploads.close_upload import summary_key
from loyalty.usecases.uploads.make_result import result_key

FORM_LIFETIME = timedelta(hours=1)
LINK_LIFETIME = timedelta(hours=1)
MAX_FILE_BYTES = 5_000_000_000
"""The most bytes that S3 accepts in one request. A file put into the bucket by other means may be larger."""


class UploadView(Struct, frozen=True):
    """An upload, what has become of its purchases, how fast, and links to what it has yielded once all is told."""

    upload: Upload
    tally: Tally
    progress: Progress
    result_url: str | None = None
    summary_url: str | None = None

    @property
    def state(self) -> UploadState:
        """Its state: done once its result tells all, or incomplete, if its file was not read to its end."""
        if not (self.tally.covers(self.upload) and self.tally.is_told):
            return self.upload.state
        return UploadState.INCOMPLETE if self.upload.fault else UploadState.DONE


def expected_upload(upload_id: str, name: str, partner: Partner, now: datetime, *, dry_run: bool = False) -> Upload:
    """Return the upload of one file of a partner, which may act for the merchants of the key that the partner calls
    with, as long as that key is active when the file arrives.

    Raises:
        Refused: NOT_PERMITTED (`Partner.folder`).
    """
    return Upload(
        id=upload_id,
        partner_id=partner.id,
        merchants=tuple(sorted(partner.merchants)),
        name=name,
        key=f"uploads/{partner.folder()}/{upload_id}/{name}",
        created_on=now,
        dry_run=dry_run,
        key_hash=partner.key_hash,
        unit_id=partner.unit_id,
    )


def expect_upload(upload: Upload, *, table: Table, files: Files) -> Form:
    """Expect the file of an upload; return what to send it with."""
    add_upload(table, upload)
    return files.form(upload.key, MAX_FILE_BYTES, int(FORM_LIFETIME.total_seconds()))


def send_upload(upload: Upload, data: bytes, *, table: Table, files: Files) -> None:
    """Write the file of an upload on behalf of its partner."""
    add_upload(table, upload)
    files.write(upload.key, data)


def show_upload(upload_id: str, partner: Partner, *, table: Table, files: Files, now: datetime) -> UploadView:
    """Return how far an upload of the partner's has got.

    Raises:
        Refused: NOT_FOUND, if there is none, it is another partner's, or it acts for merchants that the partner may
            not act for with the key of this call.
    """
    upload = read_upload(table, upload_id)
    if upload is None or upload.partner_id != partner.id or not partner.covers(upload.merchants):
        raise Refused(not_found("Upload", upload_id))
    view = view_of(upload, table=table, now=now)
    if view.state not in (UploadState.DONE, UploadState.INCOMPLETE):
        return view
    seconds = int(LINK_LIFETIME.total_seconds())
    result, summary = (files.link(key, seconds) for key in (result_key(upload), summary_key(upload)))
    return replace(view, result_url=result, summary_url=summary)


def view_of(upload: Upload, *, table: Table, now: datetime) -> UploadView:
    """Return how far an upload has got, without links."""
    tally = read_tally(table, upload.id)
    total = None if upload.state in (UploadState.EXPECTED, UploadState.SPLITTING) else upload.entries
    seconds = ((tally.closed_on or now) - upload.created_on).total_seconds()
    return UploadView(upload, tally, Progress.of(done=tally.counts.total, total=total, seconds=seconds))
