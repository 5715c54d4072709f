"""How a chunk goes on after workers that were killed: whatever kills them, its neighbours are posted."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from loyalty.domain.errors import Code, Problem
from loyalty.domain.uploads.attempt import PIECE, Attempt
from loyalty.domain.uploads.row_outcome import RowOutcome, RowStatus
from loyalty.domain.uploads.wallet_order import WalletOrder

ROWS = list(range(1, 101))
BUSY = Problem(Code.RETRY_LATER, "busy")


def settled(*rows: int) -> dict[int, RowOutcome]:
    return {row: RowOutcome(row, RowStatus.POSTED, "E") for row in rows}


def wallet(row: int) -> int:
    return row % 3


def order(wallet_of: Callable[[int], int] = wallet) -> WalletOrder:
    return WalletOrder(lambda: {row: wallet_of(row) for row in ROWS})


def worked(attempt: Attempt, kills: Callable[[tuple[int, ...]], bool], tried: list[int] | None = None) -> Attempt:
    """Return what is kept of the attempt once a worker is through with it, or was killed; what it tried is added to
    `tried`."""
    attempt = attempt.resumed()
    for piece in attempt.pieces(ROWS, order().behind):
        attempt = attempt.at_work_on(piece)
        if tried is not None:
            tried += piece
        if kills(piece):
            return attempt
        attempt = attempt.after(settled(*piece), {})
    return attempt


def test_a_second_try_goes_piece_by_piece_in_the_order_of_the_file() -> None:
    pieces = list(Attempt().pieces(ROWS, order().behind))

    assert [row for piece in pieces for row in piece] == ROWS
    assert max(map(len, pieces)) == PIECE


def test_a_row_that_kills_each_worker_is_alone_after_three_and_holds_back_its_wallet_alone() -> None:
    attempt = Attempt()
    for _ in range(2):
        attempt = worked(attempt, lambda piece: 40 in piece)
    held = {row for row in ROWS if row >= 40 and wallet(row) == wallet(40)}
    attempt = worked(attempt, lambda piece: 40 in piece)

    assert set(ROWS) - set(attempt.settled) == held
    assert set(worked(attempt, lambda piece: 40 in piece).settled) == set(ROWS) - {40}


def test_a_row_that_a_worker_died_over_by_chance_is_tried_before_the_later_rows_of_its_wallet() -> None:
    attempt = Attempt()
    for _ in range(2):
        attempt = worked(attempt, lambda piece: 1 in piece)
    tried: list[int] = []

    worked(attempt, lambda _: False, tried)

    of_wallet = [row for row in tried if wallet(row) == wallet(1)]
    assert of_wallet == [row for row in ROWS if wallet(row) == wallet(1)]
    assert tried[: len(ROWS) - len(of_wallet)] == [row for row in ROWS if wallet(row) != wallet(1)]


def test_in_the_final_try_nothing_is_tried_that_a_worker_died_over_and_nothing_waits_for_it() -> None:
    attempt = Attempt(last=(7,))

    pieces = list(attempt.pieces(ROWS, order().behind, is_final=True))

    assert [row for piece in pieces for row in piece] == [row for row in ROWS if row != 7]


def test_what_a_worker_died_over_last_has_had_its_turn() -> None:
    attempt = Attempt(last=(7, 8)).at_work_on((7,)).resumed()

    assert list(attempt.pieces([7, 8], order().behind)) == [(8,)]
    assert list(attempt.taken_up_again().pieces([7, 8], order().behind)) == [(7, 8)]


def test_rows_keep_their_order_when_a_worker_was_killed_by_chance() -> None:
    killed = worked(Attempt(), lambda piece: 40 in piece)

    assert [row for piece in killed.resumed().pieces(ROWS, order().behind) for row in piece] == ROWS[25:]


@given(st.sets(st.sampled_from(ROWS), max_size=3))
def test_all_rows_but_the_killers_are_settled_in_the_end(killers: set[int]) -> None:
    attempt = Attempt()
    for _ in range(4 * len(killers) + 1):
        attempt = worked(attempt, lambda piece: bool(killers & set(piece)))

    assert set(attempt.settled) == set(ROWS) - killers


@given(st.lists(st.integers(1, 30), max_size=8))
def test_the_rows_of_a_wallet_are_settled_in_their_order_wherever_workers_die(lives: list[int]) -> None:
    """Workers of which each dies over so manieth of its pieces, until one gets to the end. What is given up is left."""
    attempt, done = Attempt(), list[int]()
    for life in [*lives, 1000]:
        attempt, left = attempt.resumed(), life
        for piece in attempt.pieces(ROWS, order().behind):
            attempt, left = attempt.at_work_on(piece), left - 1
            if left == 0:
                break
            attempt = attempt.after(settled(*piece), {})
            done += piece

    assert len(done) == len(set(done))
    for one in range(3):
        of_wallet = [row for row in done if wallet(row) == one]
        assert of_wallet == sorted(of_wallet)
    assert set(ROWS) - set(done) <= set(attempt.last)


def test_what_is_settled_is_not_tried_again_and_what_is_not_is() -> None:
    attempt = Attempt().after(settled(1, 3), {2: BUSY})

    assert list(attempt.pieces([1, 2, 3], order().behind)) == [(2,)]
    assert attempt.after(settled(2), {}).unsettled == {}


@given(st.sets(st.sampled_from(ROWS), max_size=3), st.lists(st.sampled_from(ROWS), max_size=3).map(tuple))
def test_an_attempt_is_read_as_it_was_kept(rows: set[int], trying: tuple[int, ...]) -> None:
    attempt = Attempt(settled(*rows), {7: BUSY}, trying, trying)

    assert Attempt.of(attempt.text()) == attempt
