"""What becomes of files, row by row, and of bulk calls, entry by entry; and that everything comes to an end."""

from collections import Counter
from collections.abc import Iterator

from loyalty.domain.events.documents import PurchaseDocument
from loyalty.domain.purchases.purchase import RowOrigin
from loyalty.store.chunk_marks import read_tally
from loyalty.store.uploads import UploadState
from loyalty.usecases.uploads.make_result import result_key
from tests.simulation.invariants.registry import Seen, invariant
from tests.simulation.outcomes import result_rows

IMPORTED = {"created", "updated", "unchanged"}


@invariant
def every_row_has_one_outcome(seen: Seen) -> Iterator[str]:
    """The result of a file tells each of its rows once, with one status of those that there are; records that are sound
    are imported, except an opening balance of an account that somebody else has blocked."""
    statuses = {"posted", "replayed", "refused", "failed", *IMPORTED}
    records = seen.known.records if seen.known else ()
    blocked = {one["id"] for one in records if one["type"] == "account" and one["life_cycle_state"] != "ACTIVE"}
    for sent, upload in seen.uploads:
        if (
            upload is None
            or upload.state is not UploadState.POSTING
            or not read_tally(seen.world.table, upload.id).is_told
        ):
            continue  # `all_has_ended` tells
        rows = result_rows(upload, seen.world.files("ResultBucket").read(result_key(upload)))
        if sent.is_whole and len(rows) != len(sent.rows):
            yield f"{sent.key}: {len(rows)} outcomes of {len(sent.rows)} rows"
        for row in rows:
            told, is_sound = row["status"].partition(" (")[0], sent.is_sound and row.get("account") not in blocked
            if told not in (IMPORTED if is_sound else statuses):
                yield f"{sent.key}: {told} {row}"


@invariant
def rows_are_the_models(seen: Seen) -> Iterator[str]:
    """A row is posted, replayed or refused as the model says, with the same code; a row that was posted says so,
    however often its chunk was delivered."""
    yield from seen.judged("rows_are_the_models")


@invariant
def each_row_posts_one_event(seen: Seen) -> Iterator[str]:
    """No row of a file has posted two events."""
    counted = Counter(
        event.document.upload
        for events in seen.events.values()
        for event in events
        if isinstance(event.document, PurchaseDocument) and event.document.upload
    )
    yield from (f"{origin}: {count}" for origin, count in counted.items() if count > 1)


@invariant
def wallets_keep_the_order_of_a_file(seen: Seen) -> Iterator[str]:
    """The rows of a file that move one wallet are posted in their order. After later ones come only rows that were
    given up, until somebody redrove their dead letter or the file was split once more; and rows that were refused
    when it was their turn, before the worker was killed, and are not refused by the next."""
    refused_first = seen.known.commits.refused_first if seen.known else set[RowOrigin]()
    for account, events in seen.events.items():
        last: dict[tuple[str, bool], int] = {}
        for event in events:
            row = event.document.upload if isinstance(event.document, PurchaseDocument) else None
            if row is None or row in refused_first:
                continue
            given_up = seen.load.has_given_up(row.upload_id, event)
            turn = row.upload_id, given_up and row.number < last.get((row.upload_id, False), 0)
            if row.number < last.get(turn, 0):
                yield f"{account}: row {row.number} of {row.upload_id} after row {last[turn]}"
            last[turn] = row.number


@invariant
def wallets_keep_the_order_of_a_bulk_call(seen: Seen) -> Iterator[str]:
    """The entries of a bulk call that move one wallet are posted in their order, at once or as a file. After later ones
    come only entries that were refused when it was their turn, and are not refused when the call is sent again; and
    those that their file had given up."""
    yield from seen.judged("wallets_keep_the_order_of_a_bulk_call")


@invariant
def dry_runs_post_nothing(seen: Seen) -> Iterator[str]:
    """A file that is sent for a dry run posts nothing, and its rows say so."""
    rehearsed = {sent.upload for sent in seen.load.files if sent.is_dry_run}
    for events in seen.events.values():
        for event in events:
            upload = event.document.upload if isinstance(event.document, PurchaseDocument) else None
            if upload and upload.upload_id in rehearsed:
                yield f"{event.entry.event_id} was posted by {upload}"


@invariant
def all_has_ended(seen: Seen) -> Iterator[str]:
    """Once faults stop, everything comes to an end: no message is left, no upload stays open, and each result tells
    all."""
    for url, queue in seen.world.queues.items():
        if queue.messages:
            yield f"{url} holds {len(queue.messages)}"
    for sent, upload in seen.uploads:
        if upload is None or upload.state is UploadState.REFUSED:
            continue
        if not read_tally(seen.world.table, upload.id).is_told:
            yield f"{sent.key}: upload {upload.id} is {upload.state}, and its result does not tell all"


@invariant
def no_fault_of_ours(seen: Seen) -> Iterator[str]:
    """The log has no fault but those that the cloud made."""
    for failure in seen.world.failures:
        yield f"at step {failure.step}, {failure.kind}:\n{failure.trace}"
