"""Handling of calls on classic routes: the token in the body or the header, and the envelope around data and errors."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from loyalty.api.classic.deprecated_fields import HEADER, FindDeprecated
from loyalty.api.classic.queries import token_in_query
from loyalty.api.http.credentials import bearer_in
from loyalty.api.http.error_catalogue import ERRORS, is_final
from loyalty.api.http.http_handler import Handler, http_handler
from loyalty.api.http.messages import MAX_BODY_BYTES, Request, Response
from loyalty.api.http.problems import MAX_PROBLEMS, headers_for
from loyalty.domain.access.error_forms import ClassicErrors, ErrorForms
from loyalty.domain.access.partner import Partner, Scope
from loyalty.domain.errors import Code, Problem, Refused
from loyalty.usecases.access.auth_tokens import TokenCheck


def classic_endpoint(
    action: Callable[[Request, Partner], Response],
    scope: Scope,
    tokens: TokenCheck,
    max_body_bytes: int = MAX_BODY_BYTES,
    deprecated: FindDeprecated | None = None,
) -> Handler:
    """Return a Lambda handler around `action`, for partners whose token is genuine, was not given back, and has
    `scope`. `deprecated` returns the deprecated fields of a body, of which a header of the answer tells."""

    def checked(request: Request) -> Response:
        partner = tokens.partner(token_in(request), request.now)
        request.admit(partner)
        partner.require(scope)
        if deprecated and any(True for _ in deprecated(request.json())):
            request.answer_headers.update(HEADER)
        return action(request, partner)

    return http_handler(checked, refusal=render_refusal, max_body_bytes=max_body_bytes)


def token_in(request: Request) -> str:
    """Return the token of a classic call: `Authorization: Bearer`, or `token` in the body or, by GET, in the query;
    empty if there is none."""
    return bearer_in(request) or token_in_query(request) or request.token()


def render_success(data: Mapping[str, Any], body: Any = None, *, replayed: bool = False) -> Response:
    """Return the envelope around data, or around those of its fields that a body asks for."""
    status = {"code": "OK", "description": "", "message": ""}
    shown = select_fields(data, fields_set(body))
    return Response(200, {"status": status, "data": shown}, {"Idempotent-Replayed": "true"} if replayed else {})


def fields_set(body: Any) -> frozenset[str]:
    """Return the fields that a body asks to be answered; none where it asks for all of them."""
    asked = body.get("fields_set") if isinstance(body, dict) else None
    names = asked.split(",") if isinstance(asked, str) else ()
    return frozenset(name.strip() for name in names if name.strip())


def select_fields(data: Mapping[str, Any], names: frozenset[str]) -> Mapping[str, Any]:
    """Return those fields of data that are named; all of them where none is (Q5)."""
    return {name: value for name, value in data.items() if name in names} if names else data


def select_fields_within(data: Mapping[str, Any], names: frozenset[str]) -> Mapping[str, Any]:
    """Return the same where data consists of objects: those that are named; or else, of each, the fields that are."""
    return select_fields(data, names) or {name: select_fields(part, names) for name, part in data.items()}


def render_refusal(refusal: Refused, forms: ErrorForms) -> Response:
    """Return the envelope with the error in `status` and no data; its text both as `description` and as `message`, as
    some clients show the one and some the other."""
    code = refusal.problems[0].code
    return _render(refusal, is_ok=forms.classic_errors is ClassicErrors.OK and is_final(code))


def login_refusal(form: ClassicErrors) -> Callable[[Refused, ErrorForms], Response]:
    """Return what renders the refusal of a login. The form is the deployment's: before a login is known to be good, no
    partner's can be told without telling that there is such a login. A wrong password is final, too: whoever logs in
    has nothing to log in again with."""

    def render(refusal: Refused, _: ErrorForms) -> Response:
        status = ERRORS[refusal.problems[0].code].status
        return _render(refusal, is_ok=form is ClassicErrors.OK and status < HTTPStatus.INTERNAL_SERVER_ERROR)

    return render


def _render(refusal: Refused, *, is_ok: bool) -> Response:
    first, told = refusal.problems[0], describe_refusal(refusal)
    envelope = {"status": {"code": first.code, "description": told, "message": told}, "data": None}
    return Response(HTTPStatus.OK if is_ok else ERRORS[first.code].status, envelope, headers_for(first))


def describe_refusal(refusal: Refused, at_most: int = MAX_PROBLEMS) -> str:
    """Return a refusal in words, of so many problems: the vendor's where something was not found (row 13), else what is
    wrong, with the place."""
    told = refusal.problems[:at_most]
    return " ".join(_describe_problem(one) for one in told if one.pointer) or told[0].description


def _describe_problem(problem: Problem) -> str:
    return problem.description if problem.code is Code.NOT_FOUND else f"{problem.pointer}: {problem.description}"
