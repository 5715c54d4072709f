"""The contract's tables, as docs/contract/ has them."""

import re
from functools import cache
from pathlib import Path

CONTRACT = Path(__file__).parents[1] / "docs/contract"

_RANGE = re.compile(r"`(\w+_)(\d+)` … `\1(\d+)`")
_FIELD = re.compile(r"`(\w+)`")
_REMARK = re.compile(r"\([^)]*\)")


def fields_of(operation: int, heading: str = "### Request") -> list[str]:
    """Return the names in the first column of an operation's table under a heading that starts like this, in its
    order."""
    section = (CONTRACT / "operations.md").read_text().split(f"\n## {operation}. ")[1].split("\n## ")[0]
    _, _, table = section.split(f"\n{heading}")[1].split("\n#")[0].partition("\n")
    return _names_in_first_column(table)


@cache
def objects() -> dict[str, list[str]]:
    """Return the objects of answers, by name: the names of their fields."""
    text = (CONTRACT / "objects.md").read_text().split("\n# Responses\n")[1]
    sections = dict(section.split("\n", 1) for section in text.replace("\n## ", "\n### ").split("\n### ")[1:])
    plain = (row.split("|") for row in sections.pop("Plain ones").splitlines() if row.startswith("| `"))
    found = {name: _names_in_first_column(table) for name, table in sections.items()}
    return {name: fields for name, fields in found.items() if fields} | {
        name.strip(" `"): list(dict.fromkeys(_names_in(fields))) for _, name, fields, _ in plain
    }


def _names_in_first_column(table: str) -> list[str]:
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    return [name for cell in cells for name in _names_in(cell)]


def _names_in(cell: str) -> list[str]:
    """Names, and ranges of names such as `udf_date_1` … `udf_date_4`."""
    cell = _REMARK.sub("", cell)
    ranges = _RANGE.findall(cell)
    if not ranges:
        return _FIELD.findall(cell)
    return [f"{stem}{number}" for stem, first, last in ranges for number in range(int(first), int(last) + 1)]
