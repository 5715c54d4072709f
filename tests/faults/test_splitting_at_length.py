"""A file of ten million rows is split in a process of its own, which hands over to itself and does not grow with it."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROWS = 10_000_000

PROGRAM = f"""
import json, resource, sys
from tests.simulated import Ended, Repeated, split
from loyalty.store.uploads import read_segment
from tests.uploads import COLUMNS

header = ",".join(COLUMNS).encode() + b"\\n"
rows = b"".join(b"%04d,,,M,P,1,0,0,0\\n" % number for number in range(10_000))
end = Ended()

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

def run(times):
    source = Repeated(header, rows, len(header) + times * len(rows))
    upload, table, calls = split("rows.csv", source, end, looks=200)
    segments = [read_segment(table, upload.id, number) for number in range(1, upload.segments + 1)]
    return upload, segments, calls

run(40)
before = peak()
upload, segments, calls = run({ROWS} // 10_000)
assert upload.state == "POSTING" and not upload.fault, upload
assert segments[0].first_row == 1 and segments[-1].next_row == {ROWS} + 1
assert all(one.next_row == other.first_row for one, other in zip(segments, segments[1:]))
assert all(sum(piece.rows for piece in one.pieces) == one.next_row - one.first_row for one in segments)
chunks = [piece.chunk for one in segments for piece in one.pieces]
assert chunks == list(range(1, upload.chunks + 1))
print(json.dumps({{"rows": upload.rows, "calls": calls, "grown": peak() - before}}))
"""


def test_ten_million_rows_are_split_in_the_memory_that_four_hundred_thousand_take() -> None:
    process = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env={"MALLOC_ARENA_MAX": "1", "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'layers/common'}"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert process.returncode == 0, process.stderr
    result = json.loads(process.stdout)
    assert result["rows"] == ROWS
    assert result["calls"] > 3
    assert result["grown"] < 60, "megabytes"
