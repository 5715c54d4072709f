"""`loyalty verify`: proof of the ledger."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer
from msgspec.structs import asdict

from cli.console import CommandFailure, answer, counted, err, refusals_as_failures, why
from cli.options import AsJson, Region, Stack
from cli.processes import Processes, Tell, Work, in_processes, processors
from cli.progress import counting
from cli.target import Target

Export = Annotated[
    Path | None,
    typer.Option(
        "--export",
        exists=True,
        file_okay=False,
        help="The folder of an export to S3 to prove in the table's place: of manifest-summary.json and data/.",
    ),
]


NOT_PROVEN = 2
"""The exit status where nothing was proven, neither that all holds nor that something does not."""

SHARDS_OF_A_TABLE = 512
"""How many parts a table is proven in, as nobody knows its size before it is read: of ten million events, a process has
some 20,000 in memory at a time."""

TOLD_EVERY = 1_000
"""Items after which progress is shown: to show it takes about as long as to read an item."""


def verify(
    stack: Stack = None,
    region: Region = None,
    export: Export = None,
    processes: Processes = None,
    as_json: AsJson = False,
) -> None:
    """Prove that every posting did what it should, and that nobody has changed anything since.

    Exit status 1, and a list, where that does not hold; 2 where nothing is proven, as the table or an export cannot be
    read, an export has no event and no wallet, or temporary files have no room. What rests on something that an older
    version did not record is listed as `unrecorded`, and is no failure. docs/operating.md says what is proven, and what
    cannot be.
    """
    from loyalty.usecases.proofs.advice import advice_for

    hands = processes or processors()
    with _breaking_off():
        found = _of_export(export, hands) if export else _of_table(stack, region, hands)
    lists = {
        name: [asdict(deviation) | {"what_to_do": advice_for(deviation.rule)} for deviation in listed]
        for name, listed in (("deviations", found.deviations), ("unrecorded", found.unrecorded))
    }
    counts: dict[str, object] = {"events": found.events, "wallets": found.wallets, "erased": found.erased}
    if as_json:
        answer(counts | lists, as_json=True)
    else:
        answer(counts | {name: len(listed) for name, listed in lists.items()}, as_json=False)
        for listed in filter(None, lists.values()):
            answer(listed, as_json=False)
    err.print(verdict(len(found.deviations), len(found.unrecorded)))
    if found.deviations:
        raise typer.Exit(1)


def verdict(deviations: int, unrecorded: int) -> str:
    """Return the sentence that a proof comes to."""
    if deviations:
        return f"{counted(deviations, 'deviation')}, listed with what to do."
    untold = counted(unrecorded, "thing")
    return f"All proven, but for {untold} that an older version did not record." if unrecorded else "All proven."


@contextmanager
def _breaking_off() -> Iterator[None]:
    """Tell why nothing is proven, with the status for that, whatever breaks a proof off: the table or the export cannot
    be read, a process has ended, or there is no room for temporary files."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        with refusals_as_failures():
            yield
    except (BotoCoreError, ClientError, CommandFailure, OSError) as reason:
        where = ": give another folder for temporary files in TMPDIR" if isinstance(reason, OSError) else ""
        failure = CommandFailure(f"nothing is proven: {why(reason)}{where}")
        failure.status = NOT_PROVEN
        raise failure from reason


def _of_table(stack: str | None, region: str | None, processes: int) -> Any:
    from loyalty.usecases.proofs.verify_journal import verify_journal

    table = Target.load(stack, region).open_table()
    with _workspace(SHARDS_OF_A_TABLE, processes) as (workspace, progress):
        return verify_journal(table, workspace, progress=progress)


def _of_export(folder: Path, processes: int) -> Any:
    from loyalty.store.export import NotAnExport, TableExport
    from loyalty.usecases.proofs.verify_export import shards_for, verify_export

    try:
        export = TableExport.of(folder)
        with _workspace(shards_for(export.count), processes) as (workspace, progress):
            found = verify_export(export, workspace, progress=progress)
    except NotAnExport as reason:
        raise CommandFailure(str(reason)) from reason
    if not (found.events or found.wallets or found.deviations):
        raise CommandFailure(
            f"{folder} has no event and no wallet: it is of another table, or of one that nothing was posted to"
        )
    return found


@contextmanager
def _workspace(shards: int, processes: int) -> Iterator[tuple[Any, Callable[[str, int, int | None], None]]]:
    """Yield temporary room for so many shards, with what works in it, and what shows how far that is."""
    from loyalty.usecases.proofs.workspace import Workspace

    shown = counting()

    def run(works: Sequence[Work[Any]], tell: Tell) -> list[Any]:
        with in_processes(works) as collect, shown:  # which shows itself by a thread, so that begins last
            return collect(tell)

    def progress(doing: str, done: int, of: int | None) -> None:
        if of is not None or done % TOLD_EVERY == 0:
            what = doing[:1].upper() + doing[1:]
            part = shown.task_ids[0] if shown.task_ids else shown.add_task(what, total=of)
            shown.update(part, description=what, total=of, completed=done)

    with TemporaryDirectory(prefix="loyalty-verify-") as folder:
        yield Workspace(Path(folder), shards, processes, run), progress
