"""What all callers of a run know: who buys, with which keys, and everything that was sent, done and answered."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from loyalty.domain.access.partner import Scope
from loyalty.store.events import Event
from loyalty.usecases.access.api_keys import KeyRequest
from tests.simulation.recording import Step
from tests.simulation.world import Answer

Body = dict[str, Any]

KEYS = (
    KeyRequest("POS", ["*"], list(Scope)),
    KeyRequest("OFFICE", ["*"], list(Scope)),
    KeyRequest("SHOPS", ["CAFE", "BOOKS", "STRICT", "ROAM-A"], list(Scope)),
    KeyRequest("KIOSKS", ["KIOSK", "ROAM-A", "ROAM-B"], list(Scope)),
    KeyRequest("READER", ["*"], [Scope.READ_PURCHASES, Scope.READ_WALLETS]),
)
"""The partners of every run, and what their keys may do; merchants of several of them are the same."""


@dataclass(frozen=True)
class Told:
    """A call and its answer.

    Attributes:
        caller: Who sent it.
        partner: Whose key it was sent with; empty for a call without a partner's key.
        operation: The operation that it was part of.
        method: Its method.
        path: Its path, with the query.
        body: Its body: None for none, a text for one that is not JSON.
        headers: Its headers.
        answer: The answer in the end.
        before: What was answered to the same call before, which says nothing of what became of it.
        began: When it was sent first.
        ended: When it was answered.
    """

    caller: str
    partner: str
    operation: str
    method: str
    path: str
    body: Any
    headers: Mapping[str, str]
    answer: Answer
    before: tuple[Answer, ...]
    began: float
    ended: float

    @property
    def tries(self) -> int:
        """Return how often it was sent."""
        return len(self.before) + 1

    def outcomes(self) -> Iterator[str]:
        """Return what came of it: `done`, `replayed` or the code of a refusal, also of each entry of a bulk call; of an
        upload its state, and what became of its rows."""
        for answer in (*self.before, self.answer):
            yield code_of(answer)
        if self.answer.status != 200:
            return
        if self.method == "GET" and self.path.startswith("/uploads/"):
            told = self.answer.body
            yield told["state"]
            yield from (name for name in ("posted", "replayed", "refused", "failed") if told[name])
            yield from told["errors"]
        elif self.path.endswith("/bulk/purchases/create"):
            entries = self.answer.body["data"]["unprocessed_customer_events_set"]
            yield from (entry["error_code"] for entry in entries)


def code_of(answer: Answer) -> str:
    """Return the code of a refusal, else whether it is a replay; the status where API Gateway answers itself."""
    if answer.status < 300:
        return "replayed" if answer.headers.get("Idempotent-Replayed") == "true" else "done"
    told = answer.body if answer.text else {}
    return str(told.get("code") or told.get("status", {}).get("code") or answer.status)


@dataclass(frozen=True)
class Operated:
    """Something that an operator did: `what` about whom or with which records, and what it returned."""

    what: str
    about: Any
    result: Any
    began: float
    ended: float


@dataclass(frozen=True)
class SentFile:
    """A file that was sent.

    Attributes:
        key: Its place in the bucket; empty for a bulk call, which the engine puts there itself.
        at: When it was sent, of a bulk call when first.
        rows: Its rows, each as the body of its purchase, or as its record; an empty one for what cannot be read.
        upload: The id of its upload.
        partner: Whose it is; empty for reference data.
        is_dry_run: Whether nothing is to be posted.
        is_whole: Whether it can be read to its end.
        is_sound: Whether none of its records may be refused.
    """

    key: str
    at: datetime
    rows: tuple[Mapping[str, Any], ...]
    upload: str
    partner: str = ""
    is_dry_run: bool = False
    is_whole: bool = True
    is_sound: bool = False


@dataclass(frozen=True)
class Password:
    """A one-time password, for whom it was issued, and to whom."""

    text: str
    wallet: str
    partner: str


@dataclass
class Load:
    """What all callers of a run know.

    Attributes:
        api_keys: The key that each partner calls with now.
        wallets: Who there is to buy.
        bought: Purchases of the newest API that were posted, by their ids.
        events: Purchases of the classic API that were posted: the partner, and what the answer names them by.
        told: Every call and its answer.
        operated: Everything that operators did.
        files: Every file that was sent.
        records: The records as they were last sent.
        steps: The operations that were begun, in their order.
        sent: All records that were imported before callers came, in their order.
        passwords: One-time passwords that were issued.
        revoked: Keys that were revoked, each with its partner.
        rotating: Partners whose key is being changed.
        given_up: Uploads of which a chunk became a dead letter, and when that was first, in seconds.
        done: How many operations of each kind there were.
        names: How many names were given.
    """

    api_keys: dict[str, str]
    wallets: list[str] = field(default_factory=list)
    bought: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    events: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    operated: list[Operated] = field(default_factory=list)
    files: list[SentFile] = field(default_factory=list)
    records: dict[tuple[str, str], Body] = field(default_factory=dict)
    sent: list[Body] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    passwords: list[Password] = field(default_factory=list)
    revoked: list[tuple[str, str]] = field(default_factory=list)
    rotating: set[str] = field(default_factory=set)
    given_up: dict[str, float] = field(default_factory=dict)
    done: Counter[str] = field(default_factory=Counter)
    names: int = 0

    def has_given_up(self, upload_id: str, event: Event) -> bool:
        """Tell whether an event was posted, to the second, once a chunk of an upload had become a dead letter."""
        return event.entry.posted_on.timestamp() + 1 > self.given_up.get(upload_id, math.inf)

    @property
    def operations(self) -> int:
        """Return how many operations there were."""
        return self.done.total()

    def name(self) -> str:
        """Return a name that nothing else has."""
        self.names += 1
        return str(self.names)

    def know(self, records: Iterable[Body]) -> None:
        """Keep records as they are sent."""
        records = list(records)
        self.sent += records
        self.records.update({(record["type"], record["id"]): record for record in records})
