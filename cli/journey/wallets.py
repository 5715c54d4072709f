"""Whether wallets add up: what a run did to them, against what their journals say of it.

The wallets of the households whose baskets are posted are read before the first of them and after the last. Of those
that moved, the journal between the two is read: every number once, the balances' difference equal to awards minus
spends, and every purchase that was said to be posted in it. That is two calls a household and one more for each 100
events, all through the API; events that somebody else posts meanwhile do not disturb it.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from cli.journey.api import Api, ShownEntry, ShownWallet

JOURNAL_TRIES = 6
JOURNAL_PAUSE_SECONDS = 0.1
"""Doubled with each try. The journal's index follows the events within a moment; some six seconds are plenty."""


@dataclass(slots=True)
class Book:
    """An account's wallet as it was before, and the events that were posted to it since, in order."""

    account: str
    before: ShownWallet
    posted: list[str] = field(default_factory=list)


class BookMovement(NamedTuple):
    """What happened to a wallet during the replay.

    Attributes:
        before: the balance before.
        after: the balance after.
        awarded: the sum of its awards.
        spent: the sum of its spends.
        events: the number of its events.
        missing: events that were posted or numbered, but are not in its journal.
    """

    before: Decimal
    after: Decimal
    awarded: Decimal
    spent: Decimal
    events: int
    missing: int

    @property
    def difference(self) -> Decimal:
        """By how much the wallet has more than it had and was given; zero where it adds up."""
        return self.after - self.before - self.awarded + self.spent


class BookTotals(NamedTuple):
    """The sums over all wallets, in their currency.

    Attributes:
        wallets: the number of wallets.
        moved: wallets that moved.
        events: events of all wallets.
        before: the balances before.
        after: the balances after.
        awarded: all awards.
        spent: all spends.
        difference: by how much the balances differ from what the events say.
        unbalanced: wallets that do not add up by themselves.
        missing_events: events that journals lack.
    """

    wallets: int
    moved: int
    events: int
    before: Decimal
    after: Decimal
    awarded: Decimal
    spent: Decimal
    difference: Decimal
    unbalanced: int
    missing_events: int

    @classmethod
    def of(cls, movements: Iterable[BookMovement]) -> "BookTotals":
        """Return the sum of `movements`."""
        found = list(movements)
        none = Decimal("0.00")
        return cls(
            wallets=len(found),
            moved=sum(each.events > 0 for each in found),
            events=sum(each.events for each in found),
            before=sum((each.before for each in found), none),
            after=sum((each.after for each in found), none),
            awarded=sum((each.awarded for each in found), none),
            spent=sum((each.spent for each in found), none),
            difference=sum((each.difference for each in found), none),
            unbalanced=sum(each.difference != 0 for each in found),
            missing_events=sum(each.missing for each in found),
        )

    @property
    def add_up(self) -> bool:
        """Whether each wallet has what it should have, and no event is missing."""
        return self.unbalanced == 0 and self.missing_events == 0


def open_book(account: str, api: Api) -> Book:
    """Return the book of an account's wallet as it is now.

    Raises:
        Failure: the wallet cannot be read.
    """
    return Book(account, api.wallet(account))


def movement(book: Book, api: Api) -> BookMovement:
    """Return what happened to a wallet since `book` was opened.

    Raises:
        Failure: the wallet or its journal cannot be read.
    """
    after = api.wallet(book.account)
    entries = _journal(book, after, api)
    numbered = {entry.sequence for entry in entries}
    listed = {entry.event_id for entry in entries}
    events = after.version - book.before.version
    return BookMovement(
        before=book.before.balance,
        after=after.balance,
        awarded=sum((entry.awarded for entry in entries), Decimal(0)),
        spent=sum((entry.spent for entry in entries), Decimal(0)),
        events=events,
        missing=max(events - len(numbered), len(set(book.posted) - listed)),
    )


def _journal(book: Book, after: ShownWallet, api: Api) -> list[ShownEntry]:
    if after.version == book.before.version:
        return []
    entries: list[ShownEntry] = []
    for tries in range(JOURNAL_TRIES):
        entries = api.journal(book.account, book.before.version, after.version)
        if len(entries) == after.version - book.before.version:
            break
        time.sleep(JOURNAL_PAUSE_SECONDS * 2**tries)
    return entries
