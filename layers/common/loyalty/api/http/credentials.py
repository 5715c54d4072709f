"""API keys in calls, and the tokens that they are exchanged for; one-time passwords of customers."""

import base64
import binascii
from datetime import datetime
from typing import TYPE_CHECKING

from loyalty.api.http.messages import Request
from loyalty.domain.access.partner import AuthToken

if TYPE_CHECKING:  # as the authorizer, which reads keys, has no use for pydantic
    from loyalty.api.classic.answers import PasswordData, TokenData


def key_in(request: Request, header: str) -> str:
    """The API key of a call: in the header of the deployment's choice, in `x-api-key`, or as the user name of HTTP
    Basic; empty where there is none."""
    key = request.headers.get(header.lower()) or request.headers.get("x-api-key")
    return key or _basic_user(request.headers.get("authorization", ""))


def render_token(text: str, token: AuthToken, now: datetime) -> "TokenData":
    """The token; `expires_in` in seconds."""
    return {"token": text, "token_type": "Bearer", "expires_in": int((token.expires_on - now).total_seconds())}


def render_password(password: str, expires_on: datetime, now: datetime) -> "PasswordData":
    """A one-time password; `expires_in` in seconds."""
    return {"one_time_password": password, "expires_in": int((expires_on - now).total_seconds())}


def _basic_user(authorization: str) -> str:
    scheme, _, credentials = authorization.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(credentials.strip(), validate=True).decode().partition(":")[0]
    except (ValueError, binascii.Error):
        return ""
