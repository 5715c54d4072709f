"""A file that was dropped becomes an upload, once however often that is told."""

import re
from datetime import datetime

from msgspec.structs import replace

from loyalty.domain.access.partner import Scope, no_folder
from loyalty.domain.errors import Code, Problem, Refused
from loyalty.domain.rows.file_opening import format_of
from loyalty.domain.uploads.row_outcome import Kind
from loyalty.store.credentials import active_credentials
from loyalty.store.files import Files, StoredFile
from loyalty.store.table import Table
from loyalty.store.uploads import Upload, UploadState, add_upload, read_upload, upload_id

FOLDER = "uploads"
"""Where files of purchases are dropped: `uploads/<partner>/<name>`; or, with the form that `POST /uploads` gives out,
`uploads/<partner>/<upload>/<name>`."""

REFERENCE_FOLDER = "reference"
"""Where files of reference data are dropped: `reference/<name>`."""

MAX_SHARDS = 32
"""The most shards of an upload: so many of its chunks may be posted at a time."""

SHARD_BYTES = 100_000
"""The bytes of a file for each shard: a thousand short rows, which make a chunk."""

PACKED = 8
"""How many bytes of rows a compressed one holds, as a rule."""

DRY_RUN = "dry-run"
"""The note on a file that is not to be posted: just what posting it would do is to be told."""

KEY_REVOKED = Problem(
    Code.NOT_PERMITTED,
    "The API key, or the login, that this file was sent with is revoked. Send the file again with an active one.",
)

NO_DRY_RUN = Problem(
    Code.INVALID, "Reference data has no dry run. Use `loyalty programme check` to see what would be refused."
)


MAX_NAME_BYTES = 255
"""The most bytes of a file's name: S3 accepts 1,024 bytes for that of the result, which has the partner and the upload
before it."""

_ASTRAY = re.compile(r"[\x00-\x1f\x7f]|(?:^|/)\.{1,2}(?:/|$)")
"""Path steps that clients remove from a link, which then does not work."""


def begin_upload(key: str, version: str, *, table: Table, dropped: Files, now: datetime) -> Upload:
    """Return the upload of the file at `key`. One that cannot be split at all, or that nobody may have sent, is
    REFUSED.

    Raises:
        Refused: NOT_FOUND, if the file is gone; RETRY_LATER.
    """
    file = dropped.look_at(key, version)
    expected = _find_expected(file, table)
    if expected is None:
        return add_upload(table, _new(file, table, now))
    begun = add_upload(table, _begin(expected, file, table))
    if begun.version != file.version:
        begun = add_upload(table, _refuse_used_form(expected, file, now))
    return begun


def begin_import(key: str, version: str, *, table: Table, dropped: Files, now: datetime) -> Upload:
    """Return the upload of the file of reference data at `key`, like `begin_upload`. Anyone who may drop files there
    may have them imported."""
    file = dropped.look_at(key, version)
    upload = Upload(
        id=upload_id(file.key, file.version),
        partner_id="",
        merchants=(),
        name=file.key.removeprefix(f"{REFERENCE_FOLDER}/"),
        key=file.key,
        created_on=now,
        kind=Kind.RECORDS,
    )
    begun = _take_up(upload, file)
    if begun.dry_run:
        begun = _refuse(begun, NO_DRY_RUN)
    return add_upload(table, begun)


def _find_expected(file: StoredFile, table: Table) -> Upload | None:
    """Return the upload that the form was given out for which this file was sent with."""
    _, _, *rest = file.key.split("/")
    upload = read_upload(table, rest[0]) if len(rest) == 2 else None
    return upload if upload and upload.key == file.key else None


def _refuse_used_form(expected: Upload, file: StoredFile, now: datetime) -> Upload:
    """Return an upload of its own, so that it is told of: a form takes one file, which may be posted by now."""
    upload = Upload(
        id=upload_id(file.key, file.version),
        partner_id=expected.partner_id,
        merchants=expected.merchants,
        name=expected.name,
        key=file.key,
        created_on=now,
    )
    description = f"The form of upload {expected.id} is already used. Ask for another form and send the file with it."
    return _refuse(_take_up(upload, file), Problem(Code.NOT_PERMITTED, description))


def merchants_of(partner_id: str, table: Table) -> tuple[str, ...]:
    """Return the merchants that a partner's active keys and logins may post purchases for, together (decision 0012)."""
    may = [one for one in active_credentials(table, partner_id) if Scope.POST_PURCHASES in one.scopes]
    return tuple(sorted({merchant for one in may for merchant in one.merchants}))


def no_key(partner_id: str) -> Problem:
    """Return why a file of a partner without such merchants is refused."""
    description = (
        f"Partner {partner_id} does not exist, or has no API key that may post purchases. Make one with `loyalty key "
        "create`, then send the file again."
    )
    return Problem(Code.NOT_PERMITTED, description)


def _new(file: StoredFile, table: Table, now: datetime) -> Upload:
    _, partner_id, *rest = file.key.split("/")
    upload = Upload(
        id=upload_id(file.key, file.version),
        partner_id="",
        merchants=(),
        name="/".join(rest),
        key=file.key,
        created_on=now,
    )
    if fault := no_folder(partner_id):  # it is nobody's, and may be too long for the name of a summary
        return _refuse(_take_up(upload, file), fault)
    return _begin(replace(upload, partner_id=partner_id, merchants=merchants_of(partner_id, table)), file, table)


def _begin(upload: Upload, file: StoredFile, table: Table) -> Upload:
    begun = _take_up(upload, file)
    if begun.fault:
        return begun
    if begun.key_hash and all(one.key_hash != begun.key_hash for one in active_credentials(table, begun.partner_id)):
        return _refuse(begun, KEY_REVOKED)
    if not begun.merchants:
        return _refuse(begun, no_key(begun.partner_id))
    _, packed = format_of(begun.name)
    size = file.size * PACKED if packed else file.size
    most = 1 if begun.proven else MAX_SHARDS  # proofs tell whose rows they are, and only when they are posted
    return replace(begun, shards=max(1, min(most, size // SHARD_BYTES)))


def _take_up(upload: Upload, file: StoredFile) -> Upload:
    """Return the upload as of the file that has arrived, of which only the name was looked at."""
    begun = replace(
        upload,
        state=UploadState.SPLITTING,
        version=file.version,
        content=f"{file.etag} {file.size} {upload.content}".rstrip(),
        size=file.size,
        dry_run=upload.dry_run or file.notes.get(DRY_RUN) == "true",
    )
    try:
        check_name(begun.name)
    except Refused as refused:
        return _refuse(begun, refused.problems[0])
    return begun


def check_name(name: str) -> None:
    """Let a file pass whose name tells what it is, and may be part of the name of its result.

    Raises:
        Refused: INVALID.
    """
    format_of(name)
    if len(name.encode()) > MAX_NAME_BYTES:
        raise Refused(Problem(Code.INVALID, f"The name of the file has more than {MAX_NAME_BYTES} bytes."))
    if _ASTRAY.search(name):
        raise Refused(
            Problem(
                Code.INVALID, "The name of the file has control characters, or `.` or `..` as a step. Rename the file."
            )
        )


def _refuse(upload: Upload, fault: Problem) -> Upload:
    return replace(upload, state=UploadState.REFUSED, fault=fault)
