"""What docs/operating.md tells of `sam local` works as it stands, where there is Docker with an image of the runtime.

RUNTIME_VERSION names another Python than Lambda's, where only an image of that one is to be had.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3

from cli.local.stack import local_stack
from tests.documentation import Workplace, commands

SECTION = "One function by itself"
PURCHASE_ID = "776F6DA36215F3C68E690A2CD0A26276"


def docker(*arguments: str) -> str | None:
    """Return what docker answers; None where it fails."""
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None


@pytest.fixture(scope="module", autouse=True)
def image() -> None:
    """See to an image of the runtime."""
    if not shutil.which("docker") or not (processor := docker("info", "--format", "{{.Architecture}}")):
        pytest.skip("sam local takes Docker, which does not answer here")
    architecture = {"aarch64": "arm64"}.get(processor, processor)
    name = f"public.ecr.aws/lambda/python:{os.environ.get('RUNTIME_VERSION', '3.13')}-{architecture}"
    if docker("image", "inspect", name) is None and docker("pull", name) is None:
        pytest.skip(f"{name} is not here, and cannot be pulled")


@pytest.fixture(scope="module")
def reached(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workplace]:
    """Where `make run DOCKER=1` serves the stack."""
    folder: Path = tmp_path_factory.mktemp("reached")
    with local_stack(state_dir=folder, docker=True) as target:
        yield Workplace(tmp_path_factory.mktemp("workplace"), folder, target)


def test_the_emulator_is_reached_by_containers_and_from_here(reached: Workplace) -> None:
    emulator = reached.stack.aws_endpoint_url

    assert emulator
    assert "127.0.0.1" not in emulator
    assert urllib3.request("GET", f"{emulator}/_ministack/ready").status == 200


def test_a_function_and_the_api_answer_by_the_commands_of_the_documentation(reached: Workplace) -> None:
    run, *told = commands("docs/operating.md", SECTION)
    assert run == "make run DOCKER=1"

    script = reached.as_served("\n".join(told))
    answered = reached.run(script, AWS_EC2_METADATA_DISABLED="true", SAM_SKIP_PULL_IMAGE="1")

    assert f'{{\\"id\\":\\"{PURCHASE_ID}\\"}}' in answered
    assert '"account_number":"ACR0000000001"' in answered
