"""Events' documents as they are stored: JSON, packed as the uses of a wallet are. No other module knows their form."""

import zlib
from decimal import Decimal
from typing import Any

from msgspec.json import Decoder, Encoder

from loyalty.domain.events.documents import Document, PurchaseDocument, ReversalDocument
from loyalty.domain.ledger.chain import Tree, number
from loyalty.domain.ledger.wallet import EventType
from loyalty.store.attributes import is_kept

MAX_TEXT_BYTES = 64 << 20
"""Bytes of a document's JSON. Ours stay below: an event takes at most 369,600 bytes of storage, and zlib packs what is
long in ours, the shares of a thousand lines in what each offer gives, at most 159 times."""

_NOTHING = b"{}"
_TREES: Decoder[dict[str, Any]] = Decoder(dict[str, Any], float_hook=number)
_STORED_TREES: Decoder[dict[str, Any]] = Decoder(dict[str, Any], float_hook=lambda told: number(_kept(told)))
_WRITER = Encoder(decimal_format="number")
_PURCHASES = Decoder(PurchaseDocument, float_hook=Decimal)
_REVERSALS = Decoder(ReversalDocument, float_hook=Decimal)


def document_text(document: Document) -> bytes:
    """Return a document as JSON.

    Raises:
        ValueError: an amount is no number, which JSON cannot hold.
    """
    text = _NOTHING if document is None else _WRITER.encode(document)
    if document and (b"NaN" in text or b"Infinity" in text):  # the writer lets both pass, and texts may have them
        (_PURCHASES if isinstance(document, PurchaseDocument) else _REVERSALS).decode(text)
    return text


def packed(text: bytes) -> bytes:
    """Return a document's JSON as it is stored."""
    return zlib.compress(text)


def read_document(event_type: EventType, stored: bytes) -> Document:
    """Return the document of an event of this type."""
    if event_type is EventType.PURCHASE:
        return _PURCHASES.decode(unpacked(stored))
    return _REVERSALS.decode(unpacked(stored)) if event_type.reverses else None


def unpacked(stored: bytes) -> bytes:
    """Return the JSON that was packed.

    Raises:
        ValueError, zlib.error: it was not packed so, or is longer than anything that is.
    """
    reader = zlib.decompressobj()
    text = reader.decompress(stored, MAX_TEXT_BYTES)
    if not reader.eof or reader.unused_data:
        raise ValueError(f"it is no document of at most {MAX_TEXT_BYTES} bytes, or something is behind it")
    return text


def tree_of(text: bytes) -> Tree:
    """Return what a document's JSON says."""
    return Tree(_TREES.decode(text))


def stored_tree(stored: bytes) -> Tree:
    """Return what a document says that is stored, whichever version wrote it.

    Raises:
        ValueError, zlib.error: it cannot be read, or a number in it is one that no table keeps.
    """
    return Tree(_STORED_TREES.decode(unpacked(stored)))


def _kept(told: str) -> str:
    if not is_kept(Decimal(told)):
        raise ValueError(told)
    return told
