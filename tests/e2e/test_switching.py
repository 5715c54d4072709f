"""Clients of the vendor come to the deployed stack as they are: at their addresses, with their logins."""

import base64
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from cli.addresses import BASE_PATHS
from cli.target import Target
from loyalty import exactjson
from loyalty.domain.access.partner import Scope
from loyalty.usecases.access.logins import LoginRequest, create_login
from tests.goldens import EXAMPLES
from tests.partner import Api

CLASSIC = "/crmapi/rest/v2"
ADDRESSES = ["", *(f"/{base}" for base in BASE_PATHS)]


@pytest.fixture(scope="module")
def api(stack: Target) -> Api:
    """The API, called without a key."""
    return Api(replace(stack, api_key=None))


def login(stack: Target, username: str) -> dict[str, str]:
    """Make a login of the demo partner; return what a client sends with it."""
    asked = LoginRequest("DEMO", username, ["*"], list(Scope))
    password = create_login(asked, table=stack.open_table(), now=datetime.now(UTC))
    return {"username": username, "password": password, "organisation": "Main"}


def token(api: Api, shown: Any, **headers: str) -> str:
    status, _, told = api.call("POST", f"{CLASSIC}/authentication/token", shown, **headers)
    assert (status, told["status"]["code"]) == (200, "OK")
    found: str = told["data"]["token"]
    return found


def test_a_client_logs_in_at_the_vendors_path_posts_and_renews_its_token(stack: Target, api: Api) -> None:
    shown = login(stack, "till")
    purchase = exactjson.loads((EXAMPLES / "create_1.request.json").read_text())
    numbers, tokens = [], []
    for _ in range(2):
        tokens.append(token(api, shown))
        body = {**purchase, "token": tokens[-1]}
        status, _, told = api.call("POST", f"{CLASSIC}/customer_events/purchases/create", body)
        assert (status, told["status"]["code"]) == (200, "OK")
        numbers.append(told["data"]["number"])
        released = api.call("POST", f"{CLASSIC}/authentication/token/release", {"token": tokens[-1]})
        assert (released[0], released[2]["status"]["code"]) == (200, "OK")

    assert len({*numbers}) == len({*tokens}) == 2


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_api_answers_alike_at_each_address(stack: Target, api: Api, address: str) -> None:
    key, bearer = (
        {"api_key": stack.api_key or ""},
        {"Authorization": f"Bearer {token(api, login(stack, f'L{address}'))}"},
    )
    wallet = api.call("GET", "/wallets/ACR0000000001", **key)

    for headers in (key, bearer):
        assert api.call("GET", f"{address}/wallets/ACR0000000001", **headers)[::2] == wallet[::2]
        assert api.call("GET", f"{address}/wallets/ACR0000000001/", **headers)[::2] == wallet[::2]
        assert api.call("GET", f"{address}/wallets/NONE", **headers)[2]["code"] == "NotFoundAPIValueException"
    assert api.call("GET", f"{address}/none", **key)[0] == 403


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer made.up.token"}], ids=str)
def test_whoever_shows_nothing_good_at_the_newest_api_is_told_to_log_in(api: Api, headers: dict[str, str]) -> None:
    status, told_in, told = api.call("GET", "/backoffice/v1/wallets/ACR0000000001", **headers)

    assert (status, told["code"]) == (401, "InvalidTokenException")
    assert told_in["Content-Type"] == "application/problem+json"
    assert told_in["WWW-Authenticate"] == 'ApiKey header="api_key", Bearer'


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_key_is_exchanged_by_a_client_that_misspells_its_scheme_and_type(
    stack: Target, api: Api, method: str
) -> None:
    encoded = base64.b64encode((stack.api_key or "").encode()).decode()
    headers = {"Authorization": f"basic {encoded}", "Content-Type": "aplication/josn"}
    status, _, told = api.call(method, f"{CLASSIC}/authentication/web_api_key/token", None, **headers)

    assert (status, told["status"]["code"]) == (200, "OK")


def test_guesses_at_a_login_lock_out_the_address_that_guesses_and_not_the_partners_own(stack: Target, api: Api) -> None:
    shown = login(stack, "guessed at")
    attacker, partner = ({"X-Forwarded-For": address} for address in ("198.51.100.9", "203.0.113.7"))
    wrong = {**shown, "password": "wrong"}
    told = [api.call("POST", f"{CLASSIC}/authentication/token", wrong, **attacker)[0] for _ in range(11)]

    assert set(told) == {401, 403}  # ten are possible where a quarter of an hour ends between them
    assert api.call("POST", f"{CLASSIC}/authentication/token", shown, **attacker)[0] == 403
    assert token(api, shown, **partner)
