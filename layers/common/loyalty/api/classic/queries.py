"""Calls of the classic API by GET, whose query says what the body of a POST does."""

from collections.abc import Iterator
from typing import Any

from loyalty.api.http.messages import Request
from loyalty.domain.errors import Code, Problem, Refused

GET = "GET"
IDENTIFIER = "_identifier"
"""The end of the names of identifiers, which are written `x_identifier=field=value`."""


def asked_in(request: Request) -> Any:
    """Return what a call asks for: its body, or by GET what its query says, in the form of a body.

    Raises:
        Refused: as `Request.json` has it; INVALID, naming each identifier that says nothing of its field.
    """
    if request.method != GET:
        return request.json()
    if problems := list(_unnamed(request)):
        raise Refused(*problems)
    return {
        name: _identifier(value) if name.endswith(IDENTIFIER) else value
        for name, value in request.query.items()
        if name != "token"
    }


def token_in_query(request: Request) -> str:
    """Return the token in the query of a call by GET; empty if there is none. It is a secret in an address, so neither
    our log nor API Gateway's has addresses (tests/unit/test_template.py)."""
    return request.query.get("token", "") if request.method == GET else ""


def _identifier(text: str) -> dict[str, str]:
    field, _, value = text.partition("=")  # what comes behind a second one is part of the value
    return {field: value}


def _unnamed(request: Request) -> Iterator[Problem]:
    for name, value in request.query.items():
        if name.endswith(IDENTIFIER) and "=" not in value:
            description = "Write it as field=value, such as number=101."
            yield Problem(Code.INVALID, description, f"/{name}", own_words=1)
