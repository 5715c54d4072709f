"""The caller and its rights: scopes and merchants, as a verified token states them."""

import re
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from loyalty.domain.access.error_forms import DEFAULT_FORMS, ErrorForms
from loyalty.domain.errors import Code, Problem, Refused
from loyalty.domain.patterns import MAX_IDENTIFIER, PARTNER_ID

EVERY_MERCHANT = "*"


class Scope(StrEnum):
    """The rights that a key may have."""

    POST_PURCHASES = "purchases:write"
    READ_PURCHASES = "purchases:read"
    READ_WALLETS = "wallets:read"


class ClassicRepeats(StrEnum):
    """How to treat a call without an identity, of the classic API or of a till without baskets, that equals an earlier
    one of the same partner: as another purchase, or as the same one sent again."""

    POST = "POST"
    REPLAY = "REPLAY"


class Partner(Struct, frozen=True):
    """An API client, as far as its token goes.

    Attributes:
        id: its id.
        scopes: what it may do.
        merchants: the ids of business units that it may act for, or `*`.
        key_hash: names the API key, or the login, that it calls with; None if no call is at work.
        unit_id: the unit that it calls as; None where its record says which.
        error_forms: the forms in which it is told errors.
    """

    id: str
    scopes: frozenset[str]
    merchants: frozenset[str]
    key_hash: str | None = None
    unit_id: str | None = None
    error_forms: ErrorForms = DEFAULT_FORMS

    def require(self, scope: Scope) -> None:
        """Let the partner pass only with this scope.

        Raises:
            Refused: NOT_PERMITTED.
        """
        if scope not in self.scopes:
            raise Refused(Problem(Code.NOT_PERMITTED, f"This API key may not be used for {scope}."))

    def folder(self) -> str:
        """Return the name of the folder of the partner's files, which says that they are the partner's.

        Raises:
            Refused: NOT_PERMITTED, if the id, of before ids of partners were checked, could name another's.
        """
        if fault := no_folder(self.id):
            raise Refused(fault)
        return self.id

    def sees(self, merchant_id: str | None) -> bool:
        """Return whether what belongs to this merchant exists for the partner; what belongs to none exists for all."""
        return merchant_id is None or EVERY_MERCHANT in self.merchants or merchant_id in self.merchants

    def covers(self, merchants: Iterable[str]) -> bool:
        """Return whether the partner may act for all of these merchants, of which `*` stands for every one."""
        return EVERY_MERCHANT in self.merchants or self.merchants.issuperset(merchants)


def no_folder(partner_id: str) -> Problem | None:
    """Return why there can be no files of a partner with this id, None where there can."""
    if len(partner_id) <= MAX_IDENTIFIER and re.fullmatch(PARTNER_ID, partner_id):
        return None
    description = (
        f"Partner {partner_id[:MAX_IDENTIFIER]} cannot send files, as its id cannot name a folder. Ask for another id."
    )
    if not partner_id:
        description = "No partner is named for this file: give one with --partner, or put it into uploads/<partner>/."
    return Problem(Code.NOT_PERMITTED, description)


class AuthToken(Struct, frozen=True):
    """A partner's token: opaque to the caller, good until `expires_on`, as long as the key or login that it was got
    with is."""

    id: str
    partner: Partner
    expires_on: datetime
    key_hash: str
