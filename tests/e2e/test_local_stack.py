"""The stack on one machine: what `make run` promises to whoever starts it."""

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import urllib3
from botocore.exceptions import ClientError

from cli.addresses import BASE_PATHS
from cli.console import CommandFailure
from cli.local.deployment import Host
from cli.local.emulator import Emulator
from cli.local.front import Backend, Front
from cli.local.stack import local_stack
from cli.target import REPOSITORY, AwsAccount, Target

LOYALTY = Path(sys.executable).with_name("loyalty")
GONE_SECONDS = 20
ASLEEP_SECONDS = 40
# A first call starts the authorizer and a function; on a busy machine that takes long.
HTTP = urllib3.PoolManager(timeout=60)


def test_the_page_at_the_root_has_all_that_it_names_and_the_key_to_try_routes_with(stack: Target) -> None:
    page = HTTP.request("GET", f"{stack.api_url}/")
    assert page.status == 200
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert json.dumps(stack.api_key) in page.data.decode()
    assets = re.findall(r'(?:src|href)="(/[^"]*)"', page.data.decode())
    assert assets
    assert {HTTP.request("GET", f"{stack.api_url}{asset}").status for asset in assets} == {200}


def test_the_description_of_the_api_names_the_address_that_was_called(stack: Target) -> None:
    by_name = stack.api_url.replace("127.0.0.1", "localhost")
    for url in (stack.api_url, by_name):
        description = HTTP.request("GET", f"{stack.api_url}/openapi.json", headers={"Host": url[len("http://") :]})
        assert description.status == 200
        addresses = [url, *(f"{url}/{base}" for base in BASE_PATHS)]
        assert description.json()["servers"] == [{"url": address} for address in addresses]


def test_a_call_without_a_key_is_refused_with_a_problem(stack: Target) -> None:
    refusal = HTTP.request("GET", f"{stack.api_url}/purchases/1")
    assert refusal.status == 401
    assert refusal.headers["Content-Type"] == "application/problem+json"
    assert refusal.headers["WWW-Authenticate"] == 'ApiKey header="api_key", Bearer'
    assert refusal.json()["code"] == "InvalidTokenException"


def test_a_call_with_a_wrong_key_is_refused_with_a_problem(stack: Target) -> None:
    refusal = HTTP.request("GET", f"{stack.api_url}/purchases/1", headers={"api_key": "lk_of_nobody"})
    assert refusal.status == 403
    assert refusal.headers["Content-Type"] == "application/problem+json"
    assert refusal.json()["code"] == "NotPermittedException"


def test_the_key_in_its_header_with_an_underscore_lets_a_call_in(stack: Target) -> None:
    answer = HTTP.request("GET", f"{stack.api_url}/purchases/1", headers={"api_key": stack.api_key or ""})
    assert answer.status == 404
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_the_purchase_of_the_banner_is_posted(stack: Target) -> None:
    purchase = (REPOSITORY / "cli" / "demo" / "purchase.json").read_text()
    headers = {"api_key": stack.api_key or "", "Content-Type": "application/json"}
    answer = HTTP.request("POST", f"{stack.api_url}/purchases", body=purchase, headers=headers)
    assert answer.status == 200, answer.data


def test_the_stack_file_says_what_commands_need(stack: Target, stack_dir: Path) -> None:
    found = json.loads((stack_dir / "stack.json").read_text())
    assert found.keys() >= {"api_url", "api_key", "aws_endpoint_url", "region", "stack_name", "table"}
    assert Target.of(found) == stack


def test_credentials_that_are_no_ones_may_do_nothing(stack: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.target.LOCAL_ACCESS_KEY", "nobody")
    with pytest.raises(ClientError, match="security token"):
        stack.client("dynamodb").list_tables()


def test_a_taken_port_is_told_in_one_line(stack: Target) -> None:
    port = stack.api_url.rpartition(":")[2]
    run = subprocess.run([LOYALTY, "run", "--port", port], capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert run.stdout == ""
    assert run.stderr == f"error: port {port} is taken: stop what listens there, or `make run PORT=...`\n"


def test_a_second_stack_in_the_same_directory_is_refused(
    stack: Target, stack_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.local.stack.LOCK_SECONDS", 0)
    with pytest.raises(CommandFailure, match="another local stack runs in"), local_stack(state_dir=stack_dir):
        pass
    assert HTTP.request("GET", stack.api_url).status == 200


def test_a_kept_stack_has_its_wallets_and_its_key_still(tmp_path: Path) -> None:
    with local_stack(state_dir=tmp_path) as first:
        headers = {"api_key": first.api_key or "", "Content-Type": "application/json"}
        purchase = (REPOSITORY / "cli" / "demo" / "purchase.json").read_text()
        posted = HTTP.request("POST", f"{first.api_url}/purchases", body=purchase, headers=headers).json()
    assert not (tmp_path / "stack.json").exists()
    with local_stack(state_dir=tmp_path, keep=True) as second:
        assert second.api_key == first.api_key
        shown = HTTP.request("GET", f"{second.api_url}/purchases/{posted['id']}", headers=headers)
        assert shown.status == 200


def test_nothing_is_left_of_a_stack_whose_command_is_killed(tmp_path: Path) -> None:
    (tmp_path / "stack.json").write_text("{}")
    start = (
        "import pathlib, time; from cli.local.emulator import Emulator\n"
        f"here = pathlib.Path({str(tmp_path)!r}); lock = (here / 'lock').open('w')\n"
        "with Emulator(port=0, directory=here, stack_file=here / 'stack.json', lock_fd=lock.fileno()) as emulator:\n"
        "    emulator.wait_until_ready(); print(emulator.account.aws_endpoint_url, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", start], stdout=subprocess.PIPE, text=True) as command:
        assert command.stdout
        url = command.stdout.readline().strip()
        assert answers(url)
        command.kill()
    deadline = time.monotonic() + GONE_SECONDS
    while time.monotonic() < deadline and answers(url):
        time.sleep(0.1)
    assert not answers(url)
    assert not (tmp_path / "stack.json").exists()


def test_a_call_that_a_function_is_still_at_does_not_hold_up_the_end_of_the_emulator(tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    with (tmp_path / "lock").open("w") as lock, ThreadPoolExecutor() as callers:
        emulator = Emulator(port=0, directory=tmp_path, stack_file=tmp_path / "stack.json", lock_fd=lock.fileno())
        with emulator:
            emulator.wait_until_ready()
            call = callers.submit(call_a_function_that_sleeps, emulator.account, begun)
            while not begun.exists() and not call.done():
                time.sleep(0.1)
            asked_at = time.monotonic()
        assert time.monotonic() - asked_at < ASLEEP_SECONDS / 2

    assert begun.exists()
    assert emulator.process.returncode == 0
    assert (emulator.state / "lambda.json").exists()


def test_the_port_is_free_as_soon_as_the_stack_is_no_longer_served() -> None:
    with Front(0) as front:
        with front.serve(Backend(port=1, path="/", api_key=None)):
            assert HTTP.request("GET", front.url).status == 200
        with Front(front.server_address[1]) as next_one:
            assert next_one.url == front.url


def test_a_second_interruption_ends_the_cleaning_and_nothing_else() -> None:
    script = (
        "import subprocess; from cli.local.command import interrupt_on_signals; interrupt_on_signals()\n"
        "try: print('up', flush=True); subprocess.run(['sleep', '60'])\n"
        "except KeyboardInterrupt: print('unwinding', flush=True); subprocess.run(['sleep', '60']); print('done')"
    )
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stdout
        for said in ("up\n", "unwinding\n"):
            assert process.stdout.readline() == said
            time.sleep(1)  # until the command that cleans runs
            os.killpg(process.pid, signal.SIGINT)
        assert process.stdout.read() == "done\n"
    assert process.returncode == 0


def call_a_function_that_sleeps(account: AwsAccount, begun: Path) -> None:
    """Make a function that says in a file that it has `begun`, and call it."""
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        sleep = f"open({str(begun)!r}, 'w').close(); time.sleep({ASLEEP_SECONDS})"
        archive.writestr("app.py", f"import time\ndef handler(event, context): {sleep}\n")
    trust = json.dumps({"Statement": {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}})
    iam = account.client("iam")
    role = iam.create_role(RoleName="sleeper", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    account.client("lambda").create_function(
        FunctionName="sleeper",
        Runtime=Host.here().runtime,  # type: ignore[arg-type]
        Role=role,
        Handler="app.handler",
        Timeout=2 * ASLEEP_SECONDS,
        Code={"ZipFile": zipped.getvalue()},
    )
    account.client("lambda").invoke(FunctionName="sleeper")


def answers(url: str) -> bool:
    """Return whether anything listens there."""
    try:
        HTTP.request("GET", url, retries=False)
    except urllib3.exceptions.HTTPError:
        return False
    return True
