"""JSON that somebody sent is read by a quick reader, or by a thorough one where there is doubt: both say the same."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty import exactjson


def read_thoroughly(text: str) -> Any:
    """Read a text as if there were doubt about it."""
    with patch.object(exactjson, "_may_have_long_number", return_value=True):
        return exactjson.loads_strictly(text)


READERS = (exactjson.loads_strictly, read_thoroughly)

NAMES = st.sampled_from(["a", "b", "a b", "", 'c"d', "é", "\\", "\u007f", "\u2028", "\x00"])
SPELLINGS = [
    *("0", "-0", "-0.0", "1.50", "15.190000000000001", "1e2", "1E+400", "1e-400", "01", "1.", "+1", ".5", "-"),
    *("9" * 30, "-9223372036854775809", "9" * 3999, "9" * 4001, "0.1e99999999999999999999999"),
    *("NaN", "Infinity", "-Infinity", "nan", "null", "true", "nul", "True"),
    *('"\\ud800"', '"\\udc00\\ud800"', '"\\u0022\\u0022"', '"\\""', '"\t"', '"\ud800"', "'a'", '"a', "\ufeff1"),
    *("[1,]", '{"a":1,}', "[1 2]", "{1:2}", "//", "1\x00", "", "[" * 50 + "]" * 50, "[" * 2000),
]


@st.composite
def objects(draw: st.DrawFn, inner: st.SearchStrategy[str]) -> str:
    """Return an object as text, whose names may stand twice, with white space anywhere."""
    space = st.sampled_from(["", " ", "\n"])
    members = draw(st.lists(st.tuples(NAMES, inner), max_size=4))
    said = [f"{draw(space)}{draw(spelled(name))}{draw(space)}:{value}" for name, value in members]
    return "{" + ",".join(said) + draw(space) + "}"


def spelled(text: str) -> st.SearchStrategy[str]:
    """Return a text as JSON, with escapes and without."""
    return st.sampled_from([json.dumps(text), json.dumps(text, ensure_ascii=False)])


VALUES = st.recursive(
    st.sampled_from(SPELLINGS) | st.text(max_size=5).flatmap(spelled) | st.decimals(allow_nan=False).map(str),
    lambda inner: objects(inner) | st.lists(inner, max_size=4).map(lambda parts: "[" + ",".join(parts) + "]"),
    max_leaves=8,
)


def outcome(text: str, read: Callable[[str], Any] = exactjson.loads_strictly) -> Any:
    """Return what a text says, with how each number was spelled; or that it is refused."""
    try:
        return repr(read(text))
    except ValueError:
        return ValueError


@given(VALUES | objects(VALUES) | st.text(alphabet='{}[]",:\\ 01e.u', max_size=20))
def test_a_text_says_the_same_whichever_way_it_is_read(text: str) -> None:
    assert outcome(text) == outcome(text, read_thoroughly)


@pytest.mark.parametrize("text", SPELLINGS)
def test_each_spelling_says_the_same_whichever_way_it_is_read(text: str) -> None:
    assert outcome(text) == outcome(text, read_thoroughly)
    assert outcome(f'{{"a": {text}}}') == outcome(f'{{"a": {text}}}', read_thoroughly)


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1, "a": 2}',
        '{"a": 1, "\\u0061": 2}',
        '{"a": "\\u0022\\u0022", "a": "\\u0022\\u0022"}',
        '[{"b": {"a": 1, "c": [], "a": 1}}]',
        '{"a": "", "a": ""}',
        '{"": 1, "": 1}',
    ],
)
def test_a_name_that_stands_twice_is_refused_however_it_is_spelled(text: str) -> None:
    for read in READERS:
        with pytest.raises(ValueError, match="appears twice"):
            read(text)


def test_numbers_are_exact_whichever_way_they_are_read() -> None:
    for read in READERS:
        numbers = read("[14.150, 1e2, 2, 0.1]")
        assert list(map(repr, numbers)) == ["Decimal('14.150')", "Decimal('1E+2')", "2", "Decimal('0.1')"]
        assert sum(numbers) == Decimal("116.25")


@pytest.mark.parametrize("before", [0, 1, 1999, 2000, 3999, 4000, 7000])
def test_no_number_has_more_than_4000_digits_wherever_it_stands(before: int) -> None:
    space, number = " " * before, "9" * exactjson.MAX_DIGITS

    assert exactjson.loads_strictly(f"{space}[{number}]") == [int(number)]
    with pytest.raises(ValueError, match="out of range"):
        exactjson.loads_strictly(f"{space}[{number}9]")


def test_what_we_wrote_ourselves_is_read_though_it_has_half_a_character() -> None:
    assert exactjson.loads('["\\ud800", 1.50]') == ["\ud800", Decimal("1.50")]
