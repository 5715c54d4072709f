"""The classic API's login: a key, or a username with its password, is exchanged for a token, on behalf of a unit."""

from datetime import datetime
from functools import partial
from typing import NamedTuple, Self

from msgspec.structs import replace

from loyalty.domain.access.partner import AuthToken, Partner
from loyalty.domain.errors import NotInProgramme, not_found
from loyalty.domain.programme.directory import NAMING_FIELDS
from loyalty.store.catalogue import Catalogue
from loyalty.store.credentials import SigningKeys
from loyalty.store.table import Table
from loyalty.usecases.access.auth_tokens import holder_of_key, sign_token
from loyalty.usecases.access.logins import ShownLogin, holder_of_login
from loyalty.usecases.newest_programme import with_newest_programme

UNIT_NAMED_BY = ("id", *(field for field in NAMING_FIELDS["unit"] if field != "business_unit"))
"""What names a unit, in the order in which a value is looked for."""


class TokenIssuer(NamedTuple):
    """What one process issues tokens with. The reward programme is read only where a unit is named."""

    table: Table
    signing_keys: SigningKeys
    catalogue: Catalogue

    @classmethod
    def on(cls, table: Table) -> Self:
        """Return an issuer that has read nothing yet."""
        return cls(table, SigningKeys(table), Catalogue(table))

    def exchange_key(self, api_key: str, unit: str | None, now: datetime) -> tuple[str, AuthToken]:
        """Return a signed token for the holder of a key, on behalf of a unit if one is named.

        Raises:
            Refused: INVALID_TOKEN, if the key is unknown or revoked; NOT_FOUND, if there is no such unit, or it belongs
                to a merchant that the key may not act for; RETRY_LATER.
        """
        return self._sign(holder_of_key(api_key, self.table), unit, now)

    def exchange_login(self, shown: ShownLogin, unit: str | None, now: datetime) -> tuple[str, AuthToken]:
        """Return the same for the holder of a login.

        Raises:
            Refused: as `holder_of_login`; NOT_FOUND, RETRY_LATER.
        """
        return self._sign(holder_of_login(shown, table=self.table, now=now), unit, now)

    def _sign(self, partner: Partner, unit: str | None, now: datetime) -> tuple[str, AuthToken]:
        if unit is not None:
            find = partial(self._unit_id, partner, unit, now)
            partner = replace(partner, unit_id=with_newest_programme(self.catalogue, now, find))
        return sign_token(partner, self.signing_keys, now)

    def _unit_id(self, partner: Partner, named: str, now: datetime) -> str:
        directory, units = self.catalogue.directory(now), self.catalogue.programme(now).business_units
        for by in UNIT_NAMED_BY:
            found = directory.record("unit", directory.find("unit", by, named))
            if found is None:
                continue
            owner = units.get(found.get("business_unit", ""))
            if partner.sees(owner.merchant_id if owner else None):
                return str(found["id"])
        raise NotInProgramme(not_found("Unit", named, "/unit"))
