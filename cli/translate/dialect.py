"""The two APIs, as translations name them."""

from enum import StrEnum


class Dialect(StrEnum):
    """An API to translate to."""

    NEWEST = "newest"
    CLASSIC = "classic"
