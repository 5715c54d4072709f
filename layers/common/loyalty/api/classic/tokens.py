"""Auth tokens and one-time passwords, as the classic API tells them."""

from datetime import datetime
from typing import TYPE_CHECKING

from loyalty.domain.access.partner import AuthToken

if TYPE_CHECKING:  # as the function that issues auth tokens has no use for pydantic
    from loyalty.api.classic.answers import PasswordData, TokenData


def render_token(text: str, token: AuthToken, now: datetime) -> "TokenData":
    """Return the token; `expires_in` in seconds."""
    return {"token": text, "token_type": "Bearer", "expires_in": int((token.expires_on - now).total_seconds())}


def render_password(password: str, expires_on: datetime, now: datetime) -> "PasswordData":
    """Return a one-time password; `expires_in` in seconds."""
    return {"one_time_password": password, "expires_in": int((expires_on - now).total_seconds())}
