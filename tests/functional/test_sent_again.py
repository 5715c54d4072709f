"""Files that say how their rows fared before: results that are sent again, and columns of the caller's own."""

import csv as csv_module
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from loyalty.store import keys
from loyalty.store.attributes import key_of
from loyalty.store.ledger import read_events
from loyalty.usecases.proofs.verify_journal import verify_journal
from tests.cards import CAMPAIGN, PROMO_CODE, bring
from tests.customers import purchase
from tests.functional.stage import MAX_RECEIVES, Stage, classic
from tests.uploads import COLUMNS, csv
from tests.uploads_by_hand import lines, put_upload

HEADER = ",".join(COLUMNS)
NO_EVENT = "0123456789ABCDEF0123456789ABCDEF"


def file(*bodies: dict[str, Any]) -> bytes:
    return b"".join(row + b"\n" for row in lines(bodies))


def receipt(reference: str, product: str = "Bronze", name: str = "one") -> str:
    """Return a row of a CSV purchase, of 12."""
    return f"CIM-{name},{reference},1768478400,MRA,{product},1,10,2,12"


def cells(text: str, *columns: str) -> list[list[str]]:
    """Return some columns of a result."""
    header, *rows = csv_module.reader(text.splitlines())
    return [[row[header.index(column)] for column in columns] for row in rows]


def lines_of(stage: Stage, event_id: str) -> int:
    """Return how many lines a posted purchase has."""
    return len(read_events(stage.table, [event_id])[event_id].purchase_document.lines)


@contextmanager
def counted(stage: Stage) -> Iterator[Counter[str]]:
    """The calls to the table by their names."""
    calls, events = Counter[str](), stage.table.client.meta.events

    def count(model: Any, **_: Any) -> None:
        calls[model.name] += 1

    events.register("before-call", count)
    yield calls
    events.unregister("before-call", count)


@pytest.mark.parametrize("empty", ["", "  ", "," * 8, " , ,,", '"",""'])
def test_empty_rows_inside_a_purchase_lose_none_of_its_lines(stage: Stage, empty: str) -> None:
    stage.send("U1", "x.csv", csv(receipt("RF-1"), empty, receipt("RF-1"), empty))

    first, second = cells(stage.text("U1"), "status", "event_id")
    assert first == second
    assert first[0] == "posted"
    assert lines_of(stage, first[1]) == 2


def test_a_reference_number_that_comes_back_is_told_in_words_and_so_is_its_mended_result(stage: Stage) -> None:
    rows = [receipt("RF-1"), receipt("RF-2"), receipt("RF-1"), receipt("RF-1")]

    stage.send("U1", "x.csv", csv(*rows))

    result = stage.text("U1")
    told = cells(result, "status", "event_id", "error_description")
    event_id = told[0][1]
    assert [status for status, *_ in told] == ["posted", "posted", "refused", "refused"]
    assert told[3][2].endswith(told[2][2])
    assert f"Row 1 of this file has the same reference number or id and was posted as {event_id}" in told[2][2]
    assert "Keep the rows of a purchase together" in told[2][2]
    assert "give it its own reference number" in told[2][2]

    without_other = "".join(line for line in result.splitlines(keepends=True) if "RF-2" not in line)
    stage.send("U2", "x.csv", without_other.encode())
    again = cells(stage.text("U2"), "status", "error_description")
    assert {status for status, _ in again} == {"refused"}
    assert event_id in again[0][1]

    *others, third, fourth = result.splitlines()
    mended = [*others, *(row.replace("RF-1", "RF-1b") for row in (third, fourth))]
    stage.send("U3", "x.csv", "\n".join(mended).encode())
    ended = cells(stage.text("U3"), "status", "event_id")
    assert [status for status, _ in ended] == ["replayed", "replayed", "posted", "posted"]
    assert (lines_of(stage, event_id), lines_of(stage, ended[3][1])) == (1, 2)


CLAIMS: list[dict[str, Any]] = [
    {"status": "posted"},
    {"status": "replayed"},
    {"status": "posted", "event_id": NO_EVENT},
    {"status": "posted", "event_id": "of another purchase"},
    {"status": "refused", "event_id": "of another purchase"},
    {"status": "posted", "event_id": "of another partner"},
    {"status": "posted", "event_id": "of an opening balance"},
    {"status": "posted", "event_id": "#\x00é"},
    {"status": "posted", "event_id": {"a": 1}},
    {"status": "posted", "event_id": f"ROW-{NO_EVENT}"},
]


@pytest.mark.parametrize("of_row", ["with an identity", "without one"])
@pytest.mark.parametrize(
    "claim", CLAIMS, ids=lambda claim: " ".join(map(str, claim.values())).encode("ascii", "replace")
)
def test_a_row_that_was_never_posted_is_posted_whatever_it_says(
    stage: Stage, claim: dict[str, Any], of_row: str
) -> None:
    [mine] = stage.send("U1", "x.jsonl", file(classic("two") | {"reference_number": "ANOTHER"}))
    [rivals] = stage.send("U2", "x.jsonl", file(classic("one")), partner="RIVAL")
    opening = stage.table.journal("A-one", before=None, limit=9)[-1]
    ids = {
        "of another purchase": mine["event_id"],
        "of another partner": rivals["event_id"],
        "of an opening balance": keys.event_id(key_of(opening)),
    }
    said = {name: ids.get(value, value) if isinstance(value, str) else value for name, value in claim.items()}
    balance = stage.balance("one")
    body = purchase("CIM-one", "RF-NEW", spend="5") if of_row == "with an identity" else classic("one")

    [told] = stage.send("U3", "x.jsonl", file(body | said))

    assert told["status"] == "posted"
    assert told["event_id"] not in ids.values()
    assert stage.balance("one") == balance - 5
    assert verify_journal(stage.table).deviations == []


@pytest.mark.parametrize("column", ["status", "status,event_id"])
def test_a_column_of_the_callers_own_settles_nothing(stage: Stage, column: str) -> None:
    rows = [f"{receipt('RF-1')},posted,E1", f"{receipt('RF-2')},replayed,E2"]
    if column == "status":
        rows = [row.rpartition(",")[0] for row in rows]

    stage.send("U1", "x.csv", csv(*rows, header=f"{HEADER},{column}"))

    assert cells(stage.text("U1"), "status") == [["posted"], ["posted"]]


@pytest.mark.parametrize("event_id", [None, NO_EVENT, "of the other row"])
def test_a_row_with_an_identity_is_the_event_that_has_it_whatever_event_it_names(
    stage: Stage, event_id: str | None
) -> None:
    result = stage.send("U1", "x.jsonl", file(*(purchase("CIM-one", name, spend="5") for name in ("RF-1", "RF-2"))))
    said = {"event_id": result[1]["event_id"] if event_id == "of the other row" else event_id}

    [told] = stage.send("U2", "x.jsonl", file(result[0] | said))

    assert (told["status"], told["event_id"]) == ("replayed", result[0]["event_id"])


def test_a_row_of_a_result_that_was_edited_is_refused_and_not_posted_a_second_time(stage: Stage) -> None:
    result = stage.send("U1", "x.jsonl", file(purchase("CIM-one", "RF-1", spend="5"), classic("one")))
    assert stage.balance("one") == 990
    edited = [result[0] | {"spend_request": {"amount": 6}}, result[1] | {"spend_request": {"spend_amount": 6}}]

    told = stage.send("U2", "x.jsonl", file(*edited))
    assert [row["status"] for row in told] == ["refused", "refused"]
    assert all(before["event_id"] in row["error_description"] for before, row in zip(result, told, strict=True))
    assert "Remove event_id" in told[1]["error_description"]
    assert stage.balance("one") == 990

    del edited[1]["event_id"]
    assert [row["status"] for row in stage.send("U3", "x.jsonl", file(edited[1]))] == ["posted"]
    assert stage.balance("one") == 984


@pytest.mark.parametrize("key", [None, "KEY-1"], ids=["by their places", "by a key of their call"])
def test_rows_without_an_identity_in_their_result_are_the_events_that_they_name(stage: Stage, key: str | None) -> None:
    bodies = [classic("one") | {"request_unique_identifier": number} for number in ("1", "2")]
    result = stage.send("U1", "x.jsonl", file(*bodies), idempotency_key=key)

    again = stage.send("U2", "x.jsonl", file(*result))
    once_more = stage.send("U3", "x.jsonl", file(*again))

    assert [row["status"] for row in (*result, *again, *once_more)] == ["posted"] * 2 + ["replayed"] * 4
    assert {row["event_id"] for row in (*again, *once_more)} == {row["event_id"] for row in result}
    assert stage.balance("one") == 990


def test_what_a_result_says_is_settled_is_proven_by_reading_a_hundred_rows_at_a_time(stage: Stage) -> None:
    bodies = [purchase("CIM-one", f"RF-{number}") for number in range(150)]
    result = stage.send("U1", "x.jsonl", file(*bodies, purchase("CIM-none", "RF-bad")))

    with counted(stage) as calls:
        told = stage.send("U2", "x.jsonl", file(*(row for row in result if row["status"] == "posted")))

    assert {row["status"] for row in told} == {"replayed"}
    assert calls["BatchGetItem"] <= 6
    assert calls["TransactWriteItems"] <= 5  # of the upload itself: begun, kept, counted, closed


def test_a_dead_letter_of_a_result_is_told_by_the_events_that_its_rows_name(stage: Stage) -> None:
    """The last delivery posts nothing, and just looks what is posted."""
    result = stage.send("U1", "x.jsonl", file(classic("one")))
    [message] = put_upload(stage.table, stage.files, "U2", [lines(result)])

    assert stage.deliver(message, MAX_RECEIVES)

    assert stage.statuses("U2") == ["replayed"]


def test_what_is_posted_already_takes_nothing_of_a_counter_from_the_rows_behind_it(stage: Stage) -> None:
    """Two uses of a promo code, and 4 of a budget; half of it is posted when the larger file comes."""
    bring(stage.table, CAMPAIGN, PROMO_CODE | {"maximum_uses": 2})
    award = {"method": "FIXED", "value": 2}
    offer = {"type": "reward_offer", "id": "BUDGETED", "name": "B", "scheme": "SALES", "award": award}
    bring(stage.table, offer | {"limits": {"budget": 4}})
    bodies = [purchase(f"CIM-{name}", f"RF-{name}") | {"promo_code": "COLD-BREW"} for name in ("one", "two")]
    stage.send("U1", "first.jsonl", file(bodies[0]))

    told = stage.send("U2", "both.jsonl", file(*bodies))

    assert [row["status"] for row in told] == ["replayed", "posted"]
    counters = [keys.counter("reward_offer", "BUDGETED"), keys.counter("promo_code", "PC-1")]
    found = stage.table.get_many(counters)
    assert [found[key]["used"] for key in counters] == [4, 2]
