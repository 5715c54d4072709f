"""Three HTTP clients that have no code in common, with the habits of what is built on them."""

import json
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests

from cli.target import REPOSITORY

SECONDS = 60
CALL_BY_NODE = REPOSITORY / "tests" / "clients" / "call.mjs"


@dataclass(frozen=True)
class Call:
    """A call as a client's code asks for it; its library may add headers."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None


@dataclass(frozen=True)
class Answer:
    """The status and the text of an answer."""

    status: int
    text: str

    @property
    def is_ok(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> Any:
        return json.loads(self.text)


Send = Callable[[Call], Answer]


def by_requests(call: Call) -> Answer:
    """Make a call by Python's requests."""
    answer = requests.request(call.method, call.url, headers=call.headers, data=call.body, timeout=SECONDS)
    return Answer(answer.status_code, answer.text)


def by_curl(call: Call) -> Answer:
    """Make a call by curl, as PHP does: whatever is posted is declared as a form if no header says otherwise."""
    command = [tool("curl", "curl"), "--silent", "--show-error", "--max-time", str(SECONDS), "--request", call.method]
    for name, value in call.headers.items():
        command += ["--header", f"{name}: {value}"]
    if call.body is not None:
        command += ["--data-binary", "@-"]
    told = run([*command, "--write-out", "\n%{http_code}", call.url], call.body or "")
    text, _, status = told.rpartition("\n")
    return Answer(int(status), text)


def by_fetch(call: Call) -> Answer:
    """Make a call by Node's fetch."""
    asked = {"method": call.method, "url": call.url, "headers": dict(call.headers), "body": call.body}
    node = tool("node", "Node.js 20 or later")
    told = run([node, str(CALL_BY_NODE)], json.dumps({name: value for name, value in asked.items() if value}))
    status, text = json.loads(told)
    return Answer(status, text)


def tool(name: str, package: str) -> str:
    """Return where a tool is; a test that needs it fails without, and says what to install."""
    found = shutil.which(name)
    if found is None:
        pytest.fail(f"`{name}` is not here: install {package}, for instance with your system's package manager")
    return found


def run(command: list[str], given: str) -> str:
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False, timeout=2 * SECONDS)
    assert done.returncode == 0, done.stderr
    return done.stdout
