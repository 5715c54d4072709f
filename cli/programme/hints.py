"""Hints on how to correct a refused line, from its content and the known names."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import cached_property
from typing import Any

from pydantic import ValidationError

from cli.docs.programme_schema import document
from cli.programme.draft import FileLine
from loyalty.domain.errors import Code
from loyalty.domain.records import RECORD_TYPES
from loyalty.domain.records.base import references
from loyalty.usecases.reference.import_records import BadLine

Node = Mapping[str, Any]

_IN_ITS_PLACE = {
    "/parent_business_unit": "Name a merchant, which has no parent itself, and always the same one.",
    "/award": "Leave it out for vouchers of a FIXED value, and give one for those of a VARIABLE value.",
    "/amount": "Write no more decimals than the wallet's currency has.",
}
"""What to do about a field of a record that is well formed, but does not fit among the others."""

MAX_LISTED = 24
"""Names listed in a hint at most; more help nobody."""


class Hints:
    """Hints on the lines of some files, read together, and on top of what is deployed if that was looked at, too."""

    def __init__(self, lines: Iterable[FileLine], *, deployed: bool) -> None:
        self._lines = list(lines)
        self._deployed = deployed

    def on(self, line: FileLine, bad: BadLine) -> str:
        """Return what to do about `bad`, which is on `line`."""
        if line.record is None:
            return "Write one JSON object a line, with quotes around names and texts and commas between the fields."
        kind, path = str(line.record.get("type")), bad.field.split("/")[1:]
        if kind not in RECORD_TYPES:
            return f"Write one of {', '.join(RECORD_TYPES)}." + _suggest(kind, RECORD_TYPES)
        if bad.code is Code.NOT_FOUND:
            return self._reference(kind, path, line)
        if bad.code is Code.DUPLICATE:
            return self._owner(line, path[0])
        if _is_valid(kind, line.record):
            return _IN_ITS_PLACE.get(bad.field, "Write what it was first imported with, or give it another id.")
        return self._describe_expected(kind, path)

    def _reference(self, kind: str, path: list[str], line: FileLine) -> str:
        name = _at(line.record, path)
        target = dict(references(RECORD_TYPES[kind]))[tuple("*" if step.isdigit() else step for step in path)]
        known = self._names(target)
        if name in known:
            other = known[str(name)]
            first = "" if other.file == line.file else f", or name {other.file.name} before {line.file.name}"
            return f"Correct {other.file.name}:{other.number}, where it is defined{first}."
        elsewhere = "" if self._deployed else ", or look at what is deployed too, with --deployed"
        return f"Add the {target}{elsewhere}." + _suggest(name, known)

    def _owner(self, line: FileLine, field: str) -> str:
        assert line.record
        if field == "contact":
            return 'Write "primary": false on all but one account of the contact.'
        value = line.record.get(field)
        owner = self._names(str(line.record["type"])).get(str(value))
        where = f"{owner.file.name}:{owner.number}" if owner and owner is not line else "Another record"
        return f"{where} already has it: give this one another {field}, or the same id if both are the same."

    def _describe_expected(self, kind: str, path: list[str]) -> str:
        node: Node = self._schema["$defs"][RECORD_TYPES[kind].__name__]
        for step in path:
            fields = self._plain(node).get("properties", {})
            if step in fields:
                node = fields[step]
            elif step.isdigit():
                node = self._plain(node).get("items", {})
            else:
                return f"The fields here are {_join_names(fields)}." + _suggest(step, fields)
        return f"Write {self._describe_node(node)}."

    def _describe_node(self, node: Node) -> str:
        """Return what may stand there, in words."""
        node = self._plain(node)
        if "enum" in node:
            return f"one of {', '.join(node['enum'])}"
        if "const" in node:
            return f'"{node["const"]}"'
        if "description" in node and "properties" not in node:
            return str(node["description"][0].lower() + node["description"][1:-1])
        if "examples" in node:
            return f'a text such as "{node["examples"][0]}"'
        match node.get("type"):
            case "object":
                return f"an object of {_join_names(node['properties'])}" if "properties" in node else "an object"
            case "array":
                return f"a list, each element {self._describe_node(node['items'])}"
            case "number" | "integer" as type_:
                words = "a number" if type_ == "number" else "a whole number"
                above = f" above {node['exclusiveMinimum']}" if "exclusiveMinimum" in node else ""
                # One below zero is the bound of all numbers, which nobody comes near.
                least = f" from {node['minimum']}" if node.get("minimum", -1) >= 0 else ""
                return f"{words}{above}{least}, without quotes"
            case "boolean":
                return "true or false, without quotes"
            case _:
                longest = f" of at most {node['maxLength']} characters" if "maxLength" in node else ""
                return f"a text{longest}, in quotes"

    def _plain(self, node: Node) -> Node:
        """Return a node itself, where it is a reference or may be null too."""
        while "$ref" in node or "anyOf" in node:
            node = self._schema["$defs"][node["$ref"].split("/")[-1]] if "$ref" in node else node["anyOf"][0]
        return node

    @cached_property
    def _schema(self) -> Node:
        return document()

    def _names(self, kind: str) -> dict[str, FileLine]:
        """Return the lines of a type by what names them."""
        fields = ("id", *RECORD_TYPES[kind].unique, *RECORD_TYPES[kind].naming)
        lines = [line for line in self._lines if line.record and line.record.get("type") == kind]
        return {
            str(value): line
            for line in reversed(lines)
            if line.record
            for field in fields
            if (value := line.record.get(field)) is not None
        }


def _is_valid(kind: str, record: Mapping[str, Any]) -> bool:
    """Return whether it is well formed by itself."""
    try:
        RECORD_TYPES[kind].model_validate(record)
    except ValidationError:
        return False
    return True


def _at(value: Any, path: Iterable[str]) -> Any:
    for step in path:
        value = value[int(step)] if isinstance(value, list) else value[step]
    return value


def _join_names(names: Iterable[str]) -> str:
    some = list(names)
    return ", ".join(some[:MAX_LISTED]) + (" ..." if len(some) > MAX_LISTED else "")


def _suggest(name: object, names: Iterable[str]) -> str:
    close = get_close_matches(str(name), list(names), n=1, cutoff=0.6)
    return f" Did you mean {close[0]}?" if close else ""
