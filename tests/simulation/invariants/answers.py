"""What callers are told is true: it is the model's answer at a moment between asking and hearing."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from loyalty.domain.events.documents import PurchaseDocument
from loyalty.domain.ledger.wallet import EventType
from tests.simulation.invariants.registry import Seen, invariant
from tests.simulation.operations import Told
from tests.simulation.requests import MERCHANTS, TAKING_BACK, route


@invariant
def one_event_of_each_identity(seen: Seen) -> Iterator[str]:
    """Of a merchant and `id`, or else merchant and reference number, there is one purchase for ever, however often,
    and through however many processes, it is sent."""
    yield from seen.judged("one_event_of_each_identity")
    found: dict[tuple[str | None, str | None], list[str]] = defaultdict(list)
    for events in seen.events.values():
        for event in events:
            if event.entry.type is EventType.PURCHASE and event.origin in ("GIVEN", "REFERENCE"):
                found[event.entry.merchant_id, event.entry.reference_number].append(event.entry.event_id)
    yield from (f"{name}: {ids}" for name, ids in found.items() if len(ids) > 1)


@invariant
def the_same_request_has_the_same_answer(seen: Seen) -> Iterator[str]:
    """Whoever sends the same purchase again is told the same id; whoever sends the same return again is told the same,
    byte for byte."""
    told: dict[str, str] = {}
    for one in seen.load.told:
        asked = route(one)
        is_return = bool(one.body) and TAKING_BACK.fullmatch(asked) is not None
        if one.answer.status == 200 and (asked == "POST /purchases" or is_return):
            name = f"{one.partner} {asked} {one.body!r}"
            before = told.setdefault(name, one.answer.text)
            if before != one.answer.text:
                yield f"{name}: {one.answer.text}, and before {before}"


@invariant
def postings_are_told_as_the_model_does(seen: Seen) -> Iterator[str]:
    """Whoever is told that a purchase is posted is told the event that the model would replay for it."""
    yield from seen.judged("postings_are_told_as_the_model_does")


@invariant
def refusals_are_the_models(seen: Seen) -> Iterator[str]:
    """Whoever is refused would have been refused by the model too, with the same code, at a moment between asking and
    hearing; what was refused is not posted."""
    yield from seen.judged("refusals_are_the_models")


@invariant
def previews_are_the_models(seen: Seen) -> Iterator[str]:
    """A preview is what posting would do: the model's preview, by the same rules as its posting, at such a moment."""
    yield from seen.judged("previews_are_the_models")


@invariant
def purchases_are_shown_as_the_model_does(seen: Seen) -> Iterator[str]:
    """A purchase is shown as it is: lines, awards, spends, what was taken back, in all currencies."""
    yield from seen.judged("purchases_are_shown_as_the_model_does")


@invariant
def wallets_are_shown_as_the_model_does(seen: Seen) -> Iterator[str]:
    """A wallet is shown as it is: balance, what expires when, number of events, points."""
    yield from seen.judged("wallets_are_shown_as_the_model_does")


@invariant
def journals_are_shown_as_the_model_does(seen: Seen) -> Iterator[str]:
    """A page of a journal is the model's, line by line; only the events of the last seconds may be missing."""
    yield from seen.judged("journals_are_shown_as_the_model_does")


@invariant
def reversals_are_told_as_the_model_does(seen: Seen) -> Iterator[str]:
    """A cancellation and a return are answered with what the model takes back, and refused where the model does."""
    yield from seen.judged("reversals_are_told_as_the_model_does")


@invariant
def nothing_of_others_is_told(seen: Seen) -> Iterator[str]:
    """A partner that may act for some merchants is told neither of purchases elsewhere nor by what names they are
    known."""
    posted = {
        event.entry.event_id.partition("#")[0]: event
        for events in seen.events.values()
        for event in events
        if isinstance(event.document, PurchaseDocument) and "#" not in event.entry.event_id
    }
    for told in seen.fresh:
        if told.partner in MERCHANTS and told.answer.status == 200 and told.answer.text.startswith("{"):
            for name in _ids(told):
                event = posted.get(name)
                own = MERCHANTS[told.partner]
                if event and not {event.entry.merchant_id, event.purchase_document.outlet_id} & {*own}:
                    yield f"{told.partner} was told of {name}: {told.method} {told.path}"


def _ids(told: Told) -> Iterator[str]:
    def within(value: Any) -> Iterator[str]:
        if isinstance(value, Mapping):
            yield from (str(value[name]) for name in ("id", "event_id", "purchase_id") if value.get(name))
            for one in value.values():
                yield from within(one)
        elif isinstance(value, list):
            for one in value:
                yield from within(one)

    yield from within(told.answer.body)


@invariant
def reference_numbers_lead_to_their_purchase(seen: Seen) -> Iterator[str]:
    """A partner's reference number leads to the one purchase that has it; of several, to none."""
    for name, leads_to in seen.references.items():
        partner_id, _, number = name.partition("#")
        found = [
            event.entry.event_id
            for events in seen.events.values()
            for event in events
            if event.entry.type is EventType.PURCHASE
            and (event.partner_id, event.entry.reference_number) == (partner_id, number)
        ]
        if leads_to and leads_to not in found:
            yield f"{name} leads to {leads_to}, not one of {found}"


@invariant
def one_time_passwords_are_used_once(seen: Seen) -> Iterator[str]:
    """A one-time password lets one purchase in, and no other."""
    used: dict[str, set[str]] = defaultdict(set)
    for told in seen.load.told:
        if told.answer.status == 200 and isinstance(told.body, Mapping) and "classic" not in told.path:
            shown = told.body.get("accounts_receivable_identifier", {})
            password = (shown.get("access_token_identifier") or {}).get("one_time_password")
            if password and told.path.endswith("purchases/create"):
                used[password].add(told.answer.body["data"]["id"])
    yield from (f"{password}: {sorted(ids)}" for password, ids in used.items() if len(ids) > 1)
