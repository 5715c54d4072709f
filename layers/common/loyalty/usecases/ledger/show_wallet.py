"""Showing a wallet and its journal."""

from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from loyalty.domain.errors import Refused, not_found
from loyalty.domain.fields import MAX_CODE
from loyalty.domain.ledger.wallet import JournalEntry, Wallet
from loyalty.domain.programme.programme import Programme
from loyalty.store import ledger
from loyalty.store.backoff import Pause, pause
from loyalty.store.customers import Customer, find_customer
from loyalty.store.table import JournalTable, Table
from loyalty.usecases.engine import Engine
from loyalty.usecases.newest_programme import with_newest_programme


class WalletView(Struct, frozen=True):
    """A customer's wallet as it stands now. `alternative_balance` is None where there is no alternative currency."""

    customer: Customer
    currency_code: str
    alternative_balance: Decimal | None


class JournalPage(Struct, frozen=True):
    """Some entries of a journal, newest first; `before` is where the next page starts, None on the last. `missing` are
    the numbers of entries that belong on the page and that the index does not have yet."""

    entries: list[JournalEntry]
    before: int | None
    missing: list[int]


def show_wallet(engine: Engine, account: str, *, now: datetime) -> WalletView:
    """Return the wallet of the account with this id or number.

    Raises:
        Refused: NOT_FOUND; RETRY_LATER, if its currency is not known here yet.
    """
    customer = _customer(engine.table, account)
    return with_newest_programme(engine.catalogue, now, lambda: _view(customer, engine.catalogue.programme(now), now))


def _view(customer: Customer, programme: Programme, now: datetime) -> WalletView:
    currency = programme.wallet_currency(customer.account)
    alternative = programme.alternative_of(customer.wallet.balance, customer.account, now)
    return WalletView(customer, currency.code, alternative)


INDEX_WAITS = (0.05, 0.1, 0.2)
"""Seconds before each further look into the index for entries that it lacks: as a rule it is late by less."""


def show_journal(
    account: str, *, before: int | None, limit: int, table: JournalTable, pause: Pause = pause
) -> JournalPage:
    """Return at most `limit` entries of the account's journal, newest first, below the sequence number `before`.

    Raises:
        Refused: NOT_FOUND.
    """
    return journal_page(_customer(table, account).wallet, before=before, limit=limit, table=table, pause=pause)


def journal_page(wallet: Wallet, *, before: int | None, limit: int, table: JournalTable, pause: Pause) -> JournalPage:
    """Return at most `limit` entries of a wallet's journal, newest first, below the sequence number `before`.

    The wallet, which is never late, tells which numbers there have to be. The index, which may be, is asked again for
    those that it lacks; what it lacks even then is told.
    """
    newest = min(wallet.version, wallet.version if before is None else before - 1)
    numbers = range(newest, max(0, newest - limit), -1)
    entries = _entries(table, wallet.account_id, numbers)
    for seconds in INDEX_WAITS:
        if len(entries) == len(numbers):
            break
        pause(seconds)
        entries = _entries(table, wallet.account_id, numbers)
    oldest = numbers[-1] if numbers else 1
    missing = [number for number in numbers if number not in entries]
    return JournalPage(list(entries.values()), oldest if oldest > 1 else None, missing)


def _entries(table: JournalTable, account_id: str, numbers: range) -> dict[int, JournalEntry]:
    """Return those of the entries that the index has, by their numbers."""
    if not numbers:
        return {}
    found = ledger.read_journal(table, account_id, before=numbers[0] + 1, limit=len(numbers))
    return {entry.sequence: entry for entry in found if entry.sequence in numbers}


def _customer(table: Table, account: str) -> Customer:
    customer = find_customer(table, account) if len(account) <= MAX_CODE else None
    if customer is None:
        raise Refused(not_found("Account", account))
    return customer
