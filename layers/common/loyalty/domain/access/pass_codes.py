"""Pass codes are kept as hashes only, and left out of texts that are kept, as one-time passwords are."""

import hashlib
import hmac
import re
from collections.abc import Callable, Iterator
from functools import cache

from loyalty.domain.brackets import scan_brackets

PASS_CODE = "pass_code"  # noqa: S105 - a name
"""The field, and the column, of a pass code."""

LEFT_OUT = "(left out)"
"""The text that replaces a pass code or a one-time password in everything that is kept."""

_NAMES = b"|".join(
    b"".join(rb"(?:%c|\\u00%02x)" % (letter, letter) for letter in name)
    for name in (b"pass_code", b"one_time_password", b"otp")
)
_PARTS = (b"pass", b"otp", b"\\u00")


@cache
def _coded() -> re.Pattern[bytes]:
    """Return the pattern of a `code` up to its end, or, as one that is none, where an object or an array begins; and of
    one `within` a text that is JSON itself. It is made late, as hardly a first call has a use for it."""
    return re.compile(
        rb'"(?:%(names)b)"\s*+:\s*+(?!null\b)(?P<code>"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[^\s",\[\]{}]++|(?=[\[{]))'
        rb'|\\"(?:%(names)b)\\++"\s*+:\s*+(?!null\b)(?P<within>%(left)b|\\++"[^"\\]*+(?:\\++")?|[^\s"\\,\[\]{}]++|[\[{][^\]}]*+)'
        % {b"names": _NAMES, b"left": re.escape(LEFT_OUT.encode())},
        re.DOTALL | re.IGNORECASE,
    )


def hash_pass_code(token_id: str, pass_code: str) -> str:
    """Return what is stored of an access token's pass code: scrypt, salted with the token's id, in hex.

    Pass codes are short, so the hash is slow on purpose (some 40 ms of CPU and 16 MB). The same code of the same token
    always gives the same hash, so importing it again changes nothing.
    """
    return hashlib.scrypt(pass_code.encode(), salt=token_id.encode(), n=2**14, r=8, p=1, dklen=32).hex()


def is_pass_code(pass_code: str, token_id: str, hashed: str) -> bool:
    """Return whether this is the pass code of which `hashed` was stored; how long it takes does not tell how nearly."""
    return hmac.compare_digest(hash_pass_code(token_id, pass_code), hashed)


def without_codes(text: bytes) -> bytes:
    """Return JSON, valid or not, with LEFT_OUT instead of each pass code and one-time password, of any form."""
    return _replace_codes(text, lambda _: b'"%b"' % LEFT_OUT.encode(), lambda _: LEFT_OUT.encode())


def with_blank_codes(text: bytes) -> bytes:
    """Return the same with something that is as long as the code and says nothing."""
    return _replace_codes(
        text,
        lambda code: b'"%b"' % (b"*" * (len(code) - 2)) if len(code) > 1 else b"0",
        lambda code: b"*" * len(code),
    )


_By = Callable[[bytes], bytes]


def _replace_codes(text: bytes, by: _By, by_within: _By) -> bytes:
    """Return the text with what is `by` in the place of codes, and `by_within` of those within texts."""
    may_have_some = any(part in text for part in _PARTS)  # of a name, escaped or not; quicker than the pattern
    return b"".join(_pieces(text, by, by_within)) if may_have_some else text


def _pieces(text: bytes, by: _By, by_within: _By) -> Iterator[bytes]:
    at = 0
    while found := _coded().search(text, at):
        is_within = found["within"] is not None
        start, end = found.span("within" if is_within else "code")
        if start == end:
            end, _, _ = scan_brackets(text, end)
        yield text[at:start]
        yield (by_within if is_within else by)(text[start:end])
        at = end
    yield text[at:]
