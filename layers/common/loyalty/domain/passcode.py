"""Pass codes are kept as hashes only, and left out of texts that are kept, as one-time passwords are."""

import hashlib
import hmac
import re

PASS_CODE = "pass_code"  # noqa: S105 - a name
"""The field, and the column, of a pass code."""

LEFT_OUT = "(left out)"
"""What stands in a text that is kept in the place of a pass code or a one-time password."""

_CODED = re.compile(
    rb'("(?:%b)"\s*+:\s*+)(?!null\b)(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[^\s",\[\]{}]++)'
    % b"|".join(
        b"".join(rb"(?:%c|\\u00%02x)" % (letter, letter) for letter in name)
        for name in (b"pass_code", b"one_time_password")
    ),
    re.DOTALL | re.IGNORECASE,
)


def hashed_pass_code(token_id: str, pass_code: str) -> str:
    """What is stored of an access token's pass code: scrypt, salted with the token's id, in hex.

    Pass codes are short, so the hash is slow on purpose (some 40 ms of CPU and 16 MB). The same code of the same token
    always gives the same hash, so importing it again changes nothing.
    """
    return hashlib.scrypt(pass_code.encode(), salt=token_id.encode(), n=2**14, r=8, p=1, dklen=32).hex()


def is_pass_code(pass_code: str, token_id: str, hashed: str) -> bool:
    """Whether this is the pass code of which `hashed` was stored; how long it takes does not tell how nearly."""
    return hmac.compare_digest(hashed_pass_code(token_id, pass_code), hashed)


def without_codes(text: bytes) -> bytes:
    """Return JSON, or what was meant to be, with LEFT_OUT in the place of each pass code and one-time password."""
    may_have_some = b"pass" in text or b"\\u00" in text  # as either name, escaped or not; quicker than the pattern
    return _CODED.sub(rb'\1"%b"' % LEFT_OUT.encode(), text) if may_have_some else text
