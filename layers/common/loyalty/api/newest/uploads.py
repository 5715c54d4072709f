"""The newest API's uploads: what `POST /uploads` takes, and how an upload is told."""

from typing import Annotated, Any

from pydantic import StrictBool, StringConstraints

from loyalty.api.newest.answers import ExpectedUploadAnswer, UploadAnswer
from loyalty.api.newest.unknown_fields import NewestModel
from loyalty.domain.patterns import FILE_NAME
from loyalty.domain.uploads.row_outcome import RowStatus
from loyalty.domain.validation import validate
from loyalty.store.files import Form
from loyalty.store.uploads import Upload
from loyalty.usecases.uploads.show_upload import FORM_LIFETIME, MAX_FILE_BYTES, UploadView

FileName = Annotated[str, StringConstraints(max_length=100, pattern=FILE_NAME)]
"""Name of a file: it tells the format, and becomes part of a path."""


class CreateUpload(NewestModel):
    """The body of `POST /uploads`: with `dry_run`, the file is gone through and nothing is posted."""

    name: FileName
    dry_run: StrictBool = False


def read_upload(body: Any) -> CreateUpload:
    """Return the upload that a body asks for.

    Raises:
        Refused: with every faulty field, by JSON pointer.
    """
    return validate(CreateUpload, body)


def render_expected(upload: Upload, form: Form) -> ExpectedUploadAnswer:
    """Return where to send the file, and what to send with it."""
    return {
        "id": upload.id,
        "url": form.url,
        "fields": dict(form.fields),
        "expires_in": int(FORM_LIFETIME.total_seconds()),
        "maximum_bytes": MAX_FILE_BYTES,
    }


def render_upload(view: UploadView) -> UploadAnswer:
    """Return how far an upload has got."""
    upload, counts = view.upload, view.tally.counts
    return {
        "id": upload.id,
        "name": upload.name,
        "state": view.state,
        "dry_run": upload.dry_run,
        "created_on": int(upload.created_on.timestamp()),
        "purchases": upload.entries,
        "posted": counts.by_status.get(RowStatus.POSTED, 0),
        "replayed": counts.by_status.get(RowStatus.REPLAYED, 0),
        "refused": counts.by_status.get(RowStatus.REFUSED, 0),
        "failed": counts.by_status.get(RowStatus.FAILED, 0),
        "errors": {str(code): count for code, count in counts.by_code.items()},
        "rate": view.progress.rate,
        "seconds_left": view.progress.seconds_left,
        "result_url": view.result_url,
        "fault": {"code": upload.fault.code, "detail": upload.fault.description} if upload.fault else None,
        "summary_url": view.summary_url,
    }
