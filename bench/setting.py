"""The setting of measurements: the layer as it ships, the runtime's boto3, and a recording of DynamoDB's answers."""

import base64
import compileall
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import boto3
from moto import mock_aws

from bench.stub import Answers, recording, replaying
from cli.local.deployment import Host
from loyalty.domain.access.partner import Scope
from loyalty.store.dynamo_table import DynamoTable
from loyalty.usecases.access.api_keys import KeyRequest, create_key
from loyalty.usecases.reference.import_records import import_records
from tests.template import create_table

ROOT = Path(__file__).parents[1]
OUT = ROOT / "bench" / "out"
EXAMPLE = ROOT / "tests" / "examples" / "create_v5_1.request.json"
DEMO = ROOT / "cli" / "demo" / "programme.jsonl"
REGION = "eu-central-1"
TABLE = "loyalty"
METHOD_ARN = f"arn:aws:execute-api:{REGION}:123456789012:abcdef1234/prod/POST/purchases"

RECORDED = 11
"""Calls that are recorded after the first one, which reads more than they do; one for each round."""

RUNTIME_PACKAGES = ("boto3", "botocore", "s3transfer", "jmespath", "urllib3", "dateutil", "six")
"""Packages of Lambda's Python runtime; everything else has to be in the layer."""

PLAIN_PACKAGES = (
    "aws_lambda_powertools",
    "annotated_types",
    "jwt",
    "pydantic",
    "pydantic_core",
    "typing_extensions",
    "typing_inspection",
)
"""Packages that the plain variant has in its layer, unreduced."""

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "AWS_SESSION_TOKEN": base64.b64encode(hashlib.sha512(b"of the usual length").digest() * 6).decode(),
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
    "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
    "AWS_LAMBDA_FUNCTION_NAME": "function",
    "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
    "TABLE_NAME": TABLE,
    "API_KEY_HEADER": "api_key",
    "CLASSIC_ERRORS": "STATUS",
    "POWERTOOLS_SERVICE_NAME": "loyalty",
    # The same order of sets in each run, so that instruction counts can be compared.
    "PYTHONHASHSEED": "0",
}
"""The environment of a container, as far as anything reads it, without the caller's own environment."""


@dataclass(frozen=True)
class Function:
    """A function, what it sees on its path, its first call, and what DynamoDB answers."""

    folder: Path
    path: tuple[Path, ...]
    event: dict[str, Any]
    answers: Answers = field(default_factory=dict)

    def run(self, *command: str, more: int = 0) -> dict[str, Any]:
        """Handle the first call, and `more` after it, in a process that `command` starts; see bench/container.py."""
        with replaying(self.answers) as url:
            return self._run(url, command, more)

    def record(self) -> Any:
        """Handle some calls over moto's DynamoDB, to get its answers; return what the first call was answered."""
        with recording(f"https://dynamodb.{REGION}.amazonaws.com/", self.answers) as url:
            return self._run(url, (), more=RECORDED if "body" in self.event else 0)["answer"]

    def _run(self, url: str, command: tuple[str, ...], more: int) -> dict[str, Any]:
        job = {"app": str(self.folder / "app.py"), "event": self.event, "more": more}
        return run_isolated("container.py", job, (self.folder, *self.path), url, command)


def run_isolated(
    script: str, job: dict[str, Any], path: Iterable[Path], url: str, command: tuple[str, ...] = (), **environment: str
) -> dict[str, Any]:
    """Return what a script of this folder says last on standard error, after `job`, seeing nothing but what is in
    `path`; `url` is DynamoDB's."""
    whole = json.dumps(job | {"path": [str(folder) for folder in path]})
    process = subprocess.run(
        [*command, sys.executable, "-S", "-s", "-P", "-B", str(ROOT / "bench" / script), whole],
        env=ENVIRONMENT | {"AWS_ENDPOINT_URL": url, "PATH": os.environ["PATH"], **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    if process.returncode:
        raise RuntimeError(f"{job['app']} failed:\n{process.stderr}")
    result: dict[str, Any] = json.loads(process.stderr.rstrip().rpartition("\n")[2])
    return result


def prepare() -> tuple[Function, Function, Function]:
    """Our create purchase and authorizer, and the plain create purchase, each with its answers recorded."""
    layer, runtime, plain = build_layer(), packages("runtime", RUNTIME_PACKAGES), packages("plain", PLAIN_PACKAGES)
    with _demo_table() as api_key:
        event = {"type": "REQUEST", "methodArn": METHOD_ARN, "headers": {"api_key": api_key}}
        authorizer = Function(ROOT / "functions" / "authorizer", (layer, runtime), event)
        authorizer.record()  # makes the month's signing key
        context = authorizer.record()["context"]
        event = {"headers": {}, "requestContext": {"authorizer": context}, "body": EXAMPLE.read_text()}
        ours = Function(ROOT / "functions" / "create_purchase", (layer, runtime), event)
        theirs = Function(ROOT / "bench" / "plain", (plain, runtime), event)
        for function in (ours, theirs):
            function.record()
    return ours, authorizer, theirs


def build_layer() -> Path:
    """Return the layer, by its own makefile, for the interpreter at hand instead of Lambda's."""
    layer = OUT / "layer"
    shutil.rmtree(layer, ignore_errors=True)
    layer.mkdir(parents=True)
    host = Host.here()
    names = {
        "ARTIFACTS_DIR": str(layer),
        "RUNTIME_VERSION": host.runtime.removeprefix("python"),
        "RUNTIME_PLATFORM": host.platform,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    folder = ROOT / "layers" / "common"
    subprocess.run(["make", "-s", "-C", folder, "build-CommonLayer"], env=os.environ | names, check=True)
    return layer / "python"


def packages(name: str, modules: Iterable[str]) -> Path:
    """Packages of this virtual environment as a folder of their own, whole and compiled."""
    folder = OUT / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for module in modules:
        spec = find_spec(module)
        assert spec
        source = Path(str(spec.origin))
        if source.name == "__init__.py":
            shutil.copytree(source.parent, folder / module, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder)
    compileall.compile_dir(folder, quiet=1)
    return folder


def zipped_bytes(folder: Path) -> int:
    """Return the size of a layer's zip file at the best compression, laid out as SAM does."""
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, Path("python") / file.relative_to(folder))
    return len(zipped.getvalue())


@contextmanager
def _demo_table() -> Iterator[str]:
    """The demo programme in moto's DynamoDB, which answers in DynamoDB's form; yields an API key."""
    with mock_aws():
        client = boto3.client("dynamodb", region_name=REGION)
        create_table(client, TABLE)
        table, now = DynamoTable(client, TABLE), datetime.now(UTC)
        summary = import_records(DEMO.read_bytes().splitlines(), table=table, now=now)
        assert not summary.refused, summary.refused
        api_key, _ = create_key(KeyRequest("DEMO", ["*"], list(Scope)), table=table, now=now)
        yield api_key
