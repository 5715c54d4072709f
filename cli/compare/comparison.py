"""Recorded calls, answered in a sandbox one after the other, and held against what the vendor answered."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from cli.compare.by_design import NOBODY_CALLED, OPENING, REFUSALS, FieldPair, tells_who_called
from cli.compare.calls import ANSWERED, Caller, SandboxAnswer
from cli.compare.differences import ComparedField, compare_answers
from cli.compare.openings import BALANCES, Openings
from cli.compare.recording import BadRecord, RecordedCall
from cli.compare.report import WHOLE, ComparisonReport
from cli.compare.sandbox import SandboxTable
from cli.compare.told_ids import ToldIds
from cli.compare.worth import EFFECTS, POSTED
from cli.docs.route import Route
from cli.programme.draft_preview import ANYBODY
from loyalty.domain.access.partner import Partner
from loyalty.domain.errors import Code
from loyalty.store.table import Table
from loyalty.usecases.engine import Engine

CODES = frozenset(Code)
"""Our error codes, in which the classic API and ours are of one style; the vendor's newest API has others."""

STATUS = "/(HTTP status)"
"""In the place of a pointer: what is compared of an answer beside its body."""


@dataclass(frozen=True)
class Comparison:
    """A comparison with what a table holds, which stays as it is.

    Attributes:
        base: the table with the programme.
        partner: the partner that the calls come from.
        now: the time of calls of which the recording does not tell it.
        from_recording: whether wallets begin with the balances that the recording tells first.
    """

    base: Table
    partner: Partner
    now: datetime
    from_recording: bool = False

    def run(self, calls: Iterable[RecordedCall | BadRecord], report: ComparisonReport) -> None:
        """Compare calls in their order, each after what those before it have done."""
        with closing(SandboxTable(self.base)) as table, closing(ToldIds()) as told:
            caller = Caller(Engine.on(table), self.partner)
            with closing(Openings(table)) as openings:
                one = _Run(caller, told, openings if self.from_recording else None, report)
                for call in calls:
                    if isinstance(call, BadRecord):
                        report.bad += 1
                    else:
                        one.take(call, call.at or self.now)


@dataclass(frozen=True, slots=True)
class _Run:
    caller: Caller
    told: ToldIds
    openings: Openings | None
    report: ComparisonReport

    def take(self, call: RecordedCall, now: datetime) -> None:
        """Answer a call, and hold the answer against the recorded one."""
        found = call.address.route(call.method)
        if found is None or found[0].name not in ANSWERED:
            self.report.not_compared[f"{call.method} {call.address.describe()}"] += 1
            return
        route, path = found[0], self.told.in_path(found[1])
        asked = replace(call, request=self.told.in_request(call.request))
        is_opened = self.openings is not None and self.openings.open(route.name, asked, path, now)
        ours = self.caller.call(route.name, asked, path, now)
        disagreements = []
        for one in self._compared(call, route, ours):
            if is_opened and one.agrees and one.pair.pointer == BALANCES[route.name]:
                self.report.add_agreement(one.pair, OPENING)
            elif not one.agrees and self.caller.partner is ANYBODY and tells_who_called(one.pair):
                self.report.add_agreement(one.pair, NOBODY_CALLED)
            elif one.agrees or one.reason:
                self.report.add_agreement(one.pair, None if one.agrees else one.reason)
            else:
                disagreements.append(one.pair)
        self.report.add_disagreements(call, route.call, EFFECTS.get(route.name, POSTED), disagreements)

    def _compared(self, call: RecordedCall, route: Route, ours: SandboxAnswer) -> Iterator[ComparedField]:
        """Compare two answers: all of their fields if both sides do what is asked, the errors if both refuse it."""
        theirs = SandboxAnswer(call.status, call.response)
        refusals = [_refusal(one, classic=route.classic) for one in (theirs, ours)]
        status = FieldPair(STATUS, call.status, ours.status, {}, call.request)
        if any(refusals) and not all(refusals):
            outcomes = [refusal or one.body for refusal, one in zip(refusals, (theirs, ours), strict=True)]
            yield ComparedField(FieldPair(WHOLE, outcomes[0], outcomes[1], {}, call.request), agrees=False)
            return
        reason = REFUSALS if all(refusals) else None
        self.report.refused += all(refusals)
        yield ComparedField(status, call.status == ours.status, reason)
        if reason and not route.classic:
            codes = _code(theirs.body), _code(ours.body)
            pair = FieldPair("/code", codes[0], codes[1], {}, call.request)
            yield ComparedField(pair, codes[0] == codes[1], None if codes[0] in CODES else reason)
        else:
            yield from compare_answers(call.response, ours.body, call.request, self.told)


def _refusal(answer: SandboxAnswer, *, classic: bool) -> str | None:
    """Return how a call was refused, None if it was not. The classic API may say so with status 200."""
    envelope = answer.body.get("status") if classic and isinstance(answer.body, dict) else None
    code = envelope.get("code") if isinstance(envelope, dict) else None
    if answer.status < 400 and code in (None, "OK"):
        return None
    return f"refused: {answer.status} {code or _code(answer.body) or ''}".rstrip()


def _code(body: Any) -> str | None:
    """Return the code of an error of the newest API."""
    body = body if isinstance(body, dict) else {}
    found = next((body[name] for name in ("code", "error_code", "error") if name in body), None)
    return found if isinstance(found, str) else None
