"""Posting an event once, however often it is asked for and whoever else moves the same wallet meanwhile."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from loyalty.domain.errors import Code, Problem, Refused, not_found
from loyalty.domain.purchase import LifeCycle, Reference
from loyalty.store import ledger
from loyalty.store.customers import Customer, read_customer
from loyalty.store.ledger import AlreadyPosted, Event, WalletMoved
from loyalty.store.table import Table

MAX_TRIES = 12
"""Tries to post while other events of the same wallet get in first: two seconds of them, on average."""


@dataclass(frozen=True, slots=True)
class Posting:
    """What became of a request: its event, and whether that had been posted by an earlier, equal request."""

    event: Event
    replayed: bool


Pause = Callable[[int], None]


def pause(tries: int) -> None:
    """Wait before the next try: longer each time, and at random so that rivals do not meet again."""
    time.sleep(random.uniform(0, min(0.4, 0.02 * 2**tries)))  # noqa: S311 - not a secret


def post_event(
    account_id: str,
    make: Callable[[Customer], Event],
    *,
    named: Reference,
    table: Table,
    duplicate: Problem,
    pause: Pause = pause,
) -> Posting:
    """Read the customer, `make` the next event of the wallet, post it; start over where the wallet has moved.

    `named` is how the caller named the account, `duplicate` what to say if another request has the event's identity.

    Raises:
        Refused: NOT_FOUND or INVALID, where the account does not exist or is not active; DUPLICATE; RETRY_LATER, where
            others got in first every time; whatever `make` refuses. Nothing was posted.
    """
    for tries in range(MAX_TRIES):
        customer = read_active_customer(table, account_id, named)
        event = make(customer)
        try:
            ledger.post(table, event)
        except WalletMoved:
            pause(tries)
        except AlreadyPosted as rival:
            if rival.event is None or rival.event.fingerprint != event.fingerprint:
                raise Refused(duplicate) from rival
            return Posting(rival.event, replayed=True)
        else:
            return Posting(event, replayed=False)
    raise Refused(Problem(Code.RETRY_LATER, "This wallet is very busy. Nothing was posted; send the request again."))


def read_active_customer(table: Table, account_id: str, named: Reference) -> Customer:
    """The customer whom the caller named as `named`.

    Raises:
        Refused: NOT_FOUND or INVALID, where the account does not exist or is not active.
    """
    customer = read_customer(table, account_id)
    if customer is None:
        raise Refused(not_found("Account", named.value, named.pointer))
    if customer.account.life_cycle_state is not LifeCycle.ACTIVE:
        description = f"The account is {customer.account.life_cycle_state}."
        raise Refused(Problem(Code.INVALID, description, named.pointer))
    return customer
