"""`python -m tests.simulation.page` writes the table of what has to hold into docs/reliability.md."""

import re
from argparse import ArgumentParser
from collections.abc import Iterator
from inspect import getdoc
from pathlib import Path

from tests.simulation.invariants import INVARIANTS, ROOMS
from tests.simulation.invariants.registry import Invariant
from tests.template import TEMPLATE

PAGE = TEMPLATE.parent / "docs" / "reliability.md"
BEGIN, END = "<!-- begin of the table -->\n", "<!-- end of the table -->\n"


def text() -> str:
    """Return the page, with the table of the invariants that there are."""
    page = PAGE.read_text("utf-8")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{''.join(_table())}\n{END}{after}"


def _table() -> Iterator[str]:
    for room in ROOMS:
        yield f"**{_sentence(room.__doc__ or '')}**\n\n| Rule | What holds |\n|---|---|\n"
        for rule in INVARIANTS:
            if rule.__module__ == room.__name__:
                yield f"| {name(rule)} | {_sentence(getdoc(rule) or '')} |\n"
        yield "\n"


def name(rule: Invariant) -> str:
    """Return the name of an invariant as a reader sees it."""
    return rule.__name__.replace("_", " ").replace("models", "model's").replace("one time", "one-time")


def _sentence(told: str) -> str:
    return re.sub(r"\s+", " ", told).strip().replace("|", "\\|")


if __name__ == "__main__":
    ArgumentParser(prog="python -m tests.simulation.page", description=__doc__).parse_args()
    Path(PAGE).write_text(text(), "utf-8")
