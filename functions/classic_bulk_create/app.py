"""POST /customer_events/bulk/purchases/create: post many purchases, each for itself (contract, operation 2)."""

from functools import cache
from os import environ
from typing import Any
from uuid import uuid4

from loyalty.api.classic.bulk import (
    MAX_BULK_BODY_BYTES,
    RESPOND_ASYNC,
    deprecated_in_entries,
    file_of,
    only_replayed,
    read_entries,
    render_accepted,
    render_outcomes,
)
from loyalty.api.classic.envelope import classic_endpoint, render_success
from loyalty.api.http.messages import Request, Response
from loyalty.api.logs import log_fault, log_put_off_within, tell_of_call
from loyalty.domain.access.partner import Partner, Scope
from loyalty.store.client import connect, connect_files
from loyalty.store.credentials import SigningKeys
from loyalty.usecases.access.auth_tokens import TokenCheck
from loyalty.usecases.engine import Engine
from loyalty.usecases.purchases.post_purchase import post_purchases
from loyalty.usecases.purchases.unknown_names import with_unknown_names
from loyalty.usecases.uploads.send_bulk_call import BulkCall, send_bulk_call, shown_codes
from loyalty.usecases.uploads.show_upload import expected_upload

table = connect(environ["TABLE_NAME"])
engine = Engine.on(table)
uploads = cache(lambda: connect_files(environ["UPLOAD_BUCKET"]))  # few calls have a use for it
proofs = cache(lambda: connect_files(environ["RESULT_BUCKET"]))  # fewer still


def create(request: Request, partner: Partner) -> Response:
    body, key = request.json(), request.headers.get("idempotency-key")
    entries = read_entries(body, partner, key)
    if request.prefers(RESPOND_ASYNC):
        upload = expected_upload(uuid4().hex.upper(), "bulk.json", partner, request.now)
        call = BulkCall(file_of(body), entries.by_place, key)
        send_bulk_call(upload, call, table=table, files=uploads(), proofs=proofs())
        return render_accepted(upload.id)
    shown_codes(entries.by_place)  # more than there is time for are refused
    # Before anything is posted: what is posted has to be told.
    unreadable = with_unknown_names(engine, entries.unreadable, partner, now=request.now)
    requests = list(entries.requests.values())
    posted = post_purchases(engine, requests, partner, now=request.now, report=log_fault)
    outcomes = entries.outcomes(posted, unreadable)
    log_put_off_within(outcomes.values())
    return render_success(render_outcomes(outcomes, body), replayed=only_replayed(outcomes))


answer = classic_endpoint(
    create, Scope.POST_PURCHASES, TokenCheck(table, SigningKeys(table)), MAX_BULK_BODY_BYTES, deprecated_in_entries
)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    tell_of_call(context)  # entries are logged while the others are posted
    return answer(event, context)
