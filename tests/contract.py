"""The contract's tables, as docs/contract/operations.md has them."""

import re
from pathlib import Path

OPERATIONS = Path(__file__).parents[1] / "docs/contract/operations.md"

_RANGE = re.compile(r"`(\w+_)(\d+)` … `\1(\d+)`")
_FIELD = re.compile(r"`(\w+)`")


def fields_of(operation: int, heading: str = "### Request") -> list[str]:
    """The names in the first column of an operation's table under `heading`, in the order of the table."""
    section = OPERATIONS.read_text().split(f"\n## {operation}. ")[1].split("\n## ")[0]
    table = section.split(f"\n{heading}\n")[1].split("\n#")[0]
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    return [name for cell in cells for name in _names_in(cell)]


def _names_in(cell: str) -> list[str]:
    """Names, and ranges of names such as `udf_date_1` … `udf_date_4`."""
    ranges = _RANGE.findall(cell)
    if not ranges:
        return _FIELD.findall(cell)
    return [f"{stem}{number}" for stem, first, last in ranges for number in range(int(first), int(last) + 1)]
