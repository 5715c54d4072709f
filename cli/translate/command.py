"""`loyalty translate`: bodies of purchases in the words of the other API."""

from collections.abc import Iterator
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from cli.console import CommandFailure, counted, err, out
from cli.options import AsJson
from cli.translate.dialect import Dialect

if TYPE_CHECKING:
    from cli.translate.translation import Translation

Bodies = Annotated[
    Path,
    typer.Argument(exists=True, dir_okay=False, readable=True, help="A body as .json, or one a line as .jsonl."),
]
To = Annotated[Dialect, typer.Option(help="The API to translate to.")]


def _zone(name: str) -> tzinfo:
    from loyalty.domain.period import time_zone

    try:
        return time_zone(name)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


Zone = Annotated[
    tzinfo | None,
    typer.Option("--time-zone", parser=_zone, metavar="NAME", help="Whose clock classic dates without a zone go by."),
]


class _Body(NamedTuple):
    """A body in a file: the line that it is in, and its place there if it is an entry of a bulk call."""

    line: int
    entry: int | None
    body: dict[str, Any]

    def describe(self) -> str:
        return f"{self.line}" if self.entry is None else f"{self.line}, entry {self.entry}"


def translate(bodies: Bodies, to: To, zone: Zone = None, as_json: AsJson = False) -> None:
    """Translate bodies of purchases to the newest API, or back to the classic one, each into a line of JSON.

    What has no counterpart there is listed, and so are deprecated fields, with the release that deprecated them. A bulk
    call becomes a body for each entry. Exit status 1 where a body is faulty, or the other API would want more than it
    says.
    """
    from cli.translate.translation import translate as translated
    from loyalty import exactjson
    from loyalty.domain.errors import Refused

    failed = 0
    for one in _read(bodies, to):
        place = f"{bodies}:{one.describe()}"
        try:
            translation = translated(one.body, to, zone)
        except Refused as refused:
            for problem in refused.problems:
                err.print(f"{place}: {problem.pointer or '/'}: {problem.description}", style="red", markup=False)
            failed += 1
            continue
        out.print(exactjson.dumps(_as_json(translation) if as_json else translation.body), markup=False)
        if not as_json:
            _print_notes(place, translation)
        failed += bool(translation.lacking)
    if failed:
        raise CommandFailure(f"{counted(failed, 'body', 'bodies')} to be corrected or completed before sending")


def _read(file: Path, to: Dialect) -> Iterator[_Body]:
    """Return the bodies of a file. Raises `CommandFailure` where it has something else."""
    from cli.translate.translation import bodies_of, is_classic
    from loyalty import exactjson

    with file.open("rb") as opened:
        lines = enumerate(opened, start=1) if file.suffix == ".jsonl" else iter([(1, opened.read())])
        for number, line in lines:
            if not line.strip():
                continue
            try:
                body = exactjson.loads_strictly(line.decode("utf-8-sig"))
            except ValueError as error:
                several = "; several bodies go into a .jsonl"
                raise CommandFailure(f"{file}:{number} is not JSON ({error}){several}") from error
            if not isinstance(body, dict):
                raise CommandFailure(f"{file}:{number} is not the body of a purchase, which is an object")
            if is_classic(body) is (to is Dialect.CLASSIC):
                raise CommandFailure(f"{file}:{number} is a body of the {to} API already")
            entries = bodies_of(body)
            for place, entry in enumerate(entries, start=1):
                yield _Body(number, place if len(entries) > 1 else None, entry)


def _as_json(translation: "Translation") -> dict[str, Any]:
    return {
        "body": translation.body,
        "left_out": [one._asdict() for one in translation.left_out],
        "notes": list(translation.notes),
        "deprecated": [one._asdict() for one in translation.deprecated],
        "lacking": [{"pointer": one.pointer, "description": one.description} for one in translation.lacking],
    }


def _print_notes(place: str, translation: "Translation") -> None:
    lines = [f"{one.pointer}: left out, as {one.why}" for one in translation.left_out]
    lines += [f"{one.pointer or 'the operation'}: deprecated since {one.release}" for one in translation.deprecated]
    lines += translation.notes
    lines += [f"to be completed: {one.pointer}: {one.description}" for one in translation.lacking]
    for line in lines:
        err.print(f"{place}: {line}", markup=False)
