"""What the proof of an account's uses of limits calls a deviation."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from loyalty.domain.ledger.uses import MAX_WINDOWS, Use, UseHistory, Uses, WindowUse
from loyalty.domain.ledger.wallet import EventType, JournalEntry, Movement
from loyalty.domain.proofs.use_audit import use_findings

AT = datetime(2026, 1, 15, tzinfo=UTC)
COUNTED = "a wallet's uses of limits are those of its journal"
WITHIN = "no account uses more than its limits allow"
USED_UP = "a period whose uses are forgotten counts as used up"


def use(window: str = "", count: int = 1, amount: int = 0, subject: str = "O", **more: Any) -> Use:
    return Use(subject, window, count, Decimal(amount), "EUR" if amount else "", **more)


def journal(*movements: Sequence[Use], kind: EventType = EventType.PURCHASE) -> list[JournalEntry]:
    """Return the journal of events with these uses, latest first, as the order of reading does not count."""
    nothing = Decimal(0)
    return [
        JournalEntry(
            "A",
            number,
            f"E{number}",
            kind,
            AT,
            AT,
            "R",
            "M",
            Movement(nothing, nothing, uses=tuple(uses)),
            nothing,
            None,
        )
        for number, uses in enumerate(movements, 1)
    ][::-1]


def kept(entries: list[JournalEntry]) -> Uses:
    """Return what a wallet keeps of uses."""
    uses = Uses()
    for entry in reversed(entries):
        uses = uses.plus(entry.movement.uses)
    return uses


DAYS = [f"2026-01-0{day}" for day in range(1, 9)]
TWO_SUBJECTS = journal([use(amount=4), use(DAYS[0], subject="P")], [use(amount=3), use(DAYS[1], subject="P")])


@pytest.mark.parametrize(
    "entries",
    [
        [],
        TWO_SUBJECTS,
        journal([use(day) for day in DAYS]),
        journal([use(day) for day in DAYS[::-1]]),
        journal([use(day) for day in DAYS[:4]], [use("2026-01")], [use("2026-01")]),
        journal([use(DAYS[0], 1, 2), use(DAYS[0], -1, -3)]),
        journal([use(day, 0, 2) for day in DAYS]),
        journal([use(day) for day in DAYS], [use("2026-W01"), use("2026-01"), use("2026"), use()]),
        journal([use(per_account=2)], [use(per_account=2)]),
        journal([use(amount=3, per_account_amount=Decimal(5))], [use(amount=2, per_account_amount=Decimal(5))]),
        journal([use(day) for day in DAYS[:4]], [use(DAYS[0], -1)], [use(DAYS[4])], [use(DAYS[0], per_account=1)]),
    ],
)
def test_what_a_wallet_keeps_of_its_journal_is_no_deviation(entries: list[JournalEntry]) -> None:
    assert list(use_findings(kept(entries), entries)) == []


@pytest.mark.parametrize(
    ("subject", "history", "found"),
    [
        (
            "O",
            {"": WindowUse(1, {"EUR": Decimal(7)})},
            "O in all time: 1 times, 7 EUR in the wallet, 2 times, 7 EUR in the journal",
        ),
        (
            "O",
            {"": WindowUse(2, {"EUR": Decimal(8)})},
            "O in all time: 2 times, 8 EUR in the wallet, 2 times, 7 EUR in the journal",
        ),
        (
            "O",
            {"": WindowUse(2, {"USD": Decimal(7)})},
            "O in all time: 2 times, 7 USD in the wallet, 2 times, 7 EUR in the journal",
        ),
        ("O", {"": WindowUse(2)}, "O in all time: 2 times in the wallet, 2 times, 7 EUR in the journal"),
        ("O", {}, "O in all time: 0 times in the wallet, 2 times, 7 EUR in the journal"),
        ("P", {DAYS[1]: WindowUse(1)}, "P in 2026-01-01: 0 times in the wallet, 1 times in the journal"),
        (
            "P",
            {day: WindowUse(1) for day in DAYS[:3]},
            "P in 2026-01-03: 1 times in the wallet, 0 times in the journal",
        ),
        (
            "NEW",
            {"": WindowUse(1, {"": Decimal(2)})},
            "NEW in all time: 1 times, 2 in the wallet, 0 times in the journal",
        ),
    ],
)
def test_whatever_a_wallet_keeps_that_its_journal_does_not_tell_is_found(
    subject: str, history: dict[str, WindowUse], found: str
) -> None:
    forged = Uses({**kept(TWO_SUBJECTS).by_subject, subject: UseHistory(history)})

    assert list(use_findings(forged, TWO_SUBJECTS)) == [(None, COUNTED, found)]


def test_a_subject_that_a_wallet_has_lost_is_found() -> None:
    uses = {name: history for name, history in kept(TWO_SUBJECTS).by_subject.items() if name != "O"}

    assert [one.rule for one in use_findings(Uses(uses), TWO_SUBJECTS)] == [COUNTED]


@pytest.mark.parametrize(
    ("last", "found"),
    [
        (use(per_account=1), "O in all time: 2 times"),
        (use(per_account=2), None),
        (use(), None),
        (use(DAYS[0], per_account=1), None),
        (use(subject="P", per_account=1), None),
        (use(amount=2, per_account_amount=Decimal(5)), "O in all time: 6"),
        (use(amount=2, per_account_amount=Decimal(6)), None),
        (use(amount=2), None),
        (use(DAYS[0], 0, 2, per_account_amount=Decimal(1)), "O in 2026-01-01: 2"),
    ],
    ids=str,
)
def test_a_purchase_that_uses_more_than_its_limit_allows_is_found(last: Use, found: str | None) -> None:
    entries = journal([use(amount=4)], [last])

    assert list(use_findings(kept(entries), entries)) == ([("E2", WITHIN, found)] if found else [])


def test_what_a_reversal_gives_back_is_held_to_no_limit() -> None:
    """A limit may have become smaller since."""
    entries = journal([use()], [use()], [use()])
    entries[0] = replace(
        entries[0], type=EventType.RETURN, movement=replace(entries[0].movement, uses=(use("", -1, per_account=0),))
    )

    assert list(use_findings(kept(entries), entries)) == []


def test_a_use_in_a_period_that_a_wallet_has_forgotten_is_found() -> None:
    entries = journal([use(day) for day in DAYS[: MAX_WINDOWS + 1]], [use(DAYS[0])], [use(DAYS[1])])

    assert list(use_findings(kept(entries), entries)) == [("E2", USED_UP, "O in 2026-01-01, used once more")]


@pytest.mark.parametrize("beside", [[], [use(DAYS[0]), use(DAYS[0], -1)]], ids=["", "and a use that was given back"])
def test_a_period_in_which_an_amount_alone_stands_is_forgotten_too(beside: list[Use]) -> None:
    entries = journal([*beside, *(use(day, 0, 1) for day in DAYS[: MAX_WINDOWS + 1])], [use(DAYS[0], 0, 1)])

    assert list(use_findings(kept(entries), entries)) == [("E2", USED_UP, "O in 2026-01-01, used once more")]


def test_a_use_in_a_period_before_one_that_is_forgotten_is_found() -> None:
    entries = journal([use(day) for day in DAYS[1 : MAX_WINDOWS + 2]], [use(DAYS[3], -1)], [use(DAYS[0])])

    assert [one.rule for one in use_findings(kept(entries), entries)] == [COUNTED]


def test_deviations_are_told_by_subject_and_period() -> None:
    """So that two proofs of one table say the same."""
    subjects, weeks = "ABCDEFG", [f"2026-W0{week}" for week in range(1, 4)]
    entries = journal([use(day, subject=subject) for subject in subjects[::-1] for day in DAYS[3:0:-1]])
    forgotten = Uses({subject: UseHistory({}, frozenset(weeks)) for subject in subjects})

    told = [one.found for one in use_findings(forgotten, entries)]

    assert len(told) == 42
    assert told == [
        f"{subject} {found}"
        for subject in subjects
        for found in (
            *(f"up to {week}: forgotten, but nothing had to be" for week in weeks),
            *(f"in {day}: 0 times in the wallet, 1 times in the journal" for day in DAYS[1:4]),
        )
    ]


def test_an_amount_of_nothing_is_as_none() -> None:
    uses = Uses(
        {**kept(TWO_SUBJECTS).by_subject, "O": UseHistory({"": WindowUse(2, {"EUR": Decimal(7), "USD": Decimal(0)})})}
    )

    assert list(use_findings(uses, TWO_SUBJECTS)) == []


def test_a_period_that_nothing_stands_in_is_not_forgotten() -> None:
    entries = journal([use(day) for day in DAYS[:4]], [use(DAYS[0], -1)], [use(DAYS[4])], [use(DAYS[0])])

    assert list(use_findings(kept(entries), entries)) == []


@pytest.mark.parametrize(("latest", "told"), [(DAYS[3], DAYS[3]), ("2026-W01", "2026-W01"), ("", "all time")])
def test_a_period_that_a_wallet_has_forgotten_though_nothing_had_to_be_is_found(latest: str, told: str) -> None:
    """It forgets the first of five days; the first version could only tell that there had been four."""
    entries = journal([use(day) for day in DAYS[: MAX_WINDOWS - 1]])
    forged = UseHistory(kept(entries).by_subject["O"].windows, frozenset({latest}))

    assert list(use_findings(Uses({"O": forged}), entries)) == [
        (None, COUNTED, f"O up to {told}: forgotten, but nothing had to be")
    ]


def test_what_the_first_version_forgot_before_four_periods_is_no_deviation() -> None:
    entries = journal([use(day) for day in DAYS[:MAX_WINDOWS]])
    history = UseHistory(kept(entries).by_subject["O"].windows, frozenset({"2025-12-31"}))

    assert list(use_findings(Uses({"O": history}), entries)) == []


def test_what_is_forgotten_need_not_be_known_any_more() -> None:
    entries = journal([use(day) for day in DAYS])
    uses = kept(entries)
    assert sorted(uses.by_subject["O"].windows) == DAYS[-MAX_WINDOWS:]

    assert list(use_findings(uses, entries)) == []
    lost = UseHistory(dict(list(uses.by_subject["O"].windows.items())[1:]), uses.by_subject["O"].forgotten)
    assert [one.rule for one in use_findings(Uses({"O": lost}), entries)] == [COUNTED]
