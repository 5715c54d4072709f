"""Proofs that a customer showed a pass code or a one-time password, kept in its place while a call waits."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Self

from msgspec.structs import replace

from loyalty.domain.errors import Code, Problem
from loyalty.domain.fingerprint import Fingerprint
from loyalty.domain.purchases.purchase import PurchaseRequest, ShownBefore


class CodeProof(NamedTuple):
    """The findings about a purchase when it came in: the result of its customer's code, and the fingerprint of the
    whole request, which cannot be calculated once a one-time password is left out."""

    shown: ShownBefore
    fingerprint: Fingerprint

    def apply_to(self, request: PurchaseRequest) -> PurchaseRequest:
        """Return the request as it came in, with the proof instead of the code that was left out."""
        customer = replace(request.customer, before=self.shown)
        return replace(request, customer=customer, fingerprint=self.fingerprint)

    def to_json(self) -> dict[str, Any]:
        """Return the proof as JSON has it."""
        token_id, problem = self.shown
        refused = [problem.code, problem.description] if problem else None
        return {"token": token_id, "refused": refused, "fingerprint": self.fingerprint.to_stored()}

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Self:
        """Return what `kept` told."""
        problem = Problem(Code(kept["refused"][0]), kept["refused"][1]) if kept["refused"] else None
        return cls(ShownBefore(kept["token"], problem), Fingerprint.from_stored(kept["fingerprint"]))
