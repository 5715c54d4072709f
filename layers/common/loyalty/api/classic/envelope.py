"""What all classic endpoints share: the token in the body or the header, and the envelope around data and errors."""

from collections.abc import Callable, Mapping
from typing import Any

from loyalty.api.endpoint import Handler, endpoint
from loyalty.api.messages import Request, Response
from loyalty.api.problems import STATUS, headers_for
from loyalty.domain.access import Partner, Scope
from loyalty.domain.errors import Code, Refused
from loyalty.usecases.tokens import TokenCheck


def classic_endpoint(action: Callable[[Request, Partner], Response], scope: Scope, tokens: TokenCheck) -> Handler:
    """A Lambda handler around `action`, for partners whose token is genuine, was not given back, and has `scope`."""

    def checked(request: Request) -> Response:
        partner = tokens.partner(token_in(request), request.now)
        partner.require(scope)
        return action(request, partner)

    return endpoint(checked, refusal=refused)


def token_in(request: Request) -> str:
    """The token of a classic call: `Authorization: Bearer`, or `token` in the body; empty where there is none."""
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return bearer.strip()
    body = request.json() if request.body else None
    token = body.get("token") if isinstance(body, dict) else None
    return token if isinstance(token, str) else ""


def succeeded(data: Mapping[str, Any], body: Any = None, *, replayed: bool = False) -> Response:
    """The envelope around data, or around those of its fields that a body's `fields_set` asks for (Q5)."""
    asked = body.get("fields_set") if isinstance(body, dict) else None
    names = [name.strip() for name in asked.split(",") if name.strip()] if isinstance(asked, str) else []
    shown = {name: data[name] for name in names if name in data} if names else data
    status = {"code": "OK", "description": "", "message": ""}
    return Response(200, {"status": status, "data": shown}, {"Idempotent-Replayed": "true"} if replayed else {})


def refused(refusal: Refused) -> Response:
    """The envelope with the error in `status` and no data.

    The description is the vendor's where something was not found (row 13); else it lists what is wrong, with the place.
    """
    first = refusal.problems[0]
    description = first.description
    if first.code is not Code.NOT_FOUND:
        told = (f"{problem.pointer}: {problem.description}" for problem in refusal.problems if problem.pointer)
        description = " ".join(told) or description
    status = {"code": first.code, "description": description, "message": ""}
    return Response(STATUS[first.code], {"status": status, "data": None}, headers_for(first))
