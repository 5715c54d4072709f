"""What became of rows, and how it is counted."""

from hypothesis import given
from hypothesis import strategies as st

from loyalty import exactjson
from loyalty.domain.errors import Code, Problem
from loyalty.domain.uploads.progress import Progress
from loyalty.domain.uploads.row_outcome import Counts, RowOutcome, RowStatus

OUTCOMES = st.builds(
    RowOutcome,
    row=st.integers(1, 10**9),
    status=st.sampled_from(RowStatus),
    event_id=st.none() | st.just("0" * 32),
    problem=st.none() | st.builds(Problem, st.sampled_from(Code), st.text(), st.text()),
)


@given(OUTCOMES)
def test_an_outcome_is_read_as_it_was_kept(outcome: RowOutcome) -> None:
    assert RowOutcome.of(exactjson.loads(exactjson.dumps(outcome.to_list()))) == outcome


@given(st.lists(OUTCOMES), st.lists(OUTCOMES))
def test_counters_that_count_one_attempt_count_the_next_one_after_a_correction(
    before: list[RowOutcome], after: list[RowOutcome]
) -> None:
    counters = dict(Counts.of(before).items())
    for name, change in Counts.of(after).beyond(Counts.of(before)).items():
        counters[name] = counters.get(name, 0) + change

    assert Counts.of_items(counters) == Counts.of(after)
    assert Counts.of(after).total == len(after)


def test_nobody_can_tell_how_fast_an_upload_is_before_anything_is_done() -> None:
    assert Progress.of(done=0, total=10, seconds=3) == Progress(None, None)
    assert Progress.of(done=6, total=None, seconds=3) == Progress(2.0, None)
    assert Progress.of(done=6, total=10, seconds=3) == Progress(2.0, 2)
