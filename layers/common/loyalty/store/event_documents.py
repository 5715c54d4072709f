"""Events' documents as they are stored: JSON, compressed. No other module knows their form."""

import zlib
from decimal import Decimal

from msgspec.json import Decoder, Encoder

from loyalty.domain.events.documents import Document, PurchaseDocument, ReversalDocument
from loyalty.domain.ledger.wallet import EventType

_NOTHING = b"{}"
_WRITER = Encoder(decimal_format="number")
_PURCHASES = Decoder(PurchaseDocument, float_hook=Decimal)
_REVERSALS = Decoder(ReversalDocument, float_hook=Decimal)


def write_document(document: Document) -> bytes:
    """Return a document as it is stored.

    Raises:
        ValueError: an amount is no number, which JSON cannot hold.
    """
    text = _NOTHING if document is None else _WRITER.encode(document)
    if document and (b"NaN" in text or b"Infinity" in text):  # the writer lets both pass, and texts may have them
        (_PURCHASES if isinstance(document, PurchaseDocument) else _REVERSALS).decode(text)
    return zlib.compress(text)


def read_document(event_type: EventType, stored: bytes) -> Document:
    """Return the document of an event of this type."""
    if event_type is EventType.PURCHASE:
        return _PURCHASES.decode(zlib.decompress(stored))
    return _REVERSALS.decode(zlib.decompress(stored)) if event_type.reverses else None
