"""docs/errors.md says what callers are told."""

from cli.docs.errors import DOCUMENT, text
from cli.docs.routes import ROUTES
from loyalty.api.http.error_catalogue import ERRORS
from loyalty.domain.errors import Code


def test_the_page_is_what_the_catalogue_makes_it() -> None:
    assert DOCUMENT.read_text("utf-8") == text(), "run `loyalty errors`"


def test_every_code_is_explained() -> None:
    assert ERRORS.keys() == set(Code)
    assert all(told.cause and told.cure for told in ERRORS.values())


def test_every_status_is_documented_of_some_route() -> None:
    documented = {status for route in ROUTES for status in route.refusals}

    assert {int(told.status) for told in ERRORS.values()} <= documented
