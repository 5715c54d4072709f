"""The reference data that baskets need."""

from pathlib import Path
from typing import Any

import pytest

from cli.journey.baskets import Choice, LeftOutBaskets, purchase
from cli.journey.reference import PROGRAMME, Needs, department_record, records, write
from cli.journey.source import departments
from loyalty import exactjson
from loyalty.domain.records import RECORD_TYPES

DEMO = Path(__file__).parents[2] / "cli" / "demo" / "programme.jsonl"
NEEDS = Needs(baskets=1, stores={330}, households={900}, products={7, 8})
DEPARTMENTS = {7: "ELECT &PLUMBING"}


def lines(file: Path) -> list[dict[str, Any]]:
    return [exactjson.loads_strictly(line) for line in file.read_text().splitlines() if line.strip()]


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Return the records that are imported for a slice of the real data."""
    file = tmp_path_factory.mktemp("journey") / "reference.jsonl"
    write(records(Needs.of(Choice(limit=300).baskets(LeftOutBaskets())), departments()), file)
    return lines(PROGRAMME) + lines(file)


def test_every_record_is_valid(imported: list[dict[str, Any]]) -> None:
    valid = [RECORD_TYPES[record["type"]].model_validate(record) for record in imported]

    assert [record.id for record in valid] == [record["id"] for record in imported]


def test_a_record_follows_those_that_it_refers_to(imported: list[dict[str, Any]]) -> None:
    seen: set[tuple[str, str]] = set()
    targets = {
        "parent_business_unit": "business_unit",
        "product_type": "product_type",
        "contact": "contact",
        "account": "account",
        "scheme": "reward_scheme",
    }
    for record in imported:
        for field in targets.keys() & record.keys():
            assert (targets[field], record[field]) in seen
        for product_type in record.get("conditions", {}).get("product_types", ()):
            assert ("product_type", product_type) in seen
        seen.add((record["type"], record["id"]))


def test_every_name_in_a_purchase_is_imported(imported: list[dict[str, Any]]) -> None:
    codes = {record.get("code") or record.get("authentication_code") for record in imported}
    for basket in Choice(limit=300).baskets(LeftOutBaskets()):
        body = purchase(basket)
        named = {body["cim"], body["merchant_tap"]["code"], body["outlet_tap"]["code"]}
        assert named | {line["product_sku"] for line in body["products"]} <= codes


def test_nothing_is_imported_that_no_basket_needs() -> None:
    kinds = [record["type"] for record in records(NEEDS, DEPARTMENTS | {9: "GROCERY"})]
    assert kinds == ["business_unit", "product_type", "product", "product", "contact", "account", "access_token"]


def test_a_department_is_the_type_of_its_products() -> None:
    _, department, product, *_ = records(NEEDS, DEPARTMENTS)
    assert department == {"type": "product_type", "id": "CJ-ELECT-PLUMBING", "name": "ELECT &PLUMBING"}
    assert product["product_type"] == department["id"]


def test_a_product_that_the_catalogue_lacks_becomes_one_without_a_type() -> None:
    _, _, _, product, *_ = records(NEEDS, DEPARTMENTS)
    assert product == {"type": "product", "id": "CJ-PRODUCT-8", "code": "8", "description": "Not in the catalogue"}


def test_departments_have_ids_of_their_own() -> None:
    names = set(departments().values())
    assert len({department_record(name)["id"] for name in names}) == len(names) == 32


def test_the_programme_spells_departments_as_the_reference_data_does() -> None:
    types = [record for record in lines(PROGRAMME) if record["type"] == "product_type"]
    assert types == [department_record(record["name"]) for record in types]
    assert {record["name"] for record in types} <= set(departments().values())


def test_the_programme_adds_to_the_demo_programme_without_touching_it() -> None:
    demo = {(record["type"], record["id"]) for record in lines(DEMO)}
    added = {(record["type"], record["id"]) for record in lines(PROGRAMME)}
    assert not demo & added
    assert not {"currency", "currency_rate"} & {kind for kind, _ in added}
