"""Every field that a caller can fill in: of each route its parameters, what it is let in by, and the leaves of the
models of its body."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, get_args

from pydantic import BaseModel

from cli.docs.route import BY_KEY_OR_BASIC, BY_KEY_OR_BEARER, BY_LOGIN, BY_TOKEN, Route
from cli.docs.routes import ROUTES


@dataclass(frozen=True)
class Field:
    """A field of a route, by the steps to it: `body/products/*/product_sku`, `path/id`, `header/Prefer`."""

    route: Route = field(hash=False)
    place: str

    @property
    def name(self) -> str:
        """The operation's name and the place: what the table looks it up by."""
        return f"{self.route.operation}/{self.place}"

    @property
    def last(self) -> str:
        """The last step, which tells by what something is named."""
        return self.place.rpartition("/")[2]


def all_fields() -> list[Field]:
    """Return the fields of all routes."""
    return [Field(route, place) for route in ROUTES for place in _places(route)]


def _places(route: Route) -> Iterator[str]:
    yield from _credentials(route)
    body_or_query = "body" if route.method == "post" else "query"
    leaves = list(_leaves(route.takes, body_or_query, route.entries)) if route.takes else []
    for parameter in route.parameters:
        place = f"{parameter['in']}/{parameter['name']}"
        if not any(leaf == place or leaf.startswith(f"{place}/") for leaf in leaves):
            yield place
    yield from leaves


def _credentials(route: Route) -> Iterator[str]:
    if route.security in (BY_KEY_OR_BEARER, BY_KEY_OR_BASIC):
        yield "header/api_key"
    if route.security != BY_LOGIN:
        yield "header/Authorization"
    if route.security == BY_TOKEN and route.method == "post":
        yield "body/token"


def _leaves(model: type[BaseModel], at: str, entries: Any = None) -> Iterator[str]:
    """Return the leaves of a model that stands `at` a place; a list of the base of `entries` is one of those."""
    for name, info in model.model_fields.items():
        inner = [entries if entries and issubclass(entries, one) else one for one in _models(info.annotation)]
        place = f"{at}/{name}/*" if "list[" in str(info.annotation) else f"{at}/{name}"
        for one in inner:
            yield from _leaves(one, place)
        if not inner:
            yield place


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)
