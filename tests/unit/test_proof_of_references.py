"""What the proof of reference numbers calls a deviation."""

from typing import Any

import pytest
from msgspec.structs import replace

from loyalty.domain.identity import Origin
from loyalty.domain.ledger.chain import Link
from loyalty.domain.ledger.wallet import EventType
from loyalty.store import keys
from loyalty.store.events import Event
from loyalty.store.keys import Key
from loyalty.store.writes import Put, Update
from loyalty.usecases.proofs.verify_references import References, filed_under, recounted
from tests.builders import line, purchase
from tests.unit.test_reversal import JANUARY, TEN, book
from tests.whole_table import WholeTable

COUNTED = "a reference number counts the purchases that are filed under it, and leads to one of them"
R, S = keys.reference_number("P", "R"), keys.reference_number("P", "S")
CLASSIC = (Origin.EXTERNAL, Origin.KEY, Origin.CONTENT, Origin.NUMBER)


def event(event_id: str = "E", number: str | None = "R", **fields: Any) -> Event:
    """Return a purchase of today that is filed under a reference number."""
    ledger = book(TEN)
    ledger.buy(purchase(line("20")), event_id)
    one = ledger.event(event_id)
    filed = {"filed": True, "partner_id": "P", "origin": Origin.KEY, **fields}
    return replace(one, entry=replace(one.entry, reference_number=number), **filed)


def seen(*events: tuple[Key, str, bool], **items: tuple[int, str]) -> References:
    """Return what a scan shows: of purchases where they are filed, and whether that is certain; and of the items of
    numbers what they count and lead to."""
    references = References()
    for key, event_id, certain in events:
        references.file(key, event_id, certain=certain)
    for number, (used, last) in items.items():
        references.take({**keys.reference_number("P", number)._asdict(), "used": used, "event_id": last})
    return references


def told(references: References) -> list[str]:
    found = list(references.listed())
    assert {(one.account_id, one.event_id, one.rule) for one in found} <= {(None, None, COUNTED)}
    assert len(references.suspects) == len(found)
    return [one.found for one in found]


def test_a_purchase_that_says_that_it_is_filed_is_under_its_partners_number() -> None:
    assert filed_under(event()) == (R, True)
    assert filed_under(event(partner_id="Q")) == (keys.reference_number("Q", "R"), True)
    assert filed_under(event(partner_id=None)) is None
    assert filed_under(event(number=None)) is None


@pytest.mark.parametrize("origin", Origin)
def test_what_an_older_version_posted_for_a_classic_call_may_be_filed(origin: Origin) -> None:
    """One that has a hash says so; and only purchases are."""
    old = event(origin=origin, filed=False, link=None)
    told = (R, False) if origin in CLASSIC else None

    assert filed_under(old) == told
    assert filed_under(event(origin=origin, filed=False, link=Link(b"hash", b"personal", b"salt", 1))) is None
    assert filed_under(replace(old, entry=replace(old.entry, type=EventType.RETURN))) is None
    assert filed_under(replace(old, filed=True)) == (R, True)


def test_a_number_may_count_what_is_filed_and_what_may_be_and_leads_to_one_of_them() -> None:
    certain, perhaps = (R, "E", True), (R, "F", False)
    other = (R, "G", False)

    assert told(seen(certain, R=(1, "E"))) == []
    assert told(seen(certain, perhaps, R=(1, "E"))) == []
    assert told(seen(certain, perhaps, R=(2, "F"))) == []
    assert told(seen(perhaps, other, R=(2, "G"))) == []
    assert told(seen(perhaps)) == []

    both = "filed under it: E, F"
    assert told(seen(certain, perhaps, R=(0, "E"))) == [f"REFERENCE#P#R: counts 0 and leads to E; {both}"]
    assert told(seen(perhaps, certain, R=(3, "E"))) == [f"REFERENCE#P#R: counts 3 and leads to E; {both}"]
    assert told(seen((R, "F", True), (R, "E", False), R=(3, "E"))) == [
        f"REFERENCE#P#R: counts 3 and leads to E; {both}"
    ]
    assert told(seen(certain, perhaps, R=(1, "X"))) == [f"REFERENCE#P#R: counts 1 and leads to X; {both}"]
    assert told(seen(certain)) == ["REFERENCE#P#R: counts 0 and leads to nothing; filed under it: E"]
    assert told(seen(R=(1, "E"))) == ["REFERENCE#P#R: counts 1 and leads to E; filed under it: none"]
    assert told(seen(R=(0, "E"))) == ["REFERENCE#P#R: counts 0 and leads to E; filed under it: none"]


def test_what_a_number_lacks_that_cannot_be_read_is_nothing() -> None:
    references = seen((R, "E", True))
    references.take({**R._asdict()})

    assert told(references) == ["REFERENCE#P#R: counts 0 and leads to nothing; filed under it: E"]


def test_numbers_are_told_in_their_order_those_that_are_named_if_some_are() -> None:
    names = [f"{7 * number % 20:02}" for number in range(20)]
    references = seen(**dict.fromkeys(names, (1, "E")))

    found = [one.found.partition(":")[0] for one in references.listed()]
    assert found == [f"REFERENCE#P#{name}" for name in sorted(names)]
    some = {keys.reference_number("P", name) for name in names[:12]}
    assert [one.found.partition(":")[0] for one in references.listed(some)] == [
        f"REFERENCE#P#{name}" for name in sorted(names[:12])
    ]


@pytest.fixture
def table() -> WholeTable:
    """A table with two purchases under one reference number, and one under another; with one of a dry run, and one that
    cannot be read."""
    ledger = book(TEN)
    for event_id in ("E", "F", "G"):
        ledger.buy(purchase(line("20")), event_id)
    ledger.cancel(JANUARY, "G")
    made = WholeTable(ledger.table.written())
    for event_id, number in (("E", "R"), ("F", "R"), ("G", "S")):
        filed = {"reference_number": number, "filed": True, "origin": Origin.KEY}
        made.transact([Update(keys.event(event_id), filed, "attribute_exists(pk)")])
    made.transact([Put(key, {"used": used, "event_id": last}) for key, used, last in ((R, 2, "F"), (S, 1, "G"))])
    tried = {**(made.get(keys.event("E"), consistent=True) or {}), **keys.dry_run_item("U", keys.event("E"))._asdict()}
    made.take_over([tried, {"pk": "EVENT#BROKEN", "sk": "EVENT", "sequence": 1}])
    return made


def closer(table: WholeTable, *suspects: Key) -> list[str]:
    return [one.found for one in recounted(table, suspects)]


def test_at_a_closer_look_a_number_counts_all_that_is_filed_under_it(table: WholeTable) -> None:
    assert closer(table, R, S) == []
    assert table.scans == 1
    assert closer(table) == []
    assert table.scans == 1

    table.transact([Put(R, {"used": 3, "event_id": "F"}), Put(S, {"used": 1, "event_id": "E"})])

    found = ["REFERENCE#P#R: counts 3 and leads to F; filed under it: E, F"]
    assert closer(table, R) == found
    assert closer(table, R, S) == [*found, "REFERENCE#P#S: counts 1 and leads to E; filed under it: G"]
    assert table.scans == 3


def test_a_number_that_is_gone_or_cannot_be_read_is_found_at_a_closer_look(table: WholeTable) -> None:
    table.transact([Put(R, {"used": "x", "event_id": "F"})])

    assert closer(table, R, keys.reference_number("P", "NONE")) == [
        "REFERENCE#P#R: counts 0 and leads to F; filed under it: E, F"
    ]


def test_a_number_that_is_counted_during_a_reading_is_read_again(table: WholeTable) -> None:
    table.transact([Put(R, {"used": 3, "event_id": "F"}), Put(S, {"used": 7, "event_id": "G"})])

    def mend(read: Key | str | None) -> None:
        if read is None:
            table.take_over([{**R._asdict(), "used": 2, "event_id": "F"}])

    table.meanwhile = mend

    assert closer(table, R, S) == ["REFERENCE#P#S: counts 7 and leads to G; filed under it: G"]
    assert table.scans == 2


def test_numbers_that_are_counted_during_every_reading_are_not_proven(table: WholeTable) -> None:
    keys_read = [keys.reference_number("P", f"{number}") for number in range(9)]
    count = 0

    def move(read: Key | str | None) -> None:
        nonlocal count
        if read is None:
            count += 1
            table.take_over([{**key._asdict(), "used": count, "event_id": "E"} for key in keys_read])

    table.meanwhile = move
    unproven = "it changed during each of 3 readings, so it is not proven: verify again"

    found = list(recounted(table, [*keys_read, R]))
    assert [one.found for one in found] == [f"{key.pk}: {unproven}" for key in keys_read]
    assert {one.rule for one in found} == {COUNTED}
    assert table.scans == 3
