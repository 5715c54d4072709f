"""Marks of chunks: however often a chunk is delivered it is counted once, with what was found last."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from loyalty.domain.errors import Code
from loyalty.domain.uploads.row_outcome import Counts, RowStatus
from loyalty.store import keys
from loyalty.store.attributes import Item
from loyalty.store.chunk_marks import Mark, Tally, close, fence, put_mark, read_mark, read_marks, read_tally
from loyalty.store.memory_table import MemoryTable
from loyalty.store.uploads import Upload, UploadState
from loyalty.store.writes import Update
from tests.consistent_table import ConsistentTable

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
UPLOAD = Upload("U", "DEMO", ("*",), "x.csv", "uploads/x.csv", NOW, state=UploadState.POSTING, chunks=2)
EMPTY = Tally(0, 0, Counts({}, {}), 0, None, None)
POSTED, REPLAYED, REFUSED, FAILED = RowStatus.POSTED, RowStatus.REPLAYED, RowStatus.REFUSED, RowStatus.FAILED
TRIED = Mark(1, "tried", Counts({POSTED: 2, FAILED: 1}, {Code.INTERNAL: 1}), dead=True)
AGAIN = Mark(1, "again", Counts({POSTED: 2, REPLAYED: 1}, {}), dead=False)
OTHER = Mark(2, "other", Counts({POSTED: 5, REFUSED: 1}, {Code.INVALID: 1}), dead=False)


@pytest.fixture
def table() -> ConsistentTable:
    return ConsistentTable()


def marked(table: MemoryTable) -> list[Item]:
    return list(table.partition(keys.upload_counts("U").pk, consistent=True))


def test_before_the_first_mark_nothing_is_counted(table: MemoryTable) -> None:
    assert read_tally(table, "U") == EMPTY
    assert read_mark(table, "U", 1) is None


def test_a_chunk_is_counted_when_it_is_marked_and_a_dead_letter_as_one(table: MemoryTable) -> None:
    assert put_mark(table, UPLOAD, TRIED, None)
    assert put_mark(table, UPLOAD, OTHER, None)

    assert read_marks(table, "U", [1, 2, 3]) == {1: TRIED, 2: OTHER}
    counts = Counts({POSTED: 7, REFUSED: 1, FAILED: 1}, {Code.INTERNAL: 1, Code.INVALID: 1})
    assert read_tally(table, "U") == Tally(2, 1, counts, 2, None, None)
    assert {int(item["expires_at"]) for item in marked(table)} == {UPLOAD.expires_at}


def test_a_chunk_that_is_marked_again_counts_what_was_found_last_and_is_done_once(table: MemoryTable) -> None:
    put_mark(table, UPLOAD, TRIED, None)

    assert put_mark(table, UPLOAD, AGAIN, TRIED)

    assert read_mark(table, "U", 1) == AGAIN
    assert read_tally(table, "U") == Tally(1, 0, AGAIN.counts, 2, None, None)


def test_a_chunk_that_was_no_dead_letter_is_none_once_it_is_marked_again(table: MemoryTable) -> None:
    put_mark(table, UPLOAD, OTHER, None)

    assert put_mark(table, UPLOAD, replace(OTHER, results="again"), OTHER)

    assert read_tally(table, "U") == Tally(1, 0, OTHER.counts, 2, None, None)


def test_a_dead_letter_that_dies_again_is_one(table: MemoryTable) -> None:
    put_mark(table, UPLOAD, TRIED, None)

    assert put_mark(table, UPLOAD, replace(TRIED, results="tried again"), TRIED)

    assert read_tally(table, "U") == Tally(1, 1, TRIED.counts, 2, None, None)


@pytest.mark.parametrize("before", [None, replace(TRIED, results="older")], ids=["none", "an older one"])
def test_who_has_not_seen_the_last_mark_changes_nothing(table: MemoryTable, before: Mark | None) -> None:
    put_mark(table, UPLOAD, TRIED, None)
    counted = read_tally(table, "U")

    assert not put_mark(table, UPLOAD, AGAIN, before)

    assert (read_mark(table, "U", 1), read_tally(table, "U")) == (TRIED, counted)


def test_a_mark_that_is_gone_is_none_to_be_replaced(table: MemoryTable) -> None:
    assert not put_mark(table, UPLOAD, AGAIN, TRIED)

    assert read_tally(table, "U") == EMPTY


@pytest.mark.parametrize(
    ("done", "state", "covers"),
    [
        (1, UploadState.POSTING, False),
        (2, UploadState.POSTING, True),
        (2, UploadState.SPLITTING, False),
    ],
)
def test_all_rows_have_an_outcome_once_it_is_known_how_many_chunks_there_are_and_all_are_done(
    done: int, state: UploadState, covers: bool
) -> None:
    assert replace(EMPTY, done=done).covers(replace(UPLOAD, state=state)) == covers


def test_a_result_that_is_closed_tells_all_until_there_is_more(table: MemoryTable) -> None:
    put_mark(table, UPLOAD, TRIED, None)
    seen, now = read_tally(table, "U"), datetime(2026, 1, 15, 13, tzinfo=UTC)
    assert not seen.is_told

    assert close(table, UPLOAD, seen, now)

    closed = read_tally(table, "U")
    assert closed == replace(seen, closed=1, closed_on=now)
    assert closed.is_told
    put_mark(table, UPLOAD, OTHER, None)
    assert not read_tally(table, "U").is_told


def test_a_result_that_does_not_tell_what_was_counted_meanwhile_is_not_closed(table: MemoryTable) -> None:
    put_mark(table, UPLOAD, TRIED, None)
    seen = read_tally(table, "U")
    put_mark(table, UPLOAD, OTHER, None)

    assert not close(table, UPLOAD, seen, NOW)

    assert read_tally(table, "U").closed is None


def test_a_chunk_lets_others_write_only_before_it_is_done_and_says_which_it_is() -> None:
    """As DynamoDB takes it: `test_close_upload.py` shows what comes of it."""
    tried = {"at_work": 2, "expires_at": UPLOAD.expires_at}
    condition = "attribute_not_exists(done) OR done < :chunk"

    assert fence(UPLOAD, 2) == Update(keys.upload_counts("U"), tried, condition, {":chunk": 2})
