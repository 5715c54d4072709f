"""What imports make of records, and what files count."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from loyalty.domain.rows.file_opening import format_of
from loyalty.domain.rows.layout import FileFormat
from loyalty.store.chunk_marks import read_tally
from loyalty.store.uploads import UploadState
from loyalty.usecases.uploads.make_result import result_key
from tests.simulation.invariants.registry import Seen, invariant
from tests.simulation.outcomes import result_rows

Record = Mapping[str, Any]
Name = tuple[str, str]

BLOCKED = "life_cycle_state"
BLOCKABLE = ("account", "access_token")
WHOLE = frozenset({"account", "number"})
"""Fields that only rows have that tell all of an account or a card."""


@invariant
def an_import_changes_what_it_says(seen: Seen) -> Iterator[str]:
    """Nobody is blocked, and nothing that is blocked opened, but by a row that says so; and such a row undoes nothing
    that another one said at the same time."""
    said = _rows(seen)
    newest: dict[Name, Record] = {}
    for record in seen.judge.records:
        name = (record["type"], record["id"])
        before, newest[name] = newest.get(name), record
        if name[0] not in BLOCKABLE or before is None or record.get(BLOCKED) == before.get(BLOCKED):
            continue
        changed = {field for field in before.keys() | record.keys() if before.get(field) != record.get(field)}
        new = {field: record.get(field) for field in sorted(changed)}
        if not any(row.get(BLOCKED) == record[BLOCKED] and _explains(row, new) for row in said[name]):
            yield f"{name}: no row says {new}"


def _explains(row: Record, new: Record) -> bool:
    """Return whether a row makes these of fields: each that it has, and none of what a whole record leaves out."""
    is_whole = not WHOLE.isdisjoint(row)
    return all(field in row or (is_whole and value is None) for field, value in new.items())


def _rows(seen: Seen) -> dict[Name, list[Record]]:
    """Return all that was ever said of each record."""
    rows: list[Record] = [*seen.load.sent]
    rows += [row for sent in seen.load.files for row in sent.rows if "type" in row]
    rows += [row for done in seen.load.operated if done.what == "import" for row in done.about]
    said: dict[Name, list[Record]] = defaultdict(list)
    for row in rows:
        said[row["type"], row["id"]].append(row)
    return said


@invariant
def uploads_count_each_row_once(seen: Seen) -> Iterator[str]:
    """An upload counts each of its purchases or records once, with the outcome that its result tells."""
    for sent, upload in seen.uploads:
        if upload is None or upload.state is not UploadState.POSTING:
            continue
        tally = read_tally(seen.world.table, upload.id)
        if not tally.is_told:
            continue  # `all_has_ended` tells
        if tally.counts.total != upload.entries:
            yield f"{sent.key}: {tally.counts.total} outcomes are counted of {upload.entries}"
        if format_of(upload.name)[0] is not FileFormat.CSV:  # there, a purchase may take several rows
            rows = result_rows(upload, seen.world.files("ResultBucket").read(result_key(upload)))
            told = Counter(row["status"].partition(" (")[0] for row in rows)
            counted = {str(status): count for status, count in tally.counts.by_status.items() if count}
            if told != counted:
                yield f"{sent.key}: {dict(told)} are told, {counted} are counted"
