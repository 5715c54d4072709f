"""Erasing what names a person (docs/operating.md): the proof still holds, and tells what is erased from what is
damaged."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from msgspec.structs import replace

from loyalty.domain.identity import Origin
from loyalty.domain.ledger.chain import PERSONAL_IDS, PERSONAL_IN_DOCUMENT
from loyalty.domain.proofs.chain_audit import AS_POSTED, PERSON_AS_POSTED
from loyalty.store import keys
from loyalty.store.attributes import Item, key_of
from loyalty.store.dynamo_table import DynamoTable
from loyalty.store.events import event_of
from loyalty.usecases.proofs.event_rules import broken_rules
from loyalty.usecases.proofs.legible import READABLE
from tests.cards import bring
from tests.damage import Damaged, rules
from tests.functional.conftest import Answer, Functions, example

NEWEST, CLASSIC, ENTRY, RETURN = "NEWEST", "CLASSIC", "ENTRY", "RETURN"
PARTNER = {"type": "partner", "id": "DEMO", "name": "Demo", "classic_repeats": "REPLAY"}


class Erasing(Damaged):
    """A table with a purchase of each API, one of a bulk call, and a return; the classic ones known by their content,
    as their partner repeats itself."""

    def posted(self, name: str) -> Item:
        """Return an event of the table by its reference number."""
        return self.event(name, "RETURN" if name == RETURN else "PURCHASE")

    def erase(self, name: str, leave: Callable[[Any], Any]) -> None:
        """Erase an event as the page says; `leave` returns what is left of a value, None for nothing."""
        event = self.posted(name)

        def erase(document: dict[str, Any]) -> None:
            _erase(document, PERSONAL_IN_DOCUMENT, leave)
            _erase(document.get("ids", {}), PERSONAL_IDS, leave)

        self.rewrite(event, erase)
        erased = {name: leave(event[name]) for name in ("fingerprint", "salt")}
        self.change(self.posted(name), **erased)


def _erase(values: dict[str, Any], names: tuple[str, ...], leave: Callable[[Any], Any]) -> None:
    for name in set(names) & values.keys():
        left = leave(values.pop(name))
        values |= {} if left is None else {name: left}


def removed(_: Any) -> None:
    """Leave nothing of a value."""


def emptied(value: Any) -> Any:
    """Leave a value, but empty: a text, an object or bytes."""
    return type(value)()


@pytest.fixture
def erasing(functions: Functions, demo: DynamoTable, tmp_path: Path) -> Erasing:
    bring(demo, PARTNER)
    purchase = {**example("create_v5_1.request"), "id": NEWEST, "reference_number": NEWEST}
    goods = {"reference_number": RETURN, "products": [{"line": 0, "quantity": 1}]}
    assert functions.call("create_purchase", purchase).status == 200
    assert functions.call("return_products", goods, path={"id": NEWEST}).status == 200
    assert classic(functions, CLASSIC).status == 200
    assert bulk(functions).body["data"]["unprocessed_customer_events_set"] == []
    return Erasing(demo, tmp_path)


def token(functions: Functions) -> str:
    answer = functions.call("issue_token", headers={"api_key": functions.api_key}, context={})
    return str(answer.body["data"]["token"])


def classic(functions: Functions, reference: str) -> Answer:
    body = {**example("create_1.request"), "reference_number": reference, "token": token(functions)}
    return functions.call("classic_create_purchase", body, context={})


def bulk(functions: Functions) -> Answer:
    entry = {**example("create_1.request"), "reference_number": ENTRY, "request_unique_identifier": "1"}
    body = {"token": token(functions), "purchase_customer_events_set": [entry]}
    return functions.call("classic_bulk_create", body, context={})


@pytest.mark.parametrize("name", [CLASSIC, ENTRY])
def test_a_purchase_known_by_its_content_has_its_fingerprint_in_one_place(erasing: Erasing, name: str) -> None:
    event = event_of(erasing.posted(name))
    assert event.origin is Origin.CONTENT
    assert event.fingerprint.hex().upper() not in str(erasing.document(erasing.posted(name)))

    kept = event.purchase_document.identity
    whole = ("DEMO", event.fingerprint.hex().upper(), *kept)  # as an earlier version kept it
    earlier = replace(event, document=structs.replace(event.purchase_document, identity=whole))
    assert list(broken_rules(earlier)) == list(broken_rules(event)) == []
    assert list(broken_rules(replace(event, fingerprint=b"0123456789abcdef")))


NAMES = [NEWEST, CLASSIC, ENTRY, RETURN]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("leave", [removed, emptied])
def test_an_event_is_erased_and_the_chain_holds(erasing: Erasing, name: str, leave: Callable[[Any], Any]) -> None:
    event = erasing.posted(name)
    digest = event["fingerprint"].hex().upper()
    assert erasing.verified().erased == 0

    erasing.erase(name, leave)

    verified = erasing.verified()
    assert (verified.deviations, verified.erased) == ([], 1)
    left = erasing.posted(name)
    assert digest not in str(erasing.document(left))
    assert {one: left[one] for one in event if one not in ("fingerprint", "salt", "document")} == {
        one: event[one] for one in event if one not in ("fingerprint", "salt", "document")
    }


def test_every_event_of_a_person_is_erased(erasing: Erasing) -> None:
    for name in NAMES:
        erasing.erase(name, removed)

    verified = erasing.verified()
    assert (verified.deviations, verified.erased) == ([], len(NAMES))


@pytest.mark.parametrize("leave", [removed, emptied])
def test_an_erased_purchase_is_told_taken_back_and_no_replay(
    erasing: Erasing, functions: Functions, leave: Callable[[Any], Any]
) -> None:
    for name in NAMES:
        erasing.erase(name, leave)

    shown = functions.call("show_purchase", path={"id": NEWEST}).body
    assert shown["products"][0]["returned_quantity"] == 1
    assert classic(functions, CLASSIC).body["status"]["code"] == "DuplicateAPIValueException"
    [refused] = bulk(functions).body["data"]["unprocessed_customer_events_set"]
    assert refused["error_code"] == "DuplicateAPIValueException"
    assert functions.call("cancel_purchase", path={"id": NEWEST}).status == 200
    assert erasing.found() == []


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("damage", "rule"),
    [
        ({"salt": None}, PERSON_AS_POSTED),
        ({"salt": b""}, PERSON_AS_POSTED),
        ({"fingerprint": None}, PERSON_AS_POSTED),
        ({"fingerprint": b""}, PERSON_AS_POSTED),
        ({"fingerprint": "text"}, READABLE),
    ],
)
def test_what_is_erased_in_part_is_damage(erasing: Erasing, name: str, damage: Item, rule: str) -> None:
    erasing.change(erasing.posted(name), **damage)

    verified = erasing.verified()
    assert rule in rules(verified.deviations)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_changed_of_an_erased_event_is_damage(erasing: Erasing, name: str) -> None:
    erasing.erase(name, removed)
    event = erasing.posted(name)

    erasing.change(event, awarded=event["awarded"] + 1)

    assert (keys.event_id(key_of(event)), AS_POSTED) in {(found.event_id, found.rule) for found in erasing.found()}


@pytest.mark.parametrize("name", NAMES)
def test_a_person_who_is_put_into_an_erased_event_is_damage(erasing: Erasing, name: str) -> None:
    erasing.erase(name, removed)

    erasing.change(erasing.posted(name), fingerprint=b"0123456789abcdef")

    assert PERSON_AS_POSTED in rules(erasing.found())
