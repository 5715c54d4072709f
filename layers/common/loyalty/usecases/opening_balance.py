"""Bringing a balance over from elsewhere: an ADJUSTMENT event, posted once."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from loyalty.domain.errors import Code, Problem, Refused
from loyalty.domain.identity import Origin, derived_id, fingerprint
from loyalty.domain.money import ZERO, rounded
from loyalty.domain.programme import Programme
from loyalty.domain.purchase import Reference
from loyalty.domain.wallet import Entry, EventType, Movement
from loyalty.store.customers import Customer
from loyalty.store.ledger import Event
from loyalty.store.table import Table
from loyalty.usecases.posting import Posting, post_event


def post_opening_balance(record: Mapping[str, Any], *, programme: Programme, table: Table, now: datetime) -> Posting:
    """Post an `opening_balance` record, whose account is an id by now, in the wallet's currency.

    Raises:
        Refused: see `post_event`; INVALID, where the currency has fewer decimals than the amount; DUPLICATE, where the
            record's id was posted with another amount, account or date.
    """
    amount, at = Decimal(record["amount"]), datetime.fromisoformat(record["performed_on"]).replace(tzinfo=UTC)

    def adjustment(customer: Customer) -> Event:
        currency = programme.wallet_currency(customer.account)
        if amount != rounded(amount, currency.exponent):
            description = f"{currency.code} has {currency.exponent} decimals."
            raise Refused(Problem(Code.INVALID, description, "/amount"))
        alternative = programme.alternative_of(amount, customer.account, at)
        movement = Movement(amount, ZERO, alternative, None if alternative is None else ZERO)
        after = customer.wallet.moved(movement)
        entry = Entry(
            account_id=after.account_id,
            sequence=after.version,
            event_id=derived_id(Origin.OPENING_BALANCE, record["id"]),
            type=EventType.ADJUSTMENT,
            performed_on=at,
            posted_on=now,
            reference_number=record["id"],
            merchant_id=None,
            movement=movement,
            balance=after.balance,
            alternative_balance=programme.alternative_of(after.balance, customer.account, at),
        )
        return Event(entry, Origin.OPENING_BALANCE, fingerprint(dict(record)), partner_id=None, document={})

    return post_event(
        record["account"],
        adjustment,
        named=Reference("id", record["account"], "/account"),
        table=table,
        duplicate=Problem(Code.DUPLICATE, "This opening balance was posted already, and differently.", "/id"),
    )
