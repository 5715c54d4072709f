"""`loyalty programme check`: what is wrong in programme files, and what can hardly be meant."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.markup import escape

from cli.console import CommandFailure, answer, in_a_sentence, out
from cli.options import AsJson, Deployed, Files, Region, Stack
from cli.target import Target

if TYPE_CHECKING:
    from cli.programme.doubts import Doubt
    from cli.programme.draft import FileLine, ProgrammeDraft
    from cli.programme.lookalikes import Lookalike
    from cli.programme.rates import CutShort
    from loyalty.domain.programme.directory import Record
    from loyalty.domain.programme.programme import Programme
    from loyalty.store.table import Table


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a line: which field (a JSON pointer, "" for the line), what, and what to do."""

    file: str
    line: int
    field: str
    reason: str
    hint: str


@dataclass(frozen=True, slots=True)
class Findings:
    """Errors, for which the import refuses the line, and warnings of what is hardly intended."""

    records: int
    errors: list[Finding]
    warnings: list[Finding]


def check(
    files: Files, deployed: Deployed = False, stack: Stack = None, region: Region = None, as_json: AsJson = False
) -> None:
    """Check programme files before they are imported: as the import would, and whether each offer can apply at all.

    Files are taken together, in their order. Nothing is written, and nothing but the files is read, unless they are to
    be checked on top of what is deployed. Exit status 1 where the import would refuse a line.
    """
    found = findings(files, base_table(deployed, stack, region), datetime.now(UTC))
    if not found.records:
        raise CommandFailure(f"there is nothing to check: {', '.join(map(str, files))} has only blank lines")
    if as_json:
        answer(asdict(found), as_json=True)
    else:
        for finding in found.errors:
            _print(finding, "[bold red]error[/]")
        for finding in found.warnings:
            _print(finding, "[bold yellow]warning[/]")
        out.print(f"records: {found.records}, errors: {len(found.errors)}, warnings: {len(found.warnings)}")
    if found.errors:
        raise typer.Exit(1)


def base_table(deployed: bool, stack: str | None, region: str | None) -> "Table | None":
    """Return what programme files are laid on top of: nothing, unless a stack is asked for."""
    return Target.load(stack, region).open_table() if deployed or stack else None


def findings(files: Sequence[Path], base: "Table | None", now: datetime) -> Findings:
    """Return what there is to say about the lines of `files`, in their order."""
    from cli.programme.draft import ProgrammeDraft
    from cli.programme.hints import Hints

    draft, hints = ProgrammeDraft.of(files, base, now), None
    by_place = {(line.file, line.number): line for line in draft.lines}
    errors = []
    for file, bad in draft.refused:
        hints = hints or Hints(draft.lines, deployed=base is not None)
        hint = hints.on(by_place[file, bad.line], bad)
        errors.append(Finding(str(file), bad.line, bad.field, in_a_sentence(bad.reason), hint))
    records = sum(1 for line in draft.lines if line.text.strip())
    return Findings(records, _in_order(errors), _in_order([*_warnings(draft, now), *_changes(draft, base)]))


def _in_order(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: (finding.file, finding.line))


def _warnings(draft: "ProgrammeDraft", now: datetime) -> Iterator[Finding]:
    lines: dict[tuple[str, str], FileLine] = {}
    for line in draft.lines:
        if line.record is None:
            continue
        key = str(line.record.get("type")), str(line.record.get("id"))
        if key in lines:
            reason = f"It takes the place of {lines[key].file.name}:{lines[key].number}, of the same type and id."
            yield Finding(str(line.file), line.number, "/id", reason, "Drop one of the two, or give it another id.")
        lines[key] = line
    for alike in _lookalikes(draft):
        line, other = alike.line, f"{alike.other.file.name}:{alike.other.number}"
        reason = f"{alike.value} of {other} differs from it only in case or in Unicode form, so it is another value."
        yield Finding(str(line.file), line.number, f"/{alike.field}", reason, "Give one of the two another value.")
    programme, records = draft.accepted(now)
    for cut in _find_cut_short(programme):
        about = lines.get(("currency_rate", cut.later_id)) or lines.get(("currency_rate", cut.rate_id))
        if about:
            yield Finding(str(about.file), about.number, "/from_date", cut.reason, cut.hint)
    for doubt in _doubts(programme, records, now):
        about = lines.get(("reward_offer", doubt.offer_id)) or lines.get(("reward_offer", str(doubt.other_id)))
        if about:
            yield Finding(str(about.file), about.number, doubt.field, doubt.reason, doubt.hint)


def _doubts(programme: "Programme", records: "Sequence[Record]", now: datetime) -> "Iterator[Doubt]":
    from cli.programme.doubts import doubts_about
    from cli.programme.shadows import shadows_among

    yield from doubts_about(programme.offers, programme, records, now)
    yield from shadows_among(programme, records)


def _lookalikes(draft: "ProgrammeDraft") -> "Iterator[Lookalike]":
    from cli.programme.lookalikes import lookalikes

    yield from lookalikes(draft.lines)


def _find_cut_short(programme: "Programme") -> "Iterator[CutShort]":
    from cli.programme.rates import rates_cut_short

    yield from rates_cut_short(programme)


def _changes(draft: "ProgrammeDraft", base: "Table | None") -> Iterator[Finding]:
    """Return what the lines change of limits that are deployed."""
    from cli.programme.changes import changes_that_matter

    if base is None:
        return
    lines = {(str(line.record.get("type")), str(line.record.get("id"))): line for line in draft.lines if line.record}
    for (kind, record_id), line in lines.items():
        if kind in ("reward_offer", "promo_code"):
            before, after = _record(base, kind, record_id), _record(draft.table, kind, record_id)
            for change in changes_that_matter(before, after) if before and after else ():
                yield Finding(str(line.file), line.number, *change)


def _record(table: "Table", kind: str, record_id: str) -> dict[str, Any] | None:
    from loyalty import exactjson
    from loyalty.store.reference import record_key

    item = table.get(record_key(kind, record_id))
    record: dict[str, Any] | None = exactjson.loads(item["record"]) if item else None
    return record


def _print(finding: Finding, kind: str) -> None:
    place = f"{finding.file}:{finding.line}: {finding.field or '/'}"
    out.print(f"{kind} {escape(place)}: {escape(finding.reason)}\n      {escape(finding.hint)}")
