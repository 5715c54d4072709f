"""Numbers of records."""

from loyalty.store.dynamo_table import DynamoTable
from loyalty.store.numbers import BLOCK, Numbers


def test_numbers_of_a_kind_grow_and_are_given_once(table: DynamoTable) -> None:
    one, other = Numbers(table), Numbers(table)

    given = [number for _ in range(BLOCK + 5) for numbers in (one, other) for number in numbers.take("purchase")]

    assert len(set(given)) == len(given)
    assert [int(number) for number in given[::2]] == sorted(int(number) for number in given[::2])


def test_several_numbers_come_from_one_block(table: DynamoTable) -> None:
    numbers = Numbers(table)
    numbers.take("award", BLOCK - 1)

    assert numbers.take("award", 3) == [str(BLOCK + number) for number in (1, 2, 3)]


def test_more_numbers_than_a_block_has_are_leased_together(table: DynamoTable) -> None:
    one, other = Numbers(table), Numbers(table)

    given = one.take("award", BLOCK + 50) + other.take("award", 10) + one.take("award", 10)

    assert len(set(given)) == len(given)


def test_kinds_are_counted_apart(table: DynamoTable) -> None:
    numbers = Numbers(table)

    assert (numbers.take("purchase"), numbers.take("spend")) == (["1"], ["1"])
