"""What a stretch of calls to DynamoDB takes: requests as they are sent, capacity as the answers tell it.

Of BatchGetItem the emulator tells nothing, so that is reckoned: half a unit for a key, a whole one if it is read
consistently, as long as no item is larger than 4 KB.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

WRITING = frozenset({"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"})


@dataclass
class Consumption:
    """Requests, and units of capacity."""

    round_trips: int = 0
    written: Decimal = Decimal(0)
    read: Decimal = Decimal(0)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def asked(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        """A request is being made."""
        params["ReturnConsumedCapacity"] = "INDEXES"
        if model.name == "BatchGetItem":
            with self._lock:
                for wanted in params["RequestItems"].values():
                    self.read += len(wanted["Keys"]) * Decimal("1" if wanted.get("ConsistentRead") else "0.5")

    def sent(self, **_: Any) -> None:
        """A request is on its way."""
        with self._lock:
            self.round_trips += 1

    def answered(self, parsed: dict[str, Any], model: Any, **_: Any) -> None:
        """A request was answered."""
        told = parsed.get("ConsumedCapacity", [])
        with self._lock:
            for capacity in told if isinstance(told, list) else [told]:
                units = Decimal(str(capacity["CapacityUnits"]))
                if model.name in WRITING:
                    self.written += units
                else:
                    self.read += units


@contextmanager
def consumption(client: "DynamoDBClient") -> Iterator[Consumption]:
    """Counts what the client uses."""
    used, events = Consumption(), client.meta.events

    handlers = (("before-parameter-build", used.asked), ("before-send", used.sent), ("after-call", used.answered))
    for name, handler in handlers:
        events.register(f"{name}.dynamodb", handler)
    yield used
    for name, handler in handlers:
        events.unregister(f"{name}.dynamodb", handler)
