"""`loyalty dataset`: a year of real purchases as a file."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cli.console import CommandFailure, answer, step
from cli.journey.options import Limit, SpendEvery
from cli.options import AsJson, Days, From, To, in_a_folder


class DatasetFormat(StrEnum):
    """How purchases are written."""

    CSV = "csv"
    JSONL = "jsonl"


File = Annotated[
    Path,
    typer.Argument(
        dir_okay=False, callback=in_a_folder, help="The file to write: .csv or .jsonl, compressed if .gz follows."
    ),
]
FormatOfFile = Annotated[DatasetFormat | None, typer.Option("--format", help="If the file's name does not say it.")]
Reference = Annotated[
    Path | None,
    typer.Option(
        dir_okay=False, callback=in_a_folder, help="Where to write what the purchases refer to, for `loyalty import`."
    ),
]


def dataset(
    file: File,
    format_: FormatOfFile = None,
    limit: Limit = None,
    start: From = None,
    end: To = None,
    spend_every: SpendEvery = 0,
    reference: Reference = None,
    as_json: AsJson = False,
) -> None:
    """Write the Complete Journey's baskets, a retailer's purchases of the year 2017, as a file of purchases.

    JSON Lines has the body of a `POST /purchases` in each line. CSV has the same fields as columns, named by their
    place in the body (`merchant_tap.code`), and a row for each product: those of one purchase follow each other and
    have the same reference number. What is made of the data, and what is left out, `loyalty replay` says.
    """
    from cli.journey.baskets import Choice, LeftOutBaskets
    from cli.journey.files import WRITERS, open_for_writing
    from cli.journey.reference import Needs, all_records, write
    from cli.journey.source import departments
    from cli.progress import progress

    choice, left_out = Choice(Days.between(start, end), limit), LeftOutBaskets()
    written = WRITERS[format_ or _format_of(file)]
    with step("Choosing baskets"):
        needs = Needs.of(choice.baskets(left_out))
    with progress("Writing purchases", needs.baskets) as done, open_for_writing(file) as text:
        for part in written(choice.baskets(LeftOutBaskets()), spend_every):
            text.write(part)
            done()
    if reference:
        write(all_records(needs, departments()), reference)
    left = {"baskets_left_out": left_out.baskets.total(), "lines_left_out": left_out.lines.total()}
    answer({"purchases": needs.baskets, **left}, as_json=as_json)


def _format_of(file: Path) -> DatasetFormat:
    name = file.name.removesuffix(".gz")
    for format_ in DatasetFormat:
        if name.endswith(f".{format_}"):
            return format_
    raise CommandFailure(f"{file.name} ends with neither .csv nor .jsonl: choose one with --format")
