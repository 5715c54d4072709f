"""The journal entry that an event writes."""

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from loyalty.domain.ledger.wallet import EventType, JournalEntry, Movement, Wallet
from loyalty.domain.money import ZERO
from loyalty.domain.programme.programme import Programme
from loyalty.domain.purchases.account import Account


class EntryHeader(Struct, frozen=True):
    """What an entry records of its event, beside the event's effect on the wallet.

    Attributes:
        event_id: the event's id.
        type: the kind of event.
        performed_on: when it was performed.
        posted_on: when it was posted.
        reference_number: the caller's name for it, if any.
        merchant_id: the merchant that performed it; None if none did.
    """

    event_id: str
    type: EventType
    performed_on: datetime
    posted_on: datetime
    reference_number: str | None = None
    merchant_id: str | None = None


def journal_entry(
    header: EntryHeader, movement: Movement, wallet: Wallet, account: Account, programme: Programme
) -> JournalEntry:
    """Return the entry of an event that brought `wallet` to where it is by `movement`."""
    return JournalEntry(
        account_id=wallet.account_id,
        sequence=wallet.version,
        event_id=header.event_id,
        type=header.type,
        performed_on=header.performed_on,
        posted_on=header.posted_on,
        reference_number=header.reference_number,
        merchant_id=header.merchant_id,
        movement=movement,
        balance=wallet.balance,
        alternative_balance=programme.alternative_of(wallet.balance, account, header.performed_on),
    )


def with_alternative(movement: Movement, account: Account, programme: Programme, at: datetime) -> Movement:
    """Return a movement that spends nothing, with what it awards in the alternative currency too, if there is one."""
    alternative = programme.alternative_of(movement.awarded, account, at)
    nothing = None if alternative is None else ZERO
    return replace(movement, alternative_awarded=alternative, alternative_spent=nothing)
