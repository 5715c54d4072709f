"""The bulk call (contract, operation 2): many purchases in one body, each of which is posted or refused alone."""

from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from loyalty import exactjson
from loyalty.api.classic.answers import AcceptedUpload
from loyalty.api.classic.deprecated_fields import DeprecatedField, deprecated_fields
from loyalty.api.classic.envelope import describe_refusal, fields_set, render_success, select_fields
from loyalty.api.classic.reading import read_entry
from loyalty.api.classic.requests import BulkCreate, BulkPurchase
from loyalty.api.http.messages import Response
from loyalty.domain.access.partner import Partner
from loyalty.domain.errors import Refused
from loyalty.domain.purchases.purchase import Faulty, PurchaseRequest, Reference
from loyalty.domain.validation import validate
from loyalty.usecases.ledger.post_events import EventOutcome

MAX_BULK_BODY_BYTES = 5_000_000
"""A thousand entries of forty lines each. Lambda takes 6 MB, in which every quotation mark of the body is two bytes."""

MAX_PROBLEMS_TOLD = 10
MAX_BYTES_TOLD = 4000
"""The most bytes of an entry's problems, with all escapes of JSON: those of a thousand entries must fit into the 6 MB
that Lambda returns, where the answer is JSON text within JSON. One problem is reported in any case."""

ENTRY_ID = "request_unique_identifier"

RESPOND_ASYNC = "respond-async"
"""The preference of a caller that does not wait for the outcomes (RFC 7240)."""


class BulkEntries(Struct, frozen=True):
    """The entries of a call by their own ids: all of them, in order; what those ask for that can be read; and why the
    others cannot be."""

    ids: Sequence[str]
    requests: Mapping[str, PurchaseRequest]
    unreadable: Mapping[str, Faulty]

    @property
    def by_place(self) -> dict[int, PurchaseRequest]:
        """The requests of readable entries, by their places in the call, from 1."""
        places = enumerate(self.ids, start=1)
        return {place: self.requests[own_id] for place, own_id in places if own_id in self.requests}

    def outcomes(self, posted: Sequence[EventOutcome], unreadable: Mapping[str, Refused]) -> dict[str, EventOutcome]:
        """Return what became of each entry, in their order; `posted` is what became of `requests`, `unreadable` what is
        wrong with the others."""
        found = {**unreadable, **dict(zip(self.requests, posted, strict=True))}
        return {own_id: found[own_id] for own_id in self.ids}


def read_entries(body: Any, partner: Partner, idempotency_key: str | None) -> BulkEntries:
    """Return the entries of a body of operation 2. The currency that it names is that of each entry that names none
    itself.

    Raises:
        Refused: the call as a whole cannot be answered entry by entry, as the set is missing, empty or too long, an
            entry has no id of its own, or several have the same (Q12).
    """
    envelope = validate(BulkCreate, body, BulkCreate.broken_rules)
    intended = _currency(envelope)
    ids = [entry.request_unique_identifier for entry in envelope.purchase_customer_events_set]
    requests: dict[str, PurchaseRequest] = {}
    unreadable: dict[str, Faulty] = {}
    for place, own_id in enumerate(ids):
        at = f"/purchase_customer_events_set/{place}"
        try:
            request = read_entry(body["purchase_customer_events_set"][place], partner, idempotency_key, at)
        except Faulty as faulty:
            unreadable[own_id] = faulty
        else:
            requests[own_id] = replace(request, references={**intended, **request.references})
    return BulkEntries(ids, requests, unreadable)


def deprecated_in_entries(body: Any) -> Iterator[DeprecatedField]:
    """Return the deprecated fields that the entries of a body make use of."""
    entries = body.get("purchase_customer_events_set") if isinstance(body, dict) else None
    for place, entry in enumerate(entries if isinstance(entries, list) else ()):
        yield from deprecated_fields(BulkPurchase, entry, f"/purchase_customer_events_set/{place}")


def file_of(body: Mapping[str, Any]) -> bytes:
    """Return the body of operation 2 as a file that says the same."""
    kept = ("intended_currency_identifier", "purchase_customer_events_set")
    return exactjson.dumps({name: body[name] for name in kept if name in body}).encode()


def render_accepted(upload_id: str) -> Response:
    """Return the answer to a call that is done later: the upload to watch. Where that is, is told from the call's own
    route, as a path from the root would miss the stage, or the base path, of the address that was called."""
    headers = {"Location": f"../../../uploads/{upload_id}", "Preference-Applied": RESPOND_ASYNC}
    data: AcceptedUpload = {"upload_id": upload_id}
    return replace(render_success(data), status=HTTPStatus.ACCEPTED, headers=headers)


def _currency(named: BulkCreate) -> dict[str, Reference]:
    currency = named.intended_currency_identifier
    return {"currency": currency.reference("/intended_currency_identifier")} if currency else {}


def render_outcomes(outcomes: Mapping[str, EventOutcome], body: Any) -> dict[str, Any]:
    """Return which entries were processed and which were not, in their order (row 12), with the fields that the body's
    `fields_set` names."""
    names = fields_set(body)
    names = names | {ENTRY_ID} if names else names
    processed: list[Mapping[str, Any]] = []
    unprocessed: list[Mapping[str, Any]] = []
    for own_id, outcome in outcomes.items():
        match outcome:
            case Refused():
                told = {
                    "error_code": outcome.problems[0].code,
                    "error_description": _describe_briefly(outcome),
                }
                unprocessed.append(select_fields({ENTRY_ID: own_id, **told}, names))
            case posting:
                told = {"id": posting.event.entry.told_id, "number": posting.event.purchase_document.number}
                processed.append(select_fields({ENTRY_ID: own_id, **told}, names))
    return {"processed_customer_events_set": processed, "unprocessed_customer_events_set": unprocessed}


def _describe_briefly(refusal: Refused) -> str:
    """Return a refusal in words, of as many problems as there is room for."""
    at_most = MAX_PROBLEMS_TOLD
    while (
        at_most > 1
        and len(exactjson.dumps(exactjson.dumps(describe_refusal(refusal, at_most))).encode()) > MAX_BYTES_TOLD
    ):
        at_most -= 1
    return describe_refusal(refusal, at_most)


def only_replayed(outcomes: Mapping[str, EventOutcome]) -> bool:
    """Return whether nothing was posted that had not been posted before."""
    posted = [outcome for outcome in outcomes.values() if not isinstance(outcome, Refused)]
    return bool(posted) and all(posting.replayed for posting in posted)
