"""While codes change hands among merchants, and containers go by any programme there ever was that day, a request is
posted once: whatever comes first, and whatever comes in between."""

from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty.domain.errors import Code
from tests.handover import CODES, CONTAINERS, NEW, OUTLETS, REQUESTS, Body, Step, World, posting


@st.composite
def stories(draw: st.DrawFn) -> tuple[list[Step], list[Body]]:
    """Steps, and the requests that they send; few, so that they meet."""
    sent = draw(st.lists(st.sampled_from(REQUESTS), min_size=1, max_size=3))
    owners = st.permutations(list(OUTLETS)).map(lambda outlets: outlets[: len(CODES)])
    containers = st.sampled_from(CONTAINERS)
    moves = st.builds(lambda owners, at: lambda world: world.move(owners, at), owners, containers)
    looks = st.builds(lambda at: lambda world: world.refresh(at), containers)
    some = st.lists(st.sampled_from(sent), min_size=1, max_size=2)

    def postings(between: st.SearchStrategy[Step]) -> st.SearchStrategy[Step]:
        return st.builds(posting, containers, some, st.integers(1, 6), between)

    undisturbed = postings(st.just(lambda _: None))
    between = st.one_of(moves, looks, undisturbed)
    steps = st.lists(st.one_of(undisturbed, postings(between), looks, moves), min_size=2, max_size=9)
    return [draw(moves), *draw(steps)], sent


@given(stories())
@settings(max_examples=300, deadline=None)
def test_a_request_is_posted_once_while_codes_change_hands(story: tuple[list[Step], list[Body]]) -> None:
    steps, sent = story
    world = World()

    for step in steps:
        step(world)

    world.refresh(NEW)
    for body in sent:  # what was posted by whoever it was is found, and nobody is put off for good
        assert world.post(NEW, [body]) in ([None], [Code.DUPLICATE])
    by_request: dict[bytes, list[str]] = {}
    for event in world.events():
        by_request.setdefault(event.fingerprint, []).append(event.entry.event_id)
    assert all(len(ids) == 1 for ids in by_request.values())
    assert all(len(ids) == 1 for ids in world.answers.values())
    of_merchants = [(event.entry.merchant_id, event.entry.reference_number) for event in world.events()]
    assert len(set(of_merchants)) == len(of_merchants)
