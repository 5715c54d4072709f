"""How a chunk goes on after workers that were killed: whatever kills them, its neighbours are posted."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from loyalty.domain.errors import Code, Problem
from loyalty.domain.uploads.attempt import PIECE, Attempt
from loyalty.domain.uploads.outcome import Outcome, Status

ROWS = list(range(1, 101))
BUSY = Problem(Code.RETRY_LATER, "busy")


def settled(*rows: int) -> dict[int, Outcome]:
    return {row: Outcome(row, Status.POSTED, "E") for row in rows}


def worked(attempt: Attempt, kills: Callable[[tuple[int, ...]], bool]) -> Attempt:
    """What is kept of the attempt once a worker is through with it, or was killed."""
    attempt = attempt.resumed()
    for piece in attempt.pieces(ROWS):
        attempt = attempt.at_work_on(piece)
        if kills(piece):
            return attempt
        attempt = attempt.after(settled(*piece), {})
    return attempt


def test_a_second_try_goes_piece_by_piece_in_the_order_of_the_file() -> None:
    pieces = list(Attempt().pieces(ROWS))

    assert [row for piece in pieces for row in piece] == ROWS
    assert max(map(len, pieces)) == PIECE


def test_a_row_that_kills_each_worker_is_alone_after_three() -> None:
    attempt = Attempt()
    for _ in range(3):
        attempt = worked(attempt, lambda piece: 40 in piece)

    assert set(ROWS) - set(attempt.settled) == {40}


def test_rows_keep_their_order_when_a_worker_was_killed_by_chance() -> None:
    killed = worked(Attempt(), lambda piece: 40 in piece)

    assert [row for piece in killed.resumed().pieces(ROWS) for row in piece] == ROWS[25:]


@given(st.sets(st.sampled_from(ROWS), max_size=3))
def test_all_rows_but_the_killers_are_settled_in_the_end(killers: set[int]) -> None:
    attempt = Attempt()
    for _ in range(2 * len(killers) + 1):
        attempt = worked(attempt, lambda piece: bool(killers & set(piece)))

    assert set(attempt.settled) == set(ROWS) - killers


def test_what_is_settled_is_not_tried_again_and_what_is_not_is() -> None:
    attempt = Attempt().after(settled(1, 3), {2: BUSY})

    assert list(attempt.pieces([1, 2, 3])) == [(2,)]
    assert attempt.after(settled(2), {}).unsettled == {}


@given(st.sets(st.sampled_from(ROWS), max_size=3), st.lists(st.sampled_from(ROWS), max_size=3).map(tuple))
def test_an_attempt_is_read_as_it_was_kept(rows: set[int], trying: tuple[int, ...]) -> None:
    attempt = Attempt(settled(*rows), {7: BUSY}, trying, trying)

    assert Attempt.of(attempt.text()) == attempt
