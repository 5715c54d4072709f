"""Functions in this process, over an emulator in another whose CPU is not counted, and what their calls take."""

import importlib.util
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

from cli.local.emulator import Emulator
from cli.target import LOCAL_ACCESS_KEY, LOCAL_SECRET_KEY, AwsAccount
from loyalty.domain.access.partner import Scope
from loyalty.store.dynamo_table import DynamoTable
from loyalty.usecases.access.api_keys import KeyRequest, create_key
from loyalty.usecases.reference.import_records import import_records
from tests.consumption import consumption
from tests.template import create_table

ROOT = Path(__file__).parents[1]
DEMO = ROOT / "cli" / "demo" / "programme.jsonl"


@dataclass(frozen=True)
class Taken:
    """The cost of a call: seconds, requests to DynamoDB, and the units of capacity that the emulator counts."""

    seconds: float
    cpu_seconds: float
    requests: int
    written: float
    read: float


def time_call(client: Any, call: Callable[[], Any]) -> tuple[Any, Taken]:
    """Return what `call` returns, and what it takes of this process and, through `client`, of the table."""
    with consumption(client) as used:
        began, cpu = time.perf_counter(), time.process_time()
        answer = call()
        seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - cpu
    return answer, Taken(seconds, cpu_seconds, used.round_trips, float(used.written), float(used.read))


@contextmanager
def emulator() -> Iterator[AwsAccount]:
    """An emulator that holds nothing."""
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "lock").open("w") as lock:
        here = Path(folder)
        (here / "state").mkdir()
        started = Emulator(port=0, directory=here, stack_file=here / "stack.json", lock_fd=lock.fileno())
        with started:
            started.wait_until_ready()
            yield started.account


def stock_table(account: AwsAccount, name: str) -> tuple[DynamoTable, str]:
    """Return a table with the demo programme, and an API key that may do everything everywhere."""
    client, now = account.client("dynamodb"), datetime.now(UTC)
    create_table(client, name)
    table = DynamoTable(client, name)
    assert not import_records(DEMO.read_bytes().splitlines(), table=table, now=now).refused
    return table, create_key(KeyRequest("DEMO", ["*"], list(Scope)), table=table, now=now)[0]


def load_function(name: str, account: AwsAccount, table: DynamoTable) -> ModuleType:
    """Return a function's module in a container of its own, which works on a table of the emulator."""
    os.environ |= {
        "AWS_ACCESS_KEY_ID": LOCAL_ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": LOCAL_SECRET_KEY,
        "AWS_DEFAULT_REGION": str(account.region),
        "AWS_ENDPOINT_URL": str(account.aws_endpoint_url),
        "TABLE_NAME": table.name,
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "API_KEY_HEADER": "api_key",
        "CLASSIC_ERRORS": "STATUS",
        "POWERTOOLS_SERVICE_NAME": "loyalty",
    }
    spec = importlib.util.spec_from_file_location(name, ROOT / "functions" / name / "app.py")
    assert spec
    assert spec.loader
    app = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(app)
    return app
