"""Wallets, their journals, and the proof of both."""

from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from loyalty.domain.errors import Refused
from loyalty.domain.ledger.wallet import EventType, JournalEntry, Movement, Wallet
from loyalty.domain.proofs.audit import deviations

AT = datetime(2026, 1, 15, tzinfo=UTC)
AMOUNTS = st.decimals(min_value=0, max_value=1000, places=2)
MOVEMENTS = st.lists(st.builds(Movement, AMOUNTS, AMOUNTS), min_size=1, max_size=20)


def journal(movements: list[Movement]) -> tuple[Wallet, list[JournalEntry]]:
    """Return the wallet after those movements that it takes, and the journal of them."""
    wallet, entries = Wallet("A1"), []
    for movement in movements:
        try:
            wallet = wallet.moved(movement)
        except Refused:
            continue
        event_id = f"E{wallet.version}"
        entries.append(
            JournalEntry(
                "A1", wallet.version, event_id, EventType.PURCHASE, AT, AT, "R", "M", movement, wallet.balance, None
            )
        )
    return wallet, entries


@given(MOVEMENTS)
def test_a_wallet_is_never_below_zero_and_is_the_sum_of_its_journal(movements: list[Movement]) -> None:
    wallet, entries = journal(movements)

    assert wallet.balance == sum((entry.movement.amount for entry in entries), Decimal(0))
    assert all(entry.balance >= 0 for entry in entries)
    assert list(deviations(wallet, entries)) == []


@given(MOVEMENTS, st.randoms(use_true_random=False))
def test_the_proof_does_not_depend_on_the_order_of_reading(movements: list[Movement], random: st.DataObject) -> None:
    wallet, entries = journal(movements)
    random.shuffle(entries)  # type: ignore[attr-defined]

    assert list(deviations(wallet, entries)) == []


@given(MOVEMENTS, st.data())
def test_the_proof_finds_whatever_is_changed_in_a_journal(movements: list[Movement], data: st.DataObject) -> None:
    wallet, entries = journal([Movement(Decimal(5), Decimal(0)), *movements])
    place = data.draw(st.integers(0, len(entries) - 1))
    cent = Decimal("0.01")
    entry = entries[place]
    changed = data.draw(
        st.sampled_from(
            [
                [*entries[:place], *entries[place + 1 :]],
                [*entries, entry],
                [*entries[:place], replace(entry, balance=entry.balance + cent), *entries[place + 1 :]],
                [*entries[:place], replace(entry, sequence=entry.sequence + 1), *entries[place + 1 :]],
                [
                    *entries[:place],
                    replace(entry, movement=replace(entry.movement, awarded=entry.movement.awarded + cent)),
                    *entries[place + 1 :],
                ],
            ]
        )
    )

    assert list(deviations(wallet, changed))


@given(MOVEMENTS)
def test_the_proof_finds_a_wallet_that_is_a_cent_off(movements: list[Movement]) -> None:
    wallet, entries = journal(movements)

    assert list(deviations(replace(wallet, balance=wallet.balance + Decimal("0.01")), entries))
