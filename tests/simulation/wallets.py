"""The wallets that a preview may go by: it reads its customer's wallet first and what is left of budgets after it, so
that others may have posted to the wallet in between."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field

from tests.model.account import Account
from tests.model.state import State


@dataclass
class EarlierWallets:
    """The wallets there were, beside the newest: until when, whose, and what was in them."""

    before: list[tuple[float, str, Account]] = field(default_factory=list)

    def keep(self, until: float, account_id: str, state: State) -> None:
        """Keep a wallet that is about to be another."""
        account = state.account(account_id)
        plans = {id(posted.plan): posted.plan for posted in account.purchases}  # which never change
        self.before.append((until, account_id, deepcopy(account, plans)))

    def since(self, moment: float) -> Iterator[tuple[str, Account]]:
        """Return the wallets there were at a moment or later, each with whose it was; the latest first."""
        for until, account_id, account in reversed(self.before):
            if until < moment:
                return
            yield account_id, account


@contextmanager
def wallet_of_before(state: State, account_id: str, account: Account) -> Iterator[None]:
    """Let a wallet be what it was for as long as the block runs."""
    newest = state.account(account_id)
    state.accounts[account_id] = account
    try:
        yield
    finally:
        state.accounts[account_id] = newest
