"""What lets callers in: the authorizer that API Gateway asks, and what it keeps of the answers."""

from datetime import UTC, datetime
from typing import Any

import pytest

from cli.docs.route import BY_KEY_OR_BEARER
from cli.docs.routes import ROUTES
from loyalty.api.http.credentials import bearer_in, key_in
from loyalty.api.http.messages import Request
from loyalty.domain.access.guesses import AT_A_LOGIN, AT_A_PASS_CODE, AT_ALL_LOGINS, holder_of
from tests.roles import transformed

NOW = datetime(2026, 1, 15, tzinfo=UTC)


def authorizer_of_each_route(credentials: str) -> dict[str, Any]:
    """Return the authorizer of each route of the API, by method and path; None where nobody is asked."""
    body = transformed(("Credentials", credentials), ("ApiKeyHeader", "api_key"))["Api"]["Properties"]["Body"]
    return {
        f"{method.upper()} {path}": body["securityDefinitions"].get(next(iter(operation["security"][0])))
        for path, operations in body["paths"].items()
        for method, operation in operations.items()
    }


@pytest.mark.parametrize(
    ("credentials", "kept"),
    [
        ("ApiKey", {"authorizerResultTtlInSeconds": 300, "identitySource": "method.request.header.api_key"}),
        ("ApiKeyOrToken", {"authorizerResultTtlInSeconds": 0}),
    ],
)
def test_api_gateway_keeps_who_may_pass_only_by_a_header_that_every_caller_sends(
    credentials: str, kept: dict[str, Any]
) -> None:
    """It lets nobody in who lacks one of the headers by which it keeps answers; and without any, it keeps none."""
    asked = authorizer_of_each_route(credentials)
    newest = {route.call for route in ROUTES if route.security == BY_KEY_OR_BEARER}

    assert {call for call, authorizer in asked.items() if authorizer} == newest
    for call in newest:
        told = asked[call]["x-amazon-apigateway-authorizer"]
        assert {name: value for name, value in told.items() if name not in ("type", "authorizerUri")} == kept


def with_headers(**headers: str) -> Request:
    return Request.of({"headers": headers}, NOW)


@pytest.mark.parametrize(
    ("authorization", "key", "bearer"),
    [
        ("", "", ""),
        ("Basic", "", ""),
        ("Bearer", "", ""),
        ("Basic bGtfMQ==", "lk_1", ""),
        ("basic bGtfMTo=", "lk_1", ""),
        ("BASIC  bGtfMTpzZWNyZXQ= ", "lk_1", ""),
        ("Basic bGtf MQ==", "", ""),
        ("Basic \u0661", "", ""),
        ("Basic /////w==", "", ""),
        ("bearer a.b.c", "", "a.b.c"),
        ("Bearer   a.b.c ", "", "a.b.c"),
        (" Bearer a.b.c", "", "a.b.c"),
        ("Bearera.b.c", "", ""),
        ("Digest a", "", ""),
    ],
)
def test_what_a_header_shows_is_read_whatever_the_case_of_its_scheme(authorization: str, key: str, bearer: str) -> None:
    request = with_headers(Authorization=authorization)

    assert (key_in(request, "api_key"), bearer_in(request)) == (key, bearer)


def test_a_key_in_its_own_header_counts_before_one_in_another() -> None:
    request = with_headers(Authorization="Basic bGtfMQ==", api_key="lk_2")

    assert key_in(request, "api_key") == "lk_2"


@pytest.mark.parametrize(
    ("address", "holder"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2::1", "2001:db8:1:2::"),
        ("2001:0DB8:0001:0002:ffff:ffff:ffff:ffff", "2001:db8:1:2::"),
        ("2001:db8:1:3::1", "2001:db8:1:3::"),
        ("", "nobody"),
        ("test-invoke-source-ip", "nobody"),
    ],
)
def test_an_address_is_its_holders(address: str, holder: str) -> None:
    assert holder_of(address) == holder


def test_attempts_at_a_login_end_with_a_window_so_that_their_item_stays_small() -> None:
    assert AT_A_LOGIN.window == AT_ALL_LOGINS.window
    assert AT_A_LOGIN.most <= AT_ALL_LOGINS.most
    assert AT_ALL_LOGINS.most * 50 < 10_000, "bytes of counters, each with its name"
    assert {AT_A_LOGIN.of_each, AT_ALL_LOGINS.of_each} == {allowance.of_each for allowance in AT_A_PASS_CODE}
