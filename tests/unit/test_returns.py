"""Which lines of a purchase a return takes, and what it is refused for."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

import pytest

from loyalty.domain.errors import Code, Refused
from loyalty.domain.reversals.returns import (
    WHOLE,
    ReturnedLines,
    ReturnedProduct,
    SoldLine,
    cancelled_lines,
    returning,
)

SOLD = [SoldLine("A", Decimal(2)), SoldLine("B", Decimal("1.5")), SoldLine("A", Decimal(3))]


def goods(*products: tuple[int | str, str | None]) -> list[ReturnedProduct]:
    """Return goods by their line or their product, and the quantity; None for all that is left."""
    return [
        ReturnedProduct(
            what if isinstance(what, int) else None,
            what if isinstance(what, str) else None,
            None if quantity is None else Decimal(quantity),
            f"/products/{place}",
        )
        for place, (what, quantity) in enumerate(products)
    ]


def quantities(**quantity: str) -> dict[int, Decimal]:
    """Return quantities by the places of their lines: `l0` is the first."""
    return {int(name[1:]): Decimal(text) for name, text in quantity.items()}


def returned(*products: tuple[int | str, str | None], before: Mapping[int, Decimal] | None = None) -> ReturnedLines:
    return returning(goods(*products), SOLD, before or {})


@pytest.mark.parametrize(
    ("products", "before", "expected"),
    [
        ([(0, "1")], {}, quantities(l0="1")),
        ([(0, None)], {}, quantities(l0="2")),
        ([(2, None)], quantities(l2="1"), quantities(l2="2")),
        ([("B", "0.5")], {}, quantities(l1="0.5")),
        ([("A", "1")], {}, quantities(l0="1")),
        ([("A", "2")], {}, quantities(l0="2")),
        ([("A", "4")], {}, quantities(l0="2", l2="2")),
        ([("A", "2")], quantities(l0="1"), quantities(l0="1", l2="1")),
        ([("A", None)], quantities(l0="1"), quantities(l0="1", l2="3")),
        ([("A", "1"), ("A", "3")], {}, quantities(l0="2", l2="2")),
        ([(2, "1"), ("A", None)], {}, quantities(l0="2", l2="3")),
    ],
    ids=str,
)
def test_a_product_comes_back_from_the_first_line_that_has_something_left_of_it(
    products: list[tuple[int | str, str | None]], before: dict[int, Decimal], expected: dict[int, Decimal]
) -> None:
    assert returned(*products, before=before).quantities == expected


def test_what_came_back_is_told_as_parts_of_lines() -> None:
    found = returned(("A", "3"), before=quantities(l1="0.5"))

    assert found.before == {0: 0, 1: Fraction(1, 3), 2: 0}
    assert found.after == {0: 1, 1: Fraction(1, 3), 2: Fraction(1, 3)}
    assert not found.completes


def test_a_return_completes_a_purchase_with_the_last_of_its_lines_and_a_cancellation_at_once() -> None:
    most = quantities(l0="2", l1="1.5", l2="2")

    assert returned((2, "1"), before=most).completes
    assert not returned((2, "0.5"), before=most).completes
    assert cancelled_lines(SOLD, {}).completes
    assert cancelled_lines(SOLD, most).completes
    assert not cancelled_lines(SOLD, most | quantities(l2="3")).completes
    assert cancelled_lines(SOLD, most) == ReturnedLines(
        {}, {0: WHOLE, 1: WHOLE, 2: Fraction(2, 3)}, {0: WHOLE, 1: WHOLE, 2: WHOLE}
    )


@pytest.mark.parametrize(
    ("products", "before", "expected"),
    [
        ([("C", None)], {}, [("/products/0/product_sku", "The purchase has no such product.")]),
        ([(3, None)], {}, [("/products/0/line", "Lines are 0 to 2.")]),
        ([(0, "2.01")], {}, [("/products/0/quantity", "No more than 2 can be returned.")]),
        ([("A", "5.01")], {}, [("/products/0/quantity", "No more than 5 can be returned.")]),
        ([("A", "5")], quantities(l0="1"), [("/products/0/quantity", "No more than 4 can be returned.")]),
        ([(0, "1")], quantities(l0="2"), [("/products/0/line", "All of it was returned already.")]),
        ([("B", None)], quantities(l1="1.5"), [("/products/0/product_sku", "All of it was returned already.")]),
        ([(0, None), (0, "1")], {}, [("/products/1/line", "All of it was returned already.")]),
        (
            [(7, None), (0, "1"), ("C", "1")],
            {},
            [
                ("/products/0/line", "Lines are 0 to 2."),
                ("/products/2/product_sku", "The purchase has no such product."),
            ],
        ),
    ],
    ids=str,
)
def test_what_cannot_come_back_is_refused_all_of_it_at_once(
    products: list[tuple[int | str, str | None]], before: dict[int, Decimal], expected: list[tuple[str, str]]
) -> None:
    with pytest.raises(Refused) as refused:
        returned(*products, before=before)

    assert [(problem.pointer, problem.description) for problem in refused.value.problems] == expected
    assert {problem.code for problem in refused.value.problems} == {Code.INVALID}
