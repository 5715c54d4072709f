"""The outcomes of an upload's chunks: a mark for each chunk that was counted, once however often it was delivered; and
the counters, which are apart from the upload itself."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Self

from msgspec import Struct

from loyalty.domain.uploads.row_outcome import Counts
from loyalty.store import keys
from loyalty.store.attributes import Item
from loyalty.store.sdk_errors import ConditionFailed
from loyalty.store.table import Table
from loyalty.store.uploads import Upload, UploadState
from loyalty.store.writes import Count, Put, Update


class Mark(Struct, frozen=True):
    """The counts of a chunk. `results` is the file of its outcomes; `dead` means that some of its purchases failed, and
    that its message is a dead letter."""

    chunk: int
    results: str
    counts: Counts
    dead: bool


class Tally(Struct, frozen=True):
    """How far posting an upload has got.

    Attributes:
        done: chunks that are done.
        dead: those of them that are dead letters.
        counts: the outcomes of their purchases.
        recorded: how often outcomes of a chunk were recorded.
        closed: the value of `recorded` when the result was made, None before that; if the two differ, the result is out
            of date.
        closed_on: when the result was made.
    """

    done: int
    dead: int
    counts: Counts
    recorded: int
    closed: int | None
    closed_on: datetime | None

    @classmethod
    def of(cls, item: Item) -> Self:
        """Return the tally in its item."""
        return cls(
            done=int(item.get("done", 0)),
            dead=int(item.get("dead", 0)),
            counts=Counts.of_items(item),
            recorded=int(item.get("recorded", 0)),
            closed=int(item["closed"]) if "closed" in item else None,
            closed_on=datetime.fromtimestamp(int(item["closed_on"]), UTC) if "closed_on" in item else None,
        )

    @property
    def is_told(self) -> bool:
        """Whether the result tells all of it."""
        return self.closed == self.recorded

    def covers(self, upload: Upload) -> bool:
        """Return whether each row of the upload has an outcome."""
        return upload.state is UploadState.POSTING and self.done == upload.chunks


def read_tally(table: Table, upload_id: str) -> Tally:
    """Return how far an upload has got, read consistently."""
    return Tally.of(table.get(keys.upload_counts(upload_id), consistent=True) or {})


def read_mark(table: Table, upload_id: str, chunk: int) -> Mark | None:
    """Return a chunk's mark, None as long as nothing was counted."""
    return read_marks(table, upload_id, [chunk]).get(chunk)


def read_marks(table: Table, upload_id: str, chunks: Collection[int]) -> dict[int, Mark]:
    """Return the marks of those chunks that have one, by their numbers."""
    places = {keys.chunk_mark(upload_id, chunk): chunk for chunk in chunks}
    found = table.get_many(places, consistent=True)
    return {places[key]: _mark(places[key], item) for key, item in found.items()}


def put_mark(table: Table, upload: Upload, mark: Mark, before: Mark | None) -> bool:
    """Mark a chunk and count its purchases, in one transaction: 4 WCU. What `before` counted is counted no more.

    False, and nothing written, where the mark is not `before` any more.
    """
    changes = mark.counts.beyond(before.counts if before else None) | {"recorded": 1} | ({} if before else {"done": 1})
    if mark.dead != bool(before and before.dead):
        changes["dead"] = 1 if mark.dead else -1
    item: Item = {
        "results": mark.results,
        "is_dead": mark.dead,
        "expires_at": upload.expires_at,
        **dict(mark.counts.items()),
    }
    put = Put(
        keys.chunk_mark(upload.id, mark.chunk),
        item,
        condition="results = :before" if before else "attribute_not_exists(pk)",
        values={":before": before.results} if before else None,
    )
    try:
        table.transact([put, Count(keys.upload_counts(upload.id), changes, {"expires_at": upload.expires_at})])
    except ConditionFailed:
        return False
    return True


def fence(upload: Upload, chunk: int) -> Update:
    """Return what lets a transaction pass only as long as a chunk is not marked, in an upload whose chunks are marked
    in their order: 2 WCU. So whoever is late with a chunk writes nothing over what later ones say."""
    tried: Item = {"at_work": chunk, "expires_at": upload.expires_at}
    return Update(
        keys.upload_counts(upload.id), tried, "attribute_not_exists(done) OR done < :chunk", {":chunk": chunk}
    )


def close(table: Table, upload: Upload, seen: Tally, now: datetime) -> bool:
    """Write down that the result tells all that was `seen`; False, and nothing written, where there is more by now."""
    closed: Item = {"closed": seen.recorded, "closed_on": int(now.timestamp())}
    unchanged = Update(keys.upload_counts(upload.id), closed, "recorded = :seen", {":seen": seen.recorded})
    try:
        table.transact([unchanged])
    except ConditionFailed:
        return False
    return True


def _mark(chunk: int, item: Item) -> Mark:
    return Mark(chunk, item["results"], Counts.of_items(item), dead=item["is_dead"])
