"""What is known of a world so far, on both sides: what was committed, and the model after that."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from loyalty.domain.purchases.purchase import RowOrigin
from loyalty.store.events import Event
from tests.model.answers import vouchers
from tests.model.history import IMPORT, Entry
from tests.model.model import Model
from tests.model.programme import Programme
from tests.simulation.looks import Looks
from tests.simulation.news import News, WatchedState
from tests.simulation.operations import Load, Told
from tests.simulation.programmes import Programmes
from tests.simulation.requests import Request
from tests.simulation.wallets import EarlierWallets
from tests.simulation.world import World

Json = Mapping[str, Any]


@dataclass
class Known:
    """What is known of a world, and what was found.

    Attributes:
        world: The world that is judged.
        load: What its callers know.
        found: What breaks a rule, by the rule's name.
        model: The model, after all that was committed.
        state: What follows from that, as the model has it.
        numbers: What the model calls an event, by the engine's id.
        events: All events as they were committed.
        committed: When each was.
        places: A wallet's event of a number.
        records: All records of reference data as they were committed.
        programmes: Those of earlier moments.
        wallets: Those of earlier moments.
        news: What has changed since what was told was looked at.
        requests: The purchases that were asked for, by their reference numbers.
        rows: Those of files, by upload and number.
        entries: The place of each entry of a bulk call, by partner and reference number.
        returns: The calls that asked for a return, by the purchase and their reference numbers.
    """

    world: World
    load: Load
    found: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    model: Model = field(default_factory=Model)
    state: WatchedState = field(default_factory=WatchedState)
    numbers: dict[str, int] = field(default_factory=dict)
    events: dict[str, Event] = field(default_factory=dict)
    committed: dict[str, float] = field(default_factory=dict)
    places: dict[tuple[str, int], Event] = field(default_factory=dict)
    records: list[Json] = field(default_factory=list)
    programmes: Programmes = field(default_factory=Programmes)
    wallets: EarlierWallets = field(default_factory=EarlierWallets)
    news: News = field(default_factory=News)
    requests: dict[str, list[Request]] = field(default_factory=lambda: defaultdict(list))
    rows: dict[tuple[str, int], Request] = field(default_factory=dict)
    entries: dict[tuple[str, str], RowOrigin] = field(default_factory=dict)
    returns: dict[tuple[str, str], list[Told]] = field(default_factory=lambda: defaultdict(list))
    _records: list[Json] = field(default_factory=list)
    """Records that nothing has looked at since they were committed."""
    _moment: float = 0.0
    _published: float = math.inf
    """When those records counted; infinite while they do not."""

    def __post_init__(self) -> None:
        self.model.state = self.state

    def keep(self, at: float, record: Json) -> None:
        """Keep a record that was committed until something looks at it. The model takes it as it is stored, with all
        that the import has made of its line."""
        if self.events:
            self.import_records()  # somebody may have seen the one before, and not this one
        self._records.append(record)
        self._published = math.inf
        self.records.append(record)
        self._moment = at

    def import_records(self) -> None:
        if not self._records:
            return
        rows, self._records = tuple(self._records), []
        self.news.is_of_programme = True
        if self.model.state.programme.rows:
            self.programmes.keep(self._moment, self.model.state.programme, rows)
            self.programmes.publish(self._published)
        self.model.take(Entry(int(self._moment), IMPORT, rows=tuple(map(dict, rows))))

    def publish(self, at: float) -> None:
        """Take in that what imports have written of the programme counts."""
        if self.events:
            self.import_records()
        self._published = at
        self.programmes.publish(at)

    def earlier_programmes(self, moment: float) -> Iterable[Programme]:
        return self.programmes.since(moment, self.model.state.programme)

    def under_any_programme(
        self, look: Callable[[], str | None], moment: float, looks: Looks | None = None
    ) -> str | None:
        """Return what is wrong under the newest programme and under all that processes may still go by. Looks that were
        had before, while all but the programme was as it is, are not had again."""
        looks = looks or Looks()

        def under(programme: Programme) -> str | None:
            with self.under(programme):
                return look()

        wrong = looks.at(self.model.state.programme, under) if looks.known else look()
        if wrong is None:
            return None
        for earlier in self.earlier_programmes(moment):
            if looks.at(earlier, under) is None:
                return None
        return wrong

    @contextmanager
    def under(self, programme: Programme) -> Iterator[None]:
        """Let a programme be the newest for as long as the block runs."""
        state = self.model.state
        newest, state.programme = state.programme, programme
        try:
            yield
        finally:
            state.programme = newest

    def vouchers(self) -> dict[tuple[str, str], bool]:
        """Return whether each voucher is void, by event and offer, as the model says."""
        return {
            (event_id, one["offer_id"]): one["is_void"]
            for event_id, number in self.numbers.items()
            if number in self.model.state.purchases
            for one in vouchers(self.model.state.purchases[number])
        }
