"""The bodies of the classic API's login."""

from typing import Annotated, Any

from pydantic import Field

from loyalty.api.classic.identifiers import ClassicModel
from loyalty.api.classic.queries import GET
from loyalty.api.http.messages import Request
from loyalty.api.http.parameters import check_parameters
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
    """The body of `/authentication/web_api_key/token`, or by GET its query, which there need not be."""

    unit: Annotated[Code | None, Field(description="The unit that is called as.")] = None


def read_login(body: Any, address: str) -> tuple[ShownLogin, str | None]:
    """Return what a caller from this address shows, and the unit that it calls as.

    Raises:
        Refused: with every faulty field, by JSON pointer.
    """
    login = validate(SignIn, body)
    return ShownLogin(login.username, login.password, login.organisation, address), login.unit


def read_unit(request: Request) -> str | None:
    """Return the unit that the holder of a key calls as. By GET, one in the query counts; a body that is no object says
    nothing.

    Raises:
        Refused: INVALID, if a unit is given that is no name, or two are; LIMIT_EXCEEDED, if the body is too large.
    """
    said = request.json_if_any()
    if request.method == GET and "unit" in request.query:
        check_parameters(request.event)
        said = request.query
    return validate(ActingUnit, said).unit if isinstance(said, dict) else None
