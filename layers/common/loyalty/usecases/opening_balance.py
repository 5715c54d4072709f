"""Bringing a balance over from elsewhere: an ADJUSTMENT event, posted once."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from loyalty.domain.errors import Code, Problem
from loyalty.domain.identity import Origin, derived_id, fingerprint
from loyalty.domain.money import ZERO
from loyalty.domain.purchase import Reference
from loyalty.domain.wallet import Entry, EventType, Movement
from loyalty.store.customers import Customer
from loyalty.store.ledger import Event
from loyalty.store.table import Table
from loyalty.usecases.posting import Posting, post_event


def post_opening_balance(record: Mapping[str, Any], *, table: Table, now: datetime) -> Posting:
    """Post an `opening_balance` record, whose account is an id by now, in the wallet's currency.

    Raises:
        Refused: see `post_event`; DUPLICATE, where the record's id was posted with another amount, account or date.
    """

    def adjustment(customer: Customer) -> Event:
        movement = Movement(awarded=Decimal(record["amount"]), spent=ZERO)
        after = customer.wallet.moved(movement)
        entry = Entry(
            account_id=after.account_id,
            sequence=after.version,
            event_id=derived_id(Origin.OPENING_BALANCE, record["id"]),
            type=EventType.ADJUSTMENT,
            performed_on=datetime.fromisoformat(record["performed_on"]).replace(tzinfo=UTC),
            posted_on=now,
            reference_number=record["id"],
            merchant_id=None,
            movement=movement,
            balance=after.balance,
            alternative_balance=None,
        )
        return Event(entry, Origin.OPENING_BALANCE, fingerprint(dict(record)), partner_id=None, document={})

    return post_event(
        record["account"],
        adjustment,
        named=Reference("id", record["account"], "/account"),
        table=table,
        duplicate=Problem(Code.DUPLICATE, "This opening balance was posted already, and differently.", "/id"),
    )
