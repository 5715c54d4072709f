"""`loyalty upload` and `loyalty uploads`: files of purchases, sent, watched and taken up again."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.console import CommandFailure, answer, counted, err, refusals_as_failures, waiting
from cli.options import AsJson, PartnerId, Region, Stack
from cli.target import Target
from loyalty.domain.access.partner import Partner

if TYPE_CHECKING:
    from loyalty.usecases.uploads.show_upload import UploadView

File = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="CSV, JSON Lines or JSON; or .gz.")
]
Watch = Annotated[bool, typer.Option("--watch", help="Wait until everything is posted, and fetch the result.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Post nothing, only show what posting would do.")]
UploadId = Annotated[str, typer.Argument(help="The upload's id, as `loyalty uploads list` shows it.")]
SomeUploadId = Annotated[str | None, typer.Argument(help="The upload's id; all uploads by default.")]

LISTED = 50
"""Uploads in a list; older ones are seldom asked for."""

LISTED_FIELDS = (
    *("upload", "partner", "name", "created_on", "state", "dry_run"),
    *("purchases", "posted", "replayed", "records", "created", "updated", "unchanged"),
    *("refused", "failed", "dead_letters"),
)
"""The columns of a list of uploads, of purchases or records."""

uploads = typer.Typer(no_args_is_help=True, help="Files of purchases and of reference data.")


def upload(
    file: File,
    partner: PartnerId,
    watch: Watch = False,
    dry_run: DryRun = False,
    stack: Stack = None,
    region: Region = None,
    as_json: AsJson = False,
) -> None:
    """Send a file of purchases, and have them posted for a partner.

    Sending the same file again posts nothing twice; sending its result repeats what was refused or failed. A file that
    would be refused as a whole, as its name or its beginning tells, is not sent.
    """
    from cli.purchase_file import PurchaseFile
    from cli.uploading import check_partner, fetch_result, send, watch_upload

    PurchaseFile(file, Partner(partner, frozenset(), frozenset()), datetime.now(UTC)).check()
    target = Target.load(stack, region)
    check_partner(target, partner)
    upload_id = send(target, file, partner, dry_run=dry_run)
    if not watch:
        answer({"upload": upload_id}, as_json=as_json)
        return
    view = watch_upload(target, upload_id)
    told = describe_upload(view)
    if view.upload.fault and not view.upload.chunks:
        answer(told, as_json=as_json)
        raise CommandFailure(f"{file.name} was refused: {view.upload.fault.description}")
    result = fetch_result(target, view.upload, file.parent)
    answer(told | {"result": str(result)}, as_json=as_json)
    if view.upload.fault:
        err.print(f"{file.name} was not read to its end. {view.upload.fault.description}", markup=False)
    left = told["refused"] + told["failed"]
    if view.upload.fault and not left:
        raise CommandFailure(f"{file.name} was posted as far as it could be read")
    if left:
        redrive = f", or `loyalty uploads redrive {upload_id}` if the fault was ours" if told["failed"] else ""
        raise CommandFailure(
            f"{counted(left, 'purchase')} not posted; {result} says why: correct it and send it{redrive}"
        )


@uploads.command("list")
def list_uploads(stack: Stack = None, region: Region = None, as_json: AsJson = False) -> None:
    """Show the latest uploads, the newest first."""
    from loyalty.store.uploads import latest_uploads, read_upload
    from loyalty.usecases.uploads.show_upload import view_of

    table, now = Target.load(stack, region).open_table(), datetime.now(UTC)
    found = [read_upload(table, upload_id) for upload_id in latest_uploads(table, LISTED)]
    told = [describe_upload(view_of(one, table=table, now=now)) for one in found if one]
    answer([{name: one.get(name) for name in LISTED_FIELDS} for one in told], as_json=as_json)


@uploads.command()
def show(upload_id: UploadId, stack: Stack = None, region: Region = None, as_json: AsJson = False) -> None:
    """Show how far an upload has got, and why rows were not posted."""
    from cli.uploading import view

    answer(describe_upload(view(Target.load(stack, region), upload_id)), as_json=as_json)


@uploads.command("redrive")
def redrive_uploads(
    upload_id: SomeUploadId = None, stack: Stack = None, region: Region = None, as_json: AsJson = False
) -> None:
    """Repeat what failed, of one upload or of all. Their results are made again."""
    from cli.uploading import redrive, view

    target = Target.load(stack, region)
    with refusals_as_failures(), waiting("Looking through what failed"):
        taken_up, hidden = redrive(target, upload_id)
    if upload_id and not taken_up and view(target, upload_id).tally.dead:
        err.print("What failed is still being tried. Run this again in a few minutes.")
    answer({"taken_up": taken_up, "hidden": hidden}, as_json=as_json)
    if hidden and not taken_up:
        raise CommandFailure(
            f"about {hidden} messages cannot be taken up now: somebody else looks at them, or SQS's answer was lost. "
            "Nothing is lost: run this again in a minute"
        )


def describe_upload(view: "UploadView") -> dict[str, Any]:
    """Return an upload as the command tells it."""
    from loyalty.domain.uploads.row_outcome import STATUSES

    upload, tally = view.upload, view.tally
    return {
        "upload": upload.id,
        "partner": upload.partner_id or None,
        "name": upload.name,
        "created_on": upload.created_on.isoformat(timespec="seconds"),
        "state": view.state,
        "dry_run": upload.dry_run,
        str(upload.kind): upload.entries,
        **{str(status): tally.counts.by_status.get(status, 0) for status in STATUSES[upload.kind]},
        "dead_letters": tally.dead,
        "errors": {str(code): count for code, count in tally.counts.by_code.items()},
        "fault": upload.fault.description if upload.fault else None,
    }
