"""Events as they were committed, in that order, put before the model: each has to be what the model posts there for one
of the requests that were sent."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from loyalty.domain.access.guesses import AT_A_PASS_CODE
from loyalty.domain.events.documents import PurchaseDocument, ReversalDocument
from loyalty.domain.identity import told_id
from loyalty.domain.ledger.wallet import EventType
from loyalty.domain.money import ZERO
from loyalty.domain.purchases.purchase import RowOrigin
from loyalty.store import keys
from loyalty.store.events import Event
from tests.model.history import CANCEL, EXPIRY, IMPORT, POSTED, REFUSED, REPLAYED, RETURN, Answer, Entry
from tests.simulation.comparison import (
    awards_of_event,
    awards_of_model,
    budgets_of_event,
    compared,
    line_differences,
    shown,
    spends_of_event,
    spends_of_model,
    uses_of_event,
    uses_of_model,
)
from tests.simulation.known import Known
from tests.simulation.plans import PlanSearch
from tests.simulation.requests import Request, partner

Json = Mapping[str, Any]

Overtaken = Mapping[str, list[tuple[RowOrigin, Event]]]
"""Rows or entries, each with its event, that are committed later than a later one of their wallet, by the id of the
first such later one's event."""


@dataclass
class CommitJudge:
    """Puts events before the model.

    Attributes:
        known: What is known of the world.
        plans: Finds what purchases went by.
        refused_first: Rows of files that the model refuses where a later row of their wallet was posted before them.
    """

    known: Known
    plans: PlanSearch = field(init=False)
    refused_first: set[RowOrigin] = field(default_factory=set)
    _overtaken_rows: Overtaken = field(default_factory=dict)
    _overtaken_entries: Overtaken = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.plans = PlanSearch(self.known)

    def expect(self, events: list[Event]) -> None:
        """Know which events come, in the order in which they were committed."""
        self.plans.coming = events
        purchases = [event for event in events if isinstance(event.document, PurchaseDocument)]
        self._overtaken_rows = overtaken((row, event) for event in purchases if (row := event.purchase_document.upload))
        first: dict[tuple[RowOrigin, str], Event] = {}
        for event in purchases:
            name = event.partner_id or "", event.entry.reference_number or ""
            if (place := self.known.entries.get(name)) is not None:
                # What has no identity is posted anew by each try of its call.
                first.setdefault((place, event.entry.account_id), event)
        self._overtaken_entries = overtaken((place, event) for (place, _), event in first.items())

    def judge(self, at: float, event: Event) -> None:
        """Put the next event before the model, where it was committed."""
        self.plans.coming.remove(event)
        self.known.import_records()
        entry = event.entry
        self.known.events[entry.event_id], self.known.committed[entry.event_id] = event, at
        self.plans.begin(at)
        self.known.places[entry.account_id, entry.sequence] = event
        self.known.news.of(entry.account_id)
        if int(entry.posted_on.timestamp()) > at:
            self._wrong("events_are_posted_when_they_say", event, [f"{entry.posted_on}, and it is {at}"])
        match entry.type:
            case EventType.PURCHASE:
                rows = self._overtaken_rows.get(entry.event_id, ())
                self.refused_first |= {row for row, posted in rows if self._is_refused(posted, event)}
                for place, posted in self._overtaken_entries.get(entry.event_id, ()):
                    if not self._is_refused(posted, event) and not self._is_given_up(posted, event):
                        found = [f"it is entry {place.number} of its call, and posted after {entry.reference_number}"]
                        self._wrong("wallets_keep_the_order_of_a_bulk_call", posted, found)
                self._purchase(at, event)
            case EventType.CANCELLATION | EventType.RETURN:
                self._reversal(at, event)
            case EventType.EXPIRY:
                expiry = Entry(int(entry.posted_on.timestamp()), EXPIRY, body={"account": entry.account_id})
                with self.known.under(self.plans.programme_of(event)):
                    answer = self.known.model.take(expiry)
                self._of_all(event, answer)
            case EventType.ADJUSTMENT:
                row = next((row for row in self._opening_balances() if self._is_of(event, row)), None)
                if row is None:
                    self._wrong("every_event_was_asked_for", event, ["no file has this balance"])
                    return
                opening = Entry(int(entry.posted_on.timestamp()), IMPORT, rows=(dict(row),))
                with self.known.under(self.plans.programme_of(event)):
                    answer = self.known.model.take(opening)
                self._of_all(event, answer)

    def _opening_balances(self) -> Iterator[Json]:
        """Return all opening balances that files had."""
        yield from (row for row in self.known.load.sent if row["type"] == "opening_balance")
        for sent in self.known.load.files:
            yield from (row for row in sent.rows if row.get("type") == "opening_balance")
        for done in self.known.load.operated:
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

    def _purchase(self, at: float, event: Event) -> None:
        moment = event.entry.posted_on.timestamp()
        request = self._request(event)
        if request is None:
            self._wrong("every_event_was_asked_for", event, ["no call and no row has"])
            return
        entry = request.entry(moment)
        plan, programme = self.plans.plan(entry, event)
        with self.plans.watching(at), self.known.under(programme):
            answer = self.known.model.carry_out(entry, plan) if plan else self.known.model.take(entry)
        self.known.news.of(event.entry.account_id, request.names)
        if answer.outcome != POSTED:
            name = "one_event_of_each_identity" if answer.outcome == REPLAYED else "the_model_posts_what_was_posted"
            self._wrong(name, event, [f"the model answers {answer.outcome} {answer.problems}"])
            return
        assert answer.number is not None
        self.known.numbers[event.entry.event_id] = answer.number
        self._compare_purchase(event, answer)

    def _compare_purchase(self, event: Event, answer: Answer) -> None:
        assert answer.number is not None
        posted = self.known.state.purchases[answer.number]
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

    def _is_given_up(self, event: Event, before: Event) -> bool:
        """Tell whether an event was posted after a file had given up rows, which has posted the one `before`."""
        upload = before.purchase_document.upload
        return upload is not None and self.known.load.has_given_up(upload.upload_id, event)

    def _is_refused(self, event: Event, before: Event) -> bool:
        """Tell whether the model refuses what is posted after the one `before` by the same call or file, or its pass
        code may have been locked. Names were read when the call began, however long it took."""
        request, moment = self._request(event), before.entry.posted_on.timestamp()
        if request is None:
            return False
        if self._may_be_locked(request, self.known.committed[before.entry.event_id]):
            return True

        def look() -> str | None:
            answer = self.known.model.would(request.entry(moment))
            return None if answer.outcome == REFUSED else f"the model answers {answer.outcome}"

        return self.known.under_any_programme(look, moment) is None

    def _may_be_locked(self, request: Request, moment: float) -> bool:
        """Tell whether the pass code that a request shows was tried until a moment as often as locks it."""
        card = request.body.get("accounts_receivable_identifier", {}).get("access_token_identifier", {})
        token = self.known.state.programme.named("access_token", "identifier", card.get("identifier"))
        if token is None:
            return False
        tries, most = keys.pass_code_tries(token["id"], "").pk, min(one.most for one in AT_A_PASS_CODE)
        return any(
            name.startswith("guesses") and int(value["N"]) >= most
            for at, place, item in self.known.world.dynamo.written
            if place[0] == tries and at <= moment and item is not None
            for name, value in item.items()
        )

    def _request(self, event: Event) -> Request | None:
        """Return the request that an event was posted for: the row that it names, or the call that was told its id, or
        one that was sent again before its answer came."""
        origin, entry = event.purchase_document.upload, event.entry
        if origin is not None and (row := self.known.rows.get((origin.upload_id, origin.number))):
            return row
        sent = [
            one for one in self.known.requests.get(entry.reference_number or "", ()) if one.partner == event.partner_id
        ]
        told = [one for one in sent if one.told == entry.told_id]
        net = sum(Fraction(line.net) for line in event.purchase_document.lines)
        # Two owners of a code may each have a purchase of one id, with other goods.
        alike = [one for one in told or sent if _net(one.body) == net] or told
        if any(one.body != alike[0].body for one in alike):
            alike.sort(key=lambda one: not self._may_be_of(event, one))
        return alike[0] if alike else None

    def _may_be_of(self, event: Event, request: Request) -> bool:
        """Tell whether the model would post a request where an event was committed, to its wallet and at its merchant.
        Names were read when the call began."""
        moment = event.entry.posted_on.timestamp()

        def look() -> str | None:
            plan = self.known.model.plan(request.entry(moment))
            found = plan and (plan.purchase.account, plan.purchase.merchant)
            return None if found == (event.entry.account_id, event.entry.merchant_id) else f"the model finds {found}"

        return self.known.under_any_programme(look, moment) is None

    def _reversal(self, at: float, event: Event) -> None:
        entry, document = event.entry, event.reversal_document
        kind = CANCEL if entry.type is EventType.CANCELLATION else RETURN
        number = self.known.numbers.get(document.reverses)
        moment = int(entry.posted_on.timestamp())
        body: Json = {}
        if kind == RETURN:
            sent = self.known.returns.get((told_id(document.reverses), entry.reference_number or ""), [])
            if not sent:
                self._wrong("every_event_was_asked_for", event, ["no call has"])
                return
            body = next((told for told in sent if told.answer.status == 200), sent[0]).body
        who = partner(event.partner_id or "")
        with self.plans.watching(at), self.known.under(self.plans.programme_of(event)):
            answer = self.known.model.take(Entry(moment, kind, who, dict(body), of=number))
        if answer.outcome != POSTED:
            self._wrong("the_model_posts_what_was_posted", event, [f"it answers {answer.outcome} {answer.problems}"])
            return
        if kind == RETURN and answer.number is not None:
            self.known.numbers[entry.event_id] = answer.number
        self._line(event, answer.entry)
        posted = self.known.state.purchases[number or 0]
        waived = answer.data["waived"] if kind == RETURN else self._waived_by(document, posted.waived)
        if Fraction(document.waived) != waived:
            self._wrong("waived_amounts_are_the_models", event, [f"{document.waived}, not {shown(waived)}"])

    def _waived_by(self, document: ReversalDocument, outstanding: Fraction) -> Fraction:
        """Return what a cancellation has waived, if so much is outstanding after it: what was waived before is told by
        earlier events, and so is what was settled of it. What it gives back may settle what was waived of its own
        purchase."""
        earlier = (one.document for one in self.known.events.values() if isinstance(one.document, ReversalDocument))
        changes = (one.outstanding.get(document.reverses, ZERO) for one in earlier if one is not document)
        settled = Fraction(document.settled.get(document.reverses, ZERO))
        return outstanding - sum(map(Fraction, changes), Fraction(0)) + settled

    def _wrong(self, rule: str, event: Event, found: Any) -> None:
        entry = event.entry
        about = f"{entry.account_id} {entry.sequence}, {entry.type} {entry.reference_number} {entry.event_id}"
        self.known.found[rule].extend(f"{about}: {one}" for one in found)


def overtaken(events: Iterable[tuple[RowOrigin, Event]]) -> Overtaken:
    """Return the rows, or the entries of bulk calls, that are posted after a later one of their file or call, and
    wallet."""
    found: dict[str, list[tuple[RowOrigin, Event]]] = defaultdict(list)
    risen: dict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
    for row, event in events:
        before = risen[row.upload_id, event.entry.account_id]
        if before and before[-1][0] > row.number:
            found[next(event_id for number, event_id in before if number > row.number)].append((row, event))
        else:
            before.append((row.number, event.entry.event_id))
    return found


def _net(body: Json) -> Fraction:
    inner = body.get("purchase_customer_event", body)
    return sum(
        (Fraction(str(line["net_amount"])) for line in inner.get("products", inner.get("products_set", ()))),
        Fraction(0),
    )
