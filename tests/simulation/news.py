"""What was committed since what was told was looked at: where none of it matters, the model's answer is as it was."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from tests.model.account import Account
from tests.model.state import State

T = TypeVar("T")


@dataclass
class WatchedState(State):
    """The model's state, which keeps whose accounts were asked for."""

    asked: set[str] = field(default_factory=set)

    def account(self, id_: str) -> Account:
        """Return what happened to an account."""
        self.asked.add(id_)
        return super().account(id_)

    def asking(self, look: Callable[[], T]) -> tuple[T, set[str]]:
        """Return what a look finds, and whose accounts it looks at."""
        before, self.asked = self.asked, set()
        found, asked = look(), self.asked
        self.asked = before | asked
        return found, asked


@dataclass
class News:
    """What has changed: wallets, names that tell a repetition, or what matters to everybody.

    Attributes:
        accounts: Whose wallet has moved.
        names: Ids, reference numbers and keys of purchases that were posted.
        is_for_all: Whether what is left of budgets and promo codes has changed.
        is_of_programme: Whether the programme has changed.
    """

    accounts: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    is_for_all: bool = True
    is_of_programme: bool = True

    def of(self, account: str, names: Iterable[str] = ()) -> None:
        """Take in that an event was committed."""
        self.accounts.add(account)
        self.names.update(names)

    def concern(self, accounts: set[str], names: frozenset[str]) -> bool:
        """Tell whether an answer may be another under the same programme, which looked at these accounts for these
        names."""
        return self.is_for_all or not self.accounts.isdisjoint(accounts) or not self.names.isdisjoint(names)

    def clear(self) -> None:
        """Take in that all was looked at."""
        self.accounts.clear()
        self.names.clear()
        self.is_for_all = self.is_of_programme = False
