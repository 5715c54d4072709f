"""A layer that does not run where its functions do is never deployed."""

import tomllib
from pathlib import Path

import pytest

from cli.built_layer import LayerHost, check
from cli.console import CommandFailure
from cli.target import REPOSITORY

TEMPLATE = (REPOSITORY / "template.yaml").read_text()
X86 = {"RUNTIME_PLATFORM": "x86_64-manylinux2014"}
MACHINES = {"x86_64": 62, "arm64": 183}


def built(folder: Path, **modules: str) -> Path:
    """Return what a build leaves: the template, and modules, by their tag, for a machine each."""
    package = folder / "CommonLayer" / "python" / "package"
    package.mkdir(parents=True)
    (folder / "template.yaml").write_text(TEMPLATE)
    for tag, machine in modules.items():
        head = b"\x7fELF" + bytes(14) + MACHINES[machine].to_bytes(2, "little")
        (package / f"_module.{tag.replace('_', '-')}.so").write_bytes(head + bytes(8))
    return folder


def test_a_layer_for_what_the_template_names_may_be_deployed(tmp_path: Path) -> None:
    folder = built(tmp_path, cpython_313_aarch64_linux_gnu="arm64", abi3="arm64")

    assert check(folder, {}) == LayerHost("python3.13", "arm64")


@pytest.mark.parametrize(
    ("modules", "environment", "told"),
    [
        ({"cpython_313_x86_64_linux_gnu": "x86_64"}, {}, "is for python3.13 on x86_64"),
        ({"abi3": "x86_64"}, {}, "is for python3.13 on x86_64"),
        ({"cpython_312_aarch64_linux_gnu": "arm64"}, {}, "is for python3.12 on arm64"),
        ({"cpython_313_aarch64_linux_gnu": "arm64"}, X86, "functions run on python3.13 on x86_64"),
        ({"cpython_313_aarch64_linux_gnu": "arm64"}, {"RUNTIME_VERSION": "3.12"}, "functions run on python3.12"),
        ({"abi3": "arm64"}, {"RUNTIME_PLATFORM": "linux"}, "RUNTIME_PLATFORM is linux"),
        ({"abi3": "x86_64"}, {"RUNTIME_PLATFORM": "x86_64-unknown-linux-musl"}, "RUNTIME_PLATFORM is x86_64-unknown"),
        ({}, {}, "no extension module"),
    ],
    ids=str,
)
def test_a_layer_for_anything_else_fails_the_build(
    modules: dict[str, str], environment: dict[str, str], told: str, tmp_path: Path
) -> None:
    with pytest.raises(CommandFailure, match=told):
        check(built(tmp_path, **modules), environment)


def test_who_builds_for_other_functions_is_told_to_deploy_such(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    check(built(tmp_path, cpython_313_x86_64_linux_gnu="x86_64"), X86)

    assert "Runtime=python3.13 Architecture=x86_64" in capsys.readouterr().out


@pytest.mark.parametrize("compiled", [True, False])
def test_who_builds_without_the_runtimes_python_is_told_that_functions_start_slowly(
    compiled: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = built(tmp_path, abi3="arm64")
    (folder / "CommonLayer" / "python" / "package" / f"module.py{'c' if compiled else ''}").touch()

    check(folder, {})

    assert ("no Python 3.13 here" in capsys.readouterr().err) is not compiled


ENVIRONMENTS = {
    name: commands["build"]["parameters"]
    for name, commands in tomllib.loads((REPOSITORY / "samconfig.toml").read_text()).items()
    if isinstance(commands, dict)
}


def test_no_environment_builds_from_a_cache() -> None:
    """A cache does not look at what platform and which Python a layer was built for."""
    assert "default" in ENVIRONMENTS
    assert not any(build.get("cached") for build in ENVIRONMENTS.values())


def test_no_environment_builds_from_a_copy_of_the_source() -> None:
    """SAM fails to copy what is there for a moment only, as the files that Python writes while it compiles a module."""
    assert all(build["build_in_source"] for build in ENVIRONMENTS.values())
