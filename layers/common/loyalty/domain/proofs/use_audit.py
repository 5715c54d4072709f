"""Proof of what an account has used of limits: a recount of its events, which shares no arithmetic with the engine's.

It keeps every window for ever, where the engine remembers a few; so it sees what the engine may have forgotten.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from msgspec import Struct, field

from loyalty.domain.ledger.uses import MAX_WINDOWS, Use, Uses, WindowUse
from loyalty.domain.ledger.wallet import EventType, JournalEntry
from loyalty.domain.ledger.windows import same_period
from loyalty.domain.money import ZERO

USES_COUNTED = "a wallet's uses of limits are those of its journal"
WITHIN_LIMITS = "no account uses more than its limits allow"
FORGOTTEN_USED_UP = "a period whose uses are forgotten counts as used up"


class UseDeviation(NamedTuple):
    """A rule that does not hold: of which event (None for the wallet), and what was found instead."""

    event_id: str | None
    rule: str
    found: str


class _Count(Struct):
    """The standing uses of a subject in one window, and whether they were forgotten while some of them stood."""

    times: int = 0
    amounts: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    forgotten: bool = False

    @property
    def stands(self) -> bool:
        return self.times > 0 or any(amount > 0 for amount in self.amounts.values())

    def describe(self) -> str:
        amounts = {currency: amount for currency, amount in self.amounts.items() if amount}
        return _describe_uses(self.times, amounts)


_Counts = dict[str, dict[str, _Count]]


def use_findings(uses: Uses, entries: Sequence[JournalEntry]) -> Iterator[UseDeviation]:
    """Return what does not hold of a wallet's `uses` beside its whole journal (in any order), whose movements tell of
    uses."""
    counts: _Counts = defaultdict(lambda: defaultdict(_Count))
    for entry in sorted(entries, key=lambda entry: entry.sequence):
        for use in entry.movement.uses:
            windows = counts[use.subject]
            if entry.type is EventType.PURCHASE:
                yield from _beyond(use, windows[use.window], entry)
            windows[use.window].times += use.count
            windows[use.window].amounts[use.currency] += use.amount
            _forget(windows, len(use.window))
    yield from _compare_remembered(uses, counts)


def _beyond(use: Use, before: _Count, entry: JournalEntry) -> Iterator[UseDeviation]:
    """Return what a purchase used beyond what was left to it."""
    where = f"{use.subject} in {use.window or 'all time'}"
    if before.forgotten:
        yield UseDeviation(entry.event_id, FORGOTTEN_USED_UP, f"{where}, used once more")
    times, amount = before.times + use.count, before.amounts[use.currency] + use.amount
    if use.per_account is not None and times > use.per_account:
        yield UseDeviation(entry.event_id, WITHIN_LIMITS, f"{where}: {times} times")
    if use.per_account_amount is not None and amount > use.per_account_amount:
        yield UseDeviation(entry.event_id, WITHIN_LIMITS, f"{where}: {amount}")


def _forget(windows: Mapping[str, _Count], length: int) -> None:
    """Mark what a wallet has to forget now: all but the latest windows of a period (of which each has a length of its
    own) in which something stands."""
    standing = [name for name, one in windows.items() if len(name) == length and one.stands and not one.forgotten]
    for name in sorted(standing)[:-MAX_WINDOWS]:
        windows[name].forgotten = True


def _compare_remembered(uses: Uses, counts: _Counts) -> Iterator[UseDeviation]:
    """Return where what the wallet remembers is not what was counted."""
    for subject in sorted(uses.by_subject.keys() | counts.keys()):
        history = uses.by_subject.get(subject)
        kept = history.windows if history else {}
        for latest in sorted(history.forgotten if history else ()):
            if sum(same_period(latest, window) for window in counts[subject]) < MAX_WINDOWS:
                found = f"{subject} up to {latest or 'all time'}: forgotten, but nothing had to be"
                yield UseDeviation(None, USES_COUNTED, found)
        for window in sorted(kept.keys() | counts[subject].keys()):
            counted, used = counts[subject][window], kept.get(window, WindowUse())
            lost = window not in kept and (counted.forgotten or not counted.stands)
            same = used.count == counted.times and not _differences(used.amounts, counted.amounts)
            if not lost and not same:
                found = f"{_describe_uses(used.count, used.amounts)} in the wallet, {counted.describe()} in the journal"
                yield UseDeviation(None, USES_COUNTED, f"{subject} in {window or 'all time'}: {found}")


def _differences(held: Mapping[str, Decimal], counted: Mapping[str, Decimal]) -> set[str]:
    return {name for name in held.keys() | counted.keys() if held.get(name, ZERO) != counted.get(name, ZERO)}


def _describe_uses(times: int, amounts: Mapping[str, Decimal]) -> str:
    return ", ".join([f"{times} times", *(f"{amount} {currency}".strip() for currency, amount in amounts.items())])
