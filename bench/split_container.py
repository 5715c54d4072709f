"""The process that is measured when a file is split. Runs isolated, as bench/container.py does.

JOB is JSON: `path` (what is put on sys.path), `app` (the file whose `split` takes a file's name and where it is read
from), `name`, `head` and `body` (files: what is split is the one, then the other over and over), `bytes` (how much).
Answers, on standard error, process CPU seconds, how many rows there were, and by how many bytes the process grew.
"""

import importlib.util
import json
import resource
import sys
import time
from pathlib import Path
from typing import Any


def main(job: dict[str, Any]) -> None:
    """Do a job."""
    sys.path[:0] = job["path"]
    spec = importlib.util.spec_from_file_location("split", job["app"])
    assert spec
    assert spec.loader
    app = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(app)
    from tests.simulated import Repeated

    head, body = Path(job["head"]).read_bytes(), Path(job["body"]).read_bytes()
    source = Repeated(head, body, job["bytes"])
    before, cpu = _peak_bytes(), time.process_time()
    rows = app.split(job["name"], source)
    cpu = time.process_time() - cpu
    sys.stderr.write(json.dumps({"cpu": cpu, "rows": rows, "grown": _peak_bytes() - before}))


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
