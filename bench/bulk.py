"""`python -m bench.bulk`: a bulk call of a thousand mixed entries over the emulator, beside the plain variant.

The call is that of tests/bulk_call.py: 50 wallets, 40 bad entries of 8 kinds; what becomes of each entry is checked.
The function runs in this process, and this is its container's first call; the emulator runs in a process of its own,
whose CPU is not counted.
"""

import importlib.util
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3

from bench.container import LambdaContext
from bench.plain import bulk as plain_bulk
from bench.usage import usage
from cli.local.emulator import Emulator
from cli.target import LOCAL_ACCESS_KEY, LOCAL_SECRET_KEY, AwsAccount
from loyalty import exactjson
from loyalty.domain.access.partner import Scope
from loyalty.store.dynamo_table import DynamoTable
from loyalty.usecases.access.api_keys import KeyRequest, create_key
from loyalty.usecases.proofs.verify_journal import verify_journal
from loyalty.usecases.reference.import_records import import_records
from tests.bulk_call import BulkCall, bulk_call, import_wallets
from tests.consumption import consumption
from tests.template import create_table

MAX_SECONDS = 10
"""API Gateway waits for 29."""

ROOT = Path(__file__).parents[1]
DEMO = ROOT / "cli" / "demo" / "programme.jsonl"


@dataclass(frozen=True)
class Taken:
    """The cost of a call."""

    seconds: float
    cpu_seconds: float
    requests: int
    written: float
    read: float


def measure() -> tuple[Taken, Taken]:
    """Return the call, ours and the plain variant's, each on a table of its own."""
    call = bulk_call()
    with _emulator() as account:
        ours, plain = _ours(account, call), _plain(account, call)
    return ours, plain


def _ours(account: AwsAccount, call: BulkCall) -> Taken:
    table, key = _stock_table(account, "ours")
    os.environ |= {
        "AWS_ACCESS_KEY_ID": LOCAL_ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": LOCAL_SECRET_KEY,
        "AWS_DEFAULT_REGION": str(account.region),
        "AWS_ENDPOINT_URL": str(account.aws_endpoint_url),
        "TABLE_NAME": table.name,
        "API_KEY_HEADER": "api_key",
        "CLASSIC_ERRORS": "STATUS",
        "POWERTOOLS_SERVICE_NAME": "loyalty",
    }
    issued = _function("issue_token").handler({"headers": {"api_key": key}}, LambdaContext())
    token = exactjson.loads(issued["body"])["data"]["token"]
    body = exactjson.dumps({"token": token, "purchase_customer_events_set": call.entries})
    app = _function("classic_bulk_create")
    answer, taken = _time_call(app.table.client, lambda: app.handler({"headers": {}, "body": body}, LambdaContext()))
    data = exactjson.loads(answer["body"])["data"]
    assert _ids(data, "processed") == call.processed
    refused = {one["request_unique_identifier"]: one["error_code"] for one in data["unprocessed_customer_events_set"]}
    assert list(refused.items()) == list(call.unprocessed.items())
    assert not verify_journal(table).deviations
    return taken


def _plain(account: AwsAccount, call: BulkCall) -> Taken:
    table, _ = _stock_table(account, "plain")
    resource = boto3.resource(
        "dynamodb",
        region_name=account.region,
        endpoint_url=account.aws_endpoint_url,
        aws_access_key_id=LOCAL_ACCESS_KEY,
        aws_secret_access_key=LOCAL_SECRET_KEY,
    ).Table(table.name)
    body = exactjson.dumps({"purchase_customer_events_set": call.entries})
    data, taken = _time_call(resource.meta.client, lambda: plain_bulk.create(body, resource))
    assert _ids(data, "processed") == call.processed
    assert _ids(data, "unprocessed") == list(call.unprocessed)
    return taken


def _ids(data: dict[str, Any], which: str) -> list[str]:
    return [entry["request_unique_identifier"] for entry in data[f"{which}_customer_events_set"]]


def _time_call(client: Any, call: Callable[[], Any]) -> tuple[Any, Taken]:
    with consumption(client) as used:
        began, cpu = time.perf_counter(), time.process_time()
        answer = call()
        seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - cpu
    return answer, Taken(seconds, cpu_seconds, used.round_trips, float(used.written), float(used.read))


def _stock_table(account: AwsAccount, name: str) -> tuple[DynamoTable, str]:
    """Return a table with the demo programme and the call's wallets; and an API key."""
    client, now = account.client("dynamodb"), datetime.now(UTC)
    create_table(client, name)
    table = DynamoTable(client, name)
    assert not import_records(DEMO.read_bytes().splitlines(), table=table, now=now).refused
    import_wallets(table)
    return table, create_key(KeyRequest("DEMO", ["*"], list(Scope)), table=table, now=now)[0]


def _function(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "functions" / name / "app.py")
    assert spec
    assert spec.loader
    app = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(app)
    return app


@contextmanager
def _emulator() -> Iterator[AwsAccount]:
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "lock").open("w") as lock:
        here = Path(folder)
        (here / "state").mkdir()
        emulator = Emulator(port=0, directory=here, stack_file=here / "stack.json", lock_fd=lock.fileno())
        with emulator:
            emulator.wait_until_ready()
            yield emulator.account


def report() -> bool:
    """Print what the call takes; return whether it takes too long."""
    ours, plain = measure()
    print(f"{'a bulk call of 1000 entries':46}{'ours':>8}{'plain':>8}")
    for what, unit, of in (
        ("time, over the emulator", "s", lambda taken: f"{taken.seconds:.1f}"),
        ("process CPU", "s", lambda taken: f"{taken.cpu_seconds:.2f}"),
        ("requests to DynamoDB", "", lambda taken: taken.requests),
        ("written", "WCU", lambda taken: f"{taken.written:.0f}"),
        ("read", "RCU", lambda taken: f"{taken.read:.0f}"),
    ):
        print(f"{what:31}{unit:15}{of(ours):>8}{of(plain):>8}")
    return ours.seconds > MAX_SECONDS


if __name__ == "__main__":
    usage(__doc__).parse_args()
    sys.exit(int(report()))
