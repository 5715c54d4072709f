"""API keys and tokens in calls."""

import base64
import binascii

from loyalty.api.http.messages import Request


def key_in(request: Request, header: str) -> str:
    """Return the API key of a call: in the header of the deployment's choice, in `x-api-key`, or as the user name of
    HTTP Basic; empty if there is none."""
    key = request.headers.get(header.lower()) or request.headers.get("x-api-key")
    return key or _basic_user(_credentials(request, "basic"))


def bearer_in(request: Request) -> str:
    """Return the token in `Authorization: Bearer`, the scheme in any case; empty if there is none."""
    return _credentials(request, "bearer")


def _credentials(request: Request, scheme: str) -> str:
    named, _, credentials = request.headers.get("authorization", "").strip().partition(" ")
    return credentials.strip() if named.lower() == scheme else ""


def _basic_user(encoded: str) -> str:
    """Return the user name in what HTTP Basic encodes: clients of the vendor send it without a colon, too."""
    try:
        return base64.b64decode(encoded, validate=True).decode().partition(":")[0]
    except (ValueError, binascii.Error):
        return ""
