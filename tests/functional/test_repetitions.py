"""A repetition of what was posted is a replay, whatever became of the names in it since."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from loyalty import exactjson
from loyalty.domain.access.partner import Scope
from loyalty.store import ledger
from loyalty.store.attributes import unpack
from loyalty.store.dynamo_table import DynamoTable
from loyalty.store.reservations import is_reservation
from loyalty.usecases.access.api_keys import KeyRequest, create_key
from loyalty.usecases.proofs.verify_journal import verify_journal
from loyalty.usecases.reference.import_records import import_records
from tests.functional.conftest import Answer
from tests.moto_table import Items, fill, kept
from tests.tables.player import Player
from tests.tables.scenario import Call, bulk, classic, created_spend, entry
from tests.tables.written import Written

Record = dict[str, Any]
AT = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
NAMES = ("code", "name", "alternative_code", "number", "authentication_code", "identifier")
MOVED = {"business_unit": "KIOSK"}


@pytest.fixture(scope="module")
def written() -> Written:
    return Written.read("first")


@pytest.fixture(scope="module")
def _items(_aws: DynamoTable, written: Written) -> Items:
    """Return the items of the table; loaded once, as that takes longer than most tests."""
    fill(_aws, {})
    written.load(_aws)
    return kept(_aws)


@pytest.fixture
def filled(table: DynamoTable, _items: Items) -> DynamoTable:
    fill(table, _items)
    return table


@pytest.fixture
def player(written: Written, filled: DynamoTable) -> Player:
    return Player(filled, written.api_keys)


def bring(table: DynamoTable, *records: Record) -> None:
    lines = [exactjson.dumps(record).encode() for record in records]
    summary = import_records(lines, table=table, now=datetime.now(UTC))
    assert not summary.refused, summary


def records(written: Written) -> list[Record]:
    """Return all records of the kept table, each once; their references are ids."""
    items = (unpack(item) for item in written.items)
    found = (exactjson.loads(item["record"]) for item in items if "record" in item)
    return list({(record["type"], record["id"]): record for record in found}.values())


def renamed(record: Record) -> Record:
    """Return a record with every name another, and in another place; an account that is suspended."""
    names = {name: f"{record[name]} (old)" for name in NAMES if name in record and record["type"] != "currency"}
    place = MOVED if record["type"] in ("unit", "tap") else {}
    state = {"life_cycle_state": "SUSPENDED"} if record["type"] == "account" else {}
    return {**record, **names, **place, **state}


def events(table: DynamoTable) -> int:
    return len(list(ledger.scan_events(table)))


def told(answer: Answer) -> tuple[int, str | None, Any]:
    """Return the status, whether it is a replay, and the ids that it tells."""
    body = answer.body.get("data", answer.body)
    found = [body, *body.get("processed_customer_events_set", ()), body.get("purchase_customer_event", {})]
    return answer.status, answer.headers.get("Idempotent-Replayed"), [one["id"] for one in found if "id" in one]


def test_whatever_is_renamed_moved_or_suspended_repetitions_are_replays(
    written: Written, player: Player, table: DynamoTable
) -> None:
    bring(table, *map(renamed, records(written)))
    before = events(table)

    for sent in written.calls:
        if sent.again:
            assert told(player.send(sent.call)) == told(sent.again), sent.call.name
    for file in written.files:
        assert player.upload(file.partner, file.name, file.rows) == file.again

    assert events(table) == before


def test_a_name_that_another_has_by_now_posts_nothing_again(
    written: Written, player: Player, table: DynamoTable
) -> None:
    bring(table, *map(renamed, records(written)))
    heirs: dict[str, Record] = {
        "business_unit": {"clawback": "REFUSE"},
        "product": {},
        "tap": MOVED,
        "unit": MOVED,
        "account": {},
        "access_token": {"account": "heir-A-ANN"},
    }
    named = [record for record in records(written) if record["type"] in heirs]
    bring(
        table,
        *(
            {**record, "id": f"heir-{record['id']}", **heirs[record["type"]], "participant": None, "contact": None}
            if record["type"] == "account"
            else {**record, "id": f"heir-{record['id']}", **heirs[record["type"]]}
            for record in sorted(named, key=lambda record: list(heirs).index(record["type"]))
        ),
    )
    before = events(table)

    for sent in written.calls:
        if sent.again:
            assert told(player.send(sent.call)) == told(sent.again), sent.call.name

    assert events(table) == before
    assert verify_journal(table, settle=lambda _: None).deviations == []


CAFE = {"type": "business_unit", "id": "CAFE", "name": "Cafe", "time_zone": "Europe/Athens"}
HEIR = {"type": "business_unit", "id": "HEIR", "name": "Heir", "code": "CF"}


def test_the_new_owner_of_a_code_posts_under_reference_numbers_of_the_old_one(
    written: Written, player: Player, table: DynamoTable
) -> None:
    bring(table, {**CAFE, "code": "CF-OLD"}, HEIR)
    [sent] = [sent for sent in written.calls if sent.call.name == "by reference"]
    other = Call("other", sent.call.function, {**sent.call.body, "spend_request": {"amount": 1}})

    answer = player.send(other)

    assert (answer.status, answer.headers.get("Idempotent-Replayed")) == (200, None)
    event = ledger.read_event(table, answer.body["id"])
    assert event
    assert event.entry.merchant_id == "HEIR"


def test_a_code_that_comes_back_leads_to_what_was_posted_under_it(
    written: Written, player: Player, table: DynamoTable
) -> None:
    for code in ("CF-2", "CF-3", "CF"):
        bring(table, {**CAFE, "code": code})
    [sent] = [sent for sent in written.calls if sent.call.name == "by reference"]

    assert told(player.send(sent.call)) == (200, "true", [sent.answer.body["id"]])


@pytest.mark.parametrize("name", ["by reference", "by id"])
@pytest.mark.parametrize("sender", ["call", "file"])
def test_a_container_that_does_not_know_the_new_owner_posts_nothing_again(
    written: Written, filled: DynamoTable, name: str, sender: str
) -> None:
    [sent] = [sent for sent in written.calls if sent.call.name == name]
    call = Call("new", sent.call.function, {**sent.call.body, "reference_number": "R-NEW"})
    call = replace(call, body={**call.body, "id": "GIVEN-NEW"}) if name == "by id" else call
    old, new = Player(filled, written.api_keys), Player(filled, written.api_keys)
    if sender == "call":
        old.send(sent.call)
    else:
        old.upload("POS", "before.jsonl", [sent.call.body])
    bring(filled, {**CAFE, "code": "CF-OLD"}, HEIR)

    status, replayed, [event_id] = told(new.send(call))

    assert (status, replayed) == (200, None)
    if sender == "call":
        assert told(old.send(call)) == (200, "true", [event_id])
    else:
        assert old.upload("POS", "f.jsonl", [call.body]) == [[1, "replayed", event_id]]
    [event] = [event for event in ledger.scan_events(filled) if event.entry.reference_number == "R-NEW"]
    assert event.entry.merchant_id == "HEIR"
    assert [item for item in filled.scan() if is_reservation(item)]
    assert verify_journal(filled, settle=lambda _: None).deviations == []


@pytest.mark.parametrize("name", ["by reference", "by id"])
def test_who_may_not_see_the_merchant_is_told_nothing_of_what_was_posted_there(
    written: Written, filled: DynamoTable, name: str
) -> None:
    bring(filled, {**CAFE, "code": "CF-OLD"}, {"type": "partner", "id": "STRANGER", "name": "Stranger"})
    text, _ = create_key(KeyRequest("STRANGER", ["KIOSK"], list(Scope)), table=filled, now=AT)
    [sent] = [sent for sent in written.calls if sent.call.name == name]

    assert Player(filled, {"POS": text}).send(sent.call).body["code"] == "NotFoundAPIValueException"

    bring(filled, {**CAFE, "code": "CF-OLD"}, {"type": "business_unit", "id": "KIOSK", "name": "Kiosk", "code": "CF"})
    before = events(filled)
    answer = Player(filled, {"POS": text}).send(sent.call)
    [[_, status, description]] = Player(filled, {"STRANGER": text}).upload("STRANGER", "f.jsonl", [sent.call.body])

    assert (answer.status, answer.body["code"]) == (409, "DuplicateAPIValueException")
    assert status == "refused"
    assert sent.answer.body["id"] not in description
    assert events(filled) == before


REFERENCE = {"external_system_reference_number": "UNIQUE"}


def test_a_reference_in_an_external_system_tells_a_repetition_by_itself(player: Player) -> None:
    calls = {
        "alone": classic("r", AT, {"number": "N-DEE"}, **REFERENCE),
        "with a key": classic("r", AT, {"number": "N-DEE"}, **REFERENCE, key="K1"),
        "with another key": classic("r", AT, {"number": "N-DEE"}, **REFERENCE, key="K2"),
    }

    answers = {name: told(player.send(call)) for name, call in calls.items()}

    assert [replayed for _, replayed, _ in answers.values()] == [None, "true", "true"]
    assert len({tuple(ids) for _, _, ids in answers.values()}) == 1


@pytest.mark.parametrize(
    "other",
    [
        classic("r", AT, {"number": "N-DEE"}, **REFERENCE, external_system="ERP"),
        classic("r", AT, {"number": "N-DEE"}, external_system_reference_number="ANOTHER"),
        Call("r", "classic_create_purchase", classic("r", AT, {"number": "N-DEE"}, **REFERENCE).body, partner="OFFICE"),
    ],
    ids=["of a system", "another", "of another partner"],
)
def test_references_are_unique_for_a_partner_and_for_a_system_where_it_is_named(player: Player, other: Call) -> None:
    player.send(classic("r", AT, {"number": "N-DEE"}, **REFERENCE))

    assert told(player.send(other))[:2] == (200, None)


def test_a_key_that_another_purchase_has_says_nothing_of_one_with_a_reference(player: Player) -> None:
    player.send(classic("r", AT, {"number": "N-DEE"}, key="K1"))

    answers = [
        told(player.send(classic("r", AT, {"number": "N-DEE"}, **REFERENCE, **more, key="K1")))
        for more in ({}, {"external_system": "ERP"})
    ]

    assert [answer[:2] for answer in answers] == [(200, None), (200, None)]


def test_a_reference_says_the_same_in_calls_bulk_calls_and_files(player: Player, table: DynamoTable) -> None:
    of_pos = bulk("b", [entry("1", AT, "REF-r", **REFERENCE), entry("2", AT, "REF-r", **REFERENCE)], None)
    of_pos = Call(of_pos.name, of_pos.function, of_pos.body)
    first = told(player.send(of_pos))
    before = events(table)

    assert told(player.send(of_pos)) == (200, "true", first[2])
    assert len(set(first[2])) == 1
    assert [
        status for _, status, _ in player.upload("POS", "f.jsonl", of_pos.body["purchase_customer_events_set"])
    ] == [
        "replayed",
        "replayed",
    ]
    assert events(table) == before


def test_another_purchase_with_the_same_reference_is_refused(player: Player) -> None:
    player.send(classic("r", AT, {"number": "N-DEE"}, **REFERENCE))

    answer = player.send(classic("r", AT, {"number": "N-DEE"}, **REFERENCE, description="another"))

    assert answer.body["status"]["code"] == "DuplicateAPIValueException"


EQUAL = classic("equal", AT, {"number": "N-DEE"})
SPEND = created_spend("equal", AT, {"spend_amount": 1}, key=None)
REPLAY = {"type": "partner", "id": "POS", "name": "Point of sale", "classic_repeats": "REPLAY"}


@pytest.mark.parametrize("call", [EQUAL, SPEND], ids=["create", "create spend"])
def test_equal_calls_without_an_identity_are_purchases_of_their_own(player: Player, call: Call) -> None:
    first, second = told(player.send(call)), told(player.send(call))

    assert (first[:2], second[:2]) == ((200, None), (200, None))
    assert first[2] != second[2]


@pytest.mark.parametrize("call", [EQUAL, SPEND], ids=["create", "create spend"])
def test_equal_calls_of_a_partner_that_repeats_itself_are_one_purchase(
    player: Player, table: DynamoTable, call: Call
) -> None:
    bring(table, REPLAY)

    status, replayed, ids = told(player.send(call))

    assert (status, replayed) == (200, None)
    assert told(player.send(call)) == (200, "true", ids)
    assert verify_journal(table, settle=lambda _: None).deviations == []


@pytest.mark.parametrize(
    "other",
    [
        classic("equal", AT, {"number": "N-DEE"}, description="another"),
        classic("equal", AT, {"number": "N-FAY"}),
        classic("equal", AT, {"number": "N-DEE"}, key="K1"),
        Call("equal", "classic_create_purchase", EQUAL.body, partner="OFFICE"),
    ],
    ids=["another field", "another account", "a key", "another partner"],
)
def test_what_differs_in_any_field_or_is_of_another_partner_is_another_purchase(
    player: Player, table: DynamoTable, other: Call
) -> None:
    bring(table, REPLAY, {**REPLAY, "id": "OFFICE"})
    player.send(EQUAL)

    assert told(player.send(other))[:2] == (200, None)


def test_a_call_that_is_repeated_is_a_replay_though_its_names_changed(
    written: Written, player: Player, table: DynamoTable
) -> None:
    bring(table, REPLAY)
    first = told(player.send(EQUAL))
    bring(table, *map(renamed, records(written)), REPLAY)

    assert told(player.send(EQUAL)) == (200, "true", first[2])


def test_equal_entries_of_a_bulk_call_are_purchases_of_their_own_and_the_call_is_repeated_whole(
    player: Player, table: DynamoTable
) -> None:
    bring(table, {**REPLAY, "id": "OFFICE"})
    call = bulk("equal", [entry("1", AT, "R"), entry("2", AT, "R")], None)

    status, replayed, ids = told(player.send(call))

    assert (status, replayed, len(set(ids))) == (200, None, 2)
    assert told(player.send(call)) == (200, "true", ids)


def test_a_key_of_before_is_no_other_purchases_though_that_has_a_reference_of_its_own(
    written: Written, player: Player, table: DynamoTable
) -> None:
    [sent] = [sent for sent in written.calls if sent.call.name == "reference with key"]
    other = {**sent.call.body, "external_system_reference_number": "X-4"}
    before = events(table)

    answer = player.send(Call("other", sent.call.function, other, headers=sent.call.headers))

    assert answer.body["status"]["code"] == "DuplicateAPIValueException"
    assert events(table) == before


@pytest.mark.parametrize("ignored", [{"description": "then ignored"}, REFERENCE])
def test_fields_that_were_ignored_when_it_was_posted_make_no_other_purchase_of_it(
    written: Written, player: Player, ignored: dict[str, Any]
) -> None:
    [sent] = [sent for sent in written.calls if sent.call.name == "created spend"]
    basket = {**sent.call.body["purchase_customer_event"], **ignored}
    body = {**sent.call.body, "external_system": None, "purchase_customer_event": basket}

    answer = player.send(Call("again", sent.call.function, body, headers=sent.call.headers))

    assert told(answer) == (200, "true", told(sent.answer)[2])
