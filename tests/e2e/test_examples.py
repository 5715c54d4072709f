"""The vendor's examples, sent as they stand to the deployed stack with the demo programme (tests/goldens.py).

They are about wallets as the demo programme leaves them. Files of tests are run by name: what posts for the same
customers stands behind this one, or has a stack of its own.
"""

import json
from typing import Any

import pytest

from cli.target import Target
from tests.goldens import EXAMPLES, GOLDENS, SHAPES, Golden, misshapen
from tests.partner import Api


@pytest.fixture(scope="module")
def api(stack: Target) -> Api:
    return Api(stack)


@pytest.fixture(scope="module")
def token(api: Api) -> str:
    return api.token()


def sent(golden: Golden, api: Api, token: str) -> Any:
    """Return the answer to the request with a token in the place kept for it; or, where the vendor has left its own
    token there, with one in the header, which counts."""
    body = golden.request.replace("{{token}}", token)
    status, _, answer = api.call("POST", golden.route, body, Authorization=f"Bearer {token}")
    assert status == 200, answer
    return answer


@pytest.mark.parametrize("golden", GOLDENS, ids=lambda golden: golden.name)
def test_an_example_is_answered_field_by_field(api: Api, token: str, golden: Golden) -> None:
    assert golden.faults(sent(golden, api, token), [*golden.excused, *golden.elsewhere]) == []


def test_the_example_whose_response_is_anothers_is_answered_in_its_shape(api: Api, token: str) -> None:
    answer, asked_for = sent(SHAPES, api, token), json.loads(SHAPES.request)["fields_set"].split(",")
    vendors = {name: SHAPES.response["data"][name] for name in asked_for}

    assert set(answer["data"]) == set(asked_for)
    assert list(misshapen(vendors, answer["data"])) == []
    assert answer["status"] == SHAPES.response["status"]


def test_no_example_is_left_out() -> None:
    assert {f"{golden.name}.request.json" for golden in (*GOLDENS, SHAPES)} == {
        path.name for path in EXAMPLES.glob("*.request.json")
    }
