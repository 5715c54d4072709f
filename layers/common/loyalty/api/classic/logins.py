"""The bodies of the classic API's login."""

from typing import Any

from loyalty.api.classic.identifiers import ClassicModel
from loyalty.domain.fields import Code
from loyalty.domain.validation import validate
from loyalty.usecases.access.logins import ShownLogin

MAX_BODY_BYTES = 10_000
"""A login has three or four short texts. Nobody is known yet who sends one."""


class SignIn(ClassicModel):
    """The body of `POST /authentication/token`."""

    username: Code
    password: Code
    organisation: Code
    unit: Code | None = None


class ActingUnit(ClassicModel):
    """The body of `/authentication/web_api_key/token`, which there need not be."""

    unit: Code | None = None


def read_login(body: Any, address: str) -> tuple[ShownLogin, str | None]:
    """Return what a caller from this address shows, and the unit that it calls as.

    Raises:
        Refused: with every faulty field, by JSON pointer.
    """
    login = validate(SignIn, body)
    return ShownLogin(login.username, login.password, login.organisation, address), login.unit


def read_unit(body: Any) -> str | None:
    """Return the unit that the holder of a key calls as. A body that is no object says nothing.

    Raises:
        Refused: INVALID, if a unit is given that is no name.
    """
    return validate(ActingUnit, body).unit if isinstance(body, dict) else None
