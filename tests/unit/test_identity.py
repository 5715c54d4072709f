"""The ids of events: they follow from the requests, and stay what they were when the events were posted."""

import pytest

from loyalty.domain.identity import (
    Identity,
    Origin,
    derived_id,
    given_id,
    is_given,
    part_id,
    row_key,
    split_id,
    told_id,
)

GIVEN = Identity(Origin.GIVEN, ("X1",))
REFERENCE, NUMBER = Identity(Origin.REFERENCE), Identity(Origin.NUMBER)


@pytest.mark.parametrize(
    ("identity", "event_id"),
    [
        (GIVEN, "X1#M1"),
        (REFERENCE, "1F7D783CA28542C83F1D8AC9CCD8B441"),
        (Identity(Origin.EXTERNAL, ("P", "SYS", "R1")), "3C08A98791C2D5C6863D765BC588CAE3"),
        (Identity(Origin.KEY, ("P", "k")), "958B6CF3F8BEDF7E6F69CD11BE593A72"),
        (Identity(Origin.KEY, ("Ä", "k")), "0684EDDFBB47FE2416825FD710300C78"),
        (Identity(Origin.ROW, ("P", "f", "1")), "A6B47E18CC95403655605795589EDACE"),
        (Identity(Origin.CONTENT, ("P", "ab")), "3D891446A8E9A953E0DC05B0F96C0B47"),
        (NUMBER, "F8DBCECDD31230AA5A59F13F15628191"),
    ],
    ids=lambda value: value.origin.name if isinstance(value, Identity) else None,
)
def test_an_event_has_the_id_that_it_has_always_had(identity: Identity, event_id: str) -> None:
    assert identity.event_id("M1", "R1", "42") == event_id


def test_parts_of_events_and_rows_of_files_have_the_ids_that_they_have_always_had() -> None:
    assert part_id("E1", "award", 2) == "1DA5C6B3475AB9496C48E9E18B99C886"
    assert row_key("P", "content", 7) == "30F90B43A38B49D0E09832316C9F55B3"


def test_a_request_knows_its_events_id_unless_that_takes_the_merchant_or_the_events_number() -> None:
    known = Identity(Origin.KEY, ("P", "k"))

    assert (GIVEN.own_id, REFERENCE.own_id, NUMBER.own_id) == (None, None, None)
    assert known.own_id == known.event_id("M1", "R1", "42") == known.event_id("M2", "R2", "43")
    assert (GIVEN.is_of_merchant, REFERENCE.is_of_merchant) == (True, True)
    assert not known.is_of_merchant
    assert not NUMBER.is_of_merchant


def test_only_an_event_whose_id_was_given_may_have_been_posted_under_another_one() -> None:
    assert GIVEN.older_id == "X1"
    assert Identity(Origin.KEY, ("P", "k")).older_id is None


def test_parts_of_an_identity_do_not_run_into_each_other() -> None:
    assert derived_id(Origin.KEY, "ab", "c") != derived_id(Origin.KEY, "a", "bc")
    assert derived_id(Origin.KEY, "ab", "c") != derived_id(Origin.EXTERNAL, "ab", "c")


def test_callers_know_an_event_by_the_id_that_they_gave_and_any_other_by_its_own() -> None:
    given, derived = given_id("M1", "X1"), derived_id(Origin.KEY, "P", "k")

    assert (split_id(given), split_id(derived)) == (("X1", "M1"), (derived, None))
    assert (told_id(given), told_id(derived)) == ("X1", derived)
    assert (is_given(given), is_given(derived)) == (True, False)
