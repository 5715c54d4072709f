"""Purchases that a file has more than once, told as posting tells them (decision 3)."""

import sqlite3

from loyalty.domain.errors import Code
from loyalty.domain.identity import Origin, derived_id
from loyalty.domain.purchases.purchase import PurchaseRequest

REPEATED = "repeated"


class MetIdentities:
    """The identities that were met so far; in a temporary file, however many they are."""

    def __init__(self) -> None:
        self._met = sqlite3.connect("")
        self._met.execute("CREATE TABLE met (event_id TEXT PRIMARY KEY, fingerprint BLOB) WITHOUT ROWID")

    def reason_to_pass_over(self, request: PurchaseRequest, merchant_id: str) -> str | None:
        """Return why a purchase is not one more: it is REPEATED, or another one has its identity; None if it is one
        more, which counts as met then."""
        ids = _ids(request, merchant_id)
        marks = ", ".join("?" * len(ids))
        met = dict(self._met.execute(f"SELECT event_id, fingerprint FROM met WHERE event_id IN ({marks})", ids))  # noqa: S608
        if not met:
            self._met.executemany("INSERT INTO met VALUES (?, ?)", ((one, request.fingerprint.digest) for one in ids))
            return None
        return REPEATED if met.get(ids[0]) == request.fingerprint.digest else Code.DUPLICATE

    def close(self) -> None:
        """Forget all."""
        self._met.close()


def _ids(request: PurchaseRequest, merchant_id: str) -> list[str]:
    """Return the event's id; and where that was given, the one that keeps the reference number unique all the same."""
    own = request.identity.event_id(merchant_id, request.reference_number, "")
    if request.identity.origin is not Origin.GIVEN or request.reference_number is None:
        return [own]
    return [own, derived_id(Origin.REFERENCE, merchant_id, request.reference_number)]
