"""What all classic endpoints share: the token in the body or the header, and the envelope around data and errors."""

from collections.abc import Callable, Mapping
from typing import Any

from loyalty.api.endpoint import Handler, endpoint
from loyalty.api.messages import MAX_BODY_BYTES, Request, Response
from loyalty.api.problems import MAX_PROBLEMS, STATUS, headers_for
from loyalty.domain.access import Partner, Scope
from loyalty.domain.errors import Code, Refused
from loyalty.usecases.tokens import TokenCheck


def classic_endpoint(
    action: Callable[[Request, Partner], Response],
    scope: Scope,
    tokens: TokenCheck,
    max_body_bytes: int = MAX_BODY_BYTES,
) -> Handler:
    """A Lambda handler around `action`, for partners whose token is genuine, was not given back, and has `scope`."""

    def checked(request: Request) -> Response:
        partner = tokens.partner(token_in(request), request.now)
        partner.require(scope)
        return action(request, partner)

    return endpoint(checked, refusal=refused, max_body_bytes=max_body_bytes)


def token_in(request: Request) -> str:
    """The token of a classic call: `Authorization: Bearer`, or `token` in the body; empty where there is none."""
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return bearer.strip()
    body = request.json() if request.body else None
    token = body.get("token") if isinstance(body, dict) else None
    return token if isinstance(token, str) else ""


def succeeded(data: Mapping[str, Any], body: Any = None, *, replayed: bool = False) -> Response:
    """The envelope around data, or around those of its fields that a body asks for."""
    status = {"code": "OK", "description": "", "message": ""}
    return Response(
        200, {"status": status, "data": asked_for(data, body)}, {"Idempotent-Replayed": "true"} if replayed else {}
    )


def asked_for(data: Mapping[str, Any], body: Any, *always: str) -> Mapping[str, Any]:
    """Those fields of data that the body's `fields_set` names, and `always` these; all of them where it names none
    (Q5)."""
    names = _fields_set(body)
    return {name: data[name] for name in (*always, *names) if name in data} if names else data


def asked_for_within(data: Mapping[str, Mapping[str, Any]], body: Any) -> Mapping[str, Any]:
    """The same where data consists of objects: those that `fields_set` names; or else, of each, the fields that it
    names."""
    return asked_for(data, body) or {name: asked_for(part, body) for name, part in data.items()}


def _fields_set(body: Any) -> list[str]:
    asked = body.get("fields_set") if isinstance(body, dict) else None
    return [name.strip() for name in asked.split(",") if name.strip()] if isinstance(asked, str) else []


def refused(refusal: Refused) -> Response:
    """The envelope with the error in `status` and no data."""
    first = refusal.problems[0]
    status = {"code": first.code, "description": described(refusal), "message": ""}
    return Response(STATUS[first.code], {"status": status, "data": None}, headers_for(first))


def described(refusal: Refused) -> str:
    """A refusal in words: the vendor's where something was not found (row 13); else what is wrong, with the place."""
    first = refusal.problems[0]
    if first.code is Code.NOT_FOUND:
        return first.description
    told = (
        f"{problem.pointer}: {problem.description}" for problem in refusal.problems[:MAX_PROBLEMS] if problem.pointer
    )
    return " ".join(told) or first.description
