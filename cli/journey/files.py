"""Baskets as text: one piece for each, in either form in which files of purchases come."""

import csv
import gzip
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO

from cli.journey.baskets import JourneyBasket, purchase
from loyalty import exactjson

EVENT_COLUMNS = ("cim", "reference_number", "performed_on", "merchant_tap.code", "outlet_tap.code")
LINE_COLUMNS = (
    "products.product_sku",
    "products.quantity",
    "products.net_amount",
    "products.tax_amount",
    "products.total_amount",
)
SPEND_COLUMN = "spend_request.amount"

Written = Callable[[Iterable[JourneyBasket], int], Iterator[str]]


def as_jsonl(baskets: Iterable[JourneyBasket], spend_every: int) -> Iterator[str]:
    """Return a body a line."""
    for basket in baskets:
        yield exactjson.dumps(purchase(basket, spend_every)) + "\n"


def as_csv(baskets: Iterable[JourneyBasket], spend_every: int) -> Iterator[str]:
    """Return a row for each line of a basket, which repeats what is the whole basket's; the header before the first."""
    columns = [*EVENT_COLUMNS, *LINE_COLUMNS, *([SPEND_COLUMN] if spend_every else [])]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for basket in baskets:
        body = purchase(basket, spend_every)
        event = [body["cim"], body["reference_number"], body["performed_on"]]
        event += [body["merchant_tap"]["code"], body["outlet_tap"]["code"]]
        spend = [body.get("spend_request", {}).get("amount")] if spend_every else []
        writer.writerows([*event, *line.values(), *spend] for line in body["products"])
        yield text.getvalue()
        text.seek(0)
        text.truncate()


WRITERS: Mapping[str, Written] = {"csv": as_csv, "jsonl": as_jsonl}
"""By format."""


def open_for_writing(file: Path) -> IO[str]:
    """Return the file, to be written; compressed where its name ends with .gz."""
    if file.suffix == ".gz":
        return gzip.open(file, "wt", encoding="utf-8", newline="")
    return file.open("w", encoding="utf-8", newline="")
