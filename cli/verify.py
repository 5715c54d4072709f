"""`loyalty verify`: proof of the ledger."""

from dataclasses import asdict

import typer

from cli.console import answer, err
from cli.options import AsJson, Region, Stack
from cli.target import Target


def verify(stack: Stack = None, region: Region = None, as_json: AsJson = False) -> None:
    """Prove the journal: numbers without gaps, balances chained, wallets and limits the sum of their events, no
    orphans, and purchases what was taken back of them.

    Exit status 1, and a list, where that does not hold.
    """
    from loyalty.usecases.verify_journal import verify_journal

    with err.status("reading the table ...") as status:
        found = verify_journal(
            Target.load(stack, region).open_table(),
            seen=lambda items: status.update(f"reading the table: {items} items ..."),
        )
    listed = [asdict(deviation) for deviation in found.deviations]
    counts = {"events": found.events, "wallets": found.wallets, "deviations": len(listed)}
    if as_json:
        answer(counts | {"deviations": listed}, as_json=True)
    else:
        answer(counts, as_json=False)
        answer(listed, as_json=False)
    if listed:
        raise typer.Exit(1)
