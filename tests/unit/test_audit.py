"""What the proof of a wallet, and of a purchase that was taken back, calls a deviation: for each rule, what breaks it
and no other one."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from loyalty.domain.ledger.uses import Use, Uses
from loyalty.domain.ledger.wallet import LASTING, EventType, JournalEntry, Movement, Wallet
from loyalty.domain.proofs.audit import (
    NEVER,
    Deviation,
    PurchaseEvidence,
    ReversalEvidence,
    Updated,
    deviations,
    reversal_deviations,
)
from loyalty.domain.reversals.reversal import TakenBack

AT = datetime(2026, 1, 15, tzinfo=UTC)


def amounts(**by_name: int) -> Mapping[str, Decimal]:
    return {name: Decimal(amount) for name, amount in by_name.items()}


def taken(lines: Mapping[int, int] | None = None, **of: int) -> TakenBack:
    """Return what was taken back: how much of which lines, and which amounts."""
    return TakenBack({line: Decimal(quantity) for line, quantity in (lines or {}).items()}, **amounts(**of))


def sold(told: TakenBack, *, cancelled: bool = False, **kept: int) -> PurchaseEvidence:
    """Return a purchase of 2 pieces and 1 piece, which gave 10, by the offers O and Q, and took 4."""
    movement, quantities = Movement(Decimal(10), Decimal(4)), {0: Decimal(2), 1: Decimal(1)}
    return PurchaseEvidence(
        "E", "A", movement, quantities, cancelled, told, kept=amounts(**kept), awarded_by=frozenset("OQ")
    )


def undone(what: TakenBack, *, cancels: bool = False, account_id: str = "A", has_hash: bool = True) -> ReversalEvidence:
    """Return what an event took back, of which the purchase need not tell when and by whom."""
    return ReversalEvidence("R", account_id, 1, what, has_hash, cancels=cancels)


ALL = taken(awarded=10, spent=4)
PART = taken({0: 1}, awarded=3, spent=1)
REST = taken(awarded=7, spent=3)
RETURNED = PART.plus(taken({0: 1, 1: 1}, awarded=7, spent=3))
WAIVED = taken(awarded=7, spent=4, waived=3)


def worded(part: object) -> str:
    """Return the name of a part of a case, which is its words: what sets tell of themselves differs from run to run."""
    return part if isinstance(part, str) else "case"


@pytest.mark.parametrize(
    ("purchase", "reversals"),
    [
        (sold(taken()), []),
        (sold(PART), [undone(PART)]),
        (sold(PART.plus(PART)), [undone(PART), undone(PART)]),
        (sold(RETURNED), [undone(RETURNED)]),
        (sold(ALL, cancelled=True), [undone(ALL, cancels=True)]),
        (sold(PART.plus(REST), cancelled=True), [undone(PART), undone(REST, cancels=True)]),
        (sold(WAIVED, cancelled=True, O=1, Q=2), [undone(WAIVED, cancels=True)]),
        (sold(taken(spent=4, waived=10), cancelled=True, O=10), [undone(taken(spent=4, waived=10), cancels=True)]),
        (sold(WAIVED, cancelled=True), [undone(WAIVED, cancels=True, has_hash=False)]),
        (sold(PART.plus(taken(waived=1))), [undone(PART), undone(taken(waived=1), has_hash=False)]),
        (
            sold(replace(ALL, settled=Decimal(1)), cancelled=True),
            [undone(replace(ALL, settled=Decimal(1)), cancels=True)],
        ),
        (
            sold(ALL, cancelled=True),
            [undone(WAIVED, cancels=True), undone(taken(awarded=3, waived=-3))],
        ),
    ],
    ids=worded,
)
def test_what_reversals_do_to_a_purchase_is_no_deviation(
    purchase: PurchaseEvidence, reversals: list[ReversalEvidence]
) -> None:
    assert list(reversal_deviations(purchase, reversals)) == []


CANCELLED_ONCE = "a cancelled purchase has one cancellation, any other none"
ONE_ACCOUNT = "a purchase and its reversals belong to one account"
SUM_OF_REVERSALS = "what is taken back of a purchase is the sum of its reversals"
NO_MORE_RETURNED = "no more of a line is returned than was bought"
NO_MORE_TAKEN = "no more is taken back than was awarded"
KEPT_IS_WAIVED = "the amount waived of a purchase is what its offers keep"
NO_MORE_GIVEN = "no more is given back than was spent"
ALL_GIVEN = "once everything is taken back, all spends are given back"


@pytest.mark.parametrize(
    ("purchase", "reversals", "rule"),
    [
        (sold(ALL, cancelled=True), [undone(ALL)], CANCELLED_ONCE),
        (sold(ALL), [undone(ALL, cancels=True)], CANCELLED_ONCE),
        (sold(ALL, cancelled=True), [undone(ALL, cancels=True), undone(taken(), cancels=True)], CANCELLED_ONCE),
        (sold(PART), [undone(PART, account_id="B")], ONE_ACCOUNT),
        (sold(PART), [], SUM_OF_REVERSALS),
        (sold(taken()), [undone(PART)], SUM_OF_REVERSALS),
        (sold(PART), [undone(PART), undone(taken(awarded=1))], SUM_OF_REVERSALS),
        (sold(PART), [undone(replace(PART, lines={1: Decimal(1)}))], SUM_OF_REVERSALS),
        *(
            (sold(taken(lines)), [undone(taken(lines))], NO_MORE_RETURNED)
            for lines in ({0: 3}, {1: 2}, {0: 0}, {0: -1}, {7: 1})
        ),
        *(
            (sold(told, O=int(told.waived)), [undone(told)], NO_MORE_TAKEN)
            for told in (
                taken(awarded=11),
                taken(waived=11),
                taken(awarded=8, waived=3),
                taken(awarded=-1),
                taken(awarded=1, waived=-1),
            )
        ),
        (sold(taken(waived=2)), [undone(taken(waived=2))], KEPT_IS_WAIVED),
        (sold(taken(waived=2), X=2), [undone(taken(waived=2))], KEPT_IS_WAIVED),
        (sold(taken(waived=2), O=2, X=0), [undone(taken(waived=2))], KEPT_IS_WAIVED),
        (sold(taken(waived=2), O=1), [undone(taken(waived=2), has_hash=False)], KEPT_IS_WAIVED),
        (sold(taken(waived=2), O=1, Q=2), [undone(taken(waived=2))], KEPT_IS_WAIVED),
        (sold(taken(), O=1), [], KEPT_IS_WAIVED),
        (sold(taken(spent=5)), [undone(taken(spent=5))], NO_MORE_GIVEN),
        (sold(taken(spent=-1)), [undone(taken(spent=-1))], NO_MORE_GIVEN),
        (sold(REST, cancelled=True), [undone(REST, cancels=True)], ALL_GIVEN),
        *(
            (sold(told), [undone(told)], ALL_GIVEN)
            for told in (replace(RETURNED, spent=Decimal(3)), replace(RETURNED, spent=Decimal(0)))
        ),
    ],
    ids=worded,
)
def test_whatever_breaks_a_rule_of_what_is_taken_back_is_found(
    purchase: PurchaseEvidence, reversals: list[ReversalEvidence], rule: str
) -> None:
    [found] = reversal_deviations(purchase, reversals)

    assert (found.account_id, found.event_id, found.rule) == ("A", "E", rule)


FIRST, LAST = Updated(AT, "P"), Updated(AT, "Q")
SETTLED = ReversalEvidence("S", "A", 9, taken(), has_hash=True)


def of_own(sequence: int, updated: Updated, *, has_hash: bool = True) -> ReversalEvidence:
    """Return a reversal of the purchase's own, which took back nothing."""
    return ReversalEvidence("R", "A", sequence, taken(), has_hash, updated=updated)


TWICE = [of_own(8, LAST), of_own(7, FIRST), SETTLED]


@pytest.mark.parametrize(
    ("told", "reversals"),
    [
        (NEVER, []),
        (NEVER, [SETTLED]),
        (FIRST, [of_own(7, FIRST)]),
        (LAST, TWICE),
        (LAST, [of_own(8, LAST), of_own(7, FIRST, has_hash=False)]),
        (NEVER, [of_own(7, FIRST, has_hash=False)]),
        (FIRST, [of_own(7, FIRST), of_own(8, LAST, has_hash=False)]),
    ],
    ids=worded,
)
def test_a_purchase_tells_its_last_own_reversal_unless_an_early_version_made_it(
    told: Updated, reversals: list[ReversalEvidence]
) -> None:
    assert list(reversal_deviations(replace(sold(taken()), updated=told), reversals)) == []


@pytest.mark.parametrize(
    ("told", "reversals"),
    [
        (FIRST, []),
        (LAST, [SETTLED]),
        (NEVER, TWICE),
        (FIRST, TWICE),
        (Updated(None, "Q"), TWICE),
        (Updated(AT, None), TWICE),
        (FIRST, [of_own(8, LAST), of_own(7, FIRST, has_hash=False)]),
    ],
    ids=worded,
)
def test_a_purchase_that_tells_another_reversal_than_its_last_own_is_found(
    told: Updated, reversals: list[ReversalEvidence]
) -> None:
    [found] = reversal_deviations(replace(sold(taken()), updated=told), reversals)

    assert (found.account_id, found.event_id) == ("A", "E")
    assert found.rule == "a purchase tells when and by whom it was last taken back"


def test_what_a_purchase_tells_is_told_beside_what_its_reversals_make() -> None:
    [found] = reversal_deviations(sold(PART), [undone(taken(awarded=1)), undone(taken(awarded=1))])

    assert found.found == f"{PART} of 10 awarded and 4 spent; 2 reversals make {taken(awarded=2)}"


MOVEMENTS = [
    Movement(Decimal(10), Decimal(1), lots=amounts(a=4, b=3), purchases=1, uses=(Use("O", "", 1, Decimal(4), "EUR"),)),
    Movement(
        Decimal(3),
        Decimal(0),
        lots=amounts(b=1),
        purchases=1,
        lapsed=amounts(a=2),
        waived=amounts(P=2),
        forgiven={LASTING: Decimal(2)},
    ),
    Movement(
        Decimal(-2),
        Decimal(-1),
        lots=amounts(a=-1),
        purchases=-1,
        lapsed=amounts(a=1, b=1),
        waived=amounts(P=-1, Q=4),
        forgiven={LASTING: Decimal(-1), "b": Decimal(4)},
    ),
]


def posted() -> tuple[Wallet, list[JournalEntry]]:
    """Return a wallet, and its journal."""
    wallet, entries = Wallet("A"), list[JournalEntry]()
    for movement in MOVEMENTS:
        wallet = wallet.moved(movement)
        kind, event_id = EventType.PURCHASE, f"E{wallet.version}"
        entries.append(
            JournalEntry("A", wallet.version, event_id, kind, AT, AT, "R", "M", movement, wallet.balance, None)
        )
    return wallet, entries


def rules(found: Sequence[Deviation]) -> list[tuple[str | None, str]]:
    """Return which rules were broken, each with the event."""
    assert {one.account_id for one in found} <= {"A"}
    return [(one.event_id, one.rule) for one in found]


def test_a_wallet_that_its_journal_makes_is_no_deviation() -> None:
    wallet, entries = posted()

    assert list(deviations(wallet, entries[::-1])) == []
    assert list(deviations(Wallet("A"), [])) == []


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"version": 4}, "the wallet's version is the number of its last event"),
        ({"balance": Decimal(12)}, "the wallet's balance is the sum of its journal"),
        ({"booked": amounts(a=3)}, "the wallet's lots are the sums of its journal's"),
        ({"booked": {}}, "the wallet's lots are the sums of its journal's"),
        ({"lapsed": amounts(a=1, b=1)}, "the wallet's expired amounts are the sums of its journal's"),
        ({"waived": amounts(P=-1, Q=4)}, "the wallet's waived amounts are the sums of its journal's"),
        ({"forgiven": amounts(b=4)}, "the wallet's forgiven amounts are the sums of its journal's"),
        ({"purchases": 2}, "a wallet counts the purchases that are not taken back whole"),
        ({"uses": Uses()}, "a wallet's uses of limits are those of its journal"),
    ],
    ids=str,
)
def test_whatever_a_wallet_holds_that_its_journal_does_not_make_is_found(fields: dict[str, Any], rule: str) -> None:
    wallet, entries = posted()

    assert rules(list(deviations(replace(wallet, **fields), entries))) == [(None, rule)]


def test_what_was_found_is_told_with_what_the_journal_makes() -> None:
    wallet, entries = posted()

    [found] = deviations(replace(wallet, booked={}), entries)

    assert found.found == "none in the wallet, a: 3, b: 4 in the journal"


def test_an_entry_that_does_not_follow_from_the_one_before_is_found() -> None:
    wallet, entries = posted()
    entries[1] = replace(entries[1], balance=entries[1].balance + 1)

    assert rules(list(deviations(wallet, entries))) == [
        ("E2", "each balance is the one before it plus the event's amount"),
        ("E3", "each balance is the one before it plus the event's amount"),
    ]


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"lapsed": amounts(a=-1)}, "the amount expired is never negative"),
        ({"waived": amounts(P=1)}, "what is waived equals what is forgiven to lots"),
    ],
    ids=str,
)
def test_sums_that_cannot_be_are_found_at_the_entry_that_makes_them(fields: dict[str, Any], rule: str) -> None:
    entry = replace(posted()[1][0], movement=Movement(Decimal(9), Decimal(0), **fields))
    wallet = Wallet("A").moved(entry.movement)

    assert rules(list(deviations(wallet, [entry]))) == [("E1", rule)]
