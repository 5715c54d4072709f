"""The process that is measured when many purchases are posted. Runs isolated, as bench/container.py does.

JOB is JSON: `path` (what is put on sys.path), `app` (the file whose `post` takes a batch of rows), `rows` (a file with
a purchase in each line), `batch` (rows in one). The first batch warms up. Answers, on standard error, process CPU and
wall clock seconds of the others together, and how many purchases they posted.
"""

import importlib.util
import json
import sys
import time
from pathlib import Path
from typing import Any


def main(job: dict[str, Any]) -> None:
    """Do a job."""
    sys.path[:0] = job["path"]
    spec = importlib.util.spec_from_file_location("throughput", job["app"])
    assert spec
    assert spec.loader
    app = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(app)
    rows, size = Path(job["rows"]).read_text().splitlines(), job["batch"]
    first, *batches = [rows[start : start + size] for start in range(0, len(rows), size)]
    assert app.post(first) == len(first)
    cpu, wall = time.process_time(), time.perf_counter()
    posted = sum(app.post(batch) for batch in batches)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    assert posted == len(rows) - len(first), posted
    sys.stderr.write(json.dumps({"cpu": cpu, "wall": wall, "events": posted}))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
