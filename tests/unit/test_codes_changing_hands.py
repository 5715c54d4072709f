"""A code changes hands while a container that does not know it yet posts the same request: whoever comes second finds
what the first has posted, whatever happens between any two of its calls of the table."""

from collections.abc import Iterator
from itertools import count

import pytest

from loyalty.domain.errors import Code
from loyalty.domain.programme.directory import HANDOVER
from loyalty.store import keys
from tests.handover import NEW, NOW, OLD, REQUESTS, Body, World, posting

BY_REFERENCE, OTHER, OF_OTHER_CODE, _, BY_ID, _ = REQUESTS


def handed_over() -> World:
    """Return a world where C has the code X that A had, and A the code Y; only the container NEW knows it."""
    world = World()
    world.move(("C1", "A1"), NEW)
    return world


def at_every_call(at: int, body: Body, rival: Body, *, both_know: bool = False) -> Iterator[World]:
    """Return the world after a container has posted a request, with the other container's posting of `rival` before its
    first call of the table, its second one, and so on."""
    for nth in count(1):
        world = handed_over()
        if both_know:
            world.refresh(OLD)
        if not posting(at, [body], nth, lambda world: world.post(NEW + OLD - at, [rival]))(world):
            assert nth > 3
            return
        yield world


@pytest.mark.parametrize("body", [BY_REFERENCE, BY_ID], ids=["by reference number", "by id"])
@pytest.mark.parametrize("at", [OLD, NEW], ids=["the old one is disturbed", "the new one is disturbed"])
def test_two_containers_of_which_one_knows_the_new_owner_post_one_event(at: int, body: Body) -> None:
    for world in at_every_call(at, body, body):
        [event] = world.events()
        assert world.told(body) == {event.entry.event_id}
        assert world.post(OLD, [body]) == world.post(NEW, [body]) == [None]
        assert world.told(body) == {event.entry.event_id}
        assert len(world.events()) == 1


@pytest.mark.parametrize(
    "order", [(BY_REFERENCE, OF_OTHER_CODE), (OF_OTHER_CODE, BY_REFERENCE)], ids=["heir", "former"]
)
def test_the_former_owner_has_reference_numbers_of_its_own(order: tuple[Body, Body]) -> None:
    """It posts, under the code that it has now, what has the same reference number as a purchase of the new owner."""
    for world in at_every_call(NEW, *order, both_know=True):
        assert world.post(OLD, [BY_REFERENCE]) == world.post(NEW, [OF_OTHER_CODE]) == [None]
        assert sorted(str(event.entry.merchant_id) for event in world.events()) == ["A", "C"]


def test_the_former_owners_purchase_takes_the_place_of_a_reservation() -> None:
    world = handed_over()

    assert world.post(NEW, [BY_REFERENCE, OF_OTHER_CODE]) == [None, None]
    assert len(world.reserved()) == 1  # the other one's, at the former owner of its code
    assert world.post(OLD, [BY_REFERENCE]) == [None]
    assert len(world.events()) == 2


def test_two_purchases_that_would_reserve_each_others_ids_are_posted_one_after_the_other() -> None:
    world = World()
    world.move(("B1", "A1"), NEW)

    assert world.post(NEW, [BY_REFERENCE, OF_OTHER_CODE]) == [None, Code.RETRY_LATER]
    assert world.post(NEW, [BY_REFERENCE, OF_OTHER_CODE]) == [None, None]
    assert len(world.events()) == 2


def test_whatever_a_container_refuses_may_be_posted_for_the_new_owner() -> None:
    world = handed_over()
    world.post(NEW, [BY_REFERENCE])
    world.bring([{"type": "account", "id": "1", "number": "1", "contact": "C-1", "life_cycle_state": "SUSPENDED"}])

    assert world.post(OLD, [BY_REFERENCE]) == [None]
    assert len(world.told(BY_REFERENCE)) == len(world.events()) == 1
    assert world.post(OLD, [OTHER]) == [Code.DUPLICATE]


def test_what_is_posted_for_the_former_owner_needs_no_reservation() -> None:
    world = handed_over()
    world.post(OLD, [OTHER])

    assert world.post(NEW, [BY_REFERENCE]) == [None]
    assert world.reserved() == []


def test_an_id_is_reserved_only_on_the_day_of_the_change() -> None:
    world = handed_over()
    world.refresh(OLD)

    world.post(NEW, [BY_REFERENCE], NOW + HANDOVER)
    assert world.reserved() == []

    world.post(NEW, [{**BY_REFERENCE, "reference_number": "S"}], NOW + HANDOVER / 2)
    [item] = world.reserved()
    assert item["expires_at"] == (NOW + HANDOVER * 1.5).timestamp()
    assert keys.Key(item["pk"], item["sk"]) not in {keys.event(event.entry.event_id) for event in world.events()}
