"""What a write asks DynamoDB for: its condition, and values and names of what it speaks of and of nothing else, as
DynamoDB refuses a request that tells more."""

from decimal import Decimal
from typing import Any

import pytest

from loyalty.store.keys import Key
from loyalty.store.writes import Add, Count, Delete, Put, Update, Write, addition_request, put_request, transact_item

KEY = Key("P", "S")
AT: Any = {"pk": {"S": "P"}, "sk": {"S": "S"}}
BEFORE: Any = {":before": {"N": "1"}}
TOLD: Any = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
"""Of what lies there, where a condition does not hold."""


@pytest.mark.parametrize(
    ("put", "on_condition"),
    [
        (Put(KEY, {"x": "y", "none": None}), {}),
        (
            Put(KEY, {"x": "y"}, "attribute_not_exists(pk)"),
            {"ConditionExpression": "attribute_not_exists(pk)"},
        ),
        (
            Put(KEY, {"x": "y"}, "version = :before", {":before": 1}),
            {"ConditionExpression": "version = :before", "ExpressionAttributeValues": BEFORE},
        ),
        (
            Put(KEY, {"x": "y"}, "#state = :before AND #name = :before", {":before": 1}),
            {
                "ConditionExpression": "#state = :before AND #name = :before",
                "ExpressionAttributeValues": BEFORE,
                "ExpressionAttributeNames": {"#state": "state", "#name": "name"},
            },
        ),
    ],
)
def test_an_item_is_put_whole_on_its_condition(put: Put, on_condition: Any) -> None:
    request = {"TableName": "T", "Item": AT | {"x": {"S": "y"}}, **on_condition}

    assert put_request("T", put) == request
    assert transact_item("T", put) == {"Put": request | TOLD}


def test_an_update_sets_what_there_is_and_removes_what_there_is_not() -> None:
    update = Update(KEY, {"state": "S", "count": 2, "gone": None, "left": None}, "version = :before", {":before": 1})

    assert transact_item("T", update) == {
        "Update": {
            "TableName": "T",
            "Key": AT,
            "UpdateExpression": "SET #state = :state, #count = :count REMOVE #gone, #left",
            "ConditionExpression": "version = :before",
            "ExpressionAttributeNames": {"#state": "state", "#count": "count", "#gone": "gone", "#left": "left"},
            "ExpressionAttributeValues": {":state": {"S": "S"}, ":count": {"N": "2"}, **BEFORE},
        }
    }


def test_an_update_that_removes_nothing_says_nothing_of_removing() -> None:
    asked = transact_item("T", Update(KEY, {"state": "S"}, "attribute_not_exists(pk)"))["Update"]

    assert asked["UpdateExpression"] == "SET #state = :state"
    assert asked["ExpressionAttributeValues"] == {":state": {"S": "S"}}


def test_an_addition_adds_to_counters_and_sets_attributes_beside_them() -> None:
    assert addition_request("T", KEY, {"day": 1, "month": 2}, {"a": "b", "expires_at": 9}) == {
        "TableName": "T",
        "Key": AT,
        "UpdateExpression": "ADD #day :day, #month :month SET #a = :a, #expires_at = :expires_at",
        "ExpressionAttributeNames": {"#day": "day", "#month": "month", "#a": "a", "#expires_at": "expires_at"},
        "ExpressionAttributeValues": {
            ":day": {"N": "1"},
            ":month": {"N": "2"},
            ":a": {"S": "b"},
            ":expires_at": {"N": "9"},
        },
    }
    assert addition_request("T", KEY, {"day": 1}, {})["UpdateExpression"] == "ADD #day :day"


def test_an_addition_removes_attributes_that_are_to_be_absent() -> None:
    asked = addition_request("T", KEY, {"day": 1}, {"a": "b", "week": None, "year": None})

    assert asked["UpdateExpression"] == "ADD #day :day SET #a = :a REMOVE #week, #year"
    assert asked["ExpressionAttributeNames"] == {name: name[1:] for name in ("#day", "#a", "#week", "#year")}
    assert asked["ExpressionAttributeValues"].keys() == {":day", ":a"}


def asked_for(write: Write) -> tuple[str | None, dict[str, Any]]:
    """Return the condition of an addition, and the values beside those that it adds and sets."""
    asked = transact_item("T", write)["Update"]
    assert asked["UpdateExpression"].startswith("ADD #used :used" if isinstance(write, Add) else "ADD #day :day")
    values = {name: value for name, value in asked["ExpressionAttributeValues"].items() if "room" in name}
    assert len(asked["ExpressionAttributeValues"]) > len(values)
    return asked.get("ConditionExpression"), values


@pytest.mark.parametrize(
    ("write", "condition", "room"),
    [
        (Add(KEY, Decimal("2.5"), attributes={"event_id": "E"}), None, {}),
        (Add(KEY, 2, 3), "(attribute_not_exists(#used) OR #used <= :room_of_used)", {":room_of_used": {"N": "1"}}),
        (Add(KEY, 3, 3), "(attribute_not_exists(#used) OR #used <= :room_of_used)", {":room_of_used": {"N": "0"}}),
        (Add(KEY, Decimal("3.5"), 3), "#used <= :room_of_used", {":room_of_used": {"N": "-0.5"}}),
        (Count(KEY, {"day": 1}), None, {}),
        (
            Count(KEY, {"day": 1, "month": 5, "year": 1}, most={"day": 3, "month": 4}),
            "(attribute_not_exists(#day) OR #day <= :room_of_day) AND #month <= :room_of_month",
            {":room_of_day": {"N": "2"}, ":room_of_month": {"N": "-1"}},
        ),
    ],
    ids=str,
)
def test_what_is_counted_leaves_room_for_what_is_added(write: Write, condition: str | None, room: Any) -> None:
    assert asked_for(write) == (condition, room)


def test_what_was_counted_is_told_where_there_is_no_room_for_a_guess() -> None:
    bounded, unbounded = (transact_item("T", Count(KEY, {"day": 1}, most=most)) for most in ({"day": 1}, {}))

    assert bounded["Update"].items() >= TOLD.items()
    assert not unbounded["Update"].keys() & TOLD.keys()
    assert transact_item("T", Count(KEY, {"day": 1}, {"a": "b"}))["Update"]["ExpressionAttributeValues"][":a"] == {
        "S": "b"
    }
    added = transact_item("T", Add(KEY, Decimal("2.5"), attributes={"event_id": "E"}))["Update"]
    assert added == addition_request("T", KEY, {"used": Decimal("2.5")}, {"event_id": "E"})


@pytest.mark.parametrize(
    ("delete", "on_condition"),
    [
        (Delete(KEY), {}),
        (Delete(KEY, "attribute_exists(pk)"), {"ConditionExpression": "attribute_exists(pk)"}),
        (
            Delete(KEY, "version = :before", {":before": 1}),
            {"ConditionExpression": "version = :before", "ExpressionAttributeValues": BEFORE},
        ),
    ],
)
def test_an_item_is_deleted_on_its_condition(delete: Delete, on_condition: Any) -> None:
    assert transact_item("T", delete) == {"Delete": {"TableName": "T", "Key": AT, **on_condition}}
