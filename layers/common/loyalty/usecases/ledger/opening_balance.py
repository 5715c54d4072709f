"""Bringing a balance over from elsewhere: an ADJUSTMENT event, posted once."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from msgspec import Struct

from loyalty.domain.errors import Code, Problem, Refused
from loyalty.domain.fingerprint import Fingerprint
from loyalty.domain.identity import Origin, derived_id
from loyalty.domain.ledger.wallet import EventType, Movement
from loyalty.domain.money import ZERO, rounded
from loyalty.domain.programme.programme import Programme
from loyalty.domain.purchases.account import Account
from loyalty.domain.purchases.purchase import Reference
from loyalty.store.customers import Customer
from loyalty.store.events import Event
from loyalty.store.keys import Key
from loyalty.store.ledger import PreparedEvent, read_event
from loyalty.store.table import Table
from loyalty.usecases.ledger.journal_entry import EntryHeader, journal_entry, with_alternative
from loyalty.usecases.ledger.post_events import PostedEvent, post_event
from loyalty.usecases.ledger.transaction_batch import Used, require_active


def post_opening_balance(
    record: Mapping[str, Any], *, programme: Programme, table: Table, now: datetime
) -> PostedEvent:
    """Post an `opening_balance` record, whose account is an id by now, in the wallet's currency.

    Raises:
        Refused: see `post_event`; INVALID, if the currency has fewer decimals than the amount; DUPLICATE, if the
            record's id was posted with another amount, account or date.
    """
    draft = _AdjustmentDraft(record, programme, now)
    try:
        return post_event(record["account"], draft, table=table)
    except Refused as refused:
        if refused.is_for_now:
            raise
        # It may be posted already, and what refuses it now have come about since.
        event = read_event(table, draft.event_id)
        if event is None:
            raise
        if not draft.is_posted_as(event):
            raise Refused(draft.duplicate_of(event)) from refused
        return PostedEvent(event, replayed=True)


def find_opening_balance(record: Mapping[str, Any], *, table: Table) -> Event | None:
    """Return the event of an `opening_balance` record whose account has lost the name that stands in it, if the same
    amount and date were posted under the record's id while it had it."""
    event = read_event(table, _event_id(record))
    if event is None:
        return None
    posted = Fingerprint.of_fields({**record, "account": event.entry.account_id})
    return event if posted.is_of(event.fingerprint, event.form) else None


def _event_id(record: Mapping[str, Any]) -> str:
    return derived_id(Origin.OPENING_BALANCE, record["id"])


class _AdjustmentDraft(Struct, frozen=True):
    record: Mapping[str, Any]
    programme: Programme
    now: datetime

    @property
    def event_id(self) -> str:
        return _event_id(self.record)

    @property
    def named(self) -> Reference:
        return Reference("id", self.record["account"], "/account")

    def duplicate_of(self, rival: Event | None) -> Problem:  # noqa: ARG002 - a draft's
        return Problem(Code.DUPLICATE, "This opening balance is already posted, with different content.", "/id")

    def is_posted_as(self, event: Event) -> bool:
        return self._fingerprint.is_of(event.fingerprint, event.form)

    def counters(self, account: Account) -> Iterable[Key]:  # noqa: ARG002 - a draft's
        return ()

    def prepare(self, customer: Customer, used: Used) -> PreparedEvent:  # noqa: ARG002 - a draft's
        require_active(customer.account, self.named)
        amount, programme, account = Decimal(self.record["amount"]), self.programme, customer.account
        at = datetime.fromisoformat(self.record["performed_on"]).replace(tzinfo=UTC)
        currency = programme.wallet_currency(account)
        if amount != rounded(amount, currency.exponent):
            description = f"{currency.code} has {currency.exponent} decimals. Write no more than that."
            raise Refused(Problem(Code.INVALID, description, "/amount"))
        movement = with_alternative(Movement(amount, ZERO), account, programme, at)
        wallet = customer.wallet.moved(movement)
        header = EntryHeader(
            event_id=self.event_id,
            type=EventType.ADJUSTMENT,
            performed_on=at,
            posted_on=self.now,
            reference_number=self.record["id"],
        )
        entry = journal_entry(header, movement, wallet, account, programme)
        event = Event(entry, Origin.OPENING_BALANCE, self._fingerprint.digest, partner_id=None, document=None)
        return PreparedEvent(event, wallet)

    @property
    def _fingerprint(self) -> Fingerprint:
        return Fingerprint.of_fields(self.record)
