"""docs/openapi.json says what the code does."""

import json
from pathlib import Path

from cli.openapi import DOCUMENT, document
from tests.template import read_template


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


def test_the_example_that_is_shown_is_the_vendors() -> None:
    shown = document()["paths"]["/purchases"]["post"]["requestBody"]["content"]["application/json"]["example"]

    assert shown == json.loads(Path("tests/examples/create_v5_1.request.json").read_text())
