"""Proof of a wallet: its journal is numbered without gaps, its balances are chained, and they end in the wallet's."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from loyalty.domain.money import ZERO
from loyalty.domain.wallet import Entry, Lots, Wallet, added


@dataclass(frozen=True, slots=True)
class Deviation:
    """Something that cannot be if every posting did what it should: where, which rule, and what was found instead."""

    account_id: str | None
    event_id: str | None
    rule: str
    found: str


def deviations(wallet: Wallet, entries: Sequence[Entry]) -> Iterator[Deviation]:
    """Where a wallet and its whole journal (in any order) do not agree."""
    account_id, balance, sequence, lots = wallet.account_id, ZERO, 0, Wallet(wallet.account_id).lots
    for entry in sorted(entries, key=lambda entry: entry.sequence):
        if entry.sequence != sequence + 1:
            found = f"{entry.sequence} follows {sequence}"
            yield Deviation(account_id, entry.event_id, "the journal is numbered 1 to n without gaps", found)
        if entry.balance != balance + entry.movement.amount:
            found = f"{balance} and {entry.movement.amount} make {entry.balance}"
            yield Deviation(
                account_id, entry.event_id, "each balance is the one before it plus the event's amount", found
            )
        if entry.balance < 0 and entry.movement.amount < 0 and not entry.type.reverses:
            yield Deviation(account_id, entry.event_id, "no event but a reversal leaves a debt", str(entry.balance))
        lots = added(lots, entry.movement.lots)
        if any(amount < 0 for amount in lots.values()) or sum(lots.values(), ZERO) > max(entry.balance, ZERO):
            found = f"{_told(lots)} of {entry.balance}"
            yield Deviation(account_id, entry.event_id, "lots are above zero, and within the balance", found)
        balance, sequence = entry.balance, entry.sequence
    if wallet.version != sequence:
        found = f"version {wallet.version}, last number {sequence}"
        yield Deviation(account_id, None, "the wallet's version is the number of its last event", found)
    if wallet.lots != lots:
        found = f"lots {_told(wallet.lots)}, sums {_told(lots)}"
        yield Deviation(account_id, None, "the wallet's lots are the sums of its journal's", found)
    total = sum((entry.movement.amount for entry in entries), ZERO)
    if wallet.balance != total:
        found = f"balance {wallet.balance}, sum {total}"
        yield Deviation(account_id, None, "the wallet's balance is the sum of its journal", found)


def _told(lots: Lots) -> str:
    return ", ".join(f"{month}: {amount}" for month, amount in sorted(lots.items())) or "none"
