"""Texts that were damaged before they came here.

What a gateway, or a program before it, cannot read is U+FFFD afterwards, so that different texts become one: the second
purchase would be taken for the first. Half a character is no text at all.
"""

import re
from typing import Any

from loyalty.domain.errors import Code, Problem, Refused, pointer

REPLACEMENT = "\ufffd"

_HALF = re.compile("[\ud800-\udfff]")
_SUSPICIOUS = re.compile(rf"[{REPLACEMENT}\ud800-\udfff]|\\u(?:[fF]{{3}}[dD]|[dD][89a-fA-F])")


def damage_of(text: str) -> str | None:
    """Return what is wrong with a text, in words; None if it is whole."""
    if text.isascii():
        return None
    if REPLACEMENT in text:
        return "This text has the character U+FFFD, so it was damaged on its way. Send it in UTF-8."
    return "This text is not valid Unicode." if _HALF.search(text) else None


def check_texts(said: str, body: Any) -> None:
    """Let a body pass of which all texts and names are whole; `said` is what it was read from.

    Raises:
        Refused: INVALID, with the damaged text that is the least deep, by JSON pointer.
    """
    # Hardly any body is looked through: only one that has such a character, or an escape that may be one.
    if (not said.isascii() or "\\u" in said) and _SUSPICIOUS.search(said):
        _look_through(body)


def _look_through(body: Any) -> None:
    level: list[tuple[Any, tuple[str | int, ...]]] = [(body, ())]
    while level:
        inner: list[tuple[Any, tuple[str | int, ...]]] = []
        for value, at in level:
            match value:
                case str() if damage := damage_of(value):
                    raise Refused(Problem(Code.INVALID, damage, pointer(at), own_words=len(at)))
                case dict():
                    inner += [(name, (*at, name)) for name in value]
                    inner += [(member, (*at, name)) for name, member in value.items()]
                case list():
                    inner += [(item, (*at, place)) for place, item in enumerate(value)]
        level = inner
