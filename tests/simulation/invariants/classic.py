"""What classic answers tell of money is the model's."""

from collections.abc import Iterator, Mapping
from typing import Any

from loyalty.domain.events.documents import PurchaseDocument, ReversalDocument
from loyalty.domain.ledger.wallet import EventType
from tests.model.classic_answers import classic_answer, classic_spend_answer
from tests.simulation.comparison import differences
from tests.simulation.invariants.registry import Seen, invariant
from tests.simulation.operations import Told
from tests.simulation.requests import route

CALLS = "POST /customer_events/purchases/"
CREATE_SPEND, CANCEL = f"{CALLS}create_spend", f"{CALLS}cancel"
WHOLE = (f"{CALLS}create", f"{CALLS}show", CANCEL)
"""Calls that are answered with the whole event."""


@invariant
def classic_answers_tell_the_models_amounts(seen: Seen) -> Iterator[str]:
    """Each classic answer of a posted purchase (create, create spend, show and cancel) tells the amounts that the model
    says: awards in the wallet's currency, totals of spends and what was requested in the system currency, both in
    points."""
    for told, event_id in _answers(seen):
        number = seen.judge.numbers.get(event_id)
        if number is None:
            continue  # the rules of what is posted tell
        posted = seen.judge.model.state.purchases[number]
        found = told.answer.body["data"]
        expected = classic_spend_answer(posted) if route(told) == CREATE_SPEND else classic_answer(posted)
        if route(told) != CREATE_SPEND:  # a request that asks for nothing stands behind those with a spend
            found = {**found, "spend_requests_set": found["spend_requests_set"][: len(posted.plan.spends)]}
        yield from (f"{told.caller}, {route(told)} {event_id}: {one}" for one in differences(found, expected))


@invariant
def classic_answers_tell_what_was_cancelled(seen: Seen) -> Iterator[str]:
    """A classic answer says that a purchase is cancelled once it is, and not before."""
    cancelled = {
        event.document.reverses: seen.judge.committed[event_id]
        for event_id, event in seen.judge.events.items()
        if isinstance(event.document, ReversalDocument) and event.entry.type is EventType.CANCELLATION
    }
    for told, event_id in _answers(seen):
        if route(told) not in WHOLE[1:]:
            continue  # what was read before a replay may be told
        at, state = cancelled.get(event_id), told.answer.body["data"]["life_cycle_state"]
        too_late = state != "CANCELLED" and (route(told) == CANCEL or (at is not None and at < told.began))
        if too_late or (state == "CANCELLED" and (at is None or at > told.ended)):
            yield f"{told.caller}, {route(told)} {event_id} is {state}, cancelled at {at}, told until {told.ended}"


def _answers(seen: Seen) -> Iterator[tuple[Told, str]]:
    """Return what was told of whole purchases since the last time, each with the id of its event."""
    of_number = {
        event.document.number: event_id
        for event_id, event in seen.judge.events.items()
        if isinstance(event.document, PurchaseDocument)
    }
    for told in seen.fresh:
        if told.answer.status == 200 and route(told) in (*WHOLE, CREATE_SPEND):
            data: Mapping[str, Any] = told.answer.body["data"]
            yield told, of_number.get(data.get("purchase_customer_event", data)["number"], "")
