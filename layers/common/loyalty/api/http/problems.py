"""Errors as the newest API tells them, and what both APIs tell alike."""

from http import HTTPStatus

from loyalty.api.http.error_catalogue import ERRORS, is_final
from loyalty.api.http.messages import Response
from loyalty.domain.access.error_forms import ErrorForms, NewestErrors
from loyalty.domain.errors import FAULT, Code, Problem, Refused

RETRY_AFTER_SECONDS = 1

MAX_PROBLEMS = 100
"""Problems named in one answer; a body can be wrong in more places than anybody reads."""


def problem_document(refused: Refused, forms: ErrorForms) -> Response:
    """Return the newest API's form: RFC 9457, with `code`, and `errors[]` that name each field by JSON pointer. The
    vendor's form has its name for the error beside that, and status 400 if the error is final."""
    first = refused.problems[0]
    explained, is_vendors = ERRORS[first.code], forms.newest_errors is NewestErrors.VENDOR
    status = HTTPStatus.BAD_REQUEST if is_vendors and is_final(first.code) else explained.status
    fields = [
        {"pointer": problem.pointer, "code": problem.code, "detail": problem.description}
        for problem in refused.problems[:MAX_PROBLEMS]
        if problem.pointer
    ]
    body = {
        **({"error": explained.vendor_name} if is_vendors else {}),
        "type": "about:blank",
        "title": status.phrase,
        "status": int(status),
        "code": first.code,
        "detail": first.description,
    }
    headers = headers_for(first) | ({} if is_vendors else _PROBLEM_TYPE)
    return Response(status, body | ({"errors": fields} if fields else {}), headers)


def fault_refusal() -> Refused:
    """Return what a caller is told of a fault on our side: that it is one, and nothing of its inside."""
    return Refused(FAULT)


_PROBLEM_TYPE = {"Content-Type": "application/problem+json"}


def headers_for(problem: Problem) -> dict[str, str]:
    """When to come back, where the request may be sent again."""
    return {"Retry-After": str(RETRY_AFTER_SECONDS)} if problem.code is Code.RETRY_LATER else {}
