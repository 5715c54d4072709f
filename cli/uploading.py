"""Sending a file of purchases, watching it, and fetching its result."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from cli.console import CommandFailure, err, waiting

if TYPE_CHECKING:
    from rich.progress import Progress

    from cli.target import Target
    from loyalty.store.table import Table
    from loyalty.store.uploads import Upload
    from loyalty.usecases.uploads.show_upload import UploadView

POLL_SECONDS = 0.5
TAKEN_UP_SECONDS = 60  # a first call of a function, on a busy machine


def check_partner(target: "Target", partner: str) -> None:
    """Let only a partner pass that some file may act for.

    Raises:
        Failure: it has no active API key to post purchases with, or its id names no folder.
    """
    from loyalty.domain.access.partner import no_folder
    from loyalty.usecases.uploads.begin_upload import merchants_of, no_key

    if not merchants_of(partner, target.open_table()):
        raise CommandFailure(no_key(partner).description)
    if fault := no_folder(partner):
        raise CommandFailure(fault.description)


def send(target: "Target", file: Path, partner: str, *, dry_run: bool) -> str:
    """Put a file where a partner's files are dropped; return the upload's id.

    Raises:
        Failure: it is too large for what this machine may send, or the bucket does not take it.
    """
    from boto3.exceptions import S3UploadFailedError

    from loyalty.store.uploads import upload_id
    from loyalty.usecases.uploads.begin_upload import DRY_RUN, FOLDER

    client, key = target.client("s3"), f"{FOLDER}/{partner}/{file.name}"
    notes = {"Metadata": {DRY_RUN: "true"}} if dry_run else {}
    try:
        with waiting(f"Sending {file.name}"):
            client.upload_file(str(file), target.upload_bucket, key, ExtraArgs=notes)
            version = target.open_uploads().look_at(key).version
    except S3UploadFailedError as error:
        raise CommandFailure(f"{file.name} cannot be sent: {error}") from error
    return upload_id(key, version)


def view(target: "Target", upload_id: str) -> "UploadView":
    """Return how far an upload has got.

    Raises:
        Failure: there is none.
    """
    found = _view(target.open_table(), upload_id)
    if found is None:
        raise CommandFailure(f"there is no upload {upload_id}: `loyalty uploads list` shows the latest")
    return found


def redrive(target: "Target", upload_id: str | None) -> tuple[int, int]:
    """Take up again what failed, of one upload or of all; return how many dead letters and failed calls, and how many,
    of whichever upload, nobody can take up for a minute."""
    from loyalty.store.lambda_function import LambdaFunction
    from loyalty.usecases.uploads import dead_letters
    from loyalty.usecases.uploads.dead_letters import DeadLetters, FailedCalls, Lane

    functions = target.client("lambda")
    letters = DeadLetters(
        chunks=Lane(target.open_queue(target.chunk_queue_url), target.open_queue(target.dead_chunk_queue_url)),
        closings=Lane(target.open_queue(target.close_queue_url), target.open_queue(target.dead_close_queue_url)),
        failed_calls=FailedCalls(
            target.open_queue(target.failed_call_queue_url),
            lambda name, event: LambdaFunction(functions, name).call_later(event),
        ),
    )
    taken_up = dead_letters.redrive(upload_id, uuid4().hex, letters, table=target.open_table())
    return taken_up, dead_letters.count_hidden(letters)


def watch_upload(target: "Target", upload_id: str) -> "UploadView":
    """Wait until an upload is done or refused, showing how far it has got; return it as it is then.

    Raises:
        Failure: nobody takes the file up.
    """
    try:
        return _wait_until_final(target, upload_id)
    except KeyboardInterrupt:
        err.print(f"The upload goes on without you: `loyalty uploads show {upload_id}` tells how far it is.")
        raise


def _wait_until_final(target: "Target", upload_id: str) -> "UploadView":
    from cli.progress import counting

    table, deadline = target.open_table(), time.monotonic() + TAKEN_UP_SECONDS
    with counting() as shown:
        task = shown.add_task("Waiting to be read", total=None)
        while True:
            found = _view(table, upload_id)
            if found and found.state.is_final:
                return found
            if found is None and time.monotonic() > deadline:
                raise CommandFailure(
                    f"nobody has taken up the file yet: look again with `loyalty uploads show {upload_id}`"
                )
            if found:
                _show(shown, task, found)
            time.sleep(POLL_SECONDS)


def fetch_result(target: "Target", upload: "Upload", folder: Path) -> Path:
    """Fetch the result of an upload into a folder; return where it is."""
    from loyalty.usecases.uploads.make_result import result_key

    key = result_key(upload)
    path = folder / key.rsplit("/", 1)[-1]
    with waiting(f"Fetching {path.name}"):
        target.client("s3").download_file(target.result_bucket, key, str(path))
    return path


def _view(table: "Table", upload_id: str) -> "UploadView | None":
    from loyalty.store.uploads import read_upload
    from loyalty.usecases.uploads.show_upload import view_of

    upload = read_upload(table, upload_id)
    return view_of(upload, table=table, now=datetime.now(UTC)) if upload else None


def _show(shown: "Progress", task: "object", view: "UploadView") -> None:
    from loyalty.store.uploads import UploadState

    upload, done = view.upload, view.tally.counts.total
    what = "Reading and posting" if upload.state is UploadState.SPLITTING else "Posting"
    if upload.entries and done == upload.entries and upload.state is UploadState.POSTING:
        what = "Making the result"
    shown.update(task, description=what, total=upload.entries or None, completed=done)  # type: ignore[arg-type]
