"""Uploads for tests of what happens to their chunks: cut by hand, as the splitter would."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace

from loyalty import exactjson
from loyalty.domain.rows.chunk import Shard
from loyalty.domain.rows.layout import FileFormat, Layout
from loyalty.store.dynamo_table import DynamoTable
from loyalty.store.files import Files
from loyalty.store.uploads import Piece, Segment, Upload, UploadState, add_upload, move_upload

CREATED_ON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
JSON_LINES = Layout(FileFormat.JSON_LINES)


def put_upload(
    table: DynamoTable,
    files: Files,
    upload_id: str,
    chunks: Sequence[Sequence[bytes]],
    *,
    layout: Layout = JSON_LINES,
    name: str = "purchases.jsonl",
    content: str | None = None,
    dry_run: bool = False,
    unit_id: str | None = None,
) -> list[dict[str, Any]]:
    """Return an upload whose rows stand in these chunks, one after the other; answers the chunks' messages."""
    location, data, row, pieces = f"chunks/{upload_id}/1/000001", b"", 1, list[Piece]()
    for number, rows in enumerate(chunks, start=1):
        shard = Shard(0)
        for of_row, text in enumerate(rows, start=row):
            shard.add(of_row, text)
        shard.settle()
        [frame] = shard.take_chunks(layout)
        pieces.append(Piece(number, 0, len(data), len(frame.data), frame.entries, frame.rows))
        data += frame.data
        row += len(rows)
    files.write(location, data)
    upload = Upload(
        id=upload_id,
        partner_id="DEMO",
        merchants=("*",),
        name=name,
        key=f"uploads/DEMO/{name}",
        content=content or f"etag-of-{upload_id}",
        state=UploadState.SPLITTING,
        dry_run=dry_run,
        created_on=CREATED_ON,
        unit_id=unit_id,
    )
    add_upload(table, upload)
    total: Any = {"segments": 1, "chunks": len(pieces), "entries": row - 1, "rows": row - 1}
    segment = Segment(1, location, 1, row, tuple(pieces))
    move_upload(table, upload, replace(upload, layout=layout, state=UploadState.POSTING, **total), segment)
    return [
        {
            "upload": upload_id,
            "chunk": piece.chunk,
            "location": location,
            "start": piece.start,
            "length": piece.length,
        }
        for piece in pieces
    ]


def lines(bodies: Sequence[Any]) -> list[bytes]:
    """Bodies as rows of JSON Lines."""
    return [exactjson.dumps(body).encode() for body in bodies]
