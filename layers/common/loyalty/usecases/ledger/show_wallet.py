"""Showing a wallet and its journal."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from loyalty.domain.errors import Refused, not_found
from loyalty.domain.fields import MAX_CODE
from loyalty.domain.ledger.wallet import JournalEntry
from loyalty.domain.programme.programme import Programme
from loyalty.store import ledger
from loyalty.store.customers import Customer, find_customer
from loyalty.store.table import Table, WholeTable
from loyalty.usecases.engine import Engine
from loyalty.usecases.newest_programme import with_newest_programme


@dataclass(frozen=True, slots=True)
class WalletView:
    """A customer's wallet as it stands now. `alternative_balance` is None where there is no alternative currency."""

    customer: Customer
    currency_code: str
    alternative_balance: Decimal | None


@dataclass(frozen=True, slots=True)
class JournalPage:
    """Some entries of a journal, newest first; `before` is where the next page starts, None on the last."""

    entries: list[JournalEntry]
    before: int | None


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


def show_journal(account: str, *, before: int | None, limit: int, table: WholeTable) -> JournalPage:
    """Return at most `limit` entries of the account's journal, newest first, below the sequence number `before`.

    Raises:
        Refused: NOT_FOUND.
    """
    customer = _customer(table, account)
    entries = ledger.read_journal(table, customer.account.id, before=before, limit=limit)
    more = bool(entries) and entries[-1].sequence > 1
    return JournalPage(entries, entries[-1].sequence if more else None)


def _customer(table: Table, account: str) -> Customer:
    customer = find_customer(table, account) if len(account) <= MAX_CODE else None
    if customer is None:
        raise Refused(not_found("Account", account))
    return customer
