"""The process that is measured: it does what a Lambda container does.

Runs as `python -S -s -P -B container.py JOB`, so that it sees the layer, the function's folder and the runtime's boto3
and nothing else, and neither finds nor writes .pyc files other than those that are shipped. JOB is JSON: `path` (what
is put on sys.path), `app` (app.py), `event` (the first call's), `more` (how many more calls to make, each with another
reference number) and `snapshot`: "none"; "taken" to end where Lambda would take a snapshot, without a call; "restored"
to go on from there as a clone of the snapshot does. Answers, on standard error, the first answer and the process CPU
seconds of each further one.
"""

import importlib
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
    if job["snapshot"] != "none":
        hooks = importlib.import_module("snapshot_restore_py")
        _call_hooks(hooks.get_before_snapshot())
        if job["snapshot"] == "taken":
            sys.stderr.write("{}")
            return
        _call_hooks(hooks.get_after_restore())
    answer = app.handler(job["event"], LambdaContext())
    assert answer.get("statusCode", 200) == 200, answer
    seconds = _seconds_per_call(app, [another(job["event"], number) for number in range(job.get("more", 0))])
    sys.stderr.write(json.dumps({"answer": answer, "seconds": seconds}))


def _call_hooks(registered: list[tuple[Any, Any, Any]]) -> None:
    """Call what the function has registered, as Lambda's runtime does."""
    while registered:
        function, positional, named = registered.pop()
        function(*positional, **named)


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


def another(event: dict[str, Any], number: int) -> dict[str, Any]:
    """Return a call with another reference number."""
    return {**event, "body": event["body"].replace(EXAMPLE_REFERENCE, f"BN{number:06}")}


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
