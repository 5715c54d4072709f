"""What the proof of a wallet's chain calls a deviation: one example for each."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from loyalty.domain.ledger.chain import Link, linked, root
from loyalty.domain.ledger.wallet import EventType, JournalEntry, Movement, Wallet
from loyalty.domain.proofs.chain_audit import UPGRADE_SECONDS, ChainEvidence, ChainFinding, TableChains, chain_findings

AT = datetime(2026, 1, 15, tzinfo=UTC)
NOW = int(AT.timestamp())
SALT = b"s" * 16
HASHED = "all events have a hash that were posted since the table has hashes"
HEAD = "the wallet's head is the hash of its last event"
FORM = "a hash is of a form that this version knows"
AS_POSTED = "an event says what it said when it was posted, after the same events of the same wallet of this table"
PERSON = "what names a person is as it was posted, or all of it is erased"


def content(number: int, **document: Any) -> dict[str, Any]:
    """Return what an event says."""
    return {
        "event_id": f"E{number}",
        "sequence": number,
        "fingerprint": b"f",
        "document": {"contact_id": "C", **document},
    }


def evidence(number: int, link: Link | None, says: dict[str, Any], *, has_traces: bool = False) -> ChainEvidence:
    """Return an event of a journal whose balances are the events' numbers."""
    nothing, balance = Movement(Decimal(0), Decimal(0)), Decimal(number)
    entry = JournalEntry("A", number, f"E{number}", EventType.PURCHASE, AT, AT, "R", "M", nothing, balance, None)
    return ChainEvidence.of(entry, link, says, has_traces=has_traces)


def chain(numbers: Sequence[int], *, table_id: str | None = "T", first: int = 1) -> tuple[Wallet, list[ChainEvidence]]:
    """Return a wallet, and its events; those before `first` are of a version without hashes."""
    head, seen = None, list[ChainEvidence]()
    for number in numbers:
        link = None
        if number >= first:
            link = linked(content(number), head or root(table_id, "A", number - 1, Decimal(number - 1)), SALT)
            head = link.digest
        seen.append(evidence(number, link, content(number) if link else {}))
    return Wallet("A", len(seen), Decimal(len(seen)), head=head), seen


def found(wallet: Wallet, seen: Sequence[ChainEvidence], **more: Any) -> list[ChainFinding]:
    return list(chain_findings(wallet, seen, TableChains(**{"table_id": "T", **more})))


@pytest.mark.parametrize("first", [1, 2, 3, 4])
@pytest.mark.parametrize("table_id", ["T", None], ids=["of the table", "of before it had an identity"])
def test_a_chain_as_it_was_posted_is_no_deviation(first: int, table_id: str | None) -> None:
    wallet, seen = chain([1, 2, 3], table_id=table_id, first=first)

    assert found(wallet, seen[::-1]) == []
    assert not any(event.is_erased for event in seen)


def test_an_event_of_which_nothing_else_is_told_is_no_deviation() -> None:
    wallet, (seen,) = chain([1])

    assert found(wallet, [ChainEvidence("E1", 1, Decimal(1), NOW, seen.link, seen.content)]) == []
    assert found(Wallet("A", 1), [ChainEvidence("E1", 1, Decimal(1), NOW, None)]) == []


def test_a_wallet_without_events_is_no_deviation() -> None:
    assert found(Wallet("A"), []) == []


def test_a_chain_of_another_table_or_another_wallet_is_found_at_its_first_event() -> None:
    wallet, seen = chain([1, 2])

    assert [one[:2] for one in found(wallet, seen, table_id="OTHER")] == [("E1", AS_POSTED)]
    assert [one[:2] for one in found(replace(wallet, account_id="B"), seen)] == [("E1", AS_POSTED)]


def test_a_chain_that_begins_after_another_balance_or_number_is_found() -> None:
    wallet, seen = chain([1, 2], first=2)

    assert [one[:2] for one in found(wallet, [replace(seen[0], balance=Decimal(9)), seen[1]])] == [("E2", AS_POSTED)]
    assert [one[:2] for one in found(wallet, seen[1:])] == [("E2", AS_POSTED)]


def test_an_event_that_says_something_else_is_found_with_the_hash_that_it_would_have() -> None:
    wallet, seen = chain([1, 2, 3])
    link = seen[1].link
    assert link
    assert seen[0].link
    changed = linked(content(2, lines=1), seen[0].link.digest, SALT)
    forged = evidence(2, link, content(2, lines=1))

    assert found(wallet, [seen[0], forged, seen[2]]) == [
        ("E2", AS_POSTED, f"hash {link.digest.hex()}, but it makes {changed.digest.hex()}")
    ]


def test_what_names_a_person_may_be_erased_whole_and_not_be_changed() -> None:
    wallet, seen = chain([1, 2])
    link = seen[1].link
    assert link
    says, forgotten = content(2), replace(link, salt=None)
    erased = {**says, "fingerprint": b"", "document": {}}

    gone = evidence(2, forgotten, erased)
    assert gone.is_erased
    assert found(wallet, [seen[0], gone]) == []
    for person, its_link in (
        (content(2, contact_id="D"), link),
        (erased, link),
        (says, forgotten),
        ({**erased, "fingerprint": b"f"}, forgotten),
        ({**erased, "document": {"contact_id": "C"}}, forgotten),
        (says, replace(link, salt=b"t" * 16)),
    ):
        assert found(wallet, [seen[0], evidence(2, its_link, person)]) == [("E2", PERSON, "number 2")]


def test_a_hash_of_a_form_that_is_not_known_is_all_that_is_told_of_its_event() -> None:
    wallet, seen = chain([1, 2])
    assert seen[0].link
    newer = replace(seen[0], link=replace(seen[0].link, form=2), content=b"?", person_holds=False)

    assert found(wallet, [newer, seen[1]]) == [("E1", FORM, "form 2, known are 1 to 1")]


def test_a_head_that_is_not_the_last_hash_is_found() -> None:
    wallet, seen = chain([1, 2])
    assert wallet.head
    told = wallet.head.hex()

    assert found(replace(wallet, head=b"\xff"), seen) == [(None, HEAD, f"ff in the wallet, {told} in the journal")]
    assert found(replace(wallet, head=None), seen) == [(None, HEAD, f"none in the wallet, {told} in the journal")]
    assert found(wallet, []) == [(None, HEAD, f"{told} in the wallet, none in the journal")]


LATE = UPGRADE_SECONDS + 1


@pytest.mark.parametrize(
    ("since", "posted_on", "expected"),
    [
        (NOW, NOW, None),
        (NOW - UPGRADE_SECONDS, NOW, None),
        (NOW - LATE, NOW, "and was posted 901 s after the table's first event with one"),
        (NOW - UPGRADE_SECONDS, NOW - UPGRADE_SECONDS, None),
        (NOW - LATE, NOW - LATE, "but one before it does, which was posted 901 s later"),
        (NOW - 86400 * 365, NOW - 86400 * 365, "but one before it does, which was posted 31536000 s later"),
    ],
)
def test_an_event_without_a_hash_after_one_with_a_hash_passes_only_during_an_upgrade(
    since: int, posted_on: int, expected: str | None
) -> None:
    """It may be of a run of an older version that began before the other was posted."""
    wallet, seen = chain([1])
    seen.append(replace(evidence(2, None, {}), posted_on=posted_on))

    assert found(wallet, seen, since=since) == ([("E2", HASHED, f"number 2 has none, {expected}")] if expected else [])


def test_an_event_without_a_hash_is_held_against_the_latest_of_those_before_it_that_have_one() -> None:
    """Others may tell when a run began; and those of its like tell nothing."""
    wallet, seen = chain([1, 2, 3])
    seen = [replace(one, posted_on=NOW - early) for one, early in zip(seen, (60, 0, 600), strict=True)]
    seen += [replace(evidence(number, None, {}), posted_on=NOW - LATE) for number in (4, 5)]

    assert [one[:2] for one in found(wallet, seen, since=NOW - LATE)] == [("E4", HASHED), ("E5", HASHED)]


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        (None, None),
        (NOW - UPGRADE_SECONDS, None),
        (NOW - UPGRADE_SECONDS - 1, "and was posted 901 s after the table's first event with one"),
        (NOW + UPGRADE_SECONDS + 1, None),
    ],
)
def test_an_event_without_a_hash_before_all_others_passes_if_it_is_old_enough(
    since: int | None, expected: str | None
) -> None:
    told = [("E1", HASHED, f"number 1 has none, {expected}")] if expected else []

    assert found(Wallet("A", 1), [evidence(1, None, {})], since=since) == told


def test_an_event_that_has_what_comes_only_with_a_hash_must_have_one() -> None:
    stripped = evidence(1, None, {}, has_traces=True)

    assert found(Wallet("A", 1), [stripped]) == [("E1", HASHED, "number 1 has none, but what comes only with one")]
