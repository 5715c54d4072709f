"""What a purchase went by: of all programmes that its process may have known, and of all that may have been left of
budgets and promo codes, what its event fits."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeVar

from loyalty.domain.events.documents import PurchaseDocument
from loyalty.domain.ledger.uses import Use
from loyalty.domain.money import ZERO
from loyalty.store.events import Event
from tests.model.account import in_points
from tests.model.dates import DAY, EVER, MONTH, WEEK, YEAR
from tests.model.history import BULK, Entry
from tests.model.limits import Limits
from tests.model.money import Rates
from tests.model.pricing import Plan
from tests.model.programme import Programme
from tests.simulation.comparison import awards_of_event, awards_of_model, same
from tests.simulation.known import Known

Shared = tuple[dict[str, Fraction], dict[str, int]]
"""What all accounts together have used of budgets and promo codes."""


@dataclass
class PlanSearch:
    """Finds what purchases went by.

    Attributes:
        known: What is known of the world.
        coming: Events that were committed later than the one that is judged.
    """

    known: Known
    coming: list[Event] = field(default_factory=list)
    _transaction: tuple[float, dict[str, Fraction], dict[str, int]] = (0.0, {}, {})
    """The latest transaction, and what was used before it."""
    _shared: list[tuple[float, dict[str, Fraction], dict[str, int]]] = field(default_factory=list)
    """What all accounts together had used of budgets and promo codes until a moment."""

    def begin(self, at: float) -> None:
        """Know what was used before an event that was committed then, by itself or with others."""
        if at != self._transaction[0]:
            self._transaction = at, *self._used()

    @contextmanager
    def watching(self, at: float) -> Iterator[None]:
        """Keep what was used until now, if it is something else after the block."""
        before = self._used()
        yield
        if before != self._used():
            self._shared.append((at, *before))
            self.known.news.is_for_all = True

    def _used(self) -> Shared:
        return dict(self.known.state.given), dict(self.known.state.code_uses)

    def programme_of(self, event: Event) -> Programme:
        """Return the programme at whose rate an event tells its wallet's points, the newest where none has it."""
        newest, entry = self.known.state.programme, event.entry
        moment = int(entry.performed_on.timestamp())
        for programme in (newest, *self.known.earlier_programmes(entry.posted_on.timestamp())):
            with self.known.under(programme):
                known = ("account", entry.account_id) in programme.rows
                if known and tells_points_at(event, self.known.state.rates(entry.account_id, moment)):
                    return programme
        return newest

    def plan(self, entry: Entry, event: Event) -> tuple[Plan | None, Programme]:
        """Return the plan by which the model posts a purchase, and the programme that it goes by: of the plans by
        earlier programmes, and by what was left of budgets and promo codes since it was asked for, the one that is the
        event's; the newest where none is."""
        state = self.known.state
        newest = state.programme, state.given, state.code_uses
        found = self.known.model.plan(entry)
        try:
            if found is None or not is_plan_of(found, event):
                for programme, (given, code_uses) in self._settings_for(entry, event):
                    state.programme, state.given, state.code_uses = programme, given, code_uses
                    other = self.known.model.plan(entry)
                    state.programme, state.given, state.code_uses = newest
                    if other and is_plan_of(other, event):
                        return other, programme
        finally:
            state.programme, state.given, state.code_uses = newest
        return found, newest[0]

    def _settings_for(self, entry: Entry, event: Event) -> Iterator[tuple[Programme, Shared]]:
        """Return what a purchase may have gone by: what is likely first. Of a bulk call or a file, at last what it says
        itself that it has found of budgets."""
        newest, shared = self.known.state.programme, list(self._shared_for(event))
        earlier = self.known.earlier_programmes(int(event.entry.posted_on.timestamp()))
        yield from ((newest, one) for one in shared[1:])
        yield from ((programme, shared[0]) for programme in earlier)
        yield from ((programme, one) for programme in earlier for one in shared[1:])
        if entry.api == BULK or event.purchase_document.upload:
            yield newest, (self._found_by(event), self.known.state.code_uses)

    def _shared_since(self, moment: float) -> Iterator[Shared]:
        """Return what may have been read of budgets and promo codes since a moment, the latest first. Events of one
        transaction are priced on what was read before it, one after the other."""
        state, (_, given_before, uses_before) = self.known.state, self._transaction
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
            for one in self.coming
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
        given, document = dict(self.known.state.given), event.purchase_document
        used_up = {one.offer_id for one in document.why if one.failed == "budget"}
        for offer in self.known.state.programme.of("reward_offer"):
            drawn = Fraction(document.budgets.get(offer["id"], ZERO))
            if "budget" in offer.get("limits", {}) and (drawn or offer["id"] in used_up):
                given[offer["id"]] = Fraction(str(offer["limits"]["budget"])) - drawn
        return given


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
    verdicts = {one.offer_id: one.failed for one in document.why}
    return (
        plan.purchase.account == event.entry.account_id  # a card may be another customer's by now
        and tells_points_at(event, plan.rates)
        and awards_of_model(plan.awards, vouchers=False) == awards_of_event(document.awards)
        and awards_of_model(plan.awards, vouchers=True) == awards_of_event(document.vouchers)
        and verdicts.items() <= plan.why.items()  # an earlier programme may lack offers, and come to the same awards
        and all(_is_counted(plan.limits[use.subject], use) for use in document.uses if use.subject in plan.limits)
    )


def _is_counted(limits: Limits, use: Use) -> bool:
    """Tell whether a use was counted by these limits."""
    return LENGTHS[limits.period] == len(use.window) and (
        same(use.per_account, limits.terms.get("per_account"))
        and same(use.per_account_amount, limits.terms.get("per_account_amount"))
    )
