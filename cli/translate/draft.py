"""A translation in the making, which knows what of the body it has used."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from loyalty.domain.empty_texts import is_given


@dataclass(frozen=True, slots=True)
class TranslationDraft:
    """A translation in the making: what is `given`, by pointer, and what was `taken` of it."""

    given: Mapping[str, Any]
    taken: set[str] = field(default_factory=set)
    body: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Self:
        """Return a translation of which nothing is made yet."""
        return cls(dict(_leaves(body)))

    def put(self, at: str, value: Any, source: str) -> None:
        """Put a value at a pointer, if it is given at the pointer `source`."""
        if source not in self.given:
            return
        self.taken.add(source)
        *steps, name = at.split("/")[1:]
        within = self.body
        for step in steps:
            within = within.setdefault(step, {})
        within[name] = value

    def put_line(self, at: str, line: dict[str, Any]) -> None:
        """Add a line to a list."""
        self.body.setdefault(at, []).append(line)

    def take(self, source: str, names: Mapping[str, str]) -> dict[str, Any]:
        """Return the fields of an object at a pointer under other names."""
        found = {name: f"{source}/{told}" for name, told in names.items() if f"{source}/{told}" in self.given}
        self.taken.update(found.values())
        return {name: self.given[pointer] for name, pointer in found.items()}


def _leaves(value: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    """Return what a body says, by pointer."""
    if isinstance(value, dict | list):
        for name, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _leaves(inner, f"{at}/{name}")
    elif is_given(value):
        yield at, value
