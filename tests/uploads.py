"""Rows of files, good ones, and what would become of any: `outcome`."""

from collections.abc import Iterable
from datetime import UTC, datetime

from loyalty.api.classic.reading import read_purchase as read_classic
from loyalty.api.newest.purchase_requests import read_purchase
from loyalty.domain.access.partner import Partner
from loyalty.domain.errors import Refused
from loyalty.domain.rows.chunk import ChunkEntry
from loyalty.domain.rows.layout import Layout
from loyalty.usecases.uploads.row_body import read_row

NOW = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
PARTNER = Partner("DEMO", frozenset(), frozenset("*"))
COLUMNS = (
    "cim",
    "reference_number",
    "performed_on",
    "merchant_tap.code",
    "products.product_sku",
    "products.quantity",
    "products.net_amount",
    "products.tax_amount",
    "products.total_amount",
)
HEADER = ",".join(COLUMNS)


def row(reference: str, cim: str = "A", **cells: str) -> str:
    """Return a row under HEADER that can be posted; `cells` stand in the place of what is in it, with two `_` for a
    point."""
    values = dict(zip(COLUMNS, (cim, reference, "1572423477", "M", "P", "1", "10", "1", "11"), strict=True))
    return ",".join((values | {name.replace("__", "."): cell for name, cell in cells.items()}).values())


def csv(*rows: str, header: str = HEADER, end: str = "\n") -> bytes:
    """Return a CSV file."""
    return end.join([header, *rows, ""]).encode()


def lines(*bodies: str) -> bytes:
    """Return a file of JSON Lines."""
    return "".join(f"{body}\n" for body in bodies).encode()


def array(*bodies: str) -> bytes:
    """Return a file of an array."""
    return f"[{', '.join(bodies)}]".encode()


def body(reference: str, cim: str = "A", more: str = "") -> str:
    """Return a body of the newest API that can be posted, as JSON; `more` stands before its end."""
    line = '{"product_sku": "P", "net_amount": 10, "tax_amount": 1, "total_amount": 11}'
    named = f'"cim": "{cim}", "reference_number": "{reference}", "merchant_tap": {{"code": "M"}}'
    return f'{{{named}, "products": [{line}]{more}}}'


def classic_body(reference: str, account: str = "1") -> str:
    """Return a body of the classic API that can be posted, as JSON."""
    line = '{"product_identifier": {"code": "P"}, "net_amount": 10, "vat_amount": 1, "total_amount": 11}'
    named = f'"accounts_receivable_identifier": {{"number": "{account}"}}, "reference_number": "{reference}"'
    return (
        f'{{{named}, "performed_by_unit_identifier": {{"name": "U"}}, "performed_on": "2016-06-22T15:00:00", '
        f'"products_set": [{line}]}}'
    )


def outcome(layout: Layout, entry: ChunkEntry) -> str:
    """Return what its API would make of an entry: the reference number of what could be posted, or why not."""
    try:
        found = read_row(layout, entry)
        if found.is_classic:
            return str(read_classic(found.body, PARTNER, None).reference_number)
        return str(read_purchase(found.body, NOW).reference_number)
    except Refused as refused:
        return "; ".join(f"{problem.pointer} {problem.description}".strip() for problem in refused.problems)


def told(layout: Layout | None, entries: Iterable[ChunkEntry]) -> list[str]:
    """Return each entry in a line: the number of its first row, and the last one's if it has several; and its
    outcome."""
    lines = []
    for entry in sorted(entries, key=lambda entry: entry.number):
        assert layout
        upto = f"-{entry.number + len(entry.rows) - 1}" if len(entry.rows) > 1 else ""
        lines.append(f"{entry.number}{upto} {outcome(layout, entry)}")
    return lines
