"""`python -m bench.split`: splitting the Complete Journey's year, as CSV and as JSON Lines, beside a plain variant; and
by how much the process grows over ten megabytes of it, and over half a gigabyte.

Counted is process CPU of all that splitting does, but for the clients of AWS: the places that it works on are in the
process. They would be called once for 4 MB that are read, twice for 8 MB that are kept, and once for ten chunks.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.setting import OUT, ROOT, RUNTIME_PACKAGES, build_layer, packages, run_isolated
from bench.usage import usage
from cli.journey.baskets import Choice, LeftOutBaskets
from cli.journey.files import WRITERS

MEGABYTES_PER_SECOND = 100
"""The speed that splitting has to reach."""

SMALL, LARGE = 10_000_000, 500_000_000
RUNS = {"ours": 5, "plain": 2}


@dataclass(frozen=True)
class Speed:
    """Megabytes a second of process CPU, microseconds a row, and by how many megabytes the process grew."""

    mb_per_second: float
    us_per_row: float
    grown_mb: float


def main() -> int:
    """Print the figures; 1 where the goal is missed."""
    path, missed = (build_layer(), packages("runtime", RUNTIME_PACKAGES)), False
    for format_ in ("csv", "jsonl"):
        head, body = year(format_)
        size = head.stat().st_size + body.stat().st_size
        for variant in ("ours", "plain"):
            speed = measure(variant, format_, size, path, RUNS[variant])
            missed |= variant == "ours" and speed.mb_per_second < MEGABYTES_PER_SECOND
            print(
                f"{format_:6}{variant:6}{speed.mb_per_second:8.0f} MB/s{speed.us_per_row:8.2f} us a row"
                f"{speed.grown_mb:6.0f} MB grown over {size / 1e6:.0f} MB"
            )
        for some in (SMALL, LARGE):
            grown = measure("ours", format_, some, path, runs=1).grown_mb
            print(f"{format_:6}ours  {grown:39.0f} MB grown over {some / 1e6:.0f} MB")
    return int(missed)


def measure(variant: str, format_: str, size: int, path: Sequence[Path], runs: int) -> Speed:
    """Return the speed of the quickest of several runs through so many bytes of the year."""
    head, body = year(format_)
    app = ROOT / "bench" / variant / "split.py"
    job = {"app": str(app), "name": f"year.{format_}", "head": str(head), "body": str(body), "bytes": size}
    results = [run_isolated("split_container.py", job, (ROOT, *path), "", MALLOC_ARENA_MAX="1") for _ in range(runs)]
    best = min(results, key=lambda result: result["cpu"])
    grown = min(result["grown"] for result in results)
    return Speed(size / 1e6 / best["cpu"], 1e6 * best["cpu"] / best["rows"], grown / 1e6)


def year(format_: str) -> tuple[Path, Path]:
    """Two files: what stands before the year's rows, and the rows."""
    head, body = (OUT / f"year.{part}.{format_}" for part in ("head", "body"))
    if not body.exists():
        parts = WRITERS[format_](Choice().baskets(LeftOutBaskets()), 0)
        with body.open("w") as rows:
            first = next(parts)
            header, end, rest = first.partition("\n") if format_ == "csv" else ("", "", first)
            head.write_text(header + end)
            rows.write(rest)
            rows.writelines(parts)
    return head, body


if __name__ == "__main__":
    usage(__doc__).parse_args()
    sys.exit(main())
