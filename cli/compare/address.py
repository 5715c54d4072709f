"""The route that a recorded address leads to, whatever stands before it."""

import re
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from cli.docs.route import Route
from cli.docs.routes import ROUTES

_BEFORE_ROUTES = re.compile(r"^.*?/(?:crmapi/rest|backoffice)/v\d+(?=/)")
"""The addresses under which the vendor serves its APIs."""

_STAGE = re.compile(r"^/[^/]+(?=/)")
_GATEWAY_HOST = re.compile(r"\.execute-api\.")

_TELLING = re.compile(r"[a-z_]{1,24}|v\d")
"""Steps of a path that say nothing of anybody."""

_STEPS_TOLD = 3


class Address(NamedTuple):
    """Where a call went: the path as our routes have it, without what stands before it, and its query."""

    path: str
    query: dict[str, str]

    @classmethod
    def of(cls, url: str) -> "Address":
        """Return the address of a URL or a path. Raises `ValueError` where it is none."""
        parts = urlsplit(url)
        path = "/" + parts.path.strip("/")
        if _GATEWAY_HOST.search(parts.netloc):
            path = _STAGE.sub("", path)
        return cls(_BEFORE_ROUTES.sub("", path), dict(parse_qsl(parts.query)))

    def route(self, method: str) -> tuple[Route, dict[str, str]] | None:
        """Return the route that this leads to, with the parameters in its path; None if it is none of ours."""
        for route, pattern in _PATTERNS:
            if route.method == method.lower() and (found := pattern.fullmatch(self.path)):
                return route, {name: unquote(value) for name, value in found.groupdict().items()}
        return None

    def describe(self) -> str:
        """Return the path for a report: ids, and whatever else may be somebody's, are left out."""
        steps = self.path.split("/")[1 : _STEPS_TOLD + 1]
        return "/" + "/".join(step if _TELLING.fullmatch(step) else "*" for step in steps)


def _pattern(route: Route) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", route.path))


_PATTERNS = sorted(((route, _pattern(route)) for route in ROUTES), key=lambda pair: "{" in pair[0].path)
"""Routes without a parameter come first: a preview is no purchase by that name."""
