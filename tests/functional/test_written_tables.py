"""What released versions posted stays known: repetitions are replays, purchases can be taken back, the ledger holds."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from loyalty.domain.ledger.wallet import EventType
from loyalty.domain.programme.compact_records import compact
from loyalty.domain.proofs.use_audit import WITHIN_LIMITS
from loyalty.store import ledger
from loyalty.store.attributes import Item, key_of
from loyalty.store.dynamo_table import DynamoTable
from loyalty.store.events import Event, EventState
from loyalty.store.programme_snapshot import read_records, read_snapshot
from loyalty.store.writes import Put
from loyalty.usecases.proofs.verify_journal import verify_journal
from tests.functional.conftest import Answer
from tests.goldens import differences, matches
from tests.moto_table import Items, fill, kept
from tests.tables.player import Player
from tests.tables.scenario import Call
from tests.tables.written import NAMES, Written


@pytest.fixture(scope="module", params=NAMES)
def _loaded(request: pytest.FixtureRequest, _aws: DynamoTable) -> tuple[Written, Items]:
    """Each kept table; loaded once, as that takes longer than most tests."""
    found = Written.read(request.param)
    fill(_aws, {})
    found.load(_aws)
    return found, kept(_aws)


@pytest.fixture
def written(_loaded: tuple[Written, Items], table: DynamoTable) -> Written:
    """Each kept table, in its place."""
    fill(table, _loaded[1])
    return _loaded[0]


@pytest.fixture
def player(written: Written, table: DynamoTable) -> Player:
    return Player(table, written.api_keys)


def purchases(table: DynamoTable) -> list[Event]:
    """Return those of which something stands, in the order in which they were posted."""
    found = [event for event in ledger.scan_events(table) if event.entry.type is EventType.PURCHASE]
    standing = (event for event in found if event.state is EventState.POSTED)
    return sorted(standing, key=lambda event: (event.entry.account_id, event.entry.sequence))


def moved(table: DynamoTable) -> list[Item]:
    """Return all that tells of money."""
    return sorted((item for item in table.scan() if item["sk"] in ("EVENT", "WALLET", "USED", "VOUCHER")), key=str)


def deviations(table: DynamoTable) -> list[Any]:
    return verify_journal(table, settle=lambda _: None).deviations


MENDED = (
    "/data/total_*spend_amount",
    "**/performed_on",
    "**/log_information/*_date",
)
"""Spends were told in the wallet's currency, and are in the bill's now (Q2); dates were in UTC, and go by the clock of
the place (Q6)."""


LATER_HEADERS = ("Cache-Control", "Deprecation")
"""Headers that earlier releases did not have."""


def faults(expected: Answer, answer: Answer) -> list[str]:
    """Return what is other than it was answered before; what is answered beyond that is of later releases."""
    later = {*LATER_HEADERS} - expected.headers.keys()
    headers = {name: value for name, value in answer.headers.items() if name not in later}
    if (expected.status, expected.headers) != (answer.status, headers):
        return [f"{answer.status} {answer.body}"]
    return [at for at in differences(expected.body, answer.body) if not any(matches(at, mended) for mended in MENDED)]


def test_each_request_is_answered_again_as_a_replay_and_moves_nothing(
    written: Written, player: Player, table: DynamoTable
) -> None:
    before = moved(table)

    found = {
        sent.call.name: wrong
        for sent in written.calls
        if sent.again and (wrong := faults(sent.again, player.send(sent.call)))
    }

    assert found == {}
    assert moved(table) == before


def test_each_file_is_answered_again_as_a_replay_and_moves_nothing(
    written: Written, player: Player, table: DynamoTable
) -> None:
    before = moved(table)

    for file in written.files:
        assert player.upload(file.partner, file.name, file.rows) == file.again
        assert {status for _, status, _ in file.again} == {"replayed"}

    assert moved(table) == before


def test_the_ledger_holds(written: Written, table: DynamoTable) -> None:
    found = verify_journal(table, settle=lambda _: None)

    assert found.events > len(written.calls)
    assert found.deviations == []


def test_the_programme_is_read_from_the_snapshot_of_a_release(table: DynamoTable) -> None:
    Written.read("published").load(table)
    version, records = read_records(table)

    published = read_snapshot(table, version)

    assert version.is_published
    assert published is not None
    assert compact(published) == compact(records)


def test_what_the_first_release_posted_can_all_be_proven(table: DynamoTable) -> None:
    Written.read("first").load(table)

    assert verify_journal(table, settle=lambda _: None).unrecorded == []


def test_what_was_not_recorded_before_is_told_apart_from_what_is_wrong(table: DynamoTable) -> None:
    Written.read("earlier").load(table)
    honest = verify_journal(table, settle=lambda _: None)
    [wallet] = [item for item in table.scan() if item["pk"] == "ACCOUNT#A-EVE" and item["sk"] == "WALLET"]
    table.put(Put(key_of(wallet), {**wallet, "purchases": 7}))

    found = verify_journal(table, settle=lambda _: None)

    assert honest.deviations == []
    assert {deviation.account_id for deviation in honest.unrecorded} == {"A-ANN", "A-BOB", "A-DEE", "A-FAY", None}
    assert found.unrecorded == honest.unrecorded
    assert [(deviation.account_id, deviation.rule) for deviation in found.deviations] == [
        ("A-EVE", "a wallet counts the purchases that are not taken back whole")
    ]


def test_a_limit_that_was_given_back_without_a_record_may_be_used_again(table: DynamoTable) -> None:
    """A wallet that forgot a use once an older version cancelled its purchase lets the limit be used once more."""
    written = Written.read("earlier")
    written.load(table)
    player = Player(table, written.api_keys)
    for one in written.calls:
        if one.call.function == "create_purchase" and isinstance(one.call.body, dict):
            number = f"NEW-{one.call.body.get('reference_number')}"
            body = {name: value for name, value in one.call.body.items() if name != "id"} | {"reference_number": number}
            player.send(replace(one.call, body=body))

    verified = verify_journal(table, settle=lambda _: None)

    assert verified.deviations == []
    assert WITHIN_LIMITS in {found.rule for found in verified.unrecorded}


def cancel(purchase: Event) -> Call:
    return Call("cancel", "cancel_purchase", path={"id": purchase.entry.told_id})


def give_back_the_first_line(purchase: Event) -> Call:
    body = {"reference_number": "LAST", "products": [{"line": 0}]}
    return Call("return", "return_products", body, path={"id": purchase.entry.told_id})


def give_all_back(purchase: Event) -> Call:
    lines = range(len(purchase.purchase_document.lines))
    left = [
        place
        for place in lines
        if purchase.taken_back.lines.get(place, 0) < purchase.purchase_document.lines[place].quantity
    ]
    body = {"reference_number": "LAST", "products": [{"line": place} for place in left]}
    return Call("return", "return_products", body, path={"id": purchase.entry.told_id})


@pytest.mark.parametrize("take_back", [cancel, give_all_back])
@pytest.mark.parametrize("latest_first", [True, False])
def test_each_purchase_can_be_taken_back(
    player: Player, table: DynamoTable, take_back: Callable[[Event], Call], latest_first: bool
) -> None:
    standing = [one for one in purchases(table) if is_held(one)]

    for purchase in reversed(standing) if latest_first else standing:
        answer = player.send(take_back(purchase))
        assert answer.status == 200, answer.body

    assert deviations(table) == []


def is_held(purchase: Event) -> bool:
    """Return whether anything is left of it that could come back."""
    lines, returned = purchase.purchase_document.lines, purchase.taken_back.lines
    return any(returned.get(place, 0) < line.quantity for place, line in enumerate(lines))


def test_each_purchase_can_be_returned_in_part_and_then_cancelled(player: Player, table: DynamoTable) -> None:
    for purchase in purchases(table):
        if not purchase.taken_back.lines:
            assert player.send(give_back_the_first_line(purchase)).status == 200
        assert player.send(cancel(purchase)).status == 200

    assert purchases(table) == []
    assert deviations(table) == []
