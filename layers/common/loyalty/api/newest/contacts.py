"""One-time passwords of contacts, as the newest API gives them out."""

from datetime import datetime

from loyalty.api.newest.answers import ContactPassword
from loyalty.api.newest.unknown_fields import NewestModel


class IssueContactPassword(NewestModel):
    """The body of `POST /contacts/{id}/otp`: nothing. It may be left out."""


def render_password(password: str, expires_on: datetime, now: datetime) -> ContactPassword:
    """Return a one-time password; `expires_in` in seconds."""
    return {"otp": password, "expires_in": int((expires_on - now).total_seconds())}
