"""`loyalty verify`: proof of the ledger."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer
from msgspec.structs import asdict

from cli.console import CommandFailure, answer, err
from cli.options import AsJson, Region, Stack
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


def verify(stack: Stack = None, region: Region = None, export: Export = None, as_json: AsJson = False) -> None:
    """Prove the journal: numbers without gaps, balances and hashes chained, wallets and limits the sum of their events,
    no orphans, and purchases what was taken back of them.

    Exit status 1, and a list, where that does not hold. What rests on something that an older version did not record
    is listed as `unrecorded`, and is no failure.
    """
    from loyalty.usecases.proofs.advice import advice_for

    found = _of_export(export) if export else _of_table(stack, region)
    lists = {
        name: [asdict(deviation) | {"what_to_do": advice_for(deviation.rule)} for deviation in listed]
        for name, listed in (("deviations", found.deviations), ("unrecorded", found.unrecorded))
    }
    counts: dict[str, object] = {"events": found.events, "wallets": found.wallets, "erased": found.erased}
    if as_json:
        answer(counts | lists, as_json=True)
    else:
        answer(counts | {name: len(listed) for name, listed in lists.items()}, as_json=False)
        for listed in lists.values():
            answer(listed, as_json=False)
    if found.deviations:
        raise typer.Exit(1)


def _of_table(stack: str | None, region: str | None) -> Any:
    from loyalty.usecases.proofs.verify_journal import verify_journal

    with err.status("reading the table ...") as status:
        return verify_journal(
            Target.load(stack, region).open_table(),
            seen=lambda items: status.update(f"reading the table: {items} items ..."),
        )


def _of_export(folder: Path) -> Any:
    from loyalty.store.export import NotAnExport, TableExport
    from loyalty.usecases.proofs.verify_export import verify_export

    with err.status("reading the export ...") as status, TemporaryDirectory(prefix="loyalty-verify-") as aside:
        try:
            return verify_export(
                TableExport.of(folder),
                Path(aside),
                progress=lambda doing, done, of: status.update(f"{doing}: {done} of {of} ..."),
            )
        except NotAnExport as reason:
            raise CommandFailure(str(reason)) from reason
