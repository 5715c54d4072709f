"""The request of a chunk entry: a body of either API."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from loyalty import exactjson
from loyalty.domain.errors import Code, Problem, Refused
from loyalty.domain.rows.chunk import ChunkEntry
from loyalty.domain.rows.columns import RESULT_FIELDS, SETTLED, body_of, cells_of
from loyalty.domain.rows.csv_purchases import LONG_PURCHASE
from loyalty.domain.rows.file_opening import CURRENCY
from loyalty.domain.rows.layout import MAX_ROW_BYTES, FileFormat, Layout
from loyalty.domain.texts import check_texts
from loyalty.usecases.sent_json import read_whole_json

_CLASSIC_MEMBERS = frozenset(
    {
        "accounts_receivable_identifier",
        "performed_by_business_unit_identifier",
        "performed_by_tap_identifier",
        "performed_by_unit_identifier",
        "products_set",
        "purchase_customer_event",
        "request_unique_identifier",
        "rewards_participant_identifier",
    }
)
"""Fields that no body of the newest API has, and every body of the classic API has some of."""

BodyOf = Callable[[Layout, Sequence[Sequence[str]]], dict[str, Any]]


class RowBody(Struct, frozen=True):
    """A body, of the classic API or the newest; and what its first row says of an earlier upload, as in a result file
    that was sent again (`RESULT_FIELDS`). With `says_settled`, each of its rows says that nothing is left to do, which
    may be the caller's own word for anything."""

    body: Mapping[str, Any]
    is_classic: bool
    earlier: Mapping[str, str]
    says_settled: bool


def read_row(layout: Layout, entry: ChunkEntry, body_of: BodyOf = body_of) -> RowBody:
    """Return the body that an entry says, made of the cells of its rows by `body_of`. Whether it is one that can be
    posted, its API tells.

    Raises:
        Refused: it could not be cut, or cannot be read: with every fault, by JSON pointer into the body.
    """
    if entry.fault:
        raise Refused(entry.fault)
    return _csv_row(layout, entry, body_of) if layout.format is FileFormat.CSV else _json_row(layout, entry)


def _csv_row(layout: Layout, entry: ChunkEntry, body_of: BodyOf) -> RowBody:
    if sum(map(len, entry.rows)) > MAX_ROW_BYTES:
        raise Refused(LONG_PURCHASE)
    rows = [cells_of(layout, row) for row in entry.rows]
    earlier = {name: cell for name, cell in zip(layout.columns, rows[0], strict=True) if name in RESULT_FIELDS}
    said = {row[layout.columns.index("status")] for row in rows} if "status" in earlier else {""}
    body = body_of(layout, rows)
    check_texts(b"\n".join(entry.rows).decode(), body)
    return RowBody(body, is_classic=False, earlier=earlier, says_settled=said <= SETTLED)


def _json_row(layout: Layout, entry: ChunkEntry) -> RowBody:
    body = read_whole_json(entry.rows[0], "row")
    if not isinstance(body, dict):
        raise Refused(Problem(Code.INVALID, "The row must be an object."))
    earlier = {name: str(body.pop(name)) for name in RESULT_FIELDS if name in body}
    if layout.currency:
        body.setdefault(CURRENCY, exactjson.loads(layout.currency))
    is_classic, says_settled = not _CLASSIC_MEMBERS.isdisjoint(body), earlier.get("status") in SETTLED
    return RowBody(body, is_classic=is_classic, earlier=earlier, says_settled=says_settled)
