"""Calls of the classic API by GET, whose query says what the body of a POST does."""

from typing import Any

from loyalty.api.classic.identifiers import ClassicModel, Identifier, parts_of
from loyalty.api.http.messages import Request
from loyalty.domain.errors import Code, Problem, Refused

GET = "GET"


def asked_in(request: Request, model: type[ClassicModel]) -> Any:
    """Return what a call asks for that is to be read by this model: its body, or by GET what its query says, in the
    form of a body. There, the model's identifiers are written `x_identifier=field=value`.

    Raises:
        Refused: as `Request.json` has it; INVALID, naming each identifier that says nothing of its field.
    """
    if request.method != GET:
        return request.json()
    identifiers = {name for name, part in parts_of(model) if issubclass(part, Identifier)} & request.query.keys()
    if unnamed := [name for name in request.query if name in identifiers and "=" not in request.query[name]]:
        description = "Write it as field=value, such as number=101."
        raise Refused(*(Problem(Code.INVALID, description, f"/{name}") for name in unnamed))
    return {
        name: _identifier(value) if name in identifiers else value
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
