"""How an entry of a chunk names its customer: read as the file was cut, so that whatever else is in a row, this much
could be told of it before."""

from loyalty.domain.errors import Refused
from loyalty.domain.purchases.purchase import Reference
from loyalty.domain.rows.cells import cell_text
from loyalty.domain.rows.chunk import ChunkEntry
from loyalty.domain.rows.columns import cells_of
from loyalty.domain.rows.customers import NEWEST_NAMES, customer_in
from loyalty.domain.rows.json_rows import customer_in_row
from loyalty.domain.rows.layout import FileFormat, Layout


def customer_of(layout: Layout, entry: ChunkEntry) -> Reference | None:
    """Return how an entry names the customer; None if it does not, or cannot be read and so will not be posted."""
    if layout.format is not FileFormat.CSV:
        return customer_in_row(entry.rows[0])
    try:
        cells = dict(zip(layout.columns, cells_of(layout, entry.rows[0]), strict=True))
    except Refused:
        return None
    return customer_in({name: cell_text(cells[name]) for name in NEWEST_NAMES if cells.get(name)})
