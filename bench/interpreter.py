"""The interpreter that is measured: of those of this version on this machine, the one with the fewest instructions.

An interpreter that was built without profile-guided optimisation takes a quarter more, and its distribution's build
flags do not always tell (Debian's are left out of sysconfig). So the instructions of a loop decide, which no other work
on the machine changes, and the flags are told beside them.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, Self

from bench.instructions import count_instructions_m
from bench.usage import tell

CHOSEN = "LOYALTY_BENCH_INTERPRETER"
"""Set in the environment of the process that goes on with the interpreter that was chosen."""

FEWER = 0.95
"""The share of the instructions of the interpreter at hand that another one has to stay below to be taken instead."""

_ALONE = ("-S", "-s", "-P", "-c")
"""The options that let an interpreter run code without what is installed for it."""

_SAME_HASHES = {"PYTHONHASHSEED": "0"}
"""The environment in which each run of a loop takes the same instructions."""

_PROBE = """
import json, os, sys, sysconfig
arguments = sysconfig.get_config_var("CONFIG_ARGS") or ""
asked = [flag for flag in ("--enable-optimizations", "--with-lto") if flag in arguments]
flags = " ".join([sysconfig.get_config_var("OPT") or "", *asked])
print(json.dumps({"path": os.path.realpath(sys.executable), "version": sys.version.split()[0], "flags": flags,
                  "library": sys.path}))
"""

_LOOP = """
total, kept = 0, {}
for number in range(30_000):
    kept[number & 255] = total
    total += len(str(number)) if number % 3 else kept[number & 7]
"""


class Interpreter(NamedTuple):
    """An interpreter: where it is, what it says of itself, the folders of its own library, and the millions of
    instructions that it takes to start and to run a loop; None without valgrind."""

    path: str
    version: str
    flags: str
    library: list[str]
    instructions_m: float | None

    @classmethod
    def at(cls, path: str) -> Self | None:
        """Return the one that a path leads to; None where it does not run."""
        probe = subprocess.run([path, *_ALONE, _PROBE], capture_output=True, text=True)
        if probe.returncode:
            return None
        told: dict[str, Any] = json.loads(probe.stdout)
        loop = (told["path"], *_ALONE, _LOOP)
        tell(f"instructions of {told['path']}")
        counted = count_instructions_m(
            lambda count: subprocess.run([*count, *loop], env=os.environ | _SAME_HASHES, check=True)
        )
        return cls(**told, instructions_m=counted)

    def __str__(self) -> str:
        counted = f"{self.instructions_m:.0f} M instructions for a loop" if self.instructions_m else "no valgrind"
        return f"{self.path}, Python {self.version}, {self.flags}: {counted}"


def use_quickest(module: str) -> None:
    """Go on as `python -m module` with the quickest interpreter of this version, unless this is it; tell which it is.

    It sees the packages of this one's environment, which are built for its version.
    """
    if CHOSEN in os.environ:
        return
    tell("looking for the quickest interpreter")
    own = Interpreter.at(sys.executable)
    assert own
    others = [found for path in _same_version() if (found := Interpreter.at(path)) and found.path != own.path]
    quickest = choose(own, others)
    print(f"measured with {quickest}")
    for one in {one.path: one for one in (own, *others) if one.path != quickest.path}.values():
        print(f"          not {one}")
    print(flush=True)
    if quickest is not own:
        os.execve(quickest.path, [quickest.path, "-m", module, *sys.argv[1:]], environment(quickest, own))


def choose(own: Interpreter, others: Iterable[Interpreter]) -> Interpreter:
    """Return the one with the fewest instructions; the one at hand where no other one has clearly fewer, or where they
    cannot be counted."""
    fewest, least = own, FEWER * (own.instructions_m or 0)
    for one in others:
        if one.instructions_m and one.instructions_m < least:
            fewest, least = one, one.instructions_m
    return fewest


def _same_version() -> Iterator[str]:
    """Return where interpreters of this version may be."""
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for folder in dict.fromkeys([*os.environ["PATH"].split(os.pathsep), "/usr/local/bin", "/usr/bin"]):
        if (path := Path(folder) / name).exists():
            yield str(path)


def environment(chosen: Interpreter, own: Interpreter) -> dict[str, str]:
    """Return an environment in which it finds the packages and the tools of this one, and a library of its own: the
    same version, built elsewhere, may lack what another one's modules are linked with."""
    tools = Path(sys.executable).parent
    return {
        **os.environ,
        CHOSEN: chosen.path,
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path and path not in own.library),
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
    }
