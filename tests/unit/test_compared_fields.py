"""Every field of the vendor's examples is compared: whichever of them is another, that one is found."""

from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest

from cli.compare.differences import compare_answers
from cli.compare.told_ids import ToldIds, kind_of_id
from tests.goldens import GOLDENS

Leaf = tuple[int | str, ...]

NAMING = ("code", "request_unique_identifier", "Id", "id")
"""What items of lists are found by: another one is another item."""


def leaves(value: Any, at: Leaf = ()) -> list[Leaf]:
    if isinstance(value, dict):
        return [leaf for name, inner in value.items() for leaf in leaves(inner, (*at, name))]
    if isinstance(value, list):
        return [leaf for place, inner in enumerate(value) for leaf in leaves(inner, (*at, place))]
    return [at]


def value_at(answer: Any, leaf: Leaf) -> Any:
    for step in leaf:
        answer = answer[step]
    return answer


def changed(answer: Any, leaf: Leaf) -> Any:
    """Return an answer with another value in one of its fields."""
    answer = deepcopy(answer)
    within = value_at(answer, leaf[:-1])
    value = within[leaf[-1]]
    within[leaf[-1]] = value + 1 if isinstance(value, int | Decimal) and not isinstance(value, bool) else "§"
    return answer


def outcome(theirs: Any, ours: Any) -> tuple[list[str], list[str]]:
    """Return the pointers that disagree, and those that differ by design."""
    found = [one for one in compare_answers(theirs, ours, {}, ToldIds()) if not one.agrees]
    return [one.pair.pointer for one in found if not one.reason], [one.pair.pointer for one in found if one.reason]


@pytest.mark.parametrize("golden", GOLDENS, ids=lambda golden: golden.name)
def test_an_answer_agrees_with_itself_in_every_field(golden: Any) -> None:
    assert outcome(golden.response, golden.response) == ([], [])


@pytest.mark.parametrize("golden", GOLDENS, ids=lambda golden: golden.name)
def test_a_field_with_another_value_is_found_and_no_other(golden: Any) -> None:
    """Only dates of writing, words of errors and user names as names of persons differ by design whatever they say;
    and where the vendor has null, names and what we tell of rates and reductions."""
    answer, by_design = golden.response, set()
    for leaf in leaves(answer):
        pointer = "".join(f"/{step}" for step in leaf)
        is_naming = leaf[-1] in NAMING and any(isinstance(step, int) for step in leaf)
        if is_naming or (leaf[-1] in ("id", "number") and kind_of_id(pointer)):
            continue
        disagreeing, designed = outcome(answer, changed(answer, leaf))
        assert [*disagreeing, *designed] == [pointer]
        if designed:
            by_design.add((str(leaf[-1]), value_at(answer, leaf) is None))

    written = (
        "created_date",
        "updated_date",
        "description",
        "message",
        "error_description",
        "performed_on",
        "person_name",
    )
    told_by_us = ("name", "reduction_method", "currency")
    assert by_design <= {*((name, False) for name in written), *((name, True) for name in told_by_us)}
