"""Pages that list the routes list each of them."""

import re

import pytest

from cli.docs.route import Route
from cli.docs.routes import ROUTES
from cli.target import REPOSITORY

DOCS = REPOSITORY / "docs"


@pytest.mark.parametrize("page", ["access-patterns.md", "api.md", "contract/README.md"])
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_a_route_stands_on_each_page_that_lists_them(route: Route, page: str) -> None:
    called = re.escape(route.call)

    assert re.search(rf"{called}(?![/\w])", (DOCS / page).read_text()), f"docs/{page} lacks {route.call}"
