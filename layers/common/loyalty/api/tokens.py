"""The classic API's login: an API key is exchanged for a token, a token is given back."""

import base64
import binascii
from typing import Any

from loyalty.api.messages import Request, Response
from loyalty.domain.access import AuthToken


def key_in(request: Request, header: str) -> str:
    """The API key of a call: in the header of the deployment's choice, in `x-api-key`, or as the user name of HTTP
    Basic; empty where there is none."""
    key = request.headers.get(header.lower()) or request.headers.get("x-api-key")
    return key or _basic_user(request.headers.get("authorization", ""))


def token_in(request: Request) -> str:
    """The token of a classic call: `token` in the body, or `Authorization: Bearer`; empty where there is none."""
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return bearer.strip()
    body = request.json() if request.body else None
    token = body.get("token") if isinstance(body, dict) else None
    return token if isinstance(token, str) else ""


def render_token(text: str, token: AuthToken, request: Request) -> Response:
    """The token, in the classic envelope; `expires_in` in seconds."""
    expires_in = int((token.expires_on - request.now).total_seconds())
    return succeeded({"token": text, "token_type": "Bearer", "expires_in": expires_in})


def succeeded(data: Any) -> Response:
    """The classic envelope around `data`."""
    return Response(200, {"status": {"code": "OK", "description": "", "message": ""}, "data": data})


def _basic_user(authorization: str) -> str:
    scheme, _, credentials = authorization.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(credentials.strip(), validate=True).decode().partition(":")[0]
    except (ValueError, binascii.Error):
        return ""
