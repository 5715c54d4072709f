"""Whatever is sent to the deployed stack, its answer is one that docs/openapi.json describes, and no fault of ours.

`make fuzz` sends 2,000 requests; without it, so many are sent as fit into a test run.
"""

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from cli.docs.openapi import document
from cli.docs.route import Route
from cli.docs.routes import ROUTES
from cli.target import REPOSITORY, Target
from tests.goldens import EXAMPLES
from tests.partner import Api

CASES = int(os.environ.get("FUZZ_CASES", "150"))
PATIENCE_SECONDS = 60  # a first call starts the authorizer and a function; on a busy machine that takes long
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
VARYING = [route for route in ROUTES if route.name != "issue_token"]  # whose calls are all the same


def closed(described: dict[str, Any]) -> dict[str, Any]:
    """Return the description, without any field in answers that it does not list."""
    schemas = described["components"]["schemas"]
    operations = [operation for methods in described["paths"].values() for operation in methods.values()]
    successes = [operation["responses"]["200"] for operation in operations]
    for name in referred([described["components"]["responses"], *successes], schemas):
        if "properties" in schemas[name]:
            schemas[name]["additionalProperties"] = False
    return described


def referred(parts: list[Any], schemas: dict[str, Any]) -> Iterator[str]:
    """Return the names of the schemas that these parts of a description refer to, and so on."""
    seen: set[str] = set()
    while parts:
        part = parts.pop()
        if isinstance(part, dict):
            name = str(part.get("$ref", "")).rpartition("/")[2]
            if name in schemas and name not in seen:
                seen.add(name)
                yield name
                parts.append(schemas[name])
        parts += part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()


def event_of(route: Route) -> dict[str, Any]:
    """Return the function's event, which makes sense."""
    event: dict[str, Any] = json.loads((REPOSITORY / "events" / f"{route.name}.json").read_text())
    return event


def bodies_of(route: Route) -> list[dict[str, Any]]:
    """Bodies that make sense: the contract's examples, and that of the event."""
    examples = [EXAMPLES / f"{name}.request.json" for name in (*route.examples, *route.requests)]
    return [json.loads(path.read_text()) for path in examples] + [json.loads(event_of(route)["body"] or "{}")]


BODIES = {route.operation: bodies_of(route) for route in ROUTES}
PATHS = {route.operation: event_of(route)["pathParameters"] for route in ROUTES}
QUERIES = {route.operation: event_of(route)["queryStringParameters"] for route in ROUTES if route.method == "get"}
SCHEMA = schemathesis.openapi.from_dict(closed(document()))
SCHEMA.config.generation.update(with_security_parameters=False)
SCHEMA.config.phases.update(phases=["fuzzing"])


@pytest.fixture(scope="module")
def api(stack: Target) -> Api:
    return Api(stack)


@pytest.fixture
def headers(api: Api) -> dict[str, str]:
    """Credentials of both APIs; each operation has its own token, as one of them gives it back."""
    return {"api_key": api.target.api_key or "", "Authorization": f"Bearer {api.token()}"}


@SCHEMA.given(data=st.data())
@SCHEMA.parametrize()
@settings(max_examples=-(-CASES // len(VARYING)), deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_is_sent_is_answered_as_described(
    case: "schemathesis.Case[Any]", api: Api, headers: dict[str, str], data: st.DataObject
) -> None:
    if data.draw(st.booleans()):
        name = case.operation.definition.raw["operationId"]
        case.path_parameters = PATHS[name] or {}
        case.query = {**(case.query or {}), **(QUERIES.get(name) or {})}
        if isinstance(case.body, dict) and case.body:
            case.body = data.draw(sensible(BODIES[name], case.body))

    answer = case.call(base_url=api.target.api_url, headers=headers, timeout=PATIENCE_SECONDS)
    case.validate_response(answer, checks=CHECKS)


@st.composite
def sensible(draw: st.DrawFn, bodies: list[dict[str, Any]], made_up: dict[str, Any]) -> dict[str, Any]:
    """One of these bodies, with some made-up fields."""
    body = dict(draw(st.sampled_from(bodies)))
    if "reference_number" in body:
        body["reference_number"] = f"FUZZ-{draw(st.integers(1, 999))}"  # as others post the examples as they stand
    return body | {field: made_up[field] for field in draw(st.sets(st.sampled_from(sorted(made_up)), max_size=3))}
