"""docs/fault-table.md, written from the table: `python -m tests.simulation.fault_page`, after working through all."""

import sys
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from cli.target import REPOSITORY
from tests.simulation.differences import ATTRIBUTES, MORE, NAMES, OTHERS
from tests.simulation.fault_table import cells, undisturbed, wrong_of
from tests.simulation.faults import Fault
from tests.simulation.planned_faults import ARRIVALS, OF_ANSWERS, OF_ATTEMPTS, Lasting
from tests.simulation.use_cases import SCENARIOS

DOCUMENT = REPOSITORY / "docs" / "fault-table.md"

COLUMNS: dict[str, frozenset[Fault]] = {
    "lost": frozenset({Fault.REQUEST_LOST, Fault.ANSWER_LOST, Fault.EFFECT_LATE}),
    "refused": frozenset({Fault.THROTTLED, Fault.INTERNAL_ERROR}),
    "in use": frozenset({Fault.CONFLICT, Fault.CANCELLED_THROTTLED, Fault.IN_PROGRESS}),
    "in part": frozenset({Fault.UNPROCESSED, Fault.UNSENT, Fault.BROKEN_BODY}),
    "old": frozenset({Fault.STALE, Fault.LATE_INDEX}),
    "killed": frozenset({Fault.KILLED_BEFORE, Fault.KILLED_AFTER}),
    "time": frozenset({Fault.OUT_OF_TIME, Fault.SHORT_OF_TIME, Fault.SLOW}),
    "again": frozenset(ARRIVALS),
}
"""Kinds of faults that the page counts together."""


def text() -> str:
    """Return the page."""
    scenarios = {str(scenario): [cell.plan for cell in cells(scenario)] for scenario in SCENARIOS}
    made = {str(scenario): len(undisturbed(scenario).faults.made) for scenario in SCENARIOS}
    kinds = Counter(plan.kind for plans in scenarios.values() for plan in plans)
    rows = {
        name: [made[name], *(sum(plan.kind in of for plan in plans) for of in COLUMNS.values()), len(plans)]
        for name, plans in scenarios.items()
    }
    sums = [sum(counts) for counts in zip(*rows.values(), strict=True)]
    use_cases = len({scenario.use_case for scenario in SCENARIOS})
    return "\n".join(
        [
            _HEAD.format(use_cases=use_cases, scenarios=len(rows), calls=sums[0], kinds=len(kinds), cells=sums[-1]),
            _row(["Use case and scenario", "Calls", *COLUMNS, "Cells"]),
            _row(["---", *("---:" for _ in sums)]),
            *(_row([name, *counts]) for name, counts in rows.items()),
            _row(["**all**", *sums]),
            _KINDS,
            *(_row([word, kind, _lasts(kind), kinds[kind]]) for word, of in COLUMNS.items() for kind in sorted(of)),
            _DIFFERENCES,
            *_differences(),
            "",
        ]
    )


def _row(columns: Iterable[object]) -> str:
    told = (f"{column:,}" if isinstance(column, int) else str(column) for column in columns)
    return f"| {' | '.join(told)} |"


def _lasts(kind: Fault) -> str:
    if kind in OF_ATTEMPTS:
        return f"once; {Lasting.RETRIES}"
    return f"once; {Lasting.CALL}" if kind in OF_ANSWERS else "once"


def _differences() -> Iterator[str]:
    for named in (*ATTRIBUTES, *NAMES):
        yield f"- `{named.of or 'any item'}`, `{named.names}`: {named.why}"
    for begins, why in MORE.items():
        yield f"- more items of `{begins}`: {why}"
    for one in OTHERS:
        yield f"- {one}"


def main() -> int:
    """Work through all cells, then write the page; answer the exit status."""
    began, count, faults = time.monotonic(), 0, 0
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        for scenario, found in zip(SCENARIOS, pool.map(_wrong_at, range(len(SCENARIOS))), strict=True):
            count += len(cells(scenario))
            faults += len(found)
            sys.stdout.write(f"{len(cells(scenario)):5} {len(found):5} wrong  {scenario}\n")
            for name, why in found.items():
                sys.stdout.write(f"\n{name}\n" + "".join(f"  {line[:300]}\n" for line in why))
            sys.stdout.flush()
    sys.stdout.write(f"{count} cells, {faults} wrong, {time.monotonic() - began:.0f} s\n")
    if not faults:
        DOCUMENT.write_text(text(), "utf-8")
    return 1 if faults else 0


def _wrong_at(place: int) -> dict[str, list[str]]:
    return wrong_of(SCENARIOS[place])


_HEAD = """\
# Fault table

What becomes of each use case when something goes wrong at any one of its calls. Each function, and each use case that
the operators' command runs by itself, is played in a deterministic world in memory (`tests/simulation/`): {use_cases}
use cases in {scenarios} scenarios, which make {calls} calls to DynamoDB, S3, SQS and Lambda. At each call, each of
{kinds} kinds of faults strikes that this call may meet: {cells:,} cells in all. Then the caller does what such a caller
does. A client sends the same request again, SQS delivers the message again, S3 and Lambda call again, the schedule
calls the next night, an operator runs the command again. **All cells are right**:

- the table and the buckets hold what they hold without the fault, but for the [differences](#what-may-differ) below;
- the last answer is the one without the fault, or the same marked as a replay;
- every answer in between is one that may be sent again: 503 `RetryLaterException` with `Retry-After`, or, if the
  process was gone, 502 or 504 of API Gateway;
- journals are chained, nothing is overdrawn, no event is doubled, no queue holds a message, every file is told of, and
  `loyalty verify` finds no deviation.

An *older version* is read in few cells, because calls read consistently whatever an earlier call may have written just
before; a record that was imported within the last second is in none.

Not in the table: a classic purchase without an identity, which a client cannot send again safely
([API](api.md#sending-a-classic-purchase-again)); two faults in one scenario, which `make simulate` draws by the
thousand; and the transfer of a file by `loyalty upload`, which is boto3's own.

`make faults` works through all cells and writes this page. A test run plays, of each scenario and each kind of fault,
the cell of one call, which the date draws. A use case that is not in the table fails the test.

## Cells by use case
"""

_KINDS = """
## Kinds of faults

| In the table | Fault | Lasts | Cells |
|---|---|---|---:|"""

_DIFFERENCES = """
A fault that lasts *longer than botocore tries* meets each of its three attempts; one that lasts *until the call of the
function has ended* meets each call of the same operation, and outlasts the engine's own retries as well.

## What may differ

Attributes of items, by their sort key; parts of keys; items of which there may be more; and the rest, in words:
"""


if __name__ == "__main__":
    ArgumentParser(prog="python -m tests.simulation.fault_page", description=__doc__).parse_args()
    sys.exit(main())
