"""What callers were told, of calls and of rows of files.

Between two commits nothing changes, so the model has one answer to a question there. What somebody was told has to be
the model's answer at one of the moments between asking and hearing.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from math import inf
from typing import Any

from loyalty.domain.events.documents import PurchaseDocument, ReversalDocument
from tests.model.account import wallet_answer
from tests.model.answers import purchase_answer
from tests.model.history import CANCEL, NEWEST, POSTED, REFUSED, REPLAYED, Answer
from tests.model.identity import own_keys
from tests.model.purchase import DUPLICATE, NOT_FOUND
from tests.simulation.comparison import differences
from tests.simulation.known import Known
from tests.simulation.looks import Looks
from tests.simulation.news import News
from tests.simulation.operations import Told
from tests.simulation.outcomes import rows_told
from tests.simulation.requests import (
    READING,
    TAKING_BACK,
    Request,
    faults_of,
    is_of_the_model,
    partner,
    places_of_entries,
    previewed,
    refusal,
    requested,
    route,
    taken_back,
)
from tests.simulation.wallets import wallet_of_before

Json = Mapping[str, Any]

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
class AnswerJudge:
    """Asks the model for what was told.

    Attributes:
        known: What is known of the world.
        heard: How many calls it has heard of.
    """

    known: Known
    heard: int = 0
    _files: int = 0

    def asks(self) -> Iterator[Ask]:
        """Return what was told since the last time."""
        yield from self._calls()
        yield from self._outcomes()

    def _calls(self) -> Iterator[Ask]:
        for told in self.known.load.told[self.heard :]:
            self.known.entries |= places_of_entries(told)
            if told.answer.status == 202:
                for request, _ in requested(told):
                    self.known.requests[request.reference or ""].append(request)
            elif is_of_the_model(told):
                yield from self._of_call(told)
        self.heard = len(self.known.load.told)

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
                    self.known.requests[request.reference].append(request)
                if code not in PASSING and not (code and request.shows_a_secret):
                    yield self._asked_for(request, code, f"{about} {request.reference}", told.began, told.ended)

    def _of_reversal(self, told: Told, purchase_id: str, about: str) -> Ask:
        if told.body:
            self.known.returns[purchase_id, told.body["reference_number"]].append(told)
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
            rule, about, told.began, told.ended, lambda looks: self.known.under_any_programme(look, told.ended, looks)
        )

    def _outcomes(self) -> Iterator[Ask]:
        """Return what was told of the rows of files."""
        for sent in self.known.load.files[self._files :]:
            for row in rows_told(self.known.world, self.known.load, sent):
                self.known.rows[row.upload_id, row.request.row] = request = self._named(row.request)
                if row.status in ("posted", "replayed", "refused") and not row.is_rehearsed:
                    code = row.code if row.status == "refused" else None
                    about = f"{sent.key}, row {row.request.row}"
                    if code not in PASSING and not (code and request.shows_a_secret):
                        yield self._outcome(request, code, about, sent.at.timestamp())
        self._files = len(self.known.load.files)

    def _named(self, request: Request) -> Request:
        """Return a request with the card of whoever shows a one-time password, which the model does not know."""
        shown = request.body.get("accounts_receivable_identifier", {}).get("access_token_identifier", {})
        of = {one.text: one.wallet for one in self.known.load.passwords}
        if shown.get("one_time_password") not in of:
            return request
        card = {"authentication_code": f"CIM-{of[shown['one_time_password']]}", "pass_code": "shown"}
        body = {**request.body, "accounts_receivable_identifier": {"access_token_identifier": card}}
        return replace(request, body=body)

    def _outcome(self, request: Request, code: str | None, about: str, began: float) -> Ask:
        ask = self._asked_for(request, code, about, began, self.known.world.scheduler.now)
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
            answer = self.known.model.would(request.entry(began))
            if answer.outcome == REPLAYED and answer.number in numbers:
                return None
            return f"the model answers {answer.outcome} {answer.number} {answer.problems}, not replayed {numbers}"

        return self.known.under_any_programme(look, began)

    def _says_nothing_of_itself(self, request: Request) -> bool:
        """Tell whether nothing tells a repetition of a request: it is another event each time. Of a row, its place in
        the file does, and what its result says of it, which the model does not read."""
        record = self.known.model.state.programme.get("partner", request.partner) or {}
        repeats, entry = record.get("classic_repeats") == "REPLAY", request.entry(0)
        known = own_keys(replace(entry, key=None), repeats=False) if request.row else own_keys(entry, repeats)
        return request.api != NEWEST and not known

    def _numbers(self, told: str) -> list[int]:
        """Return the numbers of the events that callers know by an id: of several merchants, if a caller gave it."""
        return [self.known.numbers[one] for one in (told, *self._given(told)) if one in self.known.numbers]

    def _given(self, told: str) -> list[str]:
        return [f"{told}#{unit['id']}" for unit in self.known.model.state.programme.of("business_unit")]

    def _refused(self, request: Request, code: str, began: float, looks: Looks) -> str | None:
        def look() -> str | None:
            answer = self.known.model.would(request.entry(began))
            if answer.outcome == REFUSED and any(code == of_one for _, of_one in answer.problems):
                return None
            if answer.outcome == REFUSED and (answer.code in request.faults or request.hides_faults):
                return None
            return f"told {code}; the model answers {answer.outcome} {answer.problems}"

        return self.known.under_any_programme(look, began, looks)

    def _previewed(self, told: Told) -> str | None:
        """Return what is wrong with a preview: what was left of budgets is of now, the wallet of now or before."""

        def look() -> str | None:
            answer = self.known.model.would(previewed(told))
            return self._against(told, answer, answer.data)

        wrong, looked_at = self.known.state.asking(look)
        if wrong is None:
            return None
        for account_id, account in self.known.wallets.since(told.began):
            if account_id not in looked_at:
                continue
            with wallet_of_before(self.known.model.state, account_id, account):
                if look() is None:
                    return None
        return wrong

    def _taken_back(self, told: Told, purchase_id: str) -> str | None:
        """Return what is wrong with the answer to a cancellation or a return: of what was taken back, what is told of
        it afterwards."""
        numbers = self._visible(purchase_id, told.partner)
        if told.answer.status != 200:
            number = numbers[0] if numbers else None
            answer = SEVERAL if len(numbers) > 1 else self.known.model.would(taken_back(told, number, told.began))
            return self._against(told, answer, {})
        wrong = "there is no such purchase"
        for number in self._numbers(purchase_id):  # there may be another one by now
            answer = self.known.model.would(taken_back(told, number, told.began))
            if answer.outcome == REPLAYED:
                posted = self.known.model.state.purchases[number]
                wrong = self._against(told, answer, answer.data if told.body else purchase_answer(posted)) or ""
                if not wrong:
                    return None
        return wrong

    def _purchase_shown(self, told: Told, purchase_id: str) -> str | None:
        numbers = self._visible(purchase_id, told.partner)
        if len(numbers) != 1:
            return self._against(told, SEVERAL if numbers else NOBODY, {})
        return self._against(told, Answer(POSTED), purchase_answer(self.known.model.state.purchases[numbers[0]]))

    def _visible(self, purchase_id: str, name: str) -> list[int]:
        """Return the numbers of the purchases that a partner knows by an id: one, if it is the only one, the one that
        it posted itself, or the one that has the id alone (decision 28)."""
        who, alone = partner(name), self.known.numbers.get(purchase_id)
        seen = {
            one: self.known.numbers[one]
            for one in (purchase_id, *self._given(purchase_id))
            if one in self.known.numbers and self.known.model.state.visible(self.known.numbers[one], who)
        }
        own = [number for one, number in seen.items() if self.known.events[one].partner_id == name]
        if len(own) == 1 or alone is None:
            return own if len(own) == 1 else list(seen.values())
        return [alone] if alone in seen.values() else list(seen.values())

    def _wallet_shown(self, told: Told, name: str) -> str | None:
        record = self._account(name)
        if record is None:
            return self._against(told, NOBODY, {})
        state = self.known.model.state
        told_now = wallet_answer(state.account(record["id"]), dict(record), state.programme, int(told.ended))
        return self._against(told, Answer(POSTED), told_now)

    def _journal_shown(self, told: Told, name: str) -> str | None:
        """Return what is wrong with a page of a journal: events without a gap, and none missing but the latest."""
        record = self._account(name)
        if record is None:
            return self._against(told, NOBODY, {})
        if told.answer.status != 200:
            return f"told {told.answer.status}"
        journal = self.known.model.state.account(record["id"]).journal
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
        event = self.known.places.get((account, number))
        return self.known.committed[event.entry.event_id] if event else inf

    def _as_told(self, account: str, line: Json, name: str) -> Json:
        """Return a line of a journal as a partner is told it: what it is of others, without a name."""
        event = self.known.places[account, line["sequence"]]
        merchant, who = event.entry.merchant_id, partner(name)
        if isinstance(event.document, PurchaseDocument):
            outlet = event.document.outlet_id
        elif isinstance(event.document, ReversalDocument):
            outlet = self.known.events[event.document.reverses].purchase_document.outlet_id
        else:
            return line
        return line if who.may(merchant, outlet) else {**line, "reference_number": None, "event_id": None}

    def _account(self, name: str) -> Json | None:
        programme = self.known.model.state.programme
        return programme.get("account", name) or programme.named("account", "number", name)

    def _against(self, told: Told, answer: Answer, expected: Json) -> str | None:
        """Return where an answer of the API is not the model's."""
        code = refusal(told)
        if code is not None or answer.outcome == REFUSED:
            if code in PASSING or code in {one for _, one in answer.problems} or answer.code in faults_of(told):
                return None
            return f"told {code}, not {answer.outcome} {answer.problems}"
        return "; ".join(differences(told.answer.body, expected)) or None
