"""A request as API Gateway hands it over, and an answer as it wants it back."""

import base64
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

from msgspec import Struct, field

from loyalty import exactjson
from loyalty.api.http.parameters import check_parameters
from loyalty.domain.access.error_forms import DEFAULT_FORMS, ErrorForms
from loyalty.domain.access.partner import Partner
from loyalty.domain.errors import Code, Problem, Refused
from loyalty.domain.money import plain_text
from loyalty.domain.texts import check_texts
from loyalty.usecases.sent_json import read_json, text_of

MAX_BODY_BYTES = 1_000_000
"""A purchase of a thousand lines takes a fifth of it."""


class Request(Struct, dict=True):
    """One call of a route.

    Attributes:
        now: when it arrived.
        headers: its headers, with names in lower case.
        path: the parameters in the path.
        query: the parameters of the query.
        context: what the authorizer added.
        body: the body as it came; None if there is none.
        is_base64: whether the body is encoded in base64.
        max_body_bytes: the most bytes that the body may have.
        method: its HTTP method; POST if the event does not say.
        event: the call as API Gateway hands it over.
        answer_headers: what any answer to it is to have, whatever becomes of it.
        address: the IP address that it came from, as API Gateway saw it; empty if that does not say.
        error_forms: the forms in which the caller is told errors; the default ones until it is known.
    """

    now: datetime
    headers: Mapping[str, str]
    path: Mapping[str, str]
    query: Mapping[str, str]
    context: Mapping[str, Any]
    body: str | None
    is_base64: bool
    max_body_bytes: int = MAX_BODY_BYTES
    method: str = "POST"
    event: Mapping[str, Any] = field(default_factory=dict)
    answer_headers: dict[str, str] = field(default_factory=dict)
    address: str = ""
    error_forms: ErrorForms = DEFAULT_FORMS

    @classmethod
    def of(cls, event: Mapping[str, Any], now: datetime, max_body_bytes: int = MAX_BODY_BYTES) -> "Request":
        """Return the request in a proxy event of API Gateway's REST API (payload format 1.0)."""
        about = event.get("requestContext") or {}
        return cls(
            now=now,
            headers={name.lower(): value for name, value in (event.get("headers") or {}).items()},
            path=event.get("pathParameters") or {},
            query=event.get("queryStringParameters") or {},
            context=about.get("authorizer") or {},
            body=event.get("body"),
            is_base64=bool(event.get("isBase64Encoded")),
            max_body_bytes=max_body_bytes,
            address=(about.get("identity") or {}).get("sourceIp") or "",
            method=event.get("httpMethod") or "POST",
            event=event,
        )

    def admit(self, partner: Partner) -> None:
        """Go on for a partner whose token was checked: from now on, errors have the forms that it has chosen. Nothing
        of the call is looked at before, except its token.

        Raises:
            Refused: with each parameter that may not name anything.
        """
        self.error_forms = partner.error_forms
        check_parameters(self.event)

    def flag(self, name: str) -> bool:
        """Return whether a query parameter says `true`; it need not be there.

        Raises:
            Refused: INVALID, naming the parameter, where it says neither `true` nor `false`.
        """
        text = self.query.get(name, "false")
        if text not in ("true", "false"):
            raise Refused(Problem(Code.INVALID, f"{name} must be true or false.", f"/{name}"))
        return text == "true"

    def prefers(self, preference: str) -> bool:
        """Return whether the caller prefers to be answered so (RFC 7240)."""
        preferred = self.headers.get("prefer", "").lower().replace(" ", "").replace('"', "")
        return preference in preferred.split(",")

    def json(self) -> Any:
        """Return the body, with exact numbers. It is read once, and not to be changed.

        Raises:
            Refused: INVALID, if it is no proper JSON, or a text of it is damaged; LIMIT_EXCEEDED, if it is too
                large.
        """
        check_texts(self._text, self._json)
        return self._json

    def json_if_any(self) -> Any:
        """Return the body as `json` does, whatever type it is said to be of; None if it is missing, or no JSON.

        Raises:
            Refused: INVALID, if a text of it is damaged; LIMIT_EXCEEDED, if it is too large.
        """
        try:
            _ = self._json
        except Refused as refused:
            if refused.problems[0].code is not Code.INVALID:
                raise
            return None
        return self.json()

    def token(self) -> str:
        """Return the token in the body, whatever else that has; empty if there is none.

        Raises:
            Refused: as `json` has it; INVALID, if the body is no object.
        """
        if not self.body:
            return ""
        if not isinstance(self._json, dict):
            raise Refused(Problem(Code.INVALID, "The body must be an object."))
        token = self._json.get("token")
        return token if isinstance(token, str) else ""

    @cached_property
    def _json(self) -> Any:
        return read_json(self._text, "body")

    @cached_property
    def _text(self) -> str:
        text = self.body or ""
        if len(text) > self.max_body_bytes:
            raise Refused(Problem(Code.LIMIT_EXCEEDED, f"The body is larger than {self.max_body_bytes} bytes."))
        if not self.is_base64:
            return text
        try:
            return text_of(base64.b64decode(text, validate=True), "body")
        except ValueError as error:
            raise Refused(Problem(Code.INVALID, "The body is not valid base64.")) from error


class Response(Struct, frozen=True):
    """An answer: status, a body that becomes JSON, and headers beyond the content type. Equal amounts become the same
    text, whether they were just calculated or read, so a repetition is answered byte for byte as the first time."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)

    def to_proxy_response(self, headers: Mapping[str, str]) -> dict[str, Any]:
        """Return the form in which API Gateway takes it from a function, with further headers. Nothing on its way may
        keep an answer: it may be a token, and by GET two partners ask by the same address."""
        return {
            "statusCode": int(self.status),
            "headers": {
                "Content-Type": "application/json",
                "Cache-Control": "no-store",
                **self.headers,
                **headers,
            },
            "body": _write(self.body),
        }


_write = exactjson.writer(plain_text)
