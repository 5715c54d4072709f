"""Tokens, keys and codes in recordings, which no report repeats."""

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from cli.compare.recording import RecordedCall
from loyalty import exactjson
from loyalty.domain.access.pass_codes import LEFT_OUT

LONGEST_TOLD = 160
"""Characters of a value that a report shows."""

SHORTEST_WITHIN = 6
"""Characters of a secret that is looked for within other texts; a shorter one is in many of them by chance."""


def tell(value: Any, name: str, secrets: Collection[str]) -> str:
    """Return the value of a field as a report may show it: as JSON, cut, and without secrets."""
    if is_secret(name) and value is not None:
        return LEFT_OUT
    text = exactjson.dumps(_without_secrets(value))
    return LEFT_OUT if any(text == exactjson.dumps(secret) for secret in secrets) else tell_text(text, secrets)


def tell_text(text: str, secrets: Iterable[str]) -> str:
    """Return a text, cut, and without the secrets in it."""
    for secret in sorted(secrets, key=len, reverse=True):  # one may be part of another
        if len(secret) >= SHORTEST_WITHIN:
            text = text.replace(exactjson.dumps(secret)[1:-1], LEFT_OUT)
    return text if len(text) <= LONGEST_TOLD else f"{text[: LONGEST_TOLD - 3]}..."


def _without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: LEFT_OUT if is_secret(name) and one is not None else _without_secrets(one)
            for name, one in value.items()
        }
    return [_without_secrets(one) for one in value] if isinstance(value, list) else value


def secrets_in(call: RecordedCall) -> Iterator[str]:
    """Return what a call shows of tokens, keys and codes, which no report may repeat."""
    shown = [text for name, text in (*call.headers.items(), *call.address.query.items()) if is_secret(name)]
    yield from shown
    yield from (text.split()[-1] for text in shown if " " in text.strip())  # without the scheme before it
    yield from _secrets(call.request)
    yield from _secrets(call.response)


def _secrets(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _secrets(one)
    elif isinstance(value, dict):
        for name, one in value.items():
            if is_secret(name) and not isinstance(one, dict | list):
                yield str(one)
            else:
                yield from _secrets(one)


_SECRET = re.compile(
    r"(?:.*_)?(?:token|key|password|pass_code|secret|cookie|authentication_code)|authorization|cim|identifier",
    re.IGNORECASE,
)


def is_secret(name: str) -> bool:
    """Return whether a field, a header or a parameter of this name holds a token, a key or a code."""
    return _SECRET.fullmatch(name.replace("-", "_")) is not None
