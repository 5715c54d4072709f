"""The judge: takes entries in commit order, and says what each has to be answered with."""

from collections.abc import Iterable

from tests.model.dates import NEVER, seconds
from tests.model.exact import NOTHING, Json, exact
from tests.model.expiry import expire
from tests.model.history import (
    CANCEL,
    DONE,
    EXPIRY,
    IMPORT,
    POSTED,
    PREVIEW,
    REFUSED,
    REPLAYED,
    RETURN,
    Answer,
    Entry,
)
from tests.model.posting import carry_out, decided, post, preview
from tests.model.pricing import Plan
from tests.model.purchase import Refused
from tests.model.state import State
from tests.model.taking_back import cancel, give_back, would_take_back


class Model:
    """Everything that happened, and what follows from it.

    `history` has all entries, the refused ones too, and `Model.of(history)` computes everything anew from it. `state`
    is what follows from the entries so far, so that a judge need not begin anew with each.
    """

    def __init__(self) -> None:
        self.history: list[Entry] = []
        self.state = State()

    @classmethod
    def of(cls, history: Iterable[Entry]) -> "Model":
        """Return the model of a history, computed anew."""
        model = cls()
        for entry in history:
            model.take(entry)
        return model

    def take(self, entry: Entry) -> Answer:
        """Answer the next entry. A refusal leaves nothing."""
        number = len(self.history)
        self.history.append(entry)
        try:
            if entry.kind == IMPORT:
                return self._import(entry)
            if entry.kind == EXPIRY:
                return self._expire(entry)
            if entry.kind == PREVIEW:
                return preview(self.state, entry)
            if entry.kind == CANCEL:
                return cancel(self.state, entry)
            if entry.kind == RETURN:
                return give_back(self.state, entry, number)
            return post(self.state, entry, number)
        except Refused as refusal:
            return Answer(REFUSED, problems=tuple(refusal.problems))

    def would(self, entry: Entry) -> Answer:
        """Answer a purchase, a preview, a cancellation or a return as it would be answered now, and leave everything as
        it is. Of what would be posted, it tells no more than that."""
        try:
            if entry.kind == PREVIEW:
                return preview(self.state, entry)
            if entry.kind in (CANCEL, RETURN):
                return would_take_back(self.state, entry)
            found = decided(self.state, entry)
            return Answer(REPLAYED, number=found) if isinstance(found, int) else Answer(POSTED)
        except Refused as refusal:
            return Answer(REFUSED, problems=tuple(refusal.problems))

    def carry_out(self, entry: Entry, plan: Plan) -> Answer:
        """Post a purchase by a plan that `plan` returned."""
        self.history.append(entry)
        return carry_out(self.state, entry, plan, len(self.history) - 1)

    def plan(self, entry: Entry) -> Plan | None:
        """Return the plan that a purchase would be posted by, None where it would not be."""
        try:
            found = decided(self.state, entry)
        except Refused:
            return None
        return found if isinstance(found, Plan) else None

    def _import(self, entry: Entry) -> Answer:
        """Import records (reference-data.md); an opening balance is posted once, as an event of its own."""
        programme = self.state.programme
        fresh = [row for row in entry.rows if (row["type"], row["id"]) not in programme.rows]
        programme.put([dict(row) for row in entry.rows])
        opened = [self._open(row, entry.moment) for row in fresh if row["type"] == "opening_balance"]
        return Answer(DONE, events=tuple(opened))

    def _open(self, row: Json, now: int) -> tuple[str, Json]:
        """Post an opening balance (reference-data.md, "opening_balance"): an amount that never expires."""
        account = str(self.state.programme.rows["opening_balance", row["id"]]["account"])
        amount = exact(row["amount"])
        self.state.account(account).wallet.book({NEVER: amount})
        moments = (seconds(row["performed_on"]), now)
        return account, self.state.enter(account, "ADJUSTMENT", moments, (amount, NOTHING), row["id"])

    def _expire(self, entry: Entry) -> Answer:
        """Take out what is over, of one wallet or of all (rewards.md, "Expiry"): one event for each that has any."""
        named = entry.body.get("account")
        events = []
        for account in [named] if named else sorted(self.state.accounts):
            if gone := expire(self.state.account(account).wallet, entry.moment):
                amount, ended = gone
                line = self.state.enter(account, "EXPIRY", (ended, entry.moment), (-amount, NOTHING))
                events.append((account, line))
        return Answer(DONE, events=tuple(events))
