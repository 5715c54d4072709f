"""The events under events/, which `sam local invoke -e` sends as well: each is one that its function answers."""

import json
from typing import Any

import pytest

from tests.functional.conftest import ROOT, Functions
from tests.template import read_template

EVENTS = {path.stem: path for path in (ROOT / "events").glob("*.json")}
FOLDERS = {path.parent.name for path in (ROOT / "functions").glob("*/app.py")}
ROUTED = FOLDERS - {"authorizer", "expire_lots"}


def event(name: str, functions: Functions) -> dict[str, Any]:
    """The function's event, with a genuine key and token in the places that are kept for them."""
    token = functions.authorize(functions.api_key)["context"]["token"]
    text = EVENTS[name].read_text().replace("API_KEY_HERE", functions.api_key).replace("TOKEN_HERE", token)
    found: dict[str, Any] = json.loads(text)
    return found


def test_every_function_has_an_event_and_every_event_a_function() -> None:
    assert EVENTS.keys() == FOLDERS


@pytest.mark.parametrize("name", sorted(ROUTED))
def test_a_function_answers_its_event(functions: Functions, name: str) -> None:
    match name:
        case "show_purchase" | "cancel_purchase" | "return_products":
            functions.call("create_purchase", **event("create_purchase", functions))
        case "classic_show_purchase" | "classic_cancel_purchase":
            functions.call("classic_create_purchase", **event("classic_create_purchase", functions))

    assert functions.call(name, **event(name, functions)).status == 200


def test_the_authorizer_lets_its_event_in(functions: Functions) -> None:
    answer = functions.module("authorizer").handler(event("authorizer", functions), None)

    assert answer["policyDocument"]["Statement"][0]["Effect"] == "Allow"


def test_a_scheduled_function_takes_its_event(functions: Functions) -> None:
    assert functions.run("expire_lots", event("expire_lots", functions)) == {"wallets": 0, "busy": 0, "finished": True}


@pytest.mark.parametrize("name", sorted(ROUTED))
def test_an_event_is_of_the_route_that_the_template_gives_the_function(functions: Functions, name: str) -> None:
    [route] = (
        resource["Properties"]["Events"]["Route"]["Properties"]
        for resource in read_template()["Resources"].values()
        if resource["Properties"].get("CodeUri") == f"functions/{name}"
    )
    sent = event(name, functions)

    assert (sent["httpMethod"], sent["resource"]) == (route["Method"], route["Path"])
    assert sent["resource"].format(**sent["pathParameters"] or {}) == sent["path"]
