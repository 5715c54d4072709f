"""The output of the command: answers on stdout, as text or JSON; progress and failures on stderr."""

import codecs
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from io import TextIOWrapper
from time import perf_counter
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text
from typer.core import TyperGroup

WIDE = 400
"""Columns where there is no terminal: nobody there reads lines that are folded."""

_SIGNS = {"✓": "+", "✗": "-", "…": "..."}
_OTHER_SIGNS = "loyalty.other_signs"


def _in_other_signs(error: UnicodeError) -> tuple[str, int]:
    """Write what a terminal has no characters for with others, or as JSON escapes it: what is JSON stays JSON."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(_SIGNS.get(sign) or json.dumps(sign)[1:-1] for sign in lacking), error.end


codecs.register_error(_OTHER_SIGNS, _in_other_signs)

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class _Harmless(Console):
    """Shows texts as they are, and lets none do anything else to the terminal: names and values that others have sent
    may be meant to."""

    def render_str(self, text: str, **named: Any) -> Text:
        return super().render_str(_CONTROL.sub(lambda found: json.dumps(found[0])[1:-1], text), **named)


out = _Harmless(highlight=False, soft_wrap=True, emoji=False, width=None if sys.stdout.isatty() else WIDE)
err = _Harmless(highlight=False, soft_wrap=True, emoji=False, stderr=True)


class CommandFailure(Exception):  # noqa: N818 - it ends a command; it is no fault in the program
    """Ends the command with this message, which says what to do, instead of a traceback; with exit status 1, unless the
    command has another meaning for that."""

    status = 1


class Commands(TyperGroup):
    """The commands, of which a `CommandFailure` is told in one line, on terminals with whatever characters."""

    def main(self, *args, **kwargs):  # type: ignore[no-untyped-def]  # click's, whose arguments are many
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, TextIOWrapper):
                stream.reconfigure(errors=_OTHER_SIGNS)
        return super().main(*args, **kwargs)

    def invoke(self, ctx):  # type: ignore[no-untyped-def]  # the type of a context is private to typer
        try:
            return super().invoke(ctx)
        except CommandFailure as failure:
            err.print(f"[bold red]error:[/] {escape(str(failure))}")
            ctx.exit(failure.status)


def answer(value: Mapping[str, object] | Sequence[Mapping[str, object]], *, as_json: bool) -> None:
    """Print one record, or a list of records with the same fields; dates and decimals as text in JSON. Where a table
    would be wider than the terminal, each record stands by itself, without the fields that say nothing."""
    if as_json:
        out.print(json.dumps(value, default=str), markup=False)
        return
    if isinstance(value, Mapping):
        out.print(_table(value.items()))
        return
    table = _table([record.values() for record in value], header=list(value[0]) if value else [])
    if out.width >= WIDE or out.measure(table, options=out.options.update_width(WIDE)).maximum <= out.width:
        out.print(table)
        return
    for place, record in enumerate(value):
        out.print("\n" if place else "", end="")
        out.print(_table((name, field) for name, field in record.items() if field is not None))


def _table(rows: Iterable[Iterable[object]], header: Sequence[str] = ()) -> Table:
    table = Table(box=None, pad_edge=False, show_header=bool(header))
    for name in header:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(escape(_in_words(field)) for field in row))
    return table


def _in_words(field: object) -> str:
    if isinstance(field, Mapping):
        return ", ".join(f"{name}: {one}" for name, one in field.items())
    return "" if field is None else str(field)


Report = Callable[[str], AbstractContextManager[None]]
"""A progress display of a step, which ends when the step is done."""


def silent(_what: str) -> AbstractContextManager[None]:
    """Report nothing."""
    return nullcontext()


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """Show that `what` is going on."""
    told = f"{escape(what)} ..."
    if not err.is_terminal:  # which would be shown nothing until the end
        err.print(told)
    with err.status(told):
        yield


@contextmanager
def step(what: str) -> Iterator[None]:
    """Show that `what` is going on and, when it is done, how many seconds it took."""
    start = perf_counter()
    with waiting(what):
        yield
    err.print(f"[green]✓[/] {what} [dim]{perf_counter() - start:.1f} s[/]")


def counted(number: int, one: str, many: str = "") -> str:
    """Return how many there are, such as `1 line` and `2 lines`; `many` where that is not the word with an s."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


_MISSING = re.compile(r"Error:(.+?) \((.*)\) Not Found\. ", re.DOTALL)
"""The vendor's words for what is not found, which the API answers with."""


def in_a_sentence(reason: str) -> str:
    """Return what the engine says of a field in a sentence of our own: some of its words are the vendor's, or go on
    from the field's name."""
    if missing := _MISSING.match(reason):
        kind, value = missing.groups()
        return f"There is no {kind.lower() if kind.istitle() else kind} {value}."
    return f"This {reason}." if reason[:1].islower() else reason


def why(error: Exception) -> str:
    """Return what a fault says, without the number and the path that the system adds to its own."""
    return (isinstance(error, OSError) and error.strerror) or str(error)


@contextmanager
def refusals_as_failures(missing: str = "") -> Iterator[None]:
    """End the command with what the engine says where it refuses, and which fields it says that of; or with `missing`
    where something is not found."""
    from loyalty.domain.errors import Code, Refused

    try:
        yield
    except Refused as refused:
        words = [(one.pointer, in_a_sentence(one.description)) for one in refused.problems]
        problems = " ".join(": ".join(filter(None, one)) for one in words)
        is_missing = any(one.code is Code.NOT_FOUND for one in refused.problems)
        raise CommandFailure(missing if is_missing and missing else problems) from refused
