"""Opening balances from a recording: a wallet holds what the first answer that tells its balance says."""

import sqlite3
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from cli.compare.recording import RecordedCall
from loyalty.api.classic import reading as classic
from loyalty.api.newest.purchase_requests import read_preview
from loyalty.domain.errors import Refused
from loyalty.domain.purchases.purchase import Reference
from loyalty.store import keys
from loyalty.store.customers import Customer, account_ids, find_customer, read_customer
from loyalty.store.events import wallet_item
from loyalty.store.table import Table
from loyalty.store.writes import Put

BALANCES = {
    "classic_preview_purchase": "/data/wallet_balance",
    "preview_purchase": "/balance",
    "show_wallet": "/balance",
}
"""The routes whose answers tell a wallet's balance, as it is before what they are about; and where."""


class Openings:
    """The wallets of a table whose balance was told; in a temporary file, however many they are."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._told = sqlite3.connect("")
        self._told.execute("CREATE TABLE told (account_id TEXT PRIMARY KEY) WITHOUT ROWID")

    def open(self, route: str, call: RecordedCall, path: Mapping[str, str], now: datetime) -> bool:
        """Let the wallet that a call is about hold what the answer says, if none said so before. Return whether it
        did."""
        balance: Any = call.response if route in BALANCES else None
        for step in BALANCES.get(route, "").split("/")[1:]:
            balance = balance.get(step) if isinstance(balance, dict) else None
        if type(balance) not in (int, Decimal):
            return False
        customer = self._customer(route, call, path, now)
        if customer is None or not self._is_first(customer.account.id):
            return False
        wallet = replace(customer.wallet, balance=Decimal(balance), version=max(1, customer.wallet.version))
        self._table.put(Put(keys.wallet(customer.account.id), wallet_item(wallet)))
        return True

    def close(self) -> None:
        """Forget which wallets were told."""
        self._told.close()

    def _is_first(self, account_id: str) -> bool:
        return self._told.execute("INSERT OR IGNORE INTO told VALUES (?)", (account_id,)).rowcount == 1

    def _customer(self, route: str, call: RecordedCall, path: Mapping[str, str], now: datetime) -> Customer | None:
        if route == "show_wallet":
            return find_customer(self._table, path["account"])
        try:
            named = _named(route, call, now)
        except Refused:
            return None
        found = account_ids(self._table, [named])
        return read_customer(self._table, found[named]) if named in found else None


def _named(route: str, call: RecordedCall, now: datetime) -> Reference:
    if route == "classic_preview_purchase":
        return classic.read_preview(call.request).customer
    return read_preview(call.request, now)[0].customer
