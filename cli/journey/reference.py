"""The records that baskets refer to: stores as outlets, products with departments as their types, households as
customers. Every basket's names are found once its records are imported; importing them again changes nothing."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cli.console import CommandFailure
from cli.journey.baskets import MERCHANT_CODE, JourneyBasket, account, card, outlet, sku
from loyalty import exactjson

PROGRAMME = Path(__file__).with_name("programme.jsonl")
"""The merchant, its rewards, and the departments that these name."""

Record = dict[str, Any]


@dataclass(slots=True)
class Needs:
    """The reference data of baskets, by the ids of the data set."""

    baskets: int = 0
    stores: set[int] = field(default_factory=set)
    households: set[int] = field(default_factory=set)
    products: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, baskets: Iterable[JourneyBasket]) -> "Needs":
        """Return what `baskets` refer to, and how many they are.

        Raises:
            Failure: there are none.
        """
        needs = cls()
        for basket in baskets:
            needs.baskets += 1
            needs.stores.add(basket.store)
            needs.households.add(basket.household)
            needs.products.update(line.product for line in basket.lines)
        if not needs.baskets:
            raise CommandFailure("no basket falls on these days: choose others of the year 2017 with --from and --to")
        return needs


def records(needs: Needs, departments: Mapping[int, str]) -> Iterator[Record]:
    """Records for all that is needed, each after those that it refers to; the same ones in the same order each time.

    A product that the catalogue (`departments`, by product) does not have becomes one without a type.
    """
    yield from (store_record(store) for store in sorted(needs.stores))
    named = {departments[product] for product in needs.products & departments.keys()}
    yield from (department_record(department) for department in sorted(named))
    yield from (product_record(product, departments.get(product)) for product in sorted(needs.products))
    for household in sorted(needs.households):
        yield from customer_records(household)


def all_records(needs: Needs, departments: Mapping[int, str]) -> Iterator[Record]:
    """Return the programme, and the records for all that is needed."""
    yield from (exactjson.loads(line) for line in PROGRAMME.read_bytes().splitlines())
    yield from records(needs, departments)


def write(records: Iterable[Record], file: Path) -> None:
    """Write records as JSON Lines."""
    with file.open("w", encoding="utf-8") as lines:
        lines.writelines(exactjson.dumps(record) + "\n" for record in records)


def store_record(store: int) -> Record:
    """Return a store: an outlet of the retailer."""
    code = outlet(store)
    return {
        "type": "business_unit",
        "id": code,
        "code": code,
        "name": f"Store {store}",
        "parent_business_unit": MERCHANT_CODE,
    }


def department_record(department: str) -> Record:
    """Return a department: a type of product."""
    return {"type": "product_type", "id": department_id(department), "name": department}


def department_id(department: str) -> str:
    """`CJ-ELECT-PLUMBING` for `ELECT &PLUMBING`."""
    return "CJ-" + re.sub(r"[^A-Z0-9]+", "-", department.upper()).strip("-")


def product_record(product: int, department: str | None) -> Record:
    """Return a product, under the catalogue's number."""
    record: Record = {"type": "product", "id": product_id(product), "code": sku(product)}
    if department is None:
        return record | {"description": "Not in the catalogue"}
    return record | {"product_type": department_id(department)}


def product_id(product: int) -> str:
    """Return the id of a product's record."""
    return f"CJ-PRODUCT-{product}"


def customer_records(household: int) -> Iterator[Record]:
    """Return a household: a contact with an account and a card."""
    number, contact = account(household), f"CJ-HOUSEHOLD-{household:04}"
    yield {"type": "contact", "id": contact, "first_name": "Household", "last_name": str(household)}
    yield {"type": "account", "id": number, "number": number, "contact": contact}
    yield {"type": "access_token", "id": card(household), "account": number, "authentication_code": card(household)}
