"""Leaving pass codes and one-time passwords out of texts that are kept."""

import json
from time import process_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.domain.access.pass_codes import LEFT_OUT, with_blank_codes, without_codes

NAMES = ("pass_code", "one_time_password", "identifier", "a")
SCALARS = st.none() | st.booleans() | st.integers() | st.text(alphabet='ab"\\{}[], :1é\n')
BODIES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)
)


def expected(body: Any) -> Any:
    """Leave codes out by reading the body."""
    if isinstance(body, list):
        return [expected(one) for one in body]
    if not isinstance(body, dict):
        return body
    is_code = {name: name in NAMES[:2] and value is not None for name, value in body.items()}
    return {name: LEFT_OUT if is_code[name] else expected(value) for name, value in body.items()}


@given(BODIES, st.booleans(), st.sampled_from([None, 1]))
def test_of_any_body_codes_are_left_out_and_all_else_stays(body: Any, escaped: bool, indent: int | None) -> None:
    text = json.dumps(body, ensure_ascii=escaped, indent=indent).encode()

    assert json.loads(without_codes(text)) == expected(body)


@pytest.mark.parametrize(
    "text",
    [
        b'{"pass_code": "2468',
        b'{"pass_code": "24\\"2468',
        b'{"pass\\u005fcode":"2468"}',
        b'{"\\u0070ass_code" :2468,',
        b'{"pass_code": "2468"} {"pass_code": 2468} rest',
        b'{"pass_code": ["2468"',
        b'"{\\"pass_code\\": \\"2468\\"}"',
        b'"{\\"pass_code\\": 2468}"',
        b'"{\\"pass_code\\": [\\"2468\\", 2468]}"',
        b'{"pass_code": {"2468": "]}", "a": [2468',
    ],
)
def test_codes_are_left_out_of_what_is_no_json_as_well(text: bytes) -> None:
    assert b"2468" not in without_codes(text)
    assert without_codes(without_codes(text)) == without_codes(text)


@given(BODIES)
def test_a_text_that_is_json_itself_has_no_codes_either_and_stays_a_text(body: Any) -> None:
    """Some programs write JSON twice."""
    twice = json.dumps({"row": json.dumps(body), "a": 1}).encode()

    told = json.loads(without_codes(twice))
    assert told["a"] == 1
    assert isinstance(told["row"], str)
    coded = json.dumps({"row": json.dumps({"pass_code": "of no other field", "b": body})}).encode()
    assert b"of no other field" not in without_codes(coded)


@given(BODIES, st.booleans())
def test_a_code_that_is_blanked_takes_as_much_room_and_says_nothing(body: Any, escaped: bool) -> None:
    text = json.dumps(body, ensure_ascii=escaped).encode()

    assert len(with_blank_codes(text)) == len(text)
    assert without_codes(with_blank_codes(text)) == without_codes(text)
    assert b"2468" not in with_blank_codes(b'{"pass_code": {"a": ["2468"]}, "b": {"one_time_password": 2468}}')


@pytest.mark.parametrize("value", [b"[" * 500_000, b'{"a":' * 200_000, b'["' + b"a" * 1_000_000, b"[]," * 300_000])
def test_leaving_codes_out_takes_time_in_proportion_to_the_text(value: bytes) -> None:
    begun = process_time()
    without_codes(b'{"pass_code":' * 10 + b'{"pass_code":'.join([value[: len(value) // 10]] * 10))

    assert process_time() - begun < 5
