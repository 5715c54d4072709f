"""The ledger's own rules: held by every event before it is written, and proven of every event by `verify`."""

from collections.abc import Iterator, Mapping

from loyalty.domain.ledger.wallet import JournalEntry, Wallet
from loyalty.domain.money import ZERO


class RuleBroken(Exception):  # noqa: N818 - reads as what it says
    """An event would break a rule of the ledger, which is a fault on our side: nothing of it may be written."""


NUMBERED = "the journal is numbered 1 to n without gaps"


def require_rules(before: Wallet, entry: JournalEntry, after: Wallet) -> None:
    """Let only events pass that keep the ledger's rules.

    Raises:
        RuleBroken: with the rules, and what was found instead.
    """
    broken = [f"{rule}: {found}" for rule, found in broken_links(before, entry, after)]
    if after.balance != entry.balance or after.version != entry.sequence:
        broken.append(f"the wallet is at {after.version} with {after.balance}, its entry at {entry.sequence}")
    if broken:
        raise RuleBroken("; ".join(broken))


def broken_links(before: Wallet, entry: JournalEntry, after: Wallet) -> Iterator[tuple[str, str]]:
    """Return each rule that does not hold between a wallet, its next event and the wallet after, and what was found."""
    amount, lots = entry.movement.amount, after.lots
    if entry.sequence != before.version + 1:
        yield NUMBERED, f"{entry.sequence} follows {before.version}"
    if entry.balance != before.balance + amount:
        found = f"{before.balance} and {amount} make {entry.balance}"
        yield "each balance is the one before it plus the event's amount", found
    if entry.balance < 0 and amount < 0 and not entry.type.reverses:
        yield "only a reversal leaves a debt", str(entry.balance)
    if any(part < 0 for part in lots.values()) or sum(lots.values(), ZERO) > max(entry.balance, ZERO):
        yield "lots are above zero, and within the balance", f"{as_text(lots)} of {entry.balance}"


def broken_sums(wallet: Wallet) -> Iterator[tuple[str, str]]:
    """Return each rule that does not hold of what a wallet keeps beside its balance, and what was found."""
    if any(part < 0 for part in (*wallet.waived.values(), *wallet.forgiven.values())):
        yield "the amount waived is never negative", f"{as_text(wallet.waived)}; {as_text(wallet.forgiven)}"
    if sum(wallet.waived.values(), ZERO) != sum(wallet.forgiven.values(), ZERO):
        yield "what is waived equals what is forgiven to lots", f"{as_text(wallet.waived)}; {as_text(wallet.forgiven)}"
    if any(part < 0 for part in wallet.lapsed.values()):
        yield "the amount expired is never negative", as_text(wallet.lapsed)


def as_text(value: object) -> str:
    """Return amounts, or amounts by name, as they are told of a rule that does not hold."""
    if not isinstance(value, Mapping):
        return str(value)
    return ", ".join(f"{name}: {as_text(part)}" for name, part in sorted(value.items())) or "none"
