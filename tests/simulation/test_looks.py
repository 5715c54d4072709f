"""A question that was asked under one programme is asked again under another only where that reads something else."""

from collections.abc import Callable

import pytest

from tests.model.exact import Json
from tests.model.programme import Programme
from tests.simulation.looks import Looks

SHOP = {"type": "business_unit", "id": "U-1", "code": "CF", "currency": "EUR"}
TEA = {"type": "product", "id": "P-1", "code": "TEA"}
POINTS = {"type": "currency", "id": "PTS", "role": "ALTERNATIVE"}

READINGS: dict[str, Callable[[Programme], object]] = {
    "by its id": lambda programme: programme.get("product", "P-1"),
    "by its place": lambda programme: programme.rows["product", "P-1"],
    "whether it is there": lambda programme: ("product", "P-1") in programme.rows,
    "by its code": lambda programme: programme.named("product", "code", "TEA"),
    "by any name": lambda programme: programme.find("product", "TEA"),
    "all of a type": lambda programme: programme.of("product"),
}


def programme(*rows: Json) -> Programme:
    return Programme.of_rows({(row["type"], row["id"]): row for row in rows})


@pytest.mark.parametrize("read", READINGS.values(), ids=READINGS)
def test_a_programme_that_reads_alike_is_looked_at_once(read: Callable[[Programme], object]) -> None:
    looks, seen = Looks(), list[object]()

    for one in (programme(SHOP, TEA), programme(SHOP | {"currency": "USD"}, TEA, POINTS)):
        assert looks.at(one, lambda under: seen.append(read(under)) or "wrong") == "wrong"  # type: ignore[func-returns-value]

    assert len(seen) == 1


@pytest.mark.parametrize("read", READINGS.values(), ids=READINGS)
def test_a_programme_that_reads_otherwise_is_looked_at_again(read: Callable[[Programme], object]) -> None:
    looks = Looks()

    def look(under: Programme) -> str | None:
        try:
            return "wrong" if read(under) else None
        except KeyError:
            return None

    assert looks.at(programme(SHOP, TEA), look) == "wrong"
    assert looks.at(programme(SHOP), look) is None
