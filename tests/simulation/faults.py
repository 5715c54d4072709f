"""What may go wrong, how often, and how often it did."""

import random
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import accumulate


class Fault(StrEnum):
    """A kind of fault."""

    # of a call of the SDK
    REQUEST_LOST = "request lost before it took effect"
    ANSWER_LOST = "answer lost after the effect"
    EFFECT_LATE = "effect after the caller had given up"
    THROTTLED = "throttled"
    INTERNAL_ERROR = "internal error of a service"
    KILLED_BEFORE = "process killed before a call"
    KILLED_AFTER = "process killed after a call"
    CONFLICT = "transaction conflict"
    CANCELLED_THROTTLED = "transaction cancelled by throttling"
    IN_PROGRESS = "transaction in progress"
    UNPROCESSED = "keys of a batch left unread"
    BROKEN_BODY = "body of an object broken off"
    UNSENT = "messages of a batch not taken"
    # of what is seen
    STALE = "older version read"
    LATE_INDEX = "index behind the table"
    # of calls of functions
    COLD_START = "cold start"
    GIVEN_UP = "caller gave up and asks again while the call goes on"
    RESPONSE_LOST = "response lost on its way to the caller"
    OUT_OF_TIME = "function out of time"
    SHORT_OF_TIME = "function nearly out of time"
    SLOW = "call of a service that takes long"
    INVOKED_TWICE = "call that nobody waits for made twice"
    # of messages
    DELIVERED_LATE = "message delivered late"
    DELIVERED_TWICE = "message delivered twice"
    FATAL_MESSAGE = "message that kills who takes it"
    NOTIFIED_TWICE = "notification of S3 twice"
    NOTIFIED_LATE = "notification of S3 late"


Rates = Mapping[Fault, float]

OF_EACH_CALL = (
    Fault.REQUEST_LOST,
    Fault.ANSWER_LOST,
    Fault.THROTTLED,
    Fault.INTERNAL_ERROR,
    Fault.KILLED_BEFORE,
    Fault.KILLED_AFTER,
    Fault.SLOW,
    Fault.SHORT_OF_TIME,
)
OF_A_WRITE = (*OF_EACH_CALL, Fault.EFFECT_LATE)

OF_OPERATIONS: Mapping[str, tuple[Fault, ...]] = {
    "get_item": OF_EACH_CALL,
    "batch_get_item": (*OF_EACH_CALL, Fault.UNPROCESSED),
    "query": OF_EACH_CALL,
    "scan": OF_EACH_CALL,
    "put_item": (*OF_A_WRITE, Fault.CONFLICT),
    "update_item": (*OF_A_WRITE, Fault.CONFLICT),
    "transact_write_items": (*OF_A_WRITE, Fault.CONFLICT, Fault.CANCELLED_THROTTLED, Fault.IN_PROGRESS),
    "get_object": (*OF_EACH_CALL, Fault.BROKEN_BODY),
    "head_object": OF_EACH_CALL,
    "put_object": OF_A_WRITE,
    "create_multipart_upload": OF_EACH_CALL,
    "upload_part": OF_EACH_CALL,
    "complete_multipart_upload": OF_EACH_CALL,
    "send_message_batch": (*OF_A_WRITE, Fault.UNSENT),
    "receive_message": OF_EACH_CALL,
    "delete_message": OF_EACH_CALL,
    "change_message_visibility": OF_EACH_CALL,
    "invoke": OF_A_WRITE,
}

USUAL: Rates = {
    Fault.REQUEST_LOST: 0.004,
    Fault.ANSWER_LOST: 0.006,
    Fault.EFFECT_LATE: 0.004,
    Fault.THROTTLED: 0.003,
    Fault.INTERNAL_ERROR: 0.003,
    Fault.KILLED_BEFORE: 0.003,
    Fault.KILLED_AFTER: 0.003,
    Fault.CONFLICT: 0.03,
    Fault.CANCELLED_THROTTLED: 0.003,
    Fault.IN_PROGRESS: 0.003,
    Fault.UNPROCESSED: 0.02,
    Fault.BROKEN_BODY: 0.01,
    Fault.UNSENT: 0.02,
    Fault.STALE: 0.3,
    Fault.LATE_INDEX: 0.2,
    Fault.COLD_START: 0.003,
    Fault.GIVEN_UP: 0.01,
    Fault.RESPONSE_LOST: 0.01,
    Fault.SLOW: 0.001,
    Fault.SHORT_OF_TIME: 0.001,
    Fault.INVOKED_TWICE: 0.02,
    Fault.DELIVERED_LATE: 0.02,
    Fault.DELIVERED_TWICE: 0.05,
    Fault.FATAL_MESSAGE: 0.2,
    Fault.NOTIFIED_TWICE: 0.2,
    Fault.NOTIFIED_LATE: 0.2,
}
"""How likely each is, where there is occasion for it."""

REPEATS = 0.4
"""How likely an attempt meets the fault of the one before: what is amiss lasts for a while."""


@dataclass
class Faults:
    """Faults as a seed draws them, and how many there were."""

    rates: Rates
    chance: random.Random
    counted: Counter[Fault] = field(default_factory=Counter)
    quiet: bool = False
    """Whether there are none for the time being."""

    def __post_init__(self) -> None:
        self._of = {name: self._thresholds(kinds) for name, kinds in OF_OPERATIONS.items()}

    def strikes(self, kind: Fault, function: str = "") -> bool:  # noqa: ARG002 - for those that strike only one
        """Return whether a fault strikes now, and count it; `function` is whose call or message it is, if any's."""
        if self.quiet or self.chance.random() >= self.rates.get(kind, 0.0):
            return False
        self.counted[kind] += 1
        return True

    def of(self, operation: str) -> Fault | None:
        """Return the fault that a call of an operation meets, if any, and count it."""
        thresholds, kinds = self._of[operation]
        drawn = self.chance.random()
        if self.quiet or drawn >= thresholds[-1]:
            return None
        kind = kinds[bisect_right(thresholds, drawn)]
        self.counted[kind] += 1
        return kind

    def next(self, operation: str, before: Fault | None) -> Fault | None:
        """Return the fault that another attempt of a call meets, if any, after that of the attempt before."""
        return before if self.chance.random() < REPEATS else self.of(operation)

    def _thresholds(self, kinds: tuple[Fault, ...]) -> tuple[list[float], tuple[Fault, ...]]:
        return list(accumulate(self.rates.get(kind, 0.0) for kind in kinds)), kinds
