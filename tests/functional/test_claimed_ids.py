"""A merchant's ids are its own: whoever gives an event an id that is another's keeps nobody from theirs, and learns
nothing of them (decision 28)."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from loyalty.domain.access.partner import Scope
from loyalty.domain.identity import Origin, told_id
from loyalty.store import keys, ledger
from loyalty.store.attributes import key_of
from loyalty.store.dynamo_table import DynamoTable
from loyalty.usecases.access.api_keys import KeyRequest, create_key
from loyalty.usecases.proofs.verify_journal import verify_journal
from loyalty.usecases.reference.import_records import import_records
from tests.cards import bring
from tests.customers import customer
from tests.functional.conftest import Answer, Functions
from tests.moto_table import fill, kept
from tests.tables.kept import FOLDER
from tests.tables.player import Player
from tests.tables.write import write
from tests.tables.written import NAMES, Written

NOW = datetime.now(UTC).replace(microsecond=0)
Body = dict[str, Any]


def merchant(table: DynamoTable, code: str) -> tuple[Functions, Body]:
    """Return the functions as a partner of a new merchant calls them, and a purchase there of a customer of its own."""
    bring(
        table, {"type": "business_unit", "id": f"BU-{code}", "name": code, "code": code, "time_zone": "Europe/Athens"}
    )
    bring(table, {"type": "partner", "id": code, "name": code})
    line = {"product_sku": "TEA", "net_amount": 10, "tax_amount": 2, "total_amount": 12}
    body = {"cim": customer(table, code, 0), "merchant_tap": {"code": code}, "products": [line]}
    key, _ = create_key(KeyRequest(code, [f"BU-{code}"], list(Scope)), table=table, now=NOW)
    return Functions(api_key=key), body


def claims(table: DynamoTable, ids: Iterable[str], code: str = "MALLORY") -> list[Answer]:
    """Return what a partner of another merchant is answered that gives its purchases these ids."""
    functions, body = merchant(table, code)
    return [
        functions.call("create_purchase", body | {"id": one, "reference_number": f"R-{place}"})
        for place, one in enumerate(ids)
    ]


def known(table: DynamoTable) -> set[str]:
    """Return what callers know events by, and what pointers lead to them from."""
    return {told_id(keys.event_id(key_of(item))) for item in table.scan() if keys.is_event(key_of(item))}


def places(table: DynamoTable) -> set[keys.Key]:
    return {key_of(item) for item in table.scan() if keys.is_event(key_of(item))}


def told(written: Written) -> list[Any]:
    answers = [sent.answer.body for sent in written.calls]
    return [body.get("data", body).get("id") for body in answers] + [file.outcomes for file in written.files]


def written_at_once(table: DynamoTable) -> Written:
    """Do all of the scenario, with the same time each time: by their quarter of an hour, tills are known that do not
    say when they sold."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("loyalty.api.http.http_handler.datetime", SimpleNamespace(now=lambda _: NOW))
        return write(table, NOW)


@pytest.fixture(scope="module")
def everything(_aws: DynamoTable) -> tuple[Written, Any]:
    """Events of every kind in a table of their own, and what that holds then."""
    fill(_aws, {})
    return written_at_once(_aws), kept(_aws)


def test_the_scenario_has_an_event_of_every_origin(table: DynamoTable, everything: tuple[Written, Any]) -> None:
    fill(table, everything[1])

    assert {event.origin for event in ledger.scan_events(table)} == set(Origin)


def test_ids_that_another_has_given_before_are_in_nobodys_way(
    table: DynamoTable, everything: tuple[Written, Any]
) -> None:
    fill(table, everything[1])
    ids, theirs = sorted(known(table)), places(table)
    fill(table, {})
    bring_programme(table)
    assert {answer.status for answer in claims(table, ids)} == {200}
    fill(table, kept(table, lambda pk: pk != "NUMBERS"))

    again = written_at_once(table)

    assert theirs <= places(table)
    assert told(again) == told(everything[0])


def test_an_id_that_is_anothers_is_as_free_as_any(table: DynamoTable, everything: tuple[Written, Any]) -> None:
    written, items = everything
    fill(table, items)
    ids = sorted(known(table))

    answers = claims(table, [*ids, "FREE"])

    assert {(answer.status, *sorted(answer.headers)) for answer in answers} == {(200, *sorted(answers[-1].headers))}
    assert [answer.body for answer in answers] == [{"id": one} for one in [*ids, "FREE"]]
    player = Player(table, written.api_keys)
    for sent in written.calls:
        if sent.again:
            assert player.send(sent.call).body == sent.again.body, sent.call.name
    assert verify_journal(table, settle=lambda _: None).deviations == []


def bring_programme(table: DynamoTable) -> None:
    records = (FOLDER / "programme.jsonl").read_bytes().splitlines()
    assert not import_records(records, table=table, now=NOW).refused


@pytest.fixture
def shared(table: DynamoTable) -> dict[str, Functions]:
    """The functions as the partners of two merchants call them that have given a purchase the same id; and as an
    operator does, who sees both."""
    bring_programme(table)
    partners = {}
    for code in ("ONE", "TWO"):
        partners[code], body = merchant(table, code)
        assert partners[code].call("create_purchase", body | {"id": "SHARED", "reference_number": code}).status == 200
    key, _ = create_key(KeyRequest("POS", ["*"], list(Scope)), table=table, now=NOW)
    return {**partners, "POS": Functions(api_key=key)}


def shown(functions: Functions, **query: str) -> Any:
    answer = functions.call("show_purchase", path={"id": "SHARED"}, query=query)
    return answer.body["reference_number"] if answer.status == 200 else answer.status


def test_a_partner_finds_its_merchants_purchase_by_an_id_that_others_have_too(shared: dict[str, Functions]) -> None:
    assert [shown(shared[code]) for code in ("ONE", "TWO")] == ["ONE", "TWO"]
    assert shown(shared["ONE"], merchant="BU-TWO") == 404


def test_who_sees_several_purchases_of_an_id_says_whose_is_meant(shared: dict[str, Functions]) -> None:
    assert shown(shared["POS"]) == 409
    assert [shown(shared["POS"], merchant=f"BU-{code}") for code in ("ONE", "TWO")] == ["ONE", "TWO"]


@pytest.mark.parametrize(
    ("function", "body"),
    [("cancel_purchase", None), ("return_products", {"reference_number": "R", "products": [{"line": 0}]})],
)
def test_what_is_taken_back_of_one_purchase_of_an_id_leaves_the_other_as_it_is(
    table: DynamoTable, shared: dict[str, Functions], function: str, body: Any
) -> None:
    path = {"id": "SHARED"}
    assert shared["POS"].call(function, body, path=path).status == 409
    answers = [
        shared["POS"].call(function, body, path=path, query={"merchant": "BU-ONE"}),
        shared["ONE"].call(function, body, path=path),
    ]

    assert [answer.headers.get("Idempotent-Replayed") for answer in answers] == [None, "true"]
    left = shared["TWO"].call("show_purchase", path=path).body
    assert (left["life_cycle_state"], left["products"][0]["returned_quantity"]) == ("POSTED", 0)
    assert shared["TWO"].call(function, body, path=path).headers.get("Idempotent-Replayed") is None
    assert verify_journal(table, settle=lambda _: None).deviations == []


@pytest.mark.parametrize("name", NAMES)
def test_an_id_that_was_given_before_merchants_had_their_own_is_that_merchants_alone(
    table: DynamoTable, name: str
) -> None:
    written = Written.read(name)
    fill(table, {})
    written.load(table)
    sent = next(sent.call for sent in written.calls if (sent.call.body or {}).get("id") == "GIVEN-1")
    player = Player(table, written.api_keys)

    other = player.send(replace(sent, body={**sent.body, "reference_number": "ANOTHER"}))

    assert (other.status, other.body["code"]) == (409, "DuplicateAPIValueException")
    assert [answer.status for answer in claims(table, ["GIVEN-1"])] == [200]
    assert player.send(sent).headers.get("Idempotent-Replayed") == "true"
