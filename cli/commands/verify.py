"""`loyalty verify`: proof of the ledger."""

from dataclasses import asdict

import typer

from cli.console import answer, err
from cli.options import AsJson, Region, Stack
from cli.target import Target


def verify(stack: Stack = None, region: Region = None, as_json: AsJson = False) -> None:
    """Prove the journal: numbers without gaps, balances chained, wallets and limits the sum of their events, no
    orphans, and purchases what was taken back of them.

    Exit status 1, and a list, where that does not hold. What rests on something that an older version did not record
    is listed as `unrecorded`, and is no failure.
    """
    from loyalty.usecases.proofs.verify_journal import verify_journal

    with err.status("reading the table ...") as status:
        found = verify_journal(
            Target.load(stack, region).open_table(),
            seen=lambda items: status.update(f"reading the table: {items} items ..."),
        )
    lists = {
        name: [asdict(deviation) for deviation in listed]
        for name, listed in (("deviations", found.deviations), ("unrecorded", found.unrecorded))
    }
    counts: dict[str, object] = {"events": found.events, "wallets": found.wallets}
    if as_json:
        answer(counts | lists, as_json=True)
    else:
        answer(counts | {name: len(listed) for name, listed in lists.items()}, as_json=False)
        for listed in lists.values():
            answer(listed, as_json=False)
    if found.deviations:
        raise typer.Exit(1)
