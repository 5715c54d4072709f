"""Files that nobody should send, and what has to become of each of their rows."""

import re
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Hostile:
    """`rows` is how the lines begin that `tests.uploads.told` tells; or behind a `*`, what stands in one or several of
    them; "..." is any number of lines. `fault` is how that begins what is said of the file."""

    what: str
    name: str
    data: Callable[[], bytes]
    rows: tuple[str, ...] = ()
    fault: str = ""

    def fits(self, lines: list[str]) -> bool:
        """Return whether these are the lines that were expected."""
        return bool(re.fullmatch("".join(map(_pattern, self.rows)), "".join(f"{line}\n" for line in lines)))


def _pattern(expected: str) -> str:
    if expected == "...":
        return r"(?:.*\n)*?"
    if expected.startswith("*"):
        return rf"(?:.*{re.escape(expected[1:])}.*\n)+"
    return rf"{re.escape(expected)}.*\n"
