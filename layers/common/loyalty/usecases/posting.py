"""Posting events once, however often they are asked for and whoever else moves the same wallet meanwhile."""

import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from loyalty.domain.errors import Code, Problem, Refused, not_found
from loyalty.domain.money import ZERO
from loyalty.domain.purchase import Account, LifeCycle, Reference
from loyalty.store import ledger
from loyalty.store.customers import Customer, read_customer
from loyalty.store.events import Event
from loyalty.store.keys import Key
from loyalty.store.ledger import Changed, Pending, Unpostable
from loyalty.store.table import MAX_TRANSACTION, Add, Table

MAX_TRIES = 12
"""Tries to post while other events of the same wallet get in first: two seconds of them, on average."""


@dataclass(frozen=True, slots=True)
class Posting:
    """What became of a request: its event, and whether that had been posted by an earlier, equal request."""

    event: Event
    replayed: bool


Outcome = Posting | Refused
Used = Mapping[Key, Decimal]
"""What all accounts together have used, by the key of the counter."""

Pause = Callable[[int], None]


class Draft(Protocol):
    """An event on its way: all that stays the same from one try to the next.

    `named` is how the caller named the account, `duplicate` what to say if another request has the event's identity.
    """

    @property
    def named(self) -> Reference: ...

    @property
    def duplicate(self) -> Problem: ...

    def counters(self, account: Account) -> Iterable[Key]:
        """The counters that `pending` has to know."""

    def pending(self, customer: Customer, used: Used) -> Pending:
        """The event, as the next one of the customer's wallet.

        Raises:
            Refused: it cannot be had.
        """


def pause(tries: int) -> None:
    """Wait before the next try: longer each time, and at random so that rivals do not meet again."""
    time.sleep(random.uniform(0, min(0.4, 0.02 * 2**tries)))  # noqa: S311 - not a secret


def post_event(account_id: str, draft: Draft, *, table: Table, pause: Pause = pause) -> Posting:
    """Post one event.

    Raises:
        Refused: NOT_FOUND or INVALID, where the account does not exist or is not active; DUPLICATE; RETRY_LATER, where
            others got in first every time; whatever the draft refuses. Nothing was posted.
    """
    (outcome,) = post_in_order(account_id, [draft], table=table, pause=pause)
    if isinstance(outcome, Refused):
        raise outcome
    return outcome


def post_in_order(account_id: str, drafts: Sequence[Draft], *, table: Table, pause: Pause = pause) -> list[Outcome]:
    """Post events of one wallet, one after the other, as many in a transaction as fit; answers what became of each.

    They stand or fall alone: what cannot be posted is left out, and the next one is priced on the wallet without it.
    Where the wallet has moved, all that is not posted yet is read and priced anew.
    """
    outcomes: dict[int, Outcome] = {}
    tries = 0
    while len(outcomes) < len(drafts):
        left = {place: draft for place, draft in enumerate(drafts) if place not in outcomes}
        try:
            pending, refused = _drawn_up(account_id, left, table)
            if pending:
                ledger.post(table, list(pending.values()))
        except Changed:
            tries += 1
            if tries == MAX_TRIES:
                description = "This wallet is very busy. Nothing was posted; send the request again."
                outcomes |= dict.fromkeys(left, Refused(Problem(Code.RETRY_LATER, description)))
            else:
                pause(tries)
        except Unpostable as unpostable:
            outcomes |= _unpostable(unpostable, pending, left)
        except Refused as busy:
            outcomes |= dict.fromkeys(left, busy)
        else:
            outcomes |= {place: Posting(one.event, replayed=False) for place, one in pending.items()} | refused
            tries = 0
    return [outcomes[place] for place in range(len(drafts))]


def active(customer: Customer | None, named: Reference) -> Customer:
    """The customer whom the caller named as `named`.

    Raises:
        Refused: NOT_FOUND or INVALID, where the account does not exist or is not active.
    """
    if customer is None:
        raise Refused(not_found("Account", named.value, named.pointer))
    if customer.account.life_cycle_state is not LifeCycle.ACTIVE:
        description = f"The account is {customer.account.life_cycle_state}."
        raise Refused(Problem(Code.INVALID, description, named.pointer))
    return customer


def read_used(table: Table, counters: Iterable[Key]) -> dict[Key, Decimal]:
    """What all accounts together have used, for each of `counters`."""
    wanted = list(counters)
    items = table.get_many(wanted, consistent=True) if wanted else {}
    return {key: items[key]["used"] if key in items else ZERO for key in wanted}


def _drawn_up(
    account_id: str, drafts: Mapping[int, Draft], table: Table
) -> tuple[dict[int, Pending], dict[int, Outcome]]:
    """The next events of the wallet, as many as fit into a transaction, and those that are refused among them."""
    customer = read_customer(table, account_id)
    counters = {key for draft in drafts.values() for key in draft.counters(customer.account)} if customer else set()
    used = read_used(table, counters)
    pending: dict[int, Pending] = {}
    refused: dict[int, Outcome] = {}
    taken: set[Key] = set()
    room = MAX_TRANSACTION - 1
    for place, draft in drafts.items():
        try:
            one = draft.pending(active(customer, draft.named), used)
        except Refused as refusal:
            refused[place] = refusal
            continue
        room -= one.writes
        if room < 0 or taken & one.own_keys:
            break
        taken |= one.own_keys
        pending[place] = one
        assert customer
        customer = Customer(customer.account, one.wallet)
        for effect in one.effects:
            if isinstance(effect.write, Add):
                used[effect.write.key] = used.get(effect.write.key, ZERO) + effect.write.amount
    return pending, refused


def _unpostable(
    unpostable: Unpostable, pending: Mapping[int, Pending], drafts: Mapping[int, Draft]
) -> dict[int, Outcome]:
    places = list(pending)
    outcomes: dict[int, Outcome] = {places[at]: Refused(problem) for at, problem in unpostable.refused.items()}
    for at, rival in unpostable.rivals.items():
        place = places[at]
        if rival is None or rival.fingerprint != pending[place].event.fingerprint:
            outcomes[place] = Refused(drafts[place].duplicate)
        else:
            outcomes[place] = Posting(rival, replayed=True)
    return outcomes
