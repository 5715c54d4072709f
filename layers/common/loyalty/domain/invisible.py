"""Characters that nobody sees, and that yet make another text of a code: they come along when it is copied."""

import unicodedata

_CATEGORIES = {"Cc", "Cf", "Zl", "Zp", "Zs"}
"""Unicode categories: controls, formats, separators."""


def invisible_end(text: str) -> str | None:
    """Return which invisible character stands at either end of a text, in words; None where none does. A plain space is
    none: texts are padded with it on purpose."""
    ends = (end for end in (text[:1], text[-1:]) if not end.isprintable())
    return next((_describe_character(end) for end in ends if unicodedata.category(end) in _CATEGORIES), None)


def _describe_character(character: str) -> str:
    name = unicodedata.name(character, "control character").lower()
    return f"a {name} (U+{ord(character):04X})"
