"""Calls of the routes that tell money, answered in a sandbox by what the functions of these routes call."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cli.compare.recording import RecordedCall
from loyalty import exactjson
from loyalty.api.classic import bulk, reading
from loyalty.api.classic import preview as classic_preview
from loyalty.api.classic import purchases as classic
from loyalty.api.classic.envelope import fields_set, render_refusal, render_success, select_fields_within
from loyalty.api.http.messages import Request, Response
from loyalty.api.http.parameters import check_parameters
from loyalty.api.http.problems import problem_document
from loyalty.api.newest import purchase_answers as newest
from loyalty.api.newest import purchase_requests
from loyalty.api.newest.purchase_answers import render_purchase
from loyalty.api.newest.purchase_requests import CreatePurchase, PreviewPurchase
from loyalty.api.newest.returns import CancelPurchase, ReturnProducts, read_return, render_return
from loyalty.api.newest.unknown_fields import read_body, require_nothing_said
from loyalty.api.newest.wallets import render_wallet
from loyalty.domain.access.error_forms import DEFAULT_FORMS
from loyalty.domain.access.partner import Partner
from loyalty.domain.errors import Refused
from loyalty.domain.identity import by_key
from loyalty.domain.purchases.purchase import PurchaseRequest
from loyalty.usecases.engine import Engine
from loyalty.usecases.ledger.show_wallet import show_wallet
from loyalty.usecases.newest_programme import directory_for
from loyalty.usecases.purchases.event_records import EventRecordsReader, owner_of
from loyalty.usecases.purchases.find_purchase import find_purchase
from loyalty.usecases.purchases.post_purchase import post_purchase, post_purchases
from loyalty.usecases.purchases.preview_purchase import preview_purchase
from loyalty.usecases.purchases.tell_purchase import post_and_tell
from loyalty.usecases.purchases.unknown_names import add_unknown_names, with_unknown_names
from loyalty.usecases.reversals.take_back import cancel_purchase, return_products
from loyalty.usecases.reversals.tell_cancellation import cancel_and_tell


@dataclass(frozen=True, slots=True)
class SandboxAnswer:
    """Our answer to a recorded call."""

    status: int
    body: Any


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, in which sandbox."""

    engine: Engine
    partner: Partner

    def call(self, route: str, call: RecordedCall, path: Mapping[str, str], now: datetime) -> SandboxAnswer:
        """Answer a call of a route in `ANSWERED`, with these parameters in its path."""
        request = Request(
            now=now,
            headers=call.headers,
            path=path,
            query=call.address.query,
            context={},
            body=None if call.request is None else exactjson.dumps(call.request),
            is_base64=False,
            max_body_bytes=bulk.MAX_BULK_BODY_BYTES,
        )
        try:
            check_parameters({"pathParameters": path, "queryStringParameters": request.query, "headers": call.headers})
            response = ANSWERED[route](self, request)
        except Refused as refused:
            response = (render_refusal if route.startswith("classic_") else problem_document)(refused, DEFAULT_FORMS)
        return SandboxAnswer(int(response.status), exactjson.loads(exactjson.dumps(response.body)))


def _create(caller: Caller, request: Request) -> Response:
    keyed = by_key(caller.partner.id, request.headers.get("idempotency-key"))
    with add_unknown_names(caller.engine, caller.partner, now=request.now):
        purchase = purchase_requests.read_purchase(read_body(request, CreatePurchase), request.now, keyed)
    posting = post_purchase(caller.engine, purchase, caller.partner, now=request.now)
    return Response(200, {"id": posting.event.entry.told_id})


def _preview(caller: Caller, request: Request) -> Response:
    with add_unknown_names(caller.engine, caller.partner, now=request.now):
        purchase, explained = purchase_requests.read_preview(read_body(request, PreviewPurchase), request.now)
    found = preview_purchase(caller.engine, purchase, caller.partner, now=request.now, explained=explained)
    return Response(200, newest.render_preview(found, found.why if explained else None))


def _show(caller: Caller, request: Request) -> Response:
    named = purchase_requests.read_path_reference(request)
    event = find_purchase(named, caller.partner, table=caller.engine.table)
    why = event.purchase_document.why if request.flag("explain") else None
    return Response(200, render_purchase(event, directory_for(event, caller.engine.catalogue, request.now), why))


def _cancel(caller: Caller, request: Request) -> Response:
    require_nothing_said(request, CancelPurchase)
    named = purchase_requests.read_path_reference(request)
    event = cancel_purchase(caller.engine, named, caller.partner, now=request.now).event
    return Response(200, render_purchase(event, directory_for(event, caller.engine.catalogue, request.now)))


def _return(caller: Caller, request: Request) -> Response:
    asked = read_return(read_body(request, ReturnProducts), purchase_requests.read_path_reference(request), request.now)
    return Response(200, render_return(return_products(caller.engine, asked, caller.partner, now=request.now)))


def _wallet(caller: Caller, request: Request) -> Response:
    return Response(200, render_wallet(show_wallet(caller.engine, request.path["account"], now=request.now)))


def _classic_create(caller: Caller, request: Request) -> Response:
    body = request.json()
    return render_success(_post_classic(caller, request, reading.read_purchase, classic.render_purchase), body)


def _classic_create_spend(caller: Caller, request: Request) -> Response:
    body = request.json()
    told = _post_classic(caller, request, reading.read_created_spend, classic.render_created_spend)
    return render_success(select_fields_within(told, fields_set(body)))


def _post_classic(
    caller: Caller,
    request: Request,
    read: Callable[[Any, Partner, str | None], PurchaseRequest],
    render: Callable[..., Any],
) -> Any:
    with add_unknown_names(caller.engine, caller.partner, now=request.now):
        purchase = read(request.json(), caller.partner, request.headers.get("idempotency-key"))
    return post_and_tell(caller.engine, purchase, caller.partner, render, now=request.now).answer


def _classic_bulk(caller: Caller, request: Request) -> Response:
    body = request.json()
    entries = bulk.read_entries(body, caller.partner, request.headers.get("idempotency-key"))
    unreadable = with_unknown_names(caller.engine, entries.unreadable, caller.partner, now=request.now)
    posted = post_purchases(caller.engine, list(entries.requests.values()), caller.partner, now=request.now)
    return render_success(bulk.render_outcomes(entries.outcomes(posted, unreadable), body))


def _classic_preview(caller: Caller, request: Request) -> Response:
    body, engine = request.json(), caller.engine
    with add_unknown_names(engine, caller.partner, now=request.now):
        purchase = reading.read_preview(body)
    found = preview_purchase(engine, purchase, caller.partner, now=request.now)
    owner = owner_of(found.customer.account, table=engine.table)
    return render_success(classic_preview.render_preview(found, owner, engine.catalogue.directory(request.now)), body)


def _classic_show(caller: Caller, request: Request) -> Response:
    body = request.json()
    event = find_purchase(reading.read_named_purchase(body), caller.partner, table=caller.engine.table)
    return render_success(classic.render_purchase(EventRecordsReader(caller.engine, request.now)(event)), body)


def _classic_cancel(caller: Caller, request: Request) -> Response:
    body = request.json()
    named = reading.read_named_purchase(body)
    return render_success(
        cancel_and_tell(caller.engine, named, caller.partner, classic.render_purchase, now=request.now).answer, body
    )


ANSWERED: Mapping[str, Callable[[Caller, Request], Response]] = {
    "create_purchase": _create,
    "preview_purchase": _preview,
    "show_purchase": _show,
    "cancel_purchase": _cancel,
    "return_products": _return,
    "show_wallet": _wallet,
    "classic_create_purchase": _classic_create,
    "classic_create_spend": _classic_create_spend,
    "classic_bulk_create": _classic_bulk,
    "classic_preview_purchase": _classic_preview,
    "classic_show_purchase": _classic_show,
    "classic_cancel_purchase": _classic_cancel,
}
"""By the name of the route. The others post nothing, and tell neither awards nor spends."""
