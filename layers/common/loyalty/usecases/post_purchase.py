"""Posting a purchase: find what it names, price it, write event and wallet in one transaction."""

from datetime import datetime
from functools import partial

from loyalty.domain.access import Partner
from loyalty.domain.errors import Refused
from loyalty.domain.identity import Origin
from loyalty.domain.purchase import PurchaseRequest
from loyalty.store import ledger
from loyalty.store.numbers import Numbers
from loyalty.store.programme import Catalogue
from loyalty.store.table import Table
from loyalty.usecases.posting import Pause, Posting, pause, post_event
from loyalty.usecases.purchase_draft import PurchaseDraft
from loyalty.usecases.resolution import Resolution, with_newest_programme


def post_purchase(
    request: PurchaseRequest,
    partner: Partner,
    *,
    table: Table,
    catalogue: Catalogue,
    numbers: Numbers,
    now: datetime,
    pause: Pause = pause,
) -> Posting:
    """Post `request` once, however often it is sent.

    Raises:
        Refused: what it names does not exist or does not fit, the wallet does not hold what is to be spent, another
            request has the same identity (DUPLICATE), or the wallet is too busy (RETRY_LATER). Nothing was posted.
    """
    post = partial(_post, request, partner, table=table, catalogue=catalogue, numbers=numbers, now=now, pause=pause)
    return with_newest_programme(catalogue, now, post)


def _post(
    request: PurchaseRequest,
    partner: Partner,
    *,
    table: Table,
    catalogue: Catalogue,
    numbers: Numbers,
    now: datetime,
    pause: Pause,
) -> Posting:
    programme = catalogue.programme(now)
    resolution = Resolution(request, partner, programme, catalogue.directory(now))
    performer = resolution.performer()
    event_id = _known_id(request, performer.business_unit.merchant_id) if performer else None
    try:
        resolved = resolution.resolved(performer, table, catalogue, now)
        draft = PurchaseDraft(request, partner, programme, resolved, numbers, now, filed=is_classic(request))
        event_id = draft.event_id
        return post_event(resolved.account_id, draft, table=table, pause=pause)
    except Refused:
        # What is refused now may have been posted before: the spend that emptied the wallet, sent again.
        earlier = ledger.read_event(table, event_id) if event_id else None
        if earlier is None or earlier.fingerprint != request.fingerprint:
            raise
        return Posting(earlier, replayed=True)


def is_classic(request: PurchaseRequest) -> bool:
    """Whether reference numbers may recur, as in the classic API (contract, row 11), and so are no identity."""
    return request.identity.origin not in (Origin.GIVEN, Origin.REFERENCE)


def _known_id(request: PurchaseRequest, merchant_id: str) -> str | None:
    """The event's id, as far as the request tells it."""
    if request.identity.origin is Origin.NUMBER:
        return None
    return request.identity.event_id(merchant_id, request.reference_number, "")
