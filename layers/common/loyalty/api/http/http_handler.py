"""Handling of calls on all routes: the token is checked, and exceptions become answers."""

from collections.abc import Callable
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

from loyalty.api.http.error_catalogue import ERRORS
from loyalty.api.http.messages import MAX_BODY_BYTES, Request, Response
from loyalty.api.http.problems import fault_refusal, problem_document
from loyalty.domain.access.error_forms import ErrorForms
from loyalty.domain.access.partner import Partner, Scope
from loyalty.domain.errors import Refused
from loyalty.store.credentials import SigningKeys
from loyalty.usecases.access.auth_tokens import verify_token

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


def http_handler(
    action: Callable[[Request], Response],
    refusal: Callable[[Refused, ErrorForms], Response] = problem_document,
    max_body_bytes: int = MAX_BODY_BYTES,
) -> Handler:
    """Return a Lambda handler around `action`; `refusal` tells an error in the form that the API
    has for the caller. Nothing that a caller sends, and no fault on our side, ends in anything but such an answer."""

    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        request = Request.of(event, datetime.now(UTC), max_body_bytes)
        try:
            response = action(request)
        except Refused as refused:
            response = refusal(refused, request.error_forms)
            _log_of(context).log_refused(refused, ERRORS[refused.problems[0].code].status)
        except Exception as fault:  # noqa: BLE001 - logged
            _log_of(context).log_fault(fault)
            response = refusal(fault_refusal(), request.error_forms)
        return response.to_proxy_response(request.answer_headers)

    return handler


def _log_of(context: Any) -> ModuleType:
    """Return the log, whose lines tell of this call from now on. It is imported late, as hardly a first call has a use
    for it."""
    from loyalty.api import logs

    logs.tell_of_call(context)
    return logs


def authorized(
    action: Callable[[Request, Partner], Response], scope: Scope, signing_keys: SigningKeys
) -> Callable[[Request], Response]:
    """`action` for partners whose token, handed on by the authorizer, is genuine and has `scope`.

    The token alone counts: whatever else the authorizer's context says may have been made up by whoever invoked the
    function.
    """

    def checked(request: Request) -> Response:
        partner = verify_token(str(request.context.get("token", "")), signing_keys).partner
        request.admit(partner)
        partner.require(scope)
        return action(request, partner)

    return checked
