"""The setting of measurements: the layer as it ships, the runtime's boto3, and a recording of DynamoDB's answers."""

import base64
import compileall
import fcntl
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
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Self

import boto3
from moto import mock_aws

from bench.container import another
from bench.stub import Answers, recording, replaying
from bench.usage import tell
from cli.local.deployment import Host
from cli.trusted_roots import TRUSTED
from loyalty.domain.access.partner import Scope
from loyalty.store.dynamo_table import DynamoTable
from loyalty.usecases.access.api_keys import KeyRequest, create_key
from loyalty.usecases.reference.import_records import import_records
from tests.template import create_table
from tests.tls import Authority

ROOT = Path(__file__).parents[1]
OUT = ROOT / "bench" / "out"
EXAMPLE = ROOT / "tests" / "examples" / "create_v5_1.request.json"
DEMO = ROOT / "cli" / "demo" / "programme.jsonl"
ROOTS_IN_LAYER = TRUSTED.relative_to(ROOT / "layers" / "common")
REGION = "eu-central-1"
TABLE = "loyalty"
METHOD_ARN = f"arn:aws:execute-api:{REGION}:123456789012:abcdef1234/prod/POST/purchases"

RECORDED = 11
"""Calls that are recorded after the first one, which reads more than they do; one for each round."""

RUNTIME_PACKAGES = ("boto3", "botocore", "s3transfer", "jmespath", "urllib3", "dateutil", "six", "snapshot_restore_py")
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


class Roots(NamedTuple):
    """The certificates that a variant trusts once it is deployed, and one more: that of DynamoDB's stand-in."""

    file: Path
    authority: Authority

    @classmethod
    def beside(cls, authority: Authority, name: str, deployed: Path) -> Self:
        """Return those of a variant by its `name`."""
        file = OUT / f"{name}.pem"
        file.write_text(deployed.read_text() + authority.root)
        return cls(file, authority)


@dataclass(frozen=True)
class Function:
    """A function: where it is, what it sees on its path, the certificates that it trusts, its first call, and what
    DynamoDB answers."""

    folder: Path
    path: tuple[Path, ...]
    roots: Roots
    event: dict[str, Any]
    answers: Answers = field(default_factory=dict)

    def run(self, *command: str, more: int = 0, tls: bool = False, snapshot: str = "none") -> dict[str, Any]:
        """Handle the first call, and `more` after it, in a process that `command` starts, over TLS or without; see
        bench/container.py."""
        with replaying(self.answers, self.roots.authority.context if tls else None) as url:
            return self._run(url, self._job(more=more, snapshot=snapshot), command)

    def record(self) -> Any:
        """Handle some calls over moto's DynamoDB, to get its answers; return what the first call was answered."""
        with recording(f"https://dynamodb.{REGION}.amazonaws.com/", self.answers) as url:
            posts, first = "body" in self.event, self._job(snapshot="restored")
            if posts:  # another purchase than that of the calls below, which would be a repetition
                first["event"] = another(self.event, RECORDED)
            self._run(url, first, ())
            return self._run(url, self._job(more=RECORDED if posts else 0), ())["answer"]

    def _job(self, *, more: int = 0, snapshot: str = "none") -> dict[str, Any]:
        return {"app": str(self.folder / "app.py"), "event": self.event, "more": more, "snapshot": snapshot}

    def _run(self, url: str, job: dict[str, Any], command: tuple[str, ...]) -> dict[str, Any]:
        roots = {"AWS_CA_BUNDLE": str(self.roots.file)}
        return run_isolated("container.py", job, (self.folder, *self.path), url, command, **roots)


class Variant(NamedTuple):
    """What is measured beside each other: the revision before, this one, and the plain variant.

    Attributes:
        create: the function that posts a purchase.
        authorizer: the function that lets keys in; the plain variant has none.
        layer: the folder of the layer that both see.
        throughput: the script that posts many purchases.
    """

    create: Function
    authorizer: Function | None
    layer: Path
    throughput: Path


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


def prepare(before: Path | None) -> tuple[Variant | None, Variant, Variant]:
    """Return the revision whose tree is in `before`, this one and the plain variant, with DynamoDB's answers
    recorded."""
    runtime, plain = packages("runtime", RUNTIME_PACKAGES), packages("plain", PLAIN_PACKAGES)
    authority = Authority.make(OUT)
    all_roots = Roots.beside(authority, "all-roots", runtime / "botocore" / "cacert.pem")
    layer = build_layer()
    own_roots = Roots.beside(authority, "own-roots", layer / ROOTS_IN_LAYER)
    tell("recording what DynamoDB answers")
    with _demo_table() as api_key:
        ours = _variant(ROOT, (layer, runtime), own_roots, api_key)
        theirs = Function(ROOT / "bench" / "plain", (plain, runtime), all_roots, ours.create.event)
        theirs.record()
    earlier = None
    if before:
        with _demo_table() as api_key:  # of its own, as it posts the same purchases
            earlier = _variant(before, (build_layer(before), runtime), all_roots, api_key)
    return earlier, ours, Variant(theirs, None, plain, ROOT / "bench" / "plain" / "throughput.py")


def _variant(root: Path, path: tuple[Path, ...], roots: Roots, api_key: str) -> Variant:
    """Return the functions in a tree, with their answers recorded; they see what is in `path`, its layer first."""
    event = {"type": "REQUEST", "methodArn": METHOD_ARN, "headers": {"api_key": api_key}}
    authorizer = Function(root / "functions" / "authorizer", path, roots, event)
    authorizer.record()  # makes the month's signing key
    context = authorizer.record()["context"]
    event = {"headers": {}, "requestContext": {"authorizer": context}, "body": EXAMPLE.read_text()}
    create = Function(root / "functions" / "create_purchase", path, roots, event)
    create.record()
    return Variant(create, authorizer, path[0], root / "bench" / "ours" / "throughput.py")


def build_layer(root: Path = ROOT) -> Path:
    """Return the layer of a tree, by its own makefile, for the interpreter at hand instead of Lambda's."""
    claim_out()
    tell(f"building the layer of {root}")
    layer = OUT / "layers" / root.name
    shutil.rmtree(layer, ignore_errors=True)
    layer.mkdir(parents=True)
    host = Host.here()
    names = {
        "ARTIFACTS_DIR": str(layer),
        "RUNTIME_VERSION": host.runtime.removeprefix("python"),
        "RUNTIME_PLATFORM": host.platform,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    folder = root / "layers" / "common"
    subprocess.run(["make", "-s", "-C", folder, "build-CommonLayer"], env=os.environ | names, check=True)
    return layer / "python"


def packages(name: str, modules: Iterable[str]) -> Path:
    """Packages of this virtual environment as a folder of their own, whole and compiled."""
    claim_out()
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


@cache
def claim_out() -> BinaryIO:
    """Keep bench/out for this process until it ends: two measurements there would build over each other's packages.

    Raises:
        SystemExit: another one is at work there.
    """
    OUT.mkdir(exist_ok=True)
    claim = (OUT / "claim").open("wb")
    try:
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        claim.close()
        sys.exit(f"another measurement is at work in {OUT}: run them one after the other")
    return claim


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
