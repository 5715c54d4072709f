import json
from pathlib import Path

import pytest

from cli.console import CommandFailure
from cli.local.deployment import Host, with_defaults
from cli.local.gateway_responses import substitute
from cli.local.pages import page_at


@pytest.mark.parametrize(
    ("system", "machine", "host"),
    [
        ("Linux", "x86_64", Host("python3.12", "x86_64", "x86_64-manylinux2014")),
        ("Linux", "aarch64", Host("python3.12", "arm64", "aarch64-manylinux2014")),
        ("Darwin", "arm64", Host("python3.12", "arm64", "aarch64-apple-darwin")),
        ("Darwin", "x86_64", Host("python3.12", "x86_64", "x86_64-apple-darwin")),
    ],
)
def test_functions_are_built_for_the_machine_at_hand(system: str, machine: str, host: Host) -> None:
    assert Host.of(system=system, machine=machine, python=(3, 12)) == host


@pytest.mark.parametrize(("system", "machine"), [("Windows", "AMD64"), ("Linux", "riscv64")])
def test_a_machine_without_a_layer_is_a_failure_that_names_it(system: str, machine: str) -> None:
    with pytest.raises(CommandFailure, match=f"this is {system} on {machine}"):
        Host.of(system=system, machine=machine, python=(3, 12))


def test_what_is_deployed_with_is_what_the_emulators_transform_sees() -> None:
    template = {
        "Parameters": {
            "Stage": {"Type": "String", "Default": "dev"},
            "LogLevel": {"Type": "String", "Default": "INFO"},
        },
        "Resources": {},
    }

    assert with_defaults(template, {"Stage": "local"}) == {
        "Parameters": {
            "Stage": {"Type": "String", "Default": "local"},
            "LogLevel": {"Type": "String", "Default": "INFO"},
        },
        "Resources": {},
    }


def test_parameters_are_put_where_the_template_refers_to_them() -> None:
    part = {"a": [{"Ref": "Stage"}, {"Fn::Sub": "'for ${Stage}'"}], "b": {"c": "as it is: ${Stage}"}}
    assert substitute(part, {"Stage": "local"}) == {"a": ["local", "'for local'"], "b": {"c": "as it is: ${Stage}"}}


def test_the_description_is_answered_with_the_address_of_the_caller(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "openapi.json").write_text(json.dumps({"openapi": "3.1.0", "servers": [{"url": "https://aws"}]}))
    monkeypatch.setattr("cli.local.pages.OPENAPI", tmp_path / "openapi.json")
    page = page_at("/openapi.json", host="localhost:3000", api_key=None)
    assert page
    servers = [
        {"url": f"http://localhost:3000{path}"} for path in ("", "/crmapi/rest/v2", "/backoffice/v1", "/backoffice/v2")
    ]
    assert json.loads(page.body) == {"openapi": "3.1.0", "servers": servers}


def test_a_description_that_is_not_generated_yet_is_told_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.local.pages.OPENAPI", tmp_path / "openapi.json")
    page = page_at("/openapi.json", host="localhost:3000", api_key=None)
    assert page
    assert (page.status, page.body.count(b"\n")) == (404, 1)


@pytest.mark.parametrize("path", ["/swagger/", "/swagger/..", "/swagger/none.js", "/swagger/a/b", "/purchases", "//"])
def test_all_other_paths_are_the_apis(path: str) -> None:
    assert page_at(path, host="localhost:3000", api_key=None) is None
