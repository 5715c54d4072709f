"""docs/openapi.json says what the code does."""

import json
from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it has no types

from cli.docs.openapi import DOCUMENT, EXAMPLES, document
from cli.docs.routes import ROUTES
from cli.local.command import DEMO_PURCHASE
from loyalty.api.classic.answers import ListedPurchases
from loyalty.api.http.pages import MAX_DIGITS
from loyalty.api.http.parameters import MAX_HEADER, MAX_NAME, queried_maximum
from tests.template import read_template


def operations() -> Iterator[tuple[str, str, Any]]:
    """Path, method and description of each route."""
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_the_document_is_what_the_models_make_it() -> None:
    assert json.loads(DOCUMENT.read_text()) == document(), "run `loyalty openapi`"


def test_every_route_of_the_template_is_documented_and_no_other() -> None:
    routes = {
        (event["Properties"]["Method"].lower(), event["Properties"]["Path"])
        for resource in read_template()["Resources"].values()
        for event in resource.get("Properties", {}).get("Events", {}).values()
        if event["Type"] == "Api"
    }

    assert routes == {(method, path) for path, methods in document()["paths"].items() for method in methods}


def test_every_example_of_the_contract_is_shown_with_its_operation() -> None:
    """But for the answer of one, which answers another request (docs/contract/observations.md, row 10)."""
    shown: dict[str, Any] = {}
    for methods in document()["paths"].values():
        for operation in methods.values():
            bodies = {"request": operation.get("requestBody"), "response": operation["responses"]["200"]}
            for kind, body in bodies.items():
                examples = (body or {}).get("content", {}).get("application/json", {}).get("examples", {})
                shown |= {f"{name}.{kind}.json": example["value"] for name, example in examples.items()}

    files = {path.name: json.loads(path.read_text()) for path in EXAMPLES.glob("*.json")}
    assert files.pop("create_2.response.json")
    assert {name: shown.get(name) for name in files} == files


def test_every_parameter_of_a_path_and_every_body_has_an_example() -> None:
    lacking = []
    for path, method, operation in operations():
        parameters = [parameter for parameter in operation.get("parameters", []) if parameter["in"] == "path"]
        content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        lacking += [(path, method, parameter["name"]) for parameter in parameters if "example" not in parameter]
        if "examples" not in content and operation.get("requestBody", {}).get("required"):
            lacking.append((path, method, "body"))

    assert lacking == []


def test_a_parameter_that_is_checked_for_its_length_says_so() -> None:
    lengths = {
        (parameter["in"], parameter["name"]): parameter["schema"].get("maxLength")
        for _, _, operation in operations()
        for parameter in operation.get("parameters", [])
        if parameter["schema"]["type"] == "string"
    }

    assert lengths.pop(("query", "next")) == MAX_DIGITS
    assert lengths.pop(("header", "Prefer")) is None
    assert lengths.pop(("header", "Idempotency-Key")) == MAX_HEADER
    queried = {name: length for (where, name), length in lengths.items() if where == "query"}
    assert queried == {name: queried_maximum(name) for name in queried}
    assert {length for (where, _), length in lengths.items() if where == "path"} == {MAX_NAME}


def test_an_example_of_a_body_is_what_its_schema_says() -> None:
    """So that whoever goes by the schema may say what the contract's own examples do."""
    known = document()
    for path, method, operation in operations():
        content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        schema = Draft202012Validator({**content.get("schema", {}), "components": known["components"]})
        for name, example in content.get("examples", {}).items():
            assert [fault.message for fault in schema.iter_errors(example["value"])] == [], (path, method, name)


def test_a_field_that_may_be_left_out_of_a_body_has_no_default() -> None:
    """Generators take one with a default to be there always, and ask for it."""
    schemas = document()["components"]["schemas"]

    assert [
        (name, field)
        for name, schema in schemas.items()
        for field, told in schema.get("properties", {}).items()
        if "default" in told
    ] == []


def test_the_purchase_of_the_demo_is_the_vendors() -> None:
    assert json.loads(DEMO_PURCHASE.read_text()) == json.loads((EXAMPLES / "create_v5_1.request.json").read_text())


def test_where_a_call_chooses_what_is_answered_no_field_has_to_be() -> None:
    """In bulk it chooses fields of the entries, which both sets have or not; of a list, fields of each purchase."""
    shapes = {
        route.answers.__name__
        for route in ROUTES
        if route.takes and "fields_set" in route.takes.model_fields and not route.entries
    } - {ListedPurchases.__name__}

    assert len(shapes) >= 4
    assert [name for name in shapes if "required" in document()["components"]["schemas"][name]] == []
