"""JSON that somebody sent is read in one pass, however it is made up."""

from typing import Any

import pytest

from loyalty import exactjson
from loyalty.domain.errors import MAX_STEP, Code, Problem, Refused, pointer
from loyalty.domain.texts import check_texts
from loyalty.usecases.sent_json import read_json, read_whole_json

MANY = 5000


class Name(str):
    """A name that counts how often any is looked at."""

    looks = 0

    def __hash__(self) -> int:
        Name.looks += 1
        return super().__hash__()

    def __eq__(self, other: object) -> bool:
        Name.looks += 1
        return super().__eq__(other)


@pytest.mark.parametrize("last", ["0", str(MANY - 1)])
def test_each_name_of_an_object_is_looked_at_a_few_times_though_one_stands_twice(last: str) -> None:
    pairs: list[tuple[str, Any]] = [(Name(number), 1) for number in [*range(MANY), last]]
    Name.looks = 0

    with pytest.raises(ValueError, match=f"'{last}' appears twice"):
        exactjson.without_duplicates(pairs)
    assert Name.looks <= 10 * MANY


@pytest.mark.parametrize("text", ["9" * 10_000, "[" + "9" * 4001 + "]"])
def test_a_number_without_end_is_refused_in_words_of_ours(text: str) -> None:
    with pytest.raises(Refused, match="a number is out of range"):
        read_json(text, "body")


def test_an_error_repeats_no_more_than_the_beginning_of_a_name() -> None:
    name = "x" * 100_000
    with pytest.raises(Refused) as twice:
        read_json(f'{{"{name}": 1, "{name}": 2}}', "body")

    assert len(str(twice.value)) < 200
    assert pointer(("a", name, 0)) == f"/a/{'x' * MAX_STEP}/0"


def test_of_a_long_name_around_many_damaged_texts_the_first_is_told() -> None:
    body = {"x" * 100_000: ["\ufffd"] * MANY}
    with pytest.raises(Refused) as refused:
        check_texts("\ufffd", body)

    [problem] = refused.value.problems
    assert problem.pointer == f"/{'x' * MAX_STEP}/0"
    assert problem.place == "/*/*"


def test_a_place_has_none_of_the_caller_s_own_words() -> None:
    problem = Problem(Code.INVALID, "", "/products/0/4111~1", own_words=1)

    assert problem.place == "/products/0/*"


@pytest.mark.parametrize("data", [b'"\xe9"', b"\xff"])
def test_what_is_not_in_utf_8_is_told_so(data: bytes) -> None:
    with pytest.raises(Refused, match="not in UTF-8"):
        read_whole_json(data, "row")
