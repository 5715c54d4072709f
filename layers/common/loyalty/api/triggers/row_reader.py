"""Rows of uploads: what a single call of either API takes, or an entry of the bulk call."""

from loyalty.api.classic import reading
from loyalty.api.classic.bulk import ENTRY_ID
from loyalty.api.newest.purchase_requests import read_purchase
from loyalty.domain.access.partner import Partner
from loyalty.domain.purchases.purchase import PurchaseRequest
from loyalty.store.uploads import Upload
from loyalty.usecases.uploads.row_body import RowBody


def read_row(row: RowBody, partner: Partner, upload: Upload) -> PurchaseRequest:
    """Return the purchase that a row asks for; where it does not say when it was performed, when the file was sent.

    Raises:
        Refused: with every faulty field, by JSON pointer.
    """
    body = row.body
    if not row.is_classic:
        return read_purchase(body, upload.created_on)
    if "purchase_customer_event" in body:
        return reading.read_created_spend(body, partner, None)
    if ENTRY_ID in body:
        return reading.read_entry(body, partner, upload.idempotency_key, "")
    return reading.read_purchase(body, partner, None)
