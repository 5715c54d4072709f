"""What the proof of the programme calls a deviation: its records against the snapshot that containers go by."""

from collections.abc import Sequence
from typing import Any

import pytest

from loyalty import exactjson
from loyalty.domain.proofs.audit import Deviation
from loyalty.store import keys, programme_snapshot
from loyalty.store.attributes import Foreign, Item
from loyalty.store.keys import Key
from loyalty.store.programme_snapshot import ProgrammeSnapshot
from loyalty.usecases.proofs.verify_programme import ProgrammeItems
from tests.whole_table import WholeTable

AS_WRITTEN = "the snapshot of the programme says what its records say"
FORMER = {"type": "former_name", "of": "business_unit", "by": "code", "value": "K1", "id": "KIOSK", "lost_on": 1}
RECORDS: list[dict[str, Any]] = [
    *({"type": "tap", "id": f"T{7 * number % 10}", "code": f"C{number}"} for number in range(10)),
    {"type": "unit", "id": "T1", "name": "Unit"},
    FORMER,
    FORMER | {"value": "K2"},
]


@pytest.fixture(autouse=True)
def _in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programme_snapshot, "PART_BYTES", 60)


def record_item(record: dict[str, Any]) -> dict[str, Any]:
    place = f"{record['type']}#{record['id']}#{record.get('value', '')}"
    return {"pk": "PROGRAMME", "sk": place, "target": record["id"], "record": exactjson.dumps(record)}


def version_item(snapshot: ProgrammeSnapshot, changes: int = 3, published: int = 3) -> dict[str, Any]:
    return {
        **keys.PROGRAMME_VERSION._asdict(),
        "version": 1,
        "programme_changes": changes,
        "snapshot_changes": published,
        "snapshot_id": snapshot.id,
        "snapshot_parts": len(snapshot.parts),
    }


def items(
    records: Sequence[dict[str, Any]] = RECORDS, published: Sequence[dict[str, Any]] = RECORDS, **version: Any
) -> list[dict[str, Any]]:
    """Return the items of records, and of a snapshot that says what is published."""
    snapshot = ProgrammeSnapshot.of(published)
    assert len(snapshot.parts) > 1
    parts = [{**put.key._asdict(), **put.item} for put in snapshot.puts]
    present = {name: value for name, value in (version_item(snapshot) | version).items() if value is not None}
    return [*map(record_item, records), present, *parts]


def told(found: Any) -> list[str]:
    listed: list[Deviation] = list(found)
    assert {(one.account_id, one.event_id, one.rule) for one in listed} <= {(None, None, AS_WRITTEN)}
    return [one.found for one in listed]


def scanned(seen: Sequence[Item]) -> ProgrammeItems:
    found = ProgrammeItems()
    for item in seen:
        found.take(item)
    return found


def found_in(seen: Sequence[Item]) -> list[str]:
    """Return what is found of items, at once and at a closer look."""
    listed = told(scanned(seen).listed())
    assert told(scanned(seen).deviations(WholeTable(seen))) == listed
    return listed


SNAPSHOT = ProgrammeSnapshot.of(RECORDS).id


def test_a_snapshot_that_says_what_the_records_say_is_no_deviation() -> None:
    assert found_in(items()) == []
    assert scanned(items()).version.snapshot == SNAPSHOT
    assert found_in([]) == []


def test_records_that_differ_or_are_on_one_side_only_are_told_in_their_order() -> None:
    changed = [record | {"code": "X"} if record["type"] == "tap" else record for record in RECORDS]

    assert found_in(items(changed)) == [
        f"PROGRAMME: {SNAPSHOT} says something else of tap T{number}" for number in range(10)
    ]
    assert found_in(items([record for record in RECORDS if record["type"] != "unit"])) == [
        f"PROGRAMME: {SNAPSHOT} says something else of unit T1"
    ]
    fewer = [record for record in RECORDS if record["type"] != "former_name"]
    assert found_in(items(published=fewer)) == [
        f"PROGRAMME: {ProgrammeSnapshot.of(fewer).id} says something else of former_name KIOSK {name}"
        for name in ("K1", "K2")
    ]


def test_what_was_written_after_the_snapshot_is_published_in_the_end() -> None:
    other = [record | {"code": "X"} for record in RECORDS]

    assert found_in(items(other, programme_changes=4)) == []
    assert found_in(items(other, snapshot_id=None, snapshot_parts=None)) == []


def test_a_snapshot_that_is_not_whole_is_told() -> None:
    whole = items()
    broken = f"PROGRAMME: {SNAPSHOT} is not there as it was written, so containers read each record"
    first = next(item for item in whole if item["sk"] == "SNAPSHOT")

    assert found_in([item for item in whole if item is not first]) == [broken]
    assert found_in([item | {"part": b"x"} if item is first else item for item in whole]) == [broken]
    assert found_in([item | {"part": Foreign({})} if item is first else item for item in whole]) == [broken]


def test_what_is_no_record_of_the_programme_is_passed_over() -> None:
    others = [
        {"pk": "PROGRAMME", "sk": "tap#NEW", "target": "NEW"},
        {**keys.account("A")._asdict(), "record": exactjson.dumps({"type": "account", "id": "A"})},
        {"pk": "OTHER", "sk": keys.PROGRAMME_VERSION.sk, "version": 7},
    ]

    assert told(scanned([*items(), *others]).listed()) == []


def test_a_version_that_cannot_be_read_leads_to_no_snapshot() -> None:
    version = {**keys.PROGRAMME_VERSION._asdict(), "snapshot_id": "X"}

    assert found_in([*map(record_item, RECORDS), version]) == []


def test_a_closer_look_is_taken_where_something_is_found_and_sees_what_is_there_by_now() -> None:
    read: list[Key | str | None] = []
    sound = WholeTable(items())
    sound.meanwhile = read.append

    assert told(scanned(items()).deviations(sound)) == []
    assert read == []
    assert told(scanned(items([])).deviations(sound)) == []
    assert read.count("PROGRAMME") == 2


@pytest.mark.parametrize(("moves", "unproven"), [(1, False), (2, False), (3, True)])
def test_a_programme_that_is_imported_while_it_is_read_is_read_again_three_times_at_most(
    moves: int, unproven: bool
) -> None:
    different = items([record | {"code": "X"} for record in RECORDS[:1]])
    moving = WholeTable(different)
    left = 2 * moves

    def move(read: Key | str | None) -> None:
        nonlocal left
        if read == "PROGRAMME" and left:
            left -= 1
            moving.take_over([version_item(ProgrammeSnapshot.of(RECORDS)) | {"version": left + 2}])

    moving.meanwhile = move
    found = told(scanned(different).deviations(moving))

    again = "PROGRAMME: it changed during each of 3 readings, so it is not proven: verify again"
    assert (found == [again]) is unproven
    assert unproven or len(found) == len(RECORDS)
