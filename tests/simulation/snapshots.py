"""The state of a world at a moment when all is quiet, put into as many other worlds as need it."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.simulation.dynamo import DynamoService, Index
from tests.simulation.objects import Bucket
from tests.simulation.queues import Held, MessageQueue
from tests.simulation.world import World

_OF_TABLE = ("partitions", "older", "gone", "tokens")
_OF_INDEX = ("partitions", "items", "pending", "announced")
_OF_BUCKET = ("objects", "parts", "names")
_OF_QUEUE = ("messages", "recent", "names")


@dataclass(frozen=True)
class Snapshot:
    """What the clock, the table, buckets and queues of a world hold; containers are cold wherever it is put."""

    now: float
    table: Mapping[str, Any]
    indexes: Mapping[str, Mapping[str, Any]]
    buckets: Mapping[str, Mapping[str, Any]]
    queues: Mapping[str, Mapping[str, Any]]


def taken(world: World) -> Snapshot:
    """Return the state of a world."""
    return Snapshot(
        world.scheduler.now,
        _state(world.dynamo, _OF_TABLE),
        {name: _state(index, _OF_INDEX) for name, index in world.dynamo.indexes.items()},
        {name: _state(bucket, _OF_BUCKET) for name, bucket in world.buckets.items()},
        {url: _state(queue, _OF_QUEUE) for url, queue in world.queues.items()},
    )


def put_into(world: World, snapshot: Snapshot) -> None:
    """Let a world go on from a snapshot."""
    world.scheduler.now = snapshot.now
    _restore(world.dynamo, snapshot.table)
    for name, state in snapshot.indexes.items():
        _restore(world.dynamo.indexes[name], state)
    for name, state in snapshot.buckets.items():
        _restore(world.buckets[name], state)
    for url, state in snapshot.queues.items():
        _restore(world.queues[url], state)


Stateful = DynamoService | Index | Bucket | MessageQueue


def _state(of: Stateful, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: _copied(getattr(of, name)) for name in names}


def _restore(of: Stateful, state: Mapping[str, Any]) -> None:
    for name, value in state.items():
        setattr(of, name, _copied(value))


def _copied(value: Any) -> Any:
    """Return a copy of what changes in place. Items of the table, versions of objects and keys do not."""
    if type(value) is dict:  # a kept item is more than that
        return {name: _copied(one) for name, one in value.items()}
    match value:
        case list() | deque() | set():
            return type(value)(_copied(one) for one in value)
        case Held():
            return Held(**vars(value))
    return value
