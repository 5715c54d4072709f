"""`python -m cli.built_layer`: whether the layer that `make build` built runs where its functions do.

They run on the runtime and the architecture of the template's parameters; on others, where RUNTIME_VERSION and
RUNTIME_PLATFORM tell the build so.
"""

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from cli.console import CommandFailure, err, out
from cli.local.deployment import ARCHITECTURES

BUILT = Path(".aws-sam/build")
MACHINES = {62: "x86_64", 183: "arm64"}
"""The architectures of ELF files, in Lambda's names."""

MACHINE_AT = slice(18, 20)
VERSION = re.compile(r"\.cpython-3(\d+)-")
"""In the name of an extension module, but for one that any version takes (`.abi3.so`)."""


class LayerHost(NamedTuple):
    """A platform that functions run on, in Lambda's names."""

    runtime: str
    architecture: str


def check(built: Path = BUILT, environment: Mapping[str, str] = os.environ) -> LayerHost:
    """Return what the layer in `built` is for; tell if functions start slowly with it, and how to deploy it.

    Raises:
        Failure: a module of it does not run where its functions do, or it has none; or RUNTIME_PLATFORM names nothing
            that functions run on.
    """
    template = _defaults((built / "template.yaml").read_text())
    version, platform = environment.get("RUNTIME_VERSION"), environment.get("RUNTIME_PLATFORM")
    wanted = LayerHost(
        f"python{version}" if version else template.runtime,
        _architecture(platform) if platform else template.architecture,
    )
    modules = sorted(built.glob("CommonLayer/**/*.so"))
    if not modules:
        raise CommandFailure(
            f"there is no extension module in {built}/CommonLayer: the layer is not whole; build it again"
        )
    for module in modules:
        if (host := _host(module, wanted)) != wanted:
            raise CommandFailure(
                f"{module.relative_to(built)} is for {host.runtime} on {host.architecture}, and functions run on "
                f"{wanted.runtime} on {wanted.architecture}: build again without RUNTIME_VERSION and RUNTIME_PLATFORM, "
                "or with those that the functions run on"
            )
    if any(built.glob("CommonLayer/**/*.py")):
        version = wanted.runtime.removeprefix("python")
        err.print(
            f"warning: there is no Python {version} here, so the layer is not compiled: a cold start takes about twice "
            f"the instructions. `.venv/bin/uv python install {version}`, and build again."
        )
    if wanted != template:
        out.print(f"Deploy it with Runtime={wanted.runtime} Architecture={wanted.architecture}: they run on no other.")
    return wanted


def _architecture(platform: str) -> str:
    """Return what Lambda calls a platform of uv's."""
    processor, _, system = platform.partition("-")
    if processor not in ARCHITECTURES or not system.startswith("manylinux"):
        raise CommandFailure(
            f"RUNTIME_PLATFORM is {platform}, on which no function runs: build again with aarch64-manylinux2014 or "
            "x86_64-manylinux2014, or without it"
        )
    return ARCHITECTURES[processor][0]


def _defaults(template: str) -> LayerHost:
    """Return what functions run on unless a deployment says otherwise."""
    found = {
        name: re.search(rf"^  {name}:\n(?:    .*\n)*?    Default: (\S+)$", template, re.MULTILINE)
        for name in ("Runtime", "Architecture")
    }
    if not all(found.values()):
        raise CommandFailure("the template that was built has no default of Runtime and Architecture")
    runtime, architecture = (match[1] for match in found.values() if match)
    return LayerHost(runtime, architecture)


def _host(module: Path, wanted: LayerHost) -> LayerHost:
    """Return what an extension module runs on."""
    version = VERSION.search(module.name)
    machine = int.from_bytes(module.read_bytes()[MACHINE_AT], "little")
    return LayerHost(
        f"python3.{version[1]}" if version else wanted.runtime, MACHINES.get(machine, f"machine {machine}")
    )


if __name__ == "__main__":
    try:
        check()
    except CommandFailure as failure:
        sys.exit(f"error: {failure}")
