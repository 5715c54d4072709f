"""The fields that a row of a file sets, and the record that they make of the existing one."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from msgspec import Struct

from loyalty.domain.empty_texts import is_given

Fields = dict[str, Any]


class Said(Struct, frozen=True):
    """The `fields` of a record as JSON has them, if it is one. Where the file says only some of them, `columns` are
    these, as dotted paths; where that is None, it says all of the record."""

    fields: Any
    columns: frozenset[str] | None = None

    @property
    def kind(self) -> str | None:
        """The record's type; None if that is none."""
        kind = self.fields.get("type") if isinstance(self.fields, dict) else None
        return kind if isinstance(kind, str) else None

    def completed(self, old: Mapping[str, Any], kept: tuple[str, ...]) -> Fields:
        """Return the fields of the record that is to take the place of `old`: what the file has no columns for is as it
        was, and so is what is `kept` and not said."""
        unsaid = [path for path in kept if not is_given(_at(self.fields, path))]
        if self.columns is None:
            fields: Fields = deepcopy(self.fields)
            for path in unsaid:
                _keep(fields, old, path)
            return fields
        fields = _merge_fields(deepcopy(dict(old)), self.fields)
        for path in self.columns.difference(kept):
            if _at(self.fields, path) is None:
                _remove(fields, path, kept)
        return fields


def _at(fields: Any, path: str) -> Any:
    for step in path.split("."):
        fields = fields.get(step) if isinstance(fields, dict) else None
    return fields


def _keep(fields: Fields, old: Mapping[str, Any], path: str) -> None:
    """Let what `old` has at a path be there too, unless it is a part of what is not there, or is another one now."""
    *parents, last = path.split(".")
    for parent in parents:
        now, before = fields.get(parent), old.get(parent)
        if not isinstance(now, dict) or not isinstance(before, dict) or now.get("id") != before.get("id"):
            return
        fields, old = now, before
    if last in old:
        fields[last] = old[last]


def _merge_fields(fields: Fields, said: Mapping[str, Any]) -> Fields:
    """Return `fields`, with what is `said` instead of the previous values."""
    for name, value in said.items():
        before = fields.get(name)
        fields[name] = _merge_fields(before, value) if isinstance(before, dict) and isinstance(value, dict) else value
    return fields


def _remove(fields: Fields, path: str, kept: tuple[str, ...]) -> None:
    """Remove what is at a path, and whatever it is a part of, once nothing is left of that but what is kept."""
    *parents, last = path.split(".")
    chain = [fields, *_inner(fields, parents)]
    if len(chain) <= len(parents):
        return
    chain[-1].pop(last, None)
    for depth in range(len(parents), 0, -1):
        inside = ".".join(parents[:depth])
        if all(f"{inside}.{name}" in kept for name in chain[depth]):
            del chain[depth - 1][parents[depth - 1]]


def _inner(fields: Fields, parents: list[str]) -> Iterator[Fields]:
    for parent in parents:
        if not isinstance(fields := fields.get(parent), dict):  # type: ignore[assignment]
            return
        yield fields
