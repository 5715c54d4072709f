"""Whoever follows the documentation posts one purchase: its reference number has the same body wherever it stands."""

import json
import re
from pathlib import Path

import pytest

from cli.docs.openapi import document
from cli.local.command import DEMO_PURCHASE, show
from cli.target import REPOSITORY, Target

PURCHASE = json.loads(DEMO_PURCHASE.read_text())
POSTED = re.compile(r"curl [^`]*?/purchases [^`]*?-d '(?P<body>\{.*?\})'", re.DOTALL)
PAGES = [
    page
    for page in [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]
    if POSTED.search(page.read_text())
]
ROUTES = ("/purchases", "/purchases/preview")


def test_some_pages_post_a_purchase() -> None:
    assert {"README.md", "api.md"} <= {page.name for page in PAGES}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_posts_the_purchase_of_the_demo(page: Path) -> None:
    assert [json.loads(found["body"]) for found in POSTED.finditer(page.read_text())] == [PURCHASE]


def test_the_banner_of_the_local_stack_posts_it(capsys: pytest.CaptureFixture[str]) -> None:
    show(Target(api_url="http://127.0.0.1:3000", stack_name="S", table="T"))

    [found] = POSTED.finditer(capsys.readouterr().out)
    assert json.loads(found["body"]) == PURCHASE


@pytest.mark.parametrize("route", ROUTES)
def test_the_page_to_try_routes_on_fills_it_in(route: str) -> None:
    examples = document()["paths"][route]["post"]["requestBody"]["content"]["application/json"]["examples"]

    assert [example["value"] for example in examples.values()] == [PURCHASE]


@pytest.mark.parametrize("name", ["create_purchase", "preview_purchase"])
def test_the_event_of_the_function_sends_it(name: str) -> None:
    event = json.loads((REPOSITORY / "events" / f"{name}.json").read_text())

    assert json.loads(event["body"]) == PURCHASE
