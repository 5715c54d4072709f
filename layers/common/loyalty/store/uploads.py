"""Uploads: what is known of a file of purchases or records, and how far splitting and posting it have got."""

import hashlib
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import astuple

from loyalty import exactjson
from loyalty.domain.errors import Code, Problem, Refused
from loyalty.domain.rows.layout import Layout, Position
from loyalty.domain.uploads.row_outcome import Kind
from loyalty.store import keys
from loyalty.store.attributes import Item
from loyalty.store.sdk_errors import ConditionFailed
from loyalty.store.table import Table
from loyalty.store.writes import Put, Update, Write

KEPT = timedelta(days=90)
"""How long an upload is told of."""


class UploadState(StrEnum):
    """How far an upload has got. A REFUSED file was not posted; an INCOMPLETE one was posted as far as it could be
    read. The stored state stays POSTING: the counters show whether the upload is DONE or INCOMPLETE."""

    EXPECTED = "EXPECTED"
    SPLITTING = "SPLITTING"
    POSTING = "POSTING"
    DONE = "DONE"
    INCOMPLETE = "INCOMPLETE"
    REFUSED = "REFUSED"

    @property
    def is_final(self) -> bool:
        """Whether nothing more comes of it."""
        return self in (UploadState.DONE, UploadState.INCOMPLETE, UploadState.REFUSED)


class Upload(Struct, frozen=True):
    """A file of purchases, or of records.

    Attributes:
        id: its id.
        partner_id: the partner whose file it is; empty for records.
        merchants: the merchants that the file may act for.
        name: the name of the file.
        key: where the file is in its bucket.
        created_on: when the upload was made.
        kind: whether it has purchases or records.
        state: how far it is.
        version: the version of the object in the bucket.
        content: equal for files with the same bytes.
        size: the size of the file in bytes.
        dry_run: whether nothing is posted.
        shards: how many shards it is split into.
        layout: how its rows are written; None until its first bytes are read.
        position: where splitting continues; None until its first bytes are read.
        segments: segments so far; final from POSTING on.
        chunks: chunks so far; final from POSTING on.
        entries: purchases or records so far; final from POSTING on.
        rows: rows so far; final from POSTING on.
        fault: why the file, or the rest of it, could not be split.
        idempotency_key: the key of the bulk call that it comes from, if any.
        key_hash: the API key, or the login, that it was sent with; None if it was put into the bucket.
        unit_id: the unit that its sender called as; None where the partner's record says which.
        proven: whether proofs of its customers' codes are kept beside it.
    """

    id: str
    partner_id: str
    merchants: tuple[str, ...]
    name: str
    key: str
    created_on: datetime
    kind: Kind = Kind.PURCHASES
    state: UploadState = UploadState.EXPECTED
    version: str = ""
    content: str = ""
    size: int = 0
    dry_run: bool = False
    shards: int = 1
    layout: Layout | None = None
    position: Position | None = None
    segments: int = 0
    chunks: int = 0
    entries: int = 0
    rows: int = 0
    fault: Problem | None = None
    idempotency_key: str | None = None
    key_hash: str | None = None
    unit_id: str | None = None
    proven: bool = False

    @property
    def expires_at(self) -> int:
        """When all that is stored of it ends, in seconds since 1970."""
        return int((self.created_on + KEPT).timestamp())


class Piece(Struct, frozen=True):
    """The place of a chunk in the object of its segment.

    Attributes:
        chunk: the number of the chunk in the whole upload.
        shard: the shard that it belongs to.
        start: its first byte.
        length: its number of bytes.
        entries: its number of purchases or records.
        rows: its number of rows.
    """

    chunk: int
    shard: int
    start: int
    length: int
    entries: int
    rows: int


class Segment(Struct, frozen=True):
    """A part of a file that was split at once; its chunks lie in one object, and hold the rows from `first_row` to
    before `next_row`, which no other segment does."""

    number: int
    location: str
    first_row: int
    next_row: int
    pieces: tuple[Piece, ...]


class Overtaken(Exception):  # noqa: N818 - reads as what it says
    """Another run splits the same upload, and was first."""


def upload_id(key: str, version: str) -> str:
    """Return the id of the upload that an object is: 32 upper-case hex digits."""
    return hashlib.sha256(f"{version} {key}".encode()).hexdigest()[:32].upper()


def read_upload(table: Table, upload_id: str) -> Upload | None:
    """Return an upload, read consistently."""
    item = table.get(keys.upload(upload_id), consistent=True)
    return _upload(upload_id, item) if item else None


def latest_uploads(table: Table, limit: int) -> list[str]:
    """Return the ids of the uploads that were begun last, the latest first."""
    listed = [item["sk"].rpartition("#")[2] for item in table.partition(keys.listed_upload("", "").pk)]
    return listed[: -limit - 1 : -1]


def read_segment(table: Table, upload_id: str, number: int) -> Segment | None:
    """Return a segment of an upload, read consistently."""
    item = table.get(keys.segment(upload_id, number), consistent=True)
    return _segment(number, item) if item else None


def add_upload(table: Table, upload: Upload) -> Upload:
    """Begin an upload, or take over the one that is EXPECTED at its id; return the one that was begun before, if one
    was.

    Raises:
        Refused: RETRY_LATER.
    """
    begun = Update(
        keys.upload(upload.id),
        _item(upload),
        "attribute_not_exists(pk) OR #state = :expected",
        {":expected": UploadState.EXPECTED},
    )
    listed: Item = {"partner_id": upload.partner_id, "name": upload.name, "expires_at": upload.expires_at}
    try:
        table.transact([begun, Put(keys.listed_upload(upload.created_on.isoformat(), upload.id), listed)])
    except ConditionFailed as failed:
        earlier = read_upload(table, upload.id)
        if earlier is None:
            raise Refused(Problem(Code.RETRY_LATER, "This upload has just ended.")) from failed
        return earlier
    return upload


def move_upload(table: Table, before: Upload, after: Upload, segment: Segment | None = None) -> None:
    """Keep how far splitting has got, and the segment that it has got further by.

    Raises:
        Overtaken: another run was first; nothing was written.
        Refused: RETRY_LATER; nothing was written.
    """
    progress = {name: value for name, value in _item(after).items() if name in _PROGRESS}
    values: Item = {":before": before.segments, ":splitting": UploadState.SPLITTING}
    condition = "#segments = :before AND #state = :splitting"
    writes: list[Write] = [Update(keys.upload(after.id), progress, condition, values)]
    if segment:
        writes.append(Put(keys.segment(after.id, segment.number), _segment_item(after, segment)))
    try:
        table.transact(writes)
    except ConditionFailed as failed:
        raise Overtaken from failed


_PROGRESS = (
    "state",
    "layout",
    "offset",
    "row",
    "inside",
    "segments",
    "chunks",
    "entries",
    "rows",
    "fault",
    "fault_code",
)


def _item(upload: Upload) -> Item:
    position, fault = upload.position, upload.fault
    return {
        "kind": upload.kind,
        "partner_id": upload.partner_id,
        "merchants": list(upload.merchants),
        "name": upload.name,
        "key": upload.key,
        "version": upload.version,
        "content": upload.content,
        "size": upload.size,
        "created_on": upload.created_on.isoformat(),
        "state": upload.state,
        "dry_run": upload.dry_run,
        "shards": upload.shards,
        "layout": upload.layout.text() if upload.layout else None,
        "offset": position.offset if position else None,
        "row": position.row if position else None,
        "inside": position.inside if position else None,
        "segments": upload.segments,
        "chunks": upload.chunks,
        "entries": upload.entries,
        "rows": upload.rows,
        "fault": fault.description if fault else None,
        "fault_code": fault.code if fault else None,
        "idempotency_key": upload.idempotency_key,
        "key_hash": upload.key_hash,
        "unit_id": upload.unit_id,
        "proven": upload.proven,
        "expires_at": upload.expires_at,
    }


def _upload(upload_id: str, item: Item) -> Upload:
    return Upload(
        id=upload_id,
        kind=Kind(item["kind"]),
        partner_id=item["partner_id"],
        merchants=tuple(item["merchants"]),
        name=item["name"],
        key=item["key"],
        version=item.get("version", ""),
        content=item.get("content", ""),
        size=int(item.get("size", 0)),
        created_on=datetime.fromisoformat(item["created_on"]),
        state=UploadState(item["state"]),
        dry_run=item.get("dry_run", False),
        shards=int(item.get("shards", 1)),
        layout=Layout.of(item["layout"]) if "layout" in item else None,
        position=Position(int(item["offset"]), int(item["row"]), item["inside"]) if "offset" in item else None,
        segments=int(item.get("segments", 0)),
        chunks=int(item.get("chunks", 0)),
        entries=int(item.get("entries", 0)),
        rows=int(item.get("rows", 0)),
        fault=Problem(Code(item["fault_code"]), item["fault"]) if "fault" in item else None,
        idempotency_key=item.get("idempotency_key"),
        key_hash=item.get("key_hash"),
        unit_id=item.get("unit_id"),
        proven=item.get("proven", False),
    )


def _segment_item(upload: Upload, segment: Segment) -> Item:
    return {
        "location": segment.location,
        "first_row": segment.first_row,
        "next_row": segment.next_row,
        "pieces": exactjson.dumps([astuple(piece) for piece in segment.pieces]),
        "expires_at": upload.expires_at,
    }


def _segment(number: int, item: Item) -> Segment:
    pieces = tuple(Piece(*piece) for piece in exactjson.loads(item["pieces"]))
    return Segment(number, item["location"], int(item["first_row"]), int(item["next_row"]), pieces)
