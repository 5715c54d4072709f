"""The judgement: all that was committed, in that order, put before the independent model, and all that was told.

What is found is kept by the name of the rule that it breaks: the invariants of `invariants/model.py` and
`invariants/answers.py` tell it.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from loyalty import exactjson
from loyalty.domain.identity import told_id
from loyalty.domain.ledger.wallet import EventType
from loyalty.store import keys
from loyalty.store.events import Event, is_event
from loyalty.store.keys import Key
from loyalty.store.programme_snapshot import ProgrammeVersion
from tests.model.history import CANCEL
from tests.simulation.answers import PREVIEWS, AnswerJudge, Ask
from tests.simulation.commits import CommitJudge
from tests.simulation.known import Json, Known
from tests.simulation.readings import read_event, unpacked

PUBLISHED: Json = {}
"""In the place of a record: all that was committed so far counts."""


@dataclass
class Judge(Known):
    """Hears of a world what was committed and what was told, and judges both.

    Attributes:
        commits: Judges what was committed.
        answers: Judges what was told.
    """

    commits: CommitJudge = field(init=False)
    answers: AnswerJudge = field(init=False)
    _written: int = 0
    _asks: list[Ask] = field(default_factory=list)
    _until: dict[str, list[Ask]] = field(default_factory=lambda: defaultdict(list))
    """What was told of events that are not committed yet, by their ids."""
    _known_ids: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.commits, self.answers = CommitJudge(self), AnswerJudge(self)

    def hear(self) -> None:
        """Judge what has come about since the last time; all is quiet."""
        waiting = sorted(self.answers.asks(), key=lambda ask: ask.began)
        waiting.reverse()
        commits = list(self._commits())
        self.commits.expect([commit for _, commit in commits if isinstance(commit, Event)])
        for at, commit in commits:
            self._evaluate(waiting, at)
            if isinstance(commit, Event):
                self._commit(at, commit)
            elif commit is PUBLISHED:
                self.publish(at)
            else:
                self.keep(at, commit)
        self._evaluate(waiting, float("inf"))
        self._evaluate([], float("inf"), last=True)

    def _commits(self) -> Iterator[tuple[float, Event | Json]]:
        """Return the events and the records that were committed since the last time, in that order, and when the
        programme was published."""
        written, known = self.world.dynamo.written, set(self.committed)
        for at, place, item in written[self._written :]:
            if item is None:
                continue
            if place == keys.PROGRAMME_VERSION and ProgrammeVersion.of(unpacked(item)).is_published:
                yield at, PUBLISHED
            if "record" in item:
                yield at, exactjson.loads(item["record"]["S"])
                continue
            is_new = keys.is_event(Key(*place)) and keys.event_id(Key(*place)) not in known
            if is_new and is_event(told := unpacked(item)):
                known.add(keys.event_id(Key(*place)))
                yield at, read_event(told)
        self._written = len(written)

    def _commit(self, at: float, event: Event) -> None:
        """Judge an event, and look, from now on, at what was told of it."""
        if any(ask.rule == PREVIEWS for ask in self._asks):
            self.wallets.keep(at, event.entry.account_id, self.state)
        self.commits.judge(at, event)
        if (told := _told_by(event)) is not None:
            self._known_ids.add(told)
            self._asks += self._until.pop(told, [])

    def _evaluate(self, waiting: list[Ask], until: float, *, last: bool = False) -> None:
        """Look at what was told, or asked for, before the next commit."""
        while waiting and waiting[-1].began <= until:
            ask = waiting.pop()
            if ask.told is None or ask.told in self._known_ids:
                self._asks.append(ask)
            else:
                self._until[ask.told].append(ask)
        if last:
            self._asks += [ask for asks in self._until.values() for ask in asks]
            self._until.clear()
        if not self._asks:
            return
        self.import_records()
        left = []
        for ask in self._asks:
            if ask.may_be_another(self.news):
                self.state.asked.clear()
                if ask.may_be_another(self.news, under_one=True):
                    ask.looks.known.clear()
                found = ask.wrong(ask.looks)
                if found is None:
                    continue
                ask.found, ask.accounts = found, (ask.accounts or set()) | self.state.asked
            if last or ask.ended < until:
                self.found[ask.rule].append(f"{ask.about}: {ask.found}")
            else:
                left.append(ask)
        self._asks = left
        self.news.clear()


def _told_by(event: Event) -> str | None:
    """Return what callers are told an event by, None where they are told of none."""
    match event.entry.type:
        case EventType.PURCHASE | EventType.RETURN:
            return event.entry.told_id
        case EventType.CANCELLATION:
            return f"{CANCEL} {told_id(event.reversal_document.reverses)}"
        case _:
            return None
