"""API keys in calls."""

import base64
import binascii

from loyalty.api.http.messages import Request


def key_in(request: Request, header: str) -> str:
    """Return the API key of a call: in the header of the deployment's choice, in `x-api-key`, or as the user name of
    HTTP Basic; empty if there is none."""
    key = request.headers.get(header.lower()) or request.headers.get("x-api-key")
    return key or _basic_user(request.headers.get("authorization", ""))


def _basic_user(authorization: str) -> str:
    scheme, _, credentials = authorization.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(credentials.strip(), validate=True).decode().partition(":")[0]
    except (ValueError, binascii.Error):
        return ""
