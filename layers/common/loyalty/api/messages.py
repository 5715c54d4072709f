"""A request as API Gateway hands it over, and an answer as it wants it back."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from loyalty import exactjson
from loyalty.domain.errors import Code, Problem, Refused

MAX_BODY_BYTES = 1_000_000
"""A purchase of a thousand lines takes a fifth of it."""


@dataclass(frozen=True)
class Request:
    """One call. `now` is when it arrived; header names are lower case."""

    now: datetime
    headers: Mapping[str, str]
    path: Mapping[str, str]
    query: Mapping[str, str]
    context: Mapping[str, Any]
    body: str | None
    is_base64: bool
    max_body_bytes: int = MAX_BODY_BYTES

    @classmethod
    def of(cls, event: Mapping[str, Any], now: datetime, max_body_bytes: int = MAX_BODY_BYTES) -> "Request":
        """The request in a proxy event of API Gateway's REST API (payload format 1.0)."""
        return cls(
            now=now,
            headers={name.lower(): value for name, value in (event.get("headers") or {}).items()},
            path=event.get("pathParameters") or {},
            query=event.get("queryStringParameters") or {},
            context=(event.get("requestContext") or {}).get("authorizer") or {},
            body=event.get("body"),
            is_base64=bool(event.get("isBase64Encoded")),
            max_body_bytes=max_body_bytes,
        )

    def flag(self, name: str) -> bool:
        """Whether a query parameter says `true`; it need not be there.

        Raises:
            Refused: INVALID, naming the parameter, where it says neither `true` nor `false`.
        """
        text = self.query.get(name, "false")
        if text not in ("true", "false"):
            raise Refused(Problem(Code.INVALID, f"{name} has to be true or false.", f"/{name}"))
        return text == "true"

    def prefers(self, preference: str) -> bool:
        """Whether the caller prefers to be answered so (RFC 7240)."""
        return preference in (told.strip().lower() for told in self.headers.get("prefer", "").split(","))

    def json(self) -> Any:
        """The body, with exact numbers. It is read once, and not to be changed.

        Raises:
            Refused: INVALID, where it is no proper JSON; LIMIT_EXCEEDED, where it is too large.
        """
        return self._json

    @cached_property
    def _json(self) -> Any:
        text = self.body or ""
        if len(text) > self.max_body_bytes:
            raise Refused(Problem(Code.LIMIT_EXCEEDED, f"The body is larger than {self.max_body_bytes} bytes."))
        try:
            return exactjson.loads_strictly(base64.b64decode(text, validate=True).decode() if self.is_base64 else text)
        except (ValueError, binascii.Error) as error:
            raise Refused(Problem(Code.INVALID, f"The body is not valid JSON: {error}.")) from error


@dataclass(frozen=True, slots=True)
class Response:
    """An answer: status, a body that becomes JSON, and headers beyond the content type."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)

    def proxied(self) -> dict[str, Any]:
        """The form in which API Gateway takes it from a function."""
        return {
            "statusCode": int(self.status),
            "headers": {"Content-Type": "application/json", **self.headers},
            "body": exactjson.dumps(self.body),
        }
