"""Pages of lists, in both APIs: query parameters `next` and `limit`."""

from typing import NamedTuple

from loyalty.api.http.messages import Request
from loyalty.domain.errors import Code, Problem, Refused
from loyalty.store.ledger import MAX_PAGE

PAGE = 50

MAX_DIGITS = len(str(2**63))
"""The most digits of `next`, whose number DynamoDB must accept."""


class PageRequest(NamedTuple):
    """The page of a wallet's journal that is asked for: it starts below the sequence number `before`, None for the
    first, and has `limit` entries at most."""

    before: int | None
    limit: int


def read_page(request: Request) -> PageRequest:
    """Return the page that a query asks for.

    Raises:
        Refused: INVALID, naming the parameter.
    """
    return PageRequest(_whole(request, "next", None, 2**63), _whole(request, "limit", PAGE, MAX_PAGE) or PAGE)


def _whole(request: Request, name: str, default: int | None, maximum: int) -> int | None:
    text = request.query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS and 1 <= int(text) <= maximum):
        raise Refused(Problem(Code.INVALID, f"{name} must be a whole number from 1 to {maximum}.", f"/{name}"))
    return int(text)
