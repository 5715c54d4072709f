"""The outcomes of a chunk's rows, as they are kept beside its mark."""

import hashlib
from collections.abc import Iterable, Iterator

from msgspec.json import Encoder

from loyalty import exactjson
from loyalty.domain.uploads.row_outcome import Counts, RowOutcome
from loyalty.store.chunk_marks import Mark
from loyalty.store.files import Files


def write_outcomes(files: Files, upload_id: str, chunk: int, outcomes: Iterable[RowOutcome], *, dead: bool) -> Mark:
    """Write what became of a chunk; return the mark that is to tell so."""
    ordered = sorted(outcomes, key=lambda outcome: outcome.row)
    data = b"\n".join([_WRITER.encode(outcome.to_list()) for outcome in ordered])
    # Named by what it says, so that what is counted is what lies there, whoever else is at work on the chunk.
    name = hashlib.sha256(data).hexdigest()[:16]
    mark = Mark(chunk, f"outcomes/{upload_id}/{chunk:08}-{name}", Counts.of(ordered), dead)
    files.write(mark.results, data)
    return mark


_WRITER = Encoder()


def read_outcomes(files: Files, mark: Mark) -> Iterator[RowOutcome]:
    """Return what became of a chunk, row by row."""
    return (RowOutcome.of(exactjson.loads(line)) for line in files.read(mark.results).splitlines())
