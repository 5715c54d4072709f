"""Fields that differ by design, and why: the rows and answers of docs/contract/observations.md."""

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from loyalty.api.classic.envelope import fields_set

MISSING = object()
"""In the place of the value of a field that is not there."""


class FieldPair(NamedTuple):
    """A field of an answer, as both sides have it.

    Attributes:
        pointer: where it is in their answer.
        theirs: what the vendor answered; MISSING for an item of a list that it lacks.
        ours: what we answer; MISSING where we have nothing there.
        beside: the object of theirs that it stands in.
        request: the body of the call.
    """

    pointer: str
    theirs: Any
    ours: Any
    beside: Mapping[str, Any]
    request: Any


class _Design(NamedTuple):
    """Why fields of some names differ, if they differ in this way."""

    reason: str
    pointers: re.Pattern[str]
    holds: Callable[[FieldPair], bool]


def reason_of(pair: FieldPair) -> str | None:
    """Return why a field differs by design; None where that is a disagreement."""
    return next((one.reason for one in _DESIGNS if one.pointers.fullmatch(pair.pointer) and one.holds(pair)), None)


def _always(_: FieldPair) -> bool:
    return True


def _is_no_request(pair: FieldPair) -> bool:
    return any(pair.beside.get(name) for name in ("instant_spend", "automatic_spend"))


def _is_theirs_null(pair: FieldPair) -> bool:
    return pair.theirs is None


def _are_both_empty(pair: FieldPair) -> bool:
    return all(side is MISSING or side in (None, []) for side in (pair.theirs, pair.ours))


def _is_one_truth(pair: FieldPair) -> bool:
    return pair.theirs in (0, 1) and isinstance(pair.ours, bool) and bool(pair.theirs) == pair.ours


def _are_names_turned(pair: FieldPair) -> bool:
    if pair.theirs is None:
        return True
    return isinstance(pair.theirs, str) and sorted(pair.theirs.split()) == sorted(str(pair.ours).split())


def _is_username(pair: FieldPair) -> bool:
    return bool(pair.theirs == pair.beside.get("username"))


def _is_one_moment(pair: FieldPair) -> bool:
    told = pair.theirs
    return isinstance(told, str) and re.sub(r"\.0+$", "", told.replace(" ", "T", 1)) == pair.ours


def _is_one_word(pair: FieldPair) -> bool:
    return isinstance(pair.theirs, str) and pair.theirs.replace(" ", "_") == pair.ours


def _was_not_asked_for(pair: FieldPair) -> bool:
    asked = fields_set(pair.request)
    return pair.ours is MISSING and bool(asked) and pair.pointer.split("/")[-1] not in asked


def _is_missing(pair: FieldPair) -> bool:
    return pair.ours is MISSING


_DESIGNS = tuple(
    _Design(reason, re.compile(pointers), holds)
    for reason, pointers, holds in (
        ("row 19: when each side wrote it down", r".*/log_information/(created|updated)_date|/posted_on", _always),
        ("row 26: when each side processed it", r".*/(instant|automatic)_spend_request/performed_on", _always),
        ("row 26: when each side processed it", r".*/spend_requests_set/\d+/performed_on", _is_no_request),
        ("row 8: we answer a boolean", r".*/process_immediately", _is_one_truth),
        ("row 23: first name, then last, in every place", r".*/account_owner/name", _are_names_turned),
        ("row 23: first name, then last, in every place", r"/data/rewards_participant_name", _are_names_turned),
        ("row 22: we answer the person's name, always", r".*/person_name", _is_username),
        ("row 32: we tell it, default or not", r".*/reduction_method", _is_theirs_null),
        ("row 24: we tell the rate's currency", r".*/currency_rate_period/currency", _is_theirs_null),
        ("row 17: dates have one form", r".*", _is_one_moment),
        ("row 33: we write underscores", r".*/(type|life_cycle_state)", _is_one_word),
        ("row 33: no table has this field", r"/data/currency_rate_period", _is_missing),
        ("Q4: null, an empty set, or left out", r".*", _are_both_empty),
        ("Q5: not one of the fields that fields_set asks for", r"/data/(\w+/)?\w+", _was_not_asked_for),
        ("Q3: words of errors are each side's own", r"/status/(description|message)|.*/error_description", _always),
    )
)

GIVEN_OUT = "rows 14 and 15: each side gives out its own"
LATER_RELEASE = "Q4: only we answer it"
REFUSALS = "Q3: errors have each side's own form"
OPENING = "the wallet's opening balance, taken from the recording"
NOBODY_CALLED = "who called: name the partner with --partner"

_WHO_CALLED = re.compile(r".*/log_information/(created|updated)_by_(user|unit)")


def tells_who_called(pair: FieldPair) -> bool:
    """Return whether a field tells who made a call, which nobody knows where no partner is named."""
    return bool(_WHO_CALLED.fullmatch(pair.pointer))
