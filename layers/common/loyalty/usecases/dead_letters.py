"""Dead letters: chunks of uploads of which some rows failed, and closings that did."""

from dataclasses import dataclass, replace

from loyalty.store.queue import Queue, Taken
from loyalty.store.table import Table
from loyalty.usecases.close_upload import close_if_complete

HIDDEN_SECONDS = 60
"""For how long nobody else sees a dead letter that is looked at."""


@dataclass(frozen=True, slots=True)
class Lane:
    """A queue, and where its dead letters go."""

    queue: Queue
    dead: Queue


def redrive(upload_id: str | None, run: str, *, chunks: Lane, closings: Lane, table: Table) -> int:
    """Have dead letters taken up again, of one upload or of all; answers how many. `run` is a name that no other run of
    this has. An upload whose result was never made is closed."""
    moved = sum(_moved(lane, upload_id, run) for lane in (chunks, closings))
    if upload_id:
        close_if_complete(upload_id, table=table, closings=closings.queue)
    return moved


def _moved(lane: Lane, upload_id: str | None, run: str) -> int:
    """Sent again first, removed then: a letter that is sent twice is a delivery more, and changes nothing."""
    moved, others = 0, list[Taken]()
    for taken in lane.dead.taken(HIDDEN_SECONDS):
        if upload_id in (None, taken.message.body["upload"]):
            lane.queue.send([replace(taken.message, id=f"{taken.message.id[:80]}-{run}")])
            lane.dead.remove(taken.receipt)
            moved += 1
        else:
            others.append(taken)
    for taken in others:
        lane.dead.show_again(taken.receipt, 0)
    return moved
