"""The journal entry that an event writes."""

from dataclasses import replace
from datetime import datetime

from loyalty.domain.ledger.wallet import EventType, JournalEntry, Movement, Wallet
from loyalty.domain.money import ZERO
from loyalty.domain.programme.programme import Programme
from loyalty.domain.purchases.account import Account


def journal_entry(
    movement: Movement,
    wallet: Wallet,
    account: Account,
    programme: Programme,
    *,
    event_id: str,
    event_type: EventType,
    performed_on: datetime,
    posted_on: datetime,
    reference_number: str | None = None,
    merchant_id: str | None = None,
) -> JournalEntry:
    """Return the entry of an event that brought `wallet` to where it is by `movement`."""
    return JournalEntry(
        account_id=wallet.account_id,
        sequence=wallet.version,
        event_id=event_id,
        type=event_type,
        performed_on=performed_on,
        posted_on=posted_on,
        reference_number=reference_number,
        merchant_id=merchant_id,
        movement=movement,
        balance=wallet.balance,
        alternative_balance=programme.alternative_of(wallet.balance, account, performed_on),
    )


def with_alternative(movement: Movement, account: Account, programme: Programme, at: datetime) -> Movement:
    """Return a movement that spends nothing, with what it awards in the alternative currency too, if there is one."""
    alternative = programme.alternative_of(movement.awarded, account, at)
    nothing = None if alternative is None else ZERO
    return replace(movement, alternative_awarded=alternative, alternative_spent=nothing)
