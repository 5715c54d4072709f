"""Clients that callers generate from docs/openapi.json can post what is documented, and the page to try routes on can
call them all."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from cli.docs.openapi import DOCUMENT, EXAMPLES
from cli.docs.route import LOGIN_PATH
from cli.local.command import DEMO_PURCHASE
from cli.target import REPOSITORY, Target
from loyalty.api.classic.requests import ClassicCreatePurchase
from loyalty.domain.access.partner import Scope
from loyalty.usecases.access.logins import LoginRequest, create_login
from tests.partner import Api

PURCHASE = json.loads(DEMO_PURCHASE.read_text())
CLASSIC = {
    name: value
    for name, value in json.loads((EXAMPLES / "create_1.request.json").read_text()).items()
    if name in ClassicCreatePurchase.model_fields
}
"""One of the contract's examples, without what is ignored."""
SPELLINGS = (True, False, 1, 0)
"""Of a truth, in the classic API."""
PURCHASE_ID = "776F6DA36215F3C68E690A2CD0A26276"
ACCOUNT = "ACR0000000001"
NODE_MIN = 20
PASSING = (200, 202, 404, 409, 422)
"""Statuses of calls that were let in and understood, whatever has become of the purchase."""


@pytest.fixture(scope="module")
def python_client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the package `loyalty_client`."""
    folder = tmp_path_factory.mktemp("python")
    told = run(
        [
            *(Path(sys.executable).with_name("openapi-python-client"), "generate", "--path", DOCUMENT),
            *("--meta", "none", "--output-path", folder / "loyalty_client"),
        ],
        folder,
        {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"},
    )
    assert "Warning" not in told, told
    return folder


@pytest.fixture(scope="module")
def node_packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of tests/clients with the packages of its lock file."""
    if not shutil.which("npm") or not shutil.which("node"):
        pytest.skip("generating a TypeScript client takes Node.js and npm, which are not here")
    version = run(["node", "--version"], Path())
    if int(version.removeprefix("v").partition(".")[0]) < NODE_MIN:
        pytest.skip(f"generating a TypeScript client takes Node.js {NODE_MIN}; here is {version.strip()}")
    folder = tmp_path_factory.mktemp("node") / "clients"
    shutil.copytree(REPOSITORY / "tests" / "clients", folder, ignore=shutil.ignore_patterns("node_modules"))
    run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder)
    return folder


def run(command: Sequence[str | Path], folder: Path, environment: Mapping[str, str] | None = None) -> str:
    """Return what a command says, which has to succeed."""
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **(environment or {})}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_a_generated_python_client_posts_what_is_documented(
    stack: Target, python_client: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(python_client))
    client, models = import_module("loyalty_client"), import_module("loyalty_client.models")

    def call(route: str, header: str, secret: str | None, prefix: str = "", **parameters: Any) -> Any:
        with client.AuthenticatedClient(
            stack.api_url, token=secret or "", auth_header_name=header, prefix=prefix, timeout=60
        ) as caller:
            return import_module(f"loyalty_client.api.{route}").sync(client=caller, **parameters)

    body = models.CreatePurchase.from_dict(PURCHASE)
    assert call("purchases.create_purchase", "api_key", stack.api_key, body=body).id == PURCHASE_ID
    assert call("wallets.show_wallet", "api_key", stack.api_key, account=ACCOUNT).account_number == ACCOUNT
    token = call("authentication.issue_token", "api_key", stack.api_key).data.token
    for spelling in SPELLINGS:
        asked = models.ClassicCreatePurchaseBody.from_dict({**CLASSIC, "process_immediately": spelling})
        answer = call("classic_api.classic_create_purchase", "Authorization", token, "Bearer", body=asked)
        assert (answer.status.code, answer.data.process_immediately) == ("OK", bool(spelling))


def test_a_generated_python_client_logs_in_at_the_vendors_address_and_again_once_its_token_has_ended(
    stack: Target, python_client: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(python_client))
    client, models = import_module("loyalty_client"), import_module("loyalty_client.models")
    asked = LoginRequest("DEMO", "generated", ["*"], list(Scope))
    password = create_login(asked, table=stack.open_table(), now=datetime.now(UTC))
    login = models.SignIn(username="generated", password=password, organisation="Main", unit="Admin Unit")
    purchase = models.ClassicCreatePurchaseBody.from_dict(CLASSIC)

    def call(route: str, token: str, **parameters: Any) -> tuple[int, Any]:
        base = f"{stack.api_url}/crmapi/rest/v2"
        nobody = client.Client(base, timeout=60)
        with client.AuthenticatedClient(base, token=token, timeout=60) if token else nobody as caller:
            answer = import_module(f"loyalty_client.api.{route}").sync_detailed(client=caller, **parameters)
        return answer.status_code, answer.parsed

    def token() -> str:
        status, answer = call("authentication.sign_in", "", body=login)
        assert (status, answer.status.code) == (200, "OK")
        found: str = answer.data.token
        return found

    first = token()
    assert call("classic_api.classic_create_purchase", first, body=purchase)[1].status.code == "OK"
    assert call("authentication.release_token", first)[0] == 200
    status, refused = call("classic_api.classic_create_purchase", f"{first}x", body=purchase)
    assert (status, refused.status.code) == (401, "InvalidTokenException")
    assert call("classic_api.classic_create_purchase", token(), body=purchase)[1].status.code == "OK"


def test_a_generated_typescript_client_posts_what_is_documented(stack: Target, node_packages: Path) -> None:
    classic = [{**CLASSIC, "process_immediately": spelling} for spelling in SPELLINGS]
    (node_packages / "bodies.ts").write_text(
        'import type { operations } from "./api.js";\n'
        'type Body<Route extends "create_purchase" | "classic_create_purchase"> =\n'
        '  operations[Route]["requestBody"]["content"]["application/json"];\n'
        f'export const purchase: Body<"create_purchase"> = {json.dumps(PURCHASE)};\n'
        f'export const classic: Body<"classic_create_purchase">[] = {json.dumps(classic)};\n'
    )
    run(["npx", "--no", "openapi-typescript", DOCUMENT, "--output", "api.ts"], node_packages)
    run(["npx", "--no", "tsc"], node_packages)

    answered = json.loads(run(["node", "purchase.js", stack.api_url, str(stack.api_key)], node_packages))

    assert answered == {"id": PURCHASE_ID, "number": ACCOUNT, "codes": ["OK"] * len(SPELLINGS)}


def test_the_page_to_try_routes_on_has_a_key_and_a_token_that_let_it_in(stack: Target, node_packages: Path) -> None:
    given = json.loads(run(["node", "page.mjs", stack.api_url], node_packages))

    assert given["api_key"] == stack.api_key
    body = json.loads((EXAMPLES / "preview_1.request.json").read_text())
    refused = Api(stack).call("POST", "/customer_events/purchases/preview", body)
    let_in = Api(stack).call(
        "POST", "/customer_events/purchases/preview", body, Authorization=f"Bearer {given['bearer']}"
    )
    assert (refused[0], let_in[0]) == (401, 200)


def test_no_route_is_answered_a_fault_of_what_the_page_fills_in(stack: Target) -> None:
    api, answered = Api(stack), {}
    bearer = {"Authorization": f"Bearer {api.token()}"}
    for path, methods in api.call("GET", "/openapi.json")[2]["paths"].items():
        for method, operation in methods.items():
            named = {told["name"]: told["example"] for told in operation.get("parameters", []) if "example" in told}
            queried = {
                told["name"]: told["schema"]["examples"][0]
                for told in operation.get("parameters", [])
                if told["in"] == "query" and "examples" in told["schema"]
            }
            query = f"?{urlencode(dict(list(queried.items())[:1] if path.endswith('list') else queried))}"
            content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            for example in content.get("examples", {"": {"value": None}}).values():
                status, _, body = api.call(method.upper(), path.format(**named) + query, example["value"], **bearer)
                answered[path, status] = body

    assert answered.pop((LOGIN_PATH, 401)), "a page knows no password"
    assert {call: body for call, body in answered.items() if call[1] not in PASSING} == {}
