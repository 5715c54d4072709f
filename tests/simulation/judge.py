"""The judgement: all that was committed, in that order, put before the independent model, and all that was told.

Between two commits nothing changes, so the model has one answer to a question there. What somebody was told has to be
the model's answer at one of the moments between asking and hearing; an event has to be what the model posts for one of
the requests that were sent, where the event was committed. What is found is kept by the name of the rule that it
breaks: the invariants of `invariants/model.py` and `invariants/answers.py` tell it.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import inf
from typing import Any, TypeVar

from loyalty import exactjson
from loyalty.domain.events.documents import PurchaseDocument, ReversalDocument
from loyalty.domain.identity import told_id
from loyalty.domain.ledger.uses import Use
from loyalty.domain.ledger.wallet import EventType
from loyalty.domain.money import ZERO
from loyalty.domain.purchases.purchase import RowOrigin
from loyalty.store import keys
from loyalty.store.events import Event, is_event
from loyalty.store.keys import Key
from tests.model.account import in_points, wallet_answer
from tests.model.answers import purchase_answer, vouchers
from tests.model.dates import DAY, EVER, MONTH, WEEK, YEAR
from tests.model.history import BULK, CANCEL, EXPIRY, IMPORT, NEWEST, POSTED, REFUSED, REPLAYED, RETURN, Answer, Entry
from tests.model.identity import own_keys
from tests.model.limits import Limits
from tests.model.model import Model
from tests.model.money import Rates
from tests.model.pricing import Plan
from tests.model.programme import Programme
from tests.model.purchase import DUPLICATE, NOT_FOUND
from tests.simulation.comparison import (
    awards_of_event,
    awards_of_model,
    budgets_of_event,
    compared,
    differences,
    line_differences,
    same,
    shown,
    spends_of_event,
    spends_of_model,
    uses_of_event,
    uses_of_model,
)
from tests.simulation.looks import Looks
from tests.simulation.news import News, WatchedState
from tests.simulation.operations import Load, Told
from tests.simulation.outcomes import rows_told
from tests.simulation.programmes import Programmes
from tests.simulation.readings import read_event, unpacked
from tests.simulation.requests import (
    READING,
    TAKING_BACK,
    Request,
    faults_of,
    is_of_the_model,
    partner,
    previewed,
    refusal,
    requested,
    route,
    taken_back,
)
from tests.simulation.wallets import EarlierWallets, wallet_of_before
from tests.simulation.world import World

Json = Mapping[str, Any]

Shared = tuple[dict[str, Fraction], dict[str, int]]
"""What all accounts together have used of budgets and promo codes."""

PASSING = frozenset({"RetryLaterException", "InternalException"})
"""Codes that say nothing of a request: it is to be sent again."""

NOBODY, SEVERAL = (Answer(REFUSED, problems=(("", code),)) for code in (NOT_FOUND, DUPLICATE))

PREVIEWS = "previews_are_the_models"

INDEX_SECONDS = 5.0
"""For how long an event may be missing from the journal that is shown."""


@dataclass
class Ask:
    """Something that was told: `wrong` says what is wrong with it now, None where it is what the model says."""

    rule: str
    about: str
    began: float
    ended: float
    wrong: Callable[[Looks], str | None]
    told: str | None = None
    """The id of the event that there has to be first."""
    found: str = "there is no such event"
    names: frozenset[str] | None = None
    """What a purchase is known by that was asked for; None where it is looked at after each commit."""
    accounts: set[str] | None = None
    """Whose accounts the model has looked at; None before it has."""
    looks: Looks = field(default_factory=Looks)
    """What was wrong under programmes, with all else as it is now."""

    def may_be_another(self, news: News, *, under_one: bool = False) -> bool:
        """Tell whether the model may answer something else than the last time, be it under the same programme."""
        if self.names is None or self.accounts is None:
            return True
        return news.concern(self.accounts, self.names) or (news.is_of_programme and not under_one)


@dataclass
class Judge:
    """What the model knows of a world so far, and what was found.

    Attributes:
        world: The world that is judged.
        load: What its callers know.
        found: What breaks a rule, by the rule's name.
        model: The model, after all that was committed.
        state: What follows from that, as the model has it.
        numbers: What the model calls an event, by the engine's id.
        events: All events as they were committed.
        committed: When each was.
        records: All records of reference data as they were committed.
        refused_first: Rows of files that the model refuses where a later row of their wallet was posted before them.
    """

    world: World
    load: Load
    found: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    model: Model = field(default_factory=Model)
    state: WatchedState = field(default_factory=WatchedState)
    numbers: dict[str, int] = field(default_factory=dict)
    events: dict[str, Event] = field(default_factory=dict)
    committed: dict[str, float] = field(default_factory=dict)
    records: list[Json] = field(default_factory=list)
    refused_first: set[RowOrigin] = field(default_factory=set)
    heard: int = 0
    """How many calls it has heard of."""
    _written: int = 0
    _files: int = 0
    _requests: dict[str, list[Request]] = field(default_factory=lambda: defaultdict(list))
    _rows: dict[tuple[str, int], Request] = field(default_factory=dict)
    _returns: dict[tuple[str, str], list[Told]] = field(default_factory=lambda: defaultdict(list))
    _asks: list[Ask] = field(default_factory=list)
    _until: dict[str, list[Ask]] = field(default_factory=lambda: defaultdict(list))
    """What was told of events that are not committed yet, by their ids."""
    _known_ids: set[str] = field(default_factory=set)
    _places: dict[tuple[str, int], Event] = field(default_factory=dict)
    """A wallet's event of a number."""
    _coming: list[Event] = field(default_factory=list)
    """Events that were committed later than the one that is judged."""
    _overtaken: Mapping[str, list[RowOrigin]] = field(default_factory=dict)
    """Rows that are committed later than a later one of their wallet, by the id of its event."""
    _transaction: tuple[float, dict[str, Fraction], dict[str, int]] = (0.0, {}, {})
    """The latest transaction, and what was used before it."""
    _shared: list[tuple[float, dict[str, Fraction], dict[str, int]]] = field(default_factory=list)
    """What all accounts together had used of budgets and promo codes until a moment."""
    _records: list[Json] = field(default_factory=list)
    _moment: float = 0.0
    _programmes: Programmes = field(default_factory=Programmes)
    _wallets: EarlierWallets = field(default_factory=EarlierWallets)
    _news: News = field(default_factory=News)

    def __post_init__(self) -> None:
        self.model.state = self.state

    # ---------------------------------------------------------------- what has come about

    def hear(self) -> None:
        """Judge what has come about since the last time; all is quiet."""
        waiting = sorted([*self._calls(), *self._outcomes()], key=lambda ask: ask.began)
        waiting.reverse()
        commits = list(self._commits())
        self._coming = [commit for _, commit in commits if isinstance(commit, Event)]
        self._overtaken = overtaken_rows(self._coming)
        for at, commit in commits:
            self._evaluate(waiting, at)
            if isinstance(commit, Event):
                self._coming.remove(commit)
                self._committed(at, commit)
            else:
                self._keep(at, commit)
        self._evaluate(waiting, float("inf"))
        self._evaluate([], float("inf"), last=True)

    def _commits(self) -> Iterator[tuple[float, Event | Json]]:
        """Return the events and the records that were committed since the last time, in that order."""
        written, known = self.world.dynamo.written, set(self.committed)
        for at, place, item in written[self._written :]:
            if item is None:
                continue
            if "record" in item:
                yield at, exactjson.loads(item["record"]["S"])
                continue
            is_new = keys.is_event(Key(*place)) and keys.event_id(Key(*place)) not in known
            if is_new and is_event(told := unpacked(item)):
                known.add(keys.event_id(Key(*place)))
                yield at, read_event(told)
        self._written = len(written)

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
        self._import()
        left = []
        for ask in self._asks:
            if ask.may_be_another(self._news):
                self.state.asked.clear()
                if ask.may_be_another(self._news, under_one=True):
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
        self._news.clear()

    # ---------------------------------------------------------------- reference data

    def _keep(self, at: float, record: Json) -> None:
        """Keep a record that was committed until something looks at it. The model takes it as it is stored, with all
        that the import has made of its line."""
        if self.events:
            self._import()  # somebody may have seen the one before, and not this one
        self._records.append(record)
        self.records.append(record)
        self._moment = at

    def _import(self) -> None:
        if not self._records:
            return
        rows, self._records = tuple(self._records), []
        self._news.is_of_programme = True
        if self.model.state.programme.rows:
            self._programmes.keep(self._moment, self.model.state.programme, rows)
        self.model.take(Entry(int(self._moment), IMPORT, rows=tuple(map(dict, rows))))

    def _earlier_programmes(self, moment: float) -> Iterable[Programme]:
        return self._programmes.since(moment, self.model.state.programme)

    def _under_any_programme(
        self, look: Callable[[], str | None], moment: float, looks: Looks | None = None
    ) -> str | None:
        """Return what is wrong under the newest programme and under all that processes may still go by. Looks that were
        had before, while all but the programme was as it is, are not had again."""
        looks = looks or Looks()

        def under(programme: Programme) -> str | None:
            with self._under(programme):
                return look()

        wrong = looks.at(self.model.state.programme, under) if looks.known else look()
        if wrong is None:
            return None
        for earlier in self._earlier_programmes(moment):
            if looks.at(earlier, under) is None:
                return None
        return wrong

    # ---------------------------------------------------------------- events

    def _committed(self, at: float, event: Event) -> None:
        """Put an event before the model, where it was committed."""
        self._import()
        entry = event.entry
        self.events[entry.event_id], self.committed[entry.event_id] = event, at
        if at != self._transaction[0]:
            self._transaction = at, dict(self.model.state.given), dict(self.model.state.code_uses)
        if any(ask.rule == PREVIEWS for ask in self._asks):
            self._wallets.keep(at, entry.account_id, self.model.state)
        self._places[entry.account_id, entry.sequence] = event
        self._news.of(entry.account_id)
        if int(entry.posted_on.timestamp()) > at:
            self.found["events_are_posted_when_they_say"].append(f"{entry.event_id}: {entry.posted_on}, and it is {at}")
        match entry.type:
            case EventType.PURCHASE:
                self.refused_first |= {
                    row for row in self._overtaken.get(entry.event_id, ()) if self._is_refused(row, at)
                }
                self._purchase(at, event)
                self._know(entry.told_id)
            case EventType.CANCELLATION | EventType.RETURN:
                self._reversal(event)
                is_cancelled = entry.type is EventType.CANCELLATION
                self._know(f"{CANCEL} {told_id(event.reversal_document.reverses)}" if is_cancelled else entry.told_id)
            case EventType.EXPIRY:
                expiry = Entry(int(entry.posted_on.timestamp()), EXPIRY, body={"account": entry.account_id})
                with self._under(self._programme_of(event)):
                    answer = self.model.take(expiry)
                self._of_all(event, answer)
            case EventType.ADJUSTMENT:
                row = next((row for row in self._opening_balances() if self._is_of(event, row)), None)
                if row is None:
                    self.found["every_event_was_asked_for"].append(f"{entry.event_id}: no file has this balance")
                    return
                opening = Entry(int(entry.posted_on.timestamp()), IMPORT, rows=(dict(row),))
                with self._under(self._programme_of(event)):
                    answer = self.model.take(opening)
                self._of_all(event, answer)

    def _know(self, told: str) -> None:
        """Look, from now on, at what was told of an event."""
        self._known_ids.add(told)
        self._asks += self._until.pop(told, [])

    def _opening_balances(self) -> Iterator[Json]:
        """Return all opening balances that files had."""
        yield from (row for row in self.load.sent if row["type"] == "opening_balance")
        for sent in self.load.files:
            yield from (row for row in sent.rows if row.get("type") == "opening_balance")
        for done in self.load.operated:
            if done.what == "import":
                yield from (row for row in done.about if row["type"] == "opening_balance")

    @staticmethod
    def _is_of(event: Event, row: Json) -> bool:
        return bool(row["id"] == event.entry.reference_number and row["amount"] == event.entry.movement.awarded)

    def _of_all(self, event: Event, answer: Answer) -> None:
        """Compare an event of an import or of the expiry."""
        lines = dict(answer.events)
        line = lines.get(event.entry.account_id)
        if line is None:
            self._wrong("journals_are_the_models", event, ["the model has no such event"])
        else:
            self._line(event, line)

    def _line(self, event: Event, line: Json) -> None:
        self._wrong("journals_are_the_models", event, line_differences(event, line))

    @contextmanager
    def _under(self, programme: Programme) -> Iterator[None]:
        """Let a programme be the newest for as long as the block runs."""
        state = self.model.state
        newest, state.programme = state.programme, programme
        try:
            yield
        finally:
            state.programme = newest

    def _programme_of(self, event: Event) -> Programme:
        """Return the programme at whose rate an event tells its wallet's points, the newest where none has it."""
        newest, entry = self.model.state.programme, event.entry
        moment = int(entry.performed_on.timestamp())
        for programme in (newest, *self._earlier_programmes(entry.posted_on.timestamp())):
            with self._under(programme):
                known = ("account", entry.account_id) in programme.rows
                if known and tells_points_at(event, self.model.state.rates(entry.account_id, moment)):
                    return programme
        return newest

    def _purchase(self, at: float, event: Event) -> None:
        moment = event.entry.posted_on.timestamp()
        request = self._request(event)
        if request is None:
            self.found["every_event_was_asked_for"].append(f"{event.entry.event_id}: {event.entry.reference_number}")
            return
        entry = request.entry(moment)
        plan, programme = self._plan(entry, event)
        before = dict(self.model.state.given), dict(self.model.state.code_uses)
        with self._under(programme):
            answer = self.model.carry_out(entry, plan) if plan else self.model.take(entry)
        self._news.of(event.entry.account_id, request.names)
        if before != (self.model.state.given, self.model.state.code_uses):
            self._shared.append((at, *before))
            self._news.is_for_all = True
        if answer.outcome != POSTED:
            name = "one_event_of_each_identity" if answer.outcome == REPLAYED else "the_model_posts_what_was_posted"
            self._wrong(name, event, [f"the model answers {answer.outcome} {answer.problems}"])
            return
        assert answer.number is not None
        self.numbers[event.entry.event_id] = answer.number
        self._compare_purchase(event, answer)

    def _plan(self, entry: Entry, event: Event) -> tuple[Plan | None, Programme]:
        """Return the plan by which the model posts a purchase, and the programme that it goes by: of the plans by
        earlier programmes, and by what was left of budgets and promo codes since it was asked for, the one that is the
        event's; the newest where none is."""
        state = self.model.state
        newest = state.programme, state.given, state.code_uses
        found = self.model.plan(entry)
        try:
            if found is None or not is_plan_of(found, event):
                for programme, (given, code_uses) in self._settings_for(entry, event):
                    state.programme, state.given, state.code_uses = programme, given, code_uses
                    other = self.model.plan(entry)
                    state.programme, state.given, state.code_uses = newest
                    if other and is_plan_of(other, event):
                        return other, programme
        finally:
            state.programme, state.given, state.code_uses = newest
        return found, newest[0]

    def _settings_for(self, entry: Entry, event: Event) -> Iterator[tuple[Programme, Shared]]:
        """Return what a purchase may have gone by: what is likely first. Of a bulk call or a file, at last what it says
        itself that it has found of budgets."""
        newest, shared = self.model.state.programme, list(self._shared_for(event))
        earlier = self._earlier_programmes(int(event.entry.posted_on.timestamp()))
        yield from ((newest, one) for one in shared[1:])
        yield from ((programme, shared[0]) for programme in earlier)
        yield from ((programme, one) for programme in earlier for one in shared[1:])
        if entry.api == BULK or event.purchase_document.upload:
            yield newest, (self._found_by(event), self.model.state.code_uses)

    def _shared_since(self, moment: float) -> Iterator[Shared]:
        """Return what may have been read of budgets and promo codes since a moment, the latest first. Events of one
        transaction are priced on what was read before it, one after the other."""
        state, (_, given_before, uses_before) = self.model.state, self._transaction
        yield state.given, state.code_uses
        for until, given, code_uses in reversed(self._shared):
            if until < moment:
                return
            drawn = {one: amount - given_before.get(one, Fraction(0)) for one, amount in state.given.items()}
            used = {one: count - uses_before.get(one, 0) for one, count in state.code_uses.items()}
            yield plus(given, drawn), plus(code_uses, used)

    def _shared_for(self, event: Event) -> Iterator[Shared]:
        """Return what a purchase may have been priced on: beside what was read, what others of its call or chunk were
        to draw that were priced before it, and are committed after it."""
        moment, upload = int(event.entry.posted_on.timestamp()), event.purchase_document.upload
        before = [
            one.purchase_document
            for one in self._coming
            if isinstance(one.document, PurchaseDocument)
            and (one.partner_id, one.entry.posted_on) == (event.partner_id, event.entry.posted_on)
            and (one.purchase_document.upload and one.purchase_document.upload.upload_id)
            == (upload and upload.upload_id)
            and int(one.purchase_document.number) < int(event.purchase_document.number)
        ]
        drawn: dict[str, Fraction] = {}
        used: dict[str, int] = {}
        for document in before:
            drawn = plus(drawn, {offer: Fraction(amount) for offer, amount in document.budgets.items()})
            used = plus(used, dict.fromkeys(document.codes, 1))
        for given, code_uses in self._shared_since(moment):
            yield given, code_uses
            if drawn or used:
                yield plus(given, drawn), plus(code_uses, used)

    def _found_by(self, event: Event) -> dict[str, Fraction]:
        """Return what a purchase of a bulk call or a file has found of budgets, as its event tells: others of the same
        call are priced before it, and are committed after it or not at all."""
        given, document = dict(self.model.state.given), event.purchase_document
        used_up = {one.offer_id for one in document.why if one.failed == "budget"}
        for offer in self.model.state.programme.of("reward_offer"):
            drawn = Fraction(document.budgets.get(offer["id"], ZERO))
            if "budget" in offer.get("limits", {}) and (drawn or offer["id"] in used_up):
                given[offer["id"]] = Fraction(str(offer["limits"]["budget"])) - drawn
        return given

    def _compare_purchase(self, event: Event, answer: Answer) -> None:
        assert answer.number is not None
        posted = self.model.state.purchases[answer.number]
        document, plan = event.purchase_document, posted.plan
        self._line(event, answer.entry)
        awards = awards_of_event(document.awards), awards_of_model(plan.awards, vouchers=False)
        self._wrong("awards_are_the_models", event, compared("awards", *awards))
        given = awards_of_event(document.vouchers), awards_of_model(plan.awards, vouchers=True)
        self._wrong("vouchers_are_the_models", event, compared("vouchers", *given))
        self._wrong("spends_are_the_models", event, compared("spends", spends_of_event(event), spends_of_model(posted)))
        self._wrong("uses_are_the_models", event, compared("uses", uses_of_event(event), uses_of_model(posted)))
        drawn = {offer: amount for offer, amount in posted.budgets.items() if amount}
        self._wrong("budgets_are_the_models", event, compared("draws", budgets_of_event(event), drawn))
        verdicts = {one.offer_id: one.failed for one in document.why}
        expected = {offer: plan.why[offer] for offer in verdicts if offer in plan.why}
        self._wrong("verdicts_are_the_models", event, compared("why", verdicts, expected))

    def _is_refused(self, row: RowOrigin, moment: float) -> bool:
        """Tell whether the model refuses a row of a file."""
        request = self._rows[row.upload_id, row.number]

        def look() -> str | None:
            answer = self.model.would(request.entry(moment))
            return None if answer.outcome == REFUSED else f"the model answers {answer.outcome}"

        return self._under_any_programme(look, moment) is None

    def _request(self, event: Event) -> Request | None:
        """Return the request that an event was posted for: the row that it names, or the call that was told its id, or
        one that was sent again before its answer came."""
        origin, entry = event.purchase_document.upload, event.entry
        if origin is not None and (row := self._rows.get((origin.upload_id, origin.number))):
            return row
        sent = [one for one in self._requests.get(entry.reference_number or "", ()) if one.partner == event.partner_id]
        told = [one for one in sent if one.told == entry.told_id]
        net = sum(Fraction(line.net) for line in event.purchase_document.lines)
        # Two owners of a code may each have a purchase of one id, with other goods.
        return next((one for one in told or sent if _net(one.body) == net), told[0] if told else None)

    def _reversal(self, event: Event) -> None:
        entry, document = event.entry, event.reversal_document
        kind = CANCEL if entry.type is EventType.CANCELLATION else RETURN
        number = self.numbers.get(document.reverses)
        moment = int(entry.posted_on.timestamp())
        body: Json = {}
        if kind == RETURN:
            sent = self._returns.get((told_id(document.reverses), entry.reference_number or ""), [])
            if not sent:
                self.found["every_event_was_asked_for"].append(f"{entry.event_id}: no return {entry.reference_number}")
                return
            body = next((told for told in sent if told.answer.status == 200), sent[0]).body
        who = partner(event.partner_id or "")
        before = dict(self.model.state.given), dict(self.model.state.code_uses)
        with self._under(self._programme_of(event)):
            answer = self.model.take(Entry(moment, kind, who, dict(body), of=number))
        if before != (self.model.state.given, self.model.state.code_uses):
            self._shared.append((self.committed[entry.event_id], *before))
            self._news.is_for_all = True
        if answer.outcome != POSTED:
            self._wrong("the_model_posts_what_was_posted", event, [f"it answers {answer.outcome} {answer.problems}"])
            return
        if kind == RETURN and answer.number is not None:
            self.numbers[entry.event_id] = answer.number
        self._line(event, answer.entry)
        posted = self.model.state.purchases[number or 0]
        waived = answer.data["waived"] if kind == RETURN else self._waived_by(document, posted.waived)
        if Fraction(document.waived) != waived:
            self._wrong("waived_amounts_are_the_models", event, [f"{document.waived}, not {shown(waived)}"])

    def _waived_by(self, document: ReversalDocument, outstanding: Fraction) -> Fraction:
        """Return what a cancellation has waived, if so much is outstanding after it: what was waived before is told by
        earlier events, and so is what was settled of it."""
        earlier = (one.document for one in self.events.values() if isinstance(one.document, ReversalDocument))
        changes = (one.outstanding.get(document.reverses, ZERO) for one in earlier if one is not document)
        return outstanding - sum(map(Fraction, changes), Fraction(0))

    def _wrong(self, rule: str, event: Event, found: Any) -> None:
        entry = event.entry
        about = f"{entry.account_id} {entry.sequence}, {entry.type} {entry.reference_number} {entry.event_id}"
        self.found[rule].extend(f"{about}: {one}" for one in found)

    # ---------------------------------------------------------------- what was told

    def _calls(self) -> Iterator[Ask]:
        for told in self.load.told[self.heard :]:
            if told.answer.status == 202:
                for request, _ in requested(told):
                    self._requests[request.reference or ""].append(request)
            elif is_of_the_model(told):
                yield from self._of_call(told)
        self.heard = len(self.load.told)

    def _of_call(self, told: Told) -> Iterator[Ask]:
        asked = route(told)
        about = f"{told.caller}, {told.operation}, {asked}"
        if taking_back := TAKING_BACK.fullmatch(asked):
            yield self._of_reversal(told, taking_back["id"], about)
        elif reading := READING.fullmatch(asked):
            yield self._of_reading(told, reading, about)
        elif asked == "POST /purchases/preview":
            ask = self._ask(told, PREVIEWS, about, lambda: self._previewed(told))
            yield replace(ask, names=frozenset())
        else:
            for request, code in requested(told):
                request = self._named(request)
                if request.reference:
                    self._requests[request.reference].append(request)
                if code not in PASSING and not (code and request.shows_a_secret):
                    yield self._asked_for(request, code, f"{about} {request.reference}", told.began, told.ended)

    def _of_reversal(self, told: Told, purchase_id: str, about: str) -> Ask:
        if told.body:
            self._returns[purchase_id, told.body["reference_number"]].append(told)
        ask = self._ask(
            told, "reversals_are_told_as_the_model_does", about, lambda: self._taken_back(told, purchase_id)
        )
        if told.answer.status == 200:
            ask.told = told.answer.body["id"] if told.body else f"{CANCEL} {purchase_id}"
            ask.wrong = lambda _: self._taken_back(told, purchase_id)
        return ask

    def _of_reading(self, told: Told, found: re.Match[str], about: str) -> Ask:
        rule = f"{'journals' if found['journal'] else found['what']}_are_shown_as_the_model_does"
        if found["journal"]:
            return self._ask(told, rule, about, lambda: self._journal_shown(told, found["id"]))
        if found["what"] == "purchases":
            return Ask(rule, about, told.began, told.ended, lambda _: self._purchase_shown(told, found["id"]))
        return self._ask(told, rule, about, lambda: self._wallet_shown(told, found["id"]))

    def _asked_for(self, request: Request, code: str | None, about: str, began: float, ended: float) -> Ask:
        if code is None:
            rule = "postings_are_told_as_the_model_does"
            return Ask(rule, about, began, ended, lambda _: self._known(request, began), request.told or "")
        refused = Ask(
            "refusals_are_the_models", about, began, ended, lambda looks: self._refused(request, code, began, looks)
        )
        return replace(refused, names=request.names)

    def _ask(self, told: Told, rule: str, about: str, look: Callable[[], str | None]) -> Ask:
        return Ask(
            rule, about, told.began, told.ended, lambda looks: self._under_any_programme(look, told.ended, looks)
        )

    def _outcomes(self) -> Iterator[Ask]:
        """Return what was told of the rows of files."""
        for sent in self.load.files[self._files :]:
            for row in rows_told(self.world, self.load, sent):
                self._rows[row.upload_id, row.request.row] = request = self._named(row.request)
                if row.status in ("posted", "replayed", "refused") and not row.is_rehearsed:
                    code = row.code if row.status == "refused" else None
                    about = f"{sent.key}, row {row.request.row}"
                    if code not in PASSING and not (code and request.shows_a_secret):
                        yield self._outcome(request, code, about, sent.at.timestamp())
        self._files = len(self.load.files)

    def _named(self, request: Request) -> Request:
        """Return a request with the card of whoever shows a one-time password, which the model does not know."""
        shown = request.body.get("accounts_receivable_identifier", {}).get("access_token_identifier", {})
        of = {one.text: one.wallet for one in self.load.passwords}
        if shown.get("one_time_password") not in of:
            return request
        card = {"authentication_code": f"CIM-{of[shown['one_time_password']]}", "pass_code": "shown"}
        body = {**request.body, "accounts_receivable_identifier": {"access_token_identifier": card}}
        return replace(request, body=body)

    def _outcome(self, request: Request, code: str | None, about: str, began: float) -> Ask:
        ask = self._asked_for(request, code, about, began, self.world.scheduler.now)
        ask.rule = "rows_are_the_models"
        return ask

    def _known(self, request: Request, began: float) -> str | None:
        """Return what is wrong with an id that a purchase was answered with."""
        numbers = self._numbers(request.told or "")
        if not numbers:
            return f"{request.told} is no event"
        if self._says_nothing_of_itself(request):
            return None

        def look() -> str | None:
            answer = self.model.would(request.entry(began))
            if answer.outcome == REPLAYED and answer.number in numbers:
                return None
            return f"the model answers {answer.outcome} {answer.number} {answer.problems}, not replayed {numbers}"

        return self._under_any_programme(look, began)

    def _says_nothing_of_itself(self, request: Request) -> bool:
        """Tell whether nothing tells a repetition of a request: it is another event each time. Of a row, its place in
        the file does, and what its result says of it, which the model does not read."""
        record = self.model.state.programme.get("partner", request.partner) or {}
        repeats, entry = record.get("classic_repeats") == "REPLAY", request.entry(0)
        known = own_keys(replace(entry, key=None), repeats=False) if request.row else own_keys(entry, repeats)
        return request.api != NEWEST and not known

    def _numbers(self, told: str) -> list[int]:
        """Return the numbers of the events that callers know by an id: of several merchants, if a caller gave it."""
        return [self.numbers[one] for one in (told, *self._given(told)) if one in self.numbers]

    def _given(self, told: str) -> list[str]:
        return [f"{told}#{unit['id']}" for unit in self.model.state.programme.of("business_unit")]

    def _refused(self, request: Request, code: str, began: float, looks: Looks) -> str | None:
        def look() -> str | None:
            answer = self.model.would(request.entry(began))
            if answer.outcome == REFUSED and any(code == of_one for _, of_one in answer.problems):
                return None
            if answer.outcome == REFUSED and (answer.code in request.faults or request.hides_faults):
                return None
            return f"told {code}; the model answers {answer.outcome} {answer.problems}"

        return self._under_any_programme(look, began, looks)

    def _previewed(self, told: Told) -> str | None:
        """Return what is wrong with a preview: what was left of budgets is of now, the wallet of now or before."""

        def look() -> str | None:
            answer = self.model.would(previewed(told))
            return self._against(told, answer, answer.data)

        wrong = look()
        if wrong is None:
            return None
        for account_id, account in self._wallets.since(told.began):
            with wallet_of_before(self.model.state, account_id, account):
                if look() is None:
                    return None
        return wrong

    def _taken_back(self, told: Told, purchase_id: str) -> str | None:
        """Return what is wrong with the answer to a cancellation or a return: of what was taken back, what is told of
        it afterwards."""
        numbers = self._visible(purchase_id, told.partner)
        if told.answer.status != 200:
            number = numbers[0] if numbers else None
            answer = SEVERAL if len(numbers) > 1 else self.model.would(taken_back(told, number, told.began))
            return self._against(told, answer, {})
        wrong = "there is no such purchase"
        for number in self._numbers(purchase_id):  # there may be another one by now
            answer = self.model.would(taken_back(told, number, told.began))
            if answer.outcome == REPLAYED:
                posted = self.model.state.purchases[number]
                wrong = self._against(told, answer, answer.data if told.body else purchase_answer(posted)) or ""
                if not wrong:
                    return None
        return wrong

    def _purchase_shown(self, told: Told, purchase_id: str) -> str | None:
        numbers = self._visible(purchase_id, told.partner)
        if len(numbers) != 1:
            return self._against(told, SEVERAL if numbers else NOBODY, {})
        return self._against(told, Answer(POSTED), purchase_answer(self.model.state.purchases[numbers[0]]))

    def _visible(self, purchase_id: str, name: str) -> list[int]:
        """Return the numbers of the purchases that a partner knows by an id: one, if it is the only one, the one that
        it posted itself, or the one that has the id alone (decision 28)."""
        who, alone = partner(name), self.numbers.get(purchase_id)
        seen = {
            one: self.numbers[one]
            for one in (purchase_id, *self._given(purchase_id))
            if one in self.numbers and self.model.state.visible(self.numbers[one], who)
        }
        own = [number for one, number in seen.items() if self.events[one].partner_id == name]
        if len(own) == 1 or alone is None:
            return own if len(own) == 1 else list(seen.values())
        return [alone] if alone in seen.values() else list(seen.values())

    def _wallet_shown(self, told: Told, name: str) -> str | None:
        record = self._account(name)
        if record is None:
            return self._against(told, NOBODY, {})
        state = self.model.state
        told_now = wallet_answer(state.account(record["id"]), dict(record), state.programme, int(told.ended))
        return self._against(told, Answer(POSTED), told_now)

    def _journal_shown(self, told: Told, name: str) -> str | None:
        """Return what is wrong with a page of a journal: events without a gap, and none missing but the latest."""
        record = self._account(name)
        if record is None:
            return self._against(told, NOBODY, {})
        if told.answer.status != 200:
            return f"told {told.answer.status}"
        journal = self.model.state.account(record["id"]).journal
        entries, missing = told.answer.body["entries"], told.answer.body["missing"]
        numbers = sorted([*missing, *(one["sequence"] for one in entries)])
        if numbers and (numbers[-1] > len(journal) or numbers != list(range(numbers[0], numbers[-1] + 1))):
            return f"it tells of {numbers}, the model of {len(journal)}"
        expected = [self._as_told(record["id"], journal[one["sequence"] - 1], told.partner) for one in entries]
        wrong = [one for found, line in zip(entries, expected, strict=True) for one in differences(found, line)]
        later = range(numbers[-1] + 1 if numbers else 1, len(journal) + 1) if "next=" not in told.path else range(0)
        lacked = (*missing, *later)
        late = [one for one in lacked if self._at(record["id"], one) < told.began - INDEX_SECONDS]
        return "; ".join(wrong) or (f"it lacks {late}" if late else None)

    def _at(self, account: str, number: int) -> float:
        """Return when a wallet's event of a number was committed; never, if it was not, which other rules find."""
        event = self._places.get((account, number))
        return self.committed[event.entry.event_id] if event else inf

    def _as_told(self, account: str, line: Json, name: str) -> Json:
        """Return a line of a journal as a partner is told it: what it is of others, without a name."""
        event = self._places[account, line["sequence"]]
        merchant, who = event.entry.merchant_id, partner(name)
        if isinstance(event.document, PurchaseDocument):
            outlet = event.document.outlet_id
        elif isinstance(event.document, ReversalDocument):
            outlet = self.events[event.document.reverses].purchase_document.outlet_id
        else:
            return line
        return line if who.may(merchant, outlet) else {**line, "reference_number": None, "event_id": None}

    def _account(self, name: str) -> Json | None:
        programme = self.model.state.programme
        return programme.get("account", name) or programme.named("account", "number", name)

    def _against(self, told: Told, answer: Answer, expected: Json) -> str | None:
        """Return where an answer of the API is not the model's."""
        code = refusal(told)
        if code is not None or answer.outcome == REFUSED:
            if code in PASSING or code in {one for _, one in answer.problems} or answer.code in faults_of(told):
                return None
            return f"told {code}, not {answer.outcome} {answer.problems}"
        return "; ".join(differences(told.answer.body, expected)) or None

    def vouchers(self) -> dict[tuple[str, str], bool]:
        """Return whether each voucher is void, by event and offer, as the model says."""
        return {
            (event_id, one["offer_id"]): one["is_void"]
            for event_id, number in self.numbers.items()
            if number in self.model.state.purchases
            for one in vouchers(self.model.state.purchases[number])
        }


def overtaken_rows(events: Iterable[Event]) -> Mapping[str, list[RowOrigin]]:
    """Return the rows that are posted after a later one of their file and wallet, by the id of the first such event."""
    found: dict[str, list[RowOrigin]] = defaultdict(list)
    risen: dict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
    for event in events:
        row = event.document.upload if isinstance(event.document, PurchaseDocument) else None
        if row is None:
            continue
        before = risen[row.upload_id, event.entry.account_id]
        if before and before[-1][0] > row.number:
            found[next(event_id for number, event_id in before if number > row.number)].append(row)
        else:
            before.append((row.number, event.entry.event_id))
    return found


Amount = TypeVar("Amount", int, Fraction)


def plus(one: Mapping[str, Amount], other: Mapping[str, Amount]) -> dict[str, Amount]:
    """Return the sums by name."""
    sums = dict(one)
    for name, amount in other.items():
        sums[name] = sums[name] + amount if name in sums else amount
    return sums


def tells_points_at(event: Event, rates: Rates | None) -> bool:
    """Tell whether an event tells its wallet's balance in points at these rates."""
    points = in_points(Fraction(event.entry.balance), rates) if rates else None
    return same(event.entry.alternative_balance, points)


LENGTHS = {EVER: 0, DAY: 10, WEEK: 8, MONTH: 7, YEAR: 4}
"""Of the name of a period."""


def is_plan_of(plan: Plan, event: Event) -> bool:
    """Tell whether a purchase was posted by a plan."""
    document = event.purchase_document
    verdicts = [(one.offer_id, one.failed) for one in document.why if one.offer_id in plan.why]
    return (
        plan.purchase.account == event.entry.account_id  # a card may be another customer's by now
        and tells_points_at(event, plan.rates)
        and awards_of_model(plan.awards, vouchers=False) == awards_of_event(document.awards)
        and awards_of_model(plan.awards, vouchers=True) == awards_of_event(document.vouchers)
        and all(plan.why[offer] == failed for offer, failed in verdicts)
        and all(_is_counted(plan.limits[use.subject], use) for use in document.uses if use.subject in plan.limits)
    )


def _is_counted(limits: Limits, use: Use) -> bool:
    """Tell whether a use was counted by these limits."""
    return LENGTHS[limits.period] == len(use.window) and (
        same(use.per_account, limits.terms.get("per_account"))
        and same(use.per_account_amount, limits.terms.get("per_account_amount"))
    )


def _net(body: Json) -> Fraction:
    inner = body.get("purchase_customer_event", body)
    return sum(
        (Fraction(str(line["net_amount"])) for line in inner.get("products", inner.get("products_set", ()))),
        Fraction(0),
    )
