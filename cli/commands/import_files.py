"""`loyalty import`: reference data and programmes, from files of JSON Lines."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cli.console import CommandFailure, answer, counted, err, in_a_sentence, refusals_as_failures
from cli.options import AsJson, Files, Region, Stack
from cli.progress import reading
from cli.target import Target

if TYPE_CHECKING:
    from loyalty.usecases.reference.import_records import ImportSummary


def import_command(files: Files, stack: Stack = None, region: Region = None, as_json: AsJson = False) -> None:
    """Import reference data and programmes; lines that cannot be imported are listed, the others are kept."""
    summaries = import_files(Target.load(stack, region), files)
    for file, summary in summaries.items():
        for bad in summary.refused:
            reason = in_a_sentence(bad.reason)
            err.print(f"{file}:{bad.line}: {bad.field or '/'}: {reason}", style="red", markup=False)
    refused = sum(len({bad.line for bad in summary.refused}) for summary in summaries.values())
    counts = ("created", "updated", "unchanged")
    totals = {name: sum(getattr(summary, name) for summary in summaries.values()) for name in counts}
    answer(totals | {"refused": refused}, as_json=as_json)
    if refused:
        raise CommandFailure(
            f"{counted(refused, 'line')} not imported; correct what is told (`loyalty programme check --deployed` says "
            "how), and import the file again"
        )


def import_files(target: Target, files: Sequence[Path]) -> "dict[Path, ImportSummary]":
    """Import files in their order, showing how far each has got. Raises `CommandFailure` where that cannot go on."""
    from loyalty.usecases.reference.import_records import import_records

    table = target.open_table()
    summaries = {}
    for file in files:
        with reading(file, f"Importing {file.name}") as lines, refusals_as_failures():
            summaries[file] = import_records(lines, table=table, now=datetime.now(UTC))
    return summaries
