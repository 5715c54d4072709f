"""The process that is measured: it does what a Lambda container does.

Runs as `python -S -s -P -B container.py JOB`, so that it sees the layer, the function's folder and the runtime's boto3
and nothing else, and neither finds nor writes .pyc files other than those that are shipped. JOB is JSON: `path` (what
is put on sys.path), `app` (app.py), `event` (the first call's) and `more` (how many more calls to make, each with
another reference number). Answers, on standard error, the first answer and the process CPU seconds of each further
one.
"""

import importlib.util
import json
import sys
import time
from typing import Any

EXAMPLE_REFERENCE = "RF000001"

ROUNDS = 10
"""Timed rounds of further calls; one more goes before them, to warm up."""


class LambdaContext:
    """As much of a context as loggers look at."""

    function_name = "function"
    memory_limit_in_mb = 1024
    invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:function"
    aws_request_id = "00000000-0000-0000-0000-000000000000"


def main(job: dict[str, Any]) -> None:
    """Do a job."""
    sys.path[:0] = job["path"]
    spec = importlib.util.spec_from_file_location("app", job["app"])
    assert spec
    assert spec.loader
    app = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(app)
    answer = app.handler(job["event"], LambdaContext())
    assert answer.get("statusCode", 200) == 200, answer
    seconds = _seconds_per_call(app, [_another(job["event"], number) for number in range(job.get("more", 0))])
    sys.stderr.write(json.dumps({"answer": answer, "seconds": seconds}))


def _seconds_per_call(app: Any, events: list[dict[str, Any]]) -> float:
    """Return the time of the quickest of ROUNDS rounds, as other processes on the machine only make a round slower."""
    context = LambdaContext()
    size = len(events) // (ROUNDS + 1)
    rounds = []
    for start in range(0, size * (ROUNDS + 1), size or 1):
        began = time.process_time()
        for event in events[start : start + size]:
            answer = app.handler(event, context)
            assert answer["statusCode"] == 200, answer
        rounds.append((time.process_time() - began) / size)
    return min(rounds[1:], default=0.0)


def _another(event: dict[str, Any], number: int) -> dict[str, Any]:
    return {**event, "body": event["body"].replace(EXAMPLE_REFERENCE, f"BN{number:06}")}


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
