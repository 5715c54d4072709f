"""A condition or a type of record that is new has to be known in each of these places; one that is forgotten there is
told here, and what meets it meanwhile fails closed."""

import json
import pkgutil
import re
from datetime import UTC, datetime
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import pytest

from cli.programme import shadows
from cli.programme.draft_preview import ANYBODY
from cli.target import REPOSITORY
from loyalty import exactjson
from loyalty.domain import records
from loyalty.domain.fingerprint import Fingerprint
from loyalty.domain.identity import Identity, Origin
from loyalty.domain.ledger.wallet import Wallet
from loyalty.domain.programme.conditions import CONDITIONS, Occasion, compile_conditions
from loyalty.domain.programme.directory import NAMING_FIELDS
from loyalty.domain.purchases.purchase import PurchaseRequest, Reference, RequestedLine
from loyalty.domain.records import RECORD_TYPES
from loyalty.domain.records.base import BaseRecord
from loyalty.domain.records.rewards import Conditions
from loyalty.store import keys
from loyalty.store.events import wallet_item
from loyalty.store.memory_table import MemoryTable
from loyalty.store.reference import PROGRAMME_TYPES
from loyalty.store.writes import Put
from loyalty.usecases.engine import Engine
from loyalty.usecases.purchases.preview_purchase import preview_purchase
from loyalty.usecases.reference.import_records import import_records
from tests.builders import line
from tests.unit.test_programme_check import NEVER, PROGRAMME, checked, offer
from tests.unit.test_rewards_table import offer_of, rows

LANGUAGE = set(Conditions.model_fields)
REWARDS = (REPOSITORY / "docs" / "rewards.md").read_text()
REFERENCE = (REPOSITORY / "docs" / "reference-data.md").read_text()
SETTINGS: dict[str, Any] = {
    "business_units": ["DESK"],
    "taps": ["T1"],
    "products": ["CAKE"],
    "product_types": ["FOOD"],
    "classifications": ["CARD"],
    "payment_medium_brands": ["VISA"],
    "payment_medium_types": ["CREDIT"],
    "weekdays": ["TUE"],
    "time_from": "10:00",
    "time_to": "12:00",
    "minimum_total_amount": 5,
    "minimum_quantity": 2,
    "account_classifications": ["GOLD"],
    "promotion_campaign": "SPRING",
    "first_purchase": True,
    "every_nth_purchase": 3,
}
CUSTOMER: list[dict[str, Any]] = [
    {"type": "account", "id": "A1", "number": "1", "classification": "GOLD"},
    {"type": "promo_code", "id": "BLOSSOM", "code": "BLOSSOM", "promotion_campaign": "SPRING"},
]
NAMES = {
    "classification": "CARD",
    "payment_medium_brand": "VISA",
    "payment_medium_type": "CREDIT",
    "promo_code": "BLOSSOM",
}
BOUGHT_BEFORE = {"every_nth_purchase": 2}
"""Purchases that the customer has to have made before for a condition of SETTINGS to hold."""

NEVER_DOUBTED = {
    "payment_medium_brands": "a purchase may be paid with any brand",
    "payment_medium_types": "and with any type",
    "products": "with product_types alone, which says so",
    "time_to": "with time_from, which says so",
    "minimum_total_amount": "a purchase may be of any amount",
    "minimum_quantity": "and of any quantity",
    "first_purchase": "with every_nth_purchase alone, which says so",
}
"""Conditions of which `programme check` has no doubts, and why."""


def test_each_condition_has_a_predicate() -> None:
    assert CONDITIONS.keys() == LANGUAGE


def test_each_condition_is_compared_between_offers() -> None:
    assert shadows.COVERS.keys() == LANGUAGE


def test_each_condition_is_tried_below() -> None:
    assert SETTINGS.keys() == LANGUAGE


def test_each_condition_that_may_never_hold_is_doubted() -> None:
    doubted = {field.removeprefix("/conditions/") for _, field, _ in NEVER if field.startswith("/conditions/")}

    assert doubted | NEVER_DOUBTED.keys() == LANGUAGE


@pytest.mark.parametrize("name", SETTINGS)
def test_each_condition_holds_for_a_purchase_that_is_as_it_asks(name: str) -> None:
    """All the way from the records and the request: whatever a predicate looks at has to be read from somewhere."""
    now, table = datetime(2026, 5, 26, 10, 30, tzinfo=UTC), MemoryTable()
    known = [*PROGRAMME, *CUSTOMER, offer(conditions={name: SETTINGS[name]})]
    assert not import_records(map(str.encode, map(exactjson.dumps, known)), table=table, now=now).refused
    wallet = Wallet("A1", 1, purchases=BOUGHT_BEFORE.get(name, 0))
    table.put(Put(keys.wallet("A1"), wallet_item(wallet)))

    preview = preview_purchase(Engine.on(table), asked_at(now), ANYBODY, now=now, explained=True)

    assert [(verdict.offer_id, verdict.failed) for verdict in preview.why] == [("O", None)]


def asked_at(now: datetime) -> PurchaseRequest:
    """Return a purchase of two cakes that all of SETTINGS hold for, as far as they look at it."""
    cake, ten = Reference("id", "CAKE", "/product"), Decimal(10)
    return PurchaseRequest(
        identity=Identity(Origin.NUMBER),
        reference_number="R1",
        customer=Reference("account.id", "A1", "/customer"),
        performed_by={"tap": Reference("id", "T1", "/tap")},
        references={kind: Reference("id", value, f"/{kind}") for kind, value in NAMES.items()},
        details={},
        performed_on=now,
        lines=(RequestedLine(cake, Decimal(2), ten, Decimal(0), ten),),
        spend=None,
        fingerprint=Fingerprint.of_fields({}),
    )


def places_named() -> set[str]:
    """Return the conditions whose references lead to what belongs to a merchant."""
    schema = Conditions.model_json_schema()["properties"]
    owned = {kind for kind, record in RECORD_TYPES.items() if "business_unit" in record.model_fields} | {
        "business_unit"
    }
    return {name for name, field in schema.items() if any(f"A `{kind}`" in str(field) for kind in owned)}


def test_each_condition_that_names_a_place_keeps_its_offer_from_those_who_are_told_of_other_places_only() -> None:
    assert places_named() == {
        "business_units",
        "taps",
    }  # another one has to be one of the bounds of `domain/pricing/audience.py`


@pytest.mark.parametrize("name", SETTINGS)
def test_an_exclusive_offer_has_all_lines_of_another_only_if_its_condition_holds_there_too(
    name: str, tmp_path: Path
) -> None:
    narrow, wide = {"conditions": {name: SETTINGS[name]}}, dict[str, Any]()

    assert shadowed(tmp_path, first=narrow, later=narrow)
    assert shadowed(tmp_path, first=wide, later=narrow)
    assert not shadowed(tmp_path, first=narrow, later=wide)


def test_an_exclusive_offer_with_a_condition_that_cannot_be_compared_is_not_taken_to_be_always_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(shadows.COVERS, "taps")
    told = {"conditions": {"taps": SETTINGS["taps"]}}

    assert not shadowed(tmp_path, first=told, later=told)


def shadowed(directory: Path, *, first: dict[str, Any], later: dict[str, Any]) -> bool:
    """Return whether the later offer is said never to apply beside the exclusive first one."""
    found = checked(directory, offer("LATER", **later), offer("FIRST", **first, stacking="EXCLUSIVE"))
    assert not found.errors
    return any("never applies" in warning.reason for warning in found.warnings)


def test_each_condition_has_a_row_in_the_documentation() -> None:
    table = REWARDS.partition("| Condition | Holds if |")[2].partition("\n\n")[0]
    named = {name for row in table.splitlines() for name in re.findall(r"`(\w+)`", row.split("|")[1] if row else "")}

    assert named == LANGUAGE


def documented(kind: str) -> set[str]:
    """Return the words of the section on a type of record."""
    sections = re.split(r"^### (.*)$", REFERENCE.partition("\n## ")[2], flags=re.MULTILINE)[1:]
    [section] = [text for names, text in zip(sections[::2], sections[1::2], strict=True) if kind in names.split(", ")]
    return set(re.findall(r"\w+", section))


def test_each_condition_stands_in_the_section_on_offers() -> None:
    assert LANGUAGE - documented("reward_offer") == set()


@pytest.mark.parametrize("kind", RECORD_TYPES)
def test_each_field_of_a_record_stands_in_its_section(kind: str) -> None:
    """Of fields that differ in a number only, the first."""
    fields = {re.sub(r"_\d$", "_1", name) for name in RECORD_TYPES[kind].model_fields}

    assert fields - documented(kind) - {"type", "id"} == set()


def test_each_type_of_the_programme_is_in_the_directory_unless_nobody_names_it() -> None:
    assert PROGRAMME_TYPES - NAMING_FIELDS.keys() == {"organisation", "spend_settings"}


def test_each_type_of_record_is_in_the_tables_that_releases_keep() -> None:
    kept = (REPOSITORY / "tests" / "tables" / "programme.jsonl").read_text().splitlines()

    assert {json.loads(record)["type"] for record in kept} == RECORD_TYPES.keys()


def test_each_model_of_a_record_is_of_a_type() -> None:
    modules = [import_module(f"{records.__name__}.{one.name}") for one in pkgutil.iter_modules(records.__path__)]
    models = {model for module in modules for model in vars(module).values() if isinstance(model, type)}

    assert {model for model in models if issubclass(model, BaseRecord)} - {BaseRecord} == set(RECORD_TYPES.values())


def test_each_condition_stands_in_the_schema() -> None:
    schema = json.loads((REPOSITORY / "docs" / "programme.schema.json").read_text())

    assert schema["$defs"]["Conditions"]["properties"].keys() == LANGUAGE


def test_each_condition_has_rows_in_the_table_of_rewards() -> None:
    offered = [text for row in rows() for text in row.values[0].get("Offers", "").split("; ") if text]

    assert {name for text in offered for name in offer_of(text).get("conditions", {})} == LANGUAGE


def test_each_type_of_record_is_documented() -> None:
    sections = re.findall(r"^### (.*)", REFERENCE, re.MULTILINE)

    assert {kind for section in sections for kind in section.split(", ")} == RECORD_TYPES.keys()


def test_a_condition_that_is_not_known_never_holds_unless_it_is_empty() -> None:
    known, unknown = compile_conditions({"phase_of_the_moon": ["FULL"], "mood": [], "taps": ["T1"]})

    assert (known.name, unknown.name) == ("taps", "phase_of_the_moon")
    assert not unknown.holds(cast("Occasion", None), [line("10")])
