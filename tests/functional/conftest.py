"""The functions themselves, called as API Gateway calls them, over a table in moto's memory."""

import importlib.util
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from types import ModuleType
from typing import Any

import boto3
import pytest
from moto import mock_aws

from loyalty import exactjson
from loyalty.domain.access.partner import Scope
from loyalty.store import keys
from loyalty.store.client import connect, connect_files
from loyalty.store.dynamo_table import DynamoTable
from loyalty.store.numbers import KINDS
from loyalty.store.writes import Put
from loyalty.usecases.access.api_keys import KeyRequest, create_key
from loyalty.usecases.reference.import_records import import_records
from tests.customers import customer
from tests.functional.stage import Stage
from tests.goldens import EXAMPLES
from tests.hooks import forget_hooks
from tests.moto_table import Items, fill, kept, make_quick
from tests.one_by_one import OneByOne
from tests.signing_keys import make_signing_keys
from tests.template import TEMPLATE, create_table

NOW = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
ROOT = TEMPLATE.parent
DEMO = ROOT / "cli/demo/programme.jsonl"
METHOD_ARN = "arn:aws:execute-api:eu-west-1:123456789012:abcdef1234/local/POST/purchases"


@dataclass
class Answer:
    """What a function answered. `text` is the body as it was sent."""

    status: int
    headers: dict[str, str]
    body: Any
    text: str = field(default="", compare=False)


@dataclass
class Functions:
    """The functions, each loaded when it is first called, as in a container of its own."""

    api_key: str = ""
    _modules: dict[str, ModuleType] = field(default_factory=dict)
    _let_in: dict[str, Any] = field(default_factory=dict)

    def module(self, name: str) -> ModuleType:
        """Return the function's app.py."""
        if name not in self._modules:
            path = ROOT / "functions" / name / "app.py"
            spec = importlib.util.spec_from_file_location(f"functions.{name}.app", path)
            assert spec
            assert spec.loader
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            forget_hooks()
            self._modules[name] = module
        return self._modules[name]

    def forget_who_was_let_in(self) -> None:
        """Ask the authorizer anew. API Gateway remembers for minutes what it said of a key, and so do these functions
        within a test."""
        self._let_in.clear()

    def authorize(self, api_key: str) -> dict[str, Any]:
        """Return the authorizer's answer for a key."""
        return self.authorize_by({"api_key": api_key})

    def authorize_by(self, headers: dict[str, str]) -> dict[str, Any]:
        """Return the authorizer's answer for what the headers of a call have."""
        event = {"type": "REQUEST", "methodArn": METHOD_ARN, "headers": headers}
        answer: dict[str, Any] = self.module("authorizer").handler(event, None)
        return answer

    def call(
        self,
        name: str,
        body: Any = None,
        *,
        path: dict[str, str] | None = None,
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        context: dict[str, Any] | None = None,
        **event: Any,
    ) -> Answer:
        """Call a function the way API Gateway does once the authorizer has let the key in. `body` may be raw text."""
        event = {
            "headers": headers or {},
            "pathParameters": path,
            "queryStringParameters": query,
            "requestContext": {"authorizer": self._context() if context is None else context},
            "body": body if body is None or isinstance(body, str) else exactjson.dumps(body),
            **event,
        }
        answer = self.module(name).handler(json.loads(json.dumps(event)), LambdaContext())
        text = answer["body"]
        return Answer(answer["statusCode"], answer["headers"], exactjson.loads(text), text)

    def _context(self) -> Any:
        """Return what the authorizer tells the functions of the key."""
        if self.api_key not in self._let_in:
            self._let_in[self.api_key] = self.authorize(self.api_key).get("context")
        return self._let_in[self.api_key]

    def run(self, name: str, event: dict[str, Any] | None = None) -> Any:
        """Call a function the way its schedule does."""
        return self.module(name).handler(event or {}, LambdaContext())


class LambdaContext:
    """What Lambda tells a function of its call."""

    function_name = "function"
    memory_limit_in_mb = 1024
    invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:function"
    aws_request_id = "00000000-0000-0000-0000-000000000000"

    def get_remaining_time_in_millis(self) -> int:
        return 900_000


@contextmanager
def aws() -> Iterator[DynamoTable]:
    """moto, with the table of the real template in it, and all else that functions find in their environment."""
    settings = {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "TABLE_NAME": "loyalty",
        "API_KEY_HEADER": "api_key",
        "CLASSIC_ERRORS": "STATUS",
        "AWS_LAMBDA_FUNCTION_NAME": "loyalty-split-upload",
        "UPLOAD_BUCKET": "uploads",
        "RESULT_BUCKET": "results",
        "MAX_RECEIVES": "8",
    }
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        make_quick(patch)
        patch.setattr("loyalty.usecases.uploads.split_upload.ThreadPoolExecutor", OneByOne)
        for name, value in settings.items():
            patch.setenv(name, value)
        table = connect("loyalty")
        create_table(table.client, table.name)
        s3, place = boto3.client("s3"), {"LocationConstraint": "eu-west-1"}
        for bucket in ("uploads", "results"):
            s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=place)  # type: ignore[arg-type]
        s3.put_bucket_versioning(Bucket="uploads", VersioningConfiguration={"Status": "Enabled"})
        for name in ("CHUNK", "CLOSE"):
            queue = boto3.client("sqs").create_queue(QueueName=f"{name}.fifo", Attributes={"FifoQueue": "true"})
            patch.setenv(f"{name}_QUEUE_URL", queue["QueueUrl"])
        yield table


@pytest.fixture(scope="session")
def _aws() -> Iterator[DynamoTable]:
    """One for all tests, as clients take long to make."""
    with aws() as table:
        yield table


@pytest.fixture
def table(_aws: DynamoTable, request: pytest.FixtureRequest) -> DynamoTable:
    """An empty table; or that of `demo`, for tests that want both."""
    if "demo" in request.fixturenames:
        _fill_again(_aws, request.getfixturevalue("_stocked")[1])
    else:
        fill(_aws, {})
    return _aws


_generations = count(1)


def _fill_again(table: DynamoTable, items: Items) -> None:
    """Let a table hold the demo programme, with counters ahead of the numbers that warm functions leased before."""
    fill(table, items)
    table.put(Put(keys.NUMBERS, dict.fromkeys(KINDS, 10_000 * next(_generations))))


@pytest.fixture(scope="session")
def _stocked(_aws: DynamoTable) -> tuple[Functions, Items]:
    """The functions, and the items of the demo programme with a key that may do everything."""
    fill(_aws, {})
    summary = import_records(DEMO.read_bytes().splitlines(), table=_aws, now=NOW)
    assert not summary.refused
    text, _ = create_key(KeyRequest("DEMO", ["*"], list(Scope)), table=_aws, now=NOW)
    make_signing_keys(_aws, datetime.now(UTC))
    return Functions(api_key=text), kept(_aws)


@pytest.fixture
def demo(table: DynamoTable) -> DynamoTable:
    """A table with the demo programme and a key."""
    return table


@pytest.fixture(scope="module")
def lasting(_aws: DynamoTable, _stocked: tuple[Functions, Items]) -> tuple[Functions, DynamoTable]:
    """The functions over the demo programme, and its table, for tests that are not in each other's way."""
    _fill_again(_aws, _stocked[1])
    _stocked[0].forget_who_was_let_in()
    return _stocked[0], _aws


@pytest.fixture
def functions(demo: DynamoTable, _stocked: tuple[Functions, Items]) -> Functions:  # noqa: ARG001 - they work on it
    """The functions over the demo programme, warm from other tests; with a key that may do everything."""
    _stocked[0].forget_who_was_let_in()
    return _stocked[0]


@pytest.fixture
def cold_functions(functions: Functions) -> Functions:
    """The functions in containers of their own, which remember nothing."""
    return Functions(api_key=functions.api_key)


def example(name: str) -> Any:
    """One of the vendor's examples."""
    return exactjson.loads((EXAMPLES / f"{name}.json").read_text())


@pytest.fixture
def stage(demo: DynamoTable) -> Iterator[Stage]:
    files = connect_files("results")
    for name in ("one", "two"):
        customer(demo, name, 1000)
    yield Stage(demo, files)
    for item in files.client.list_objects_v2(Bucket="results").get("Contents", []):
        files.client.delete_object(Bucket="results", Key=item["Key"])
