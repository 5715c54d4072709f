"""The columns of a CSV file of records: dotted paths of a record's fields, each cell read as the record's model has it.

A list is written in its cell as in JSON, as it may hold anything.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from loyalty.domain.records import RECORD_TYPES
from loyalty.domain.records.base import RecordPart
from loyalty.domain.rows.cells import Read, cell_text, number_in, read_cell, text_in
from loyalty.domain.rows.columns import RESULT_FIELDS, put_in
from loyalty.domain.rows.layout import Layout
from loyalty.domain.validation import Unreadable

_WHOLE = re.compile(r"[+-]?[0-9]{1,20}")
_TRUTHS = {"true": True, "false": False}


def record_of(layout: Layout, rows: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Return the record that a row's cells say, as `cells_of` has them. An empty cell is an absent field. Whether it is
    a record that can be imported, its model tells, of cells as well that cannot be read or that its type has no field
    for."""
    [cells] = rows
    said = {name: cell for name, cell in zip(layout.columns, cells, strict=True) if cell and name not in RESULT_FIELDS}
    kind = cell_text(said.get("type", ""))
    if kind not in _COLUMNS:
        return {"type": kind}
    record: dict[str, Any] = {}
    for name, cell in said.items():
        if read := _COLUMNS[kind].get(name):
            put_in(record, name.split("."), read_cell(layout, read, cell))
        else:
            put_in(record, name.split("."), Unreadable(f"Records of the type {kind} have no such field."))
    return record


def _whole_number(cell: str) -> int:
    text = cell_text(cell).strip()
    if not _WHOLE.fullmatch(text):
        raise ValueError("must be a whole number such as 2")
    return int(text)


def _truth(cell: str) -> bool:
    text = cell.strip().lower()  # spreadsheets write TRUE
    if text not in _TRUTHS:
        raise ValueError("must be true or false")
    return _TRUTHS[text]


def _list(cell: str) -> Any:
    try:
        return json.loads(cell_text(cell), parse_float=Decimal)
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise ValueError('must be a list as in JSON, such as ["EK123456", "MRA"]') from error


def _read_decimal(cell: str) -> Decimal:
    if "e" in cell.lower():
        raise ValueError("must be a number such as 15.19, without an exponent")
    return number_in(cell)


_READERS: Mapping[Any, Read] = {Decimal: _read_decimal, int: _whole_number, bool: _truth, list: _list}
"""Readers of cells, by type; cells of other types are text."""


def _columns(model: type[BaseModel], path: tuple[str, ...] = ()) -> Iterator[tuple[str, Read]]:
    """Return the columns of a model, and what reads each."""
    for name, field in model.model_fields.items():
        [kind] = {*_types(field.annotation)} - {NoneType}
        if isinstance(kind, type) and issubclass(kind, RecordPart):
            yield from _columns(kind, (*path, name))
        else:
            yield ".".join((*path, name)), _READERS.get(kind, text_in)


def _types(annotation: Any) -> Iterator[Any]:
    """Looks through `Annotated[...]` and `... | None`."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _types(get_args(annotation)[0])
    elif origin in (Union, UnionType):
        for one in get_args(annotation):
            yield from _types(one)
    else:
        yield origin or annotation


_COLUMNS: Mapping[str, Mapping[str, Read]] = {kind: dict(_columns(model)) for kind, model in RECORD_TYPES.items()}
COLUMNS = frozenset(name for columns in _COLUMNS.values() for name in columns)
