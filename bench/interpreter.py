"""The interpreter that is measured: the quickest of this version on this machine.

An interpreter that was built without profile-guided optimisation takes a quarter more, and its distribution's build
flags do not always tell (Debian's are left out of sysconfig). So a loop decides, and the flags are told beside it.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, Self

from bench.usage import tell

CHOSEN = "LOYALTY_BENCH_INTERPRETER"
"""Set in the environment of the process that goes on with the interpreter that was chosen."""

QUICKER = 0.95
"""A loop's share of the time of the interpreter at hand that another one has to stay below to be taken instead."""

_PROBE = """
import json, os, sys, sysconfig, time
def loop():
    total, kept = 0, {}
    for number in range(300_000):
        kept[number & 255] = total
        total += len(str(number)) if number % 3 else kept[number & 7]
def seconds():
    began = time.process_time()
    loop()
    return time.process_time() - began
arguments = sysconfig.get_config_var("CONFIG_ARGS") or ""
asked = [flag for flag in ("--enable-optimizations", "--with-lto") if flag in arguments]
flags = " ".join([sysconfig.get_config_var("OPT") or "", *asked])
print(json.dumps({"path": os.path.realpath(sys.executable), "version": sys.version.split()[0], "flags": flags,
                  "library": sys.path, "loop_ms": 1000 * min(seconds() for _ in range(7))}))
"""


class Interpreter(NamedTuple):
    """An interpreter: where it is, what it says of itself, the folders of its own library, and the CPU milliseconds of
    a loop."""

    path: str
    version: str
    flags: str
    library: list[str]
    loop_ms: float

    @classmethod
    def at(cls, path: str) -> Self | None:
        """Return the one that a path leads to; None where it does not run."""
        probe = subprocess.run([path, "-I", "-S", "-c", _PROBE], capture_output=True, text=True)
        if probe.returncode:
            return None
        told: dict[str, Any] = json.loads(probe.stdout)
        return cls(**told)

    def __str__(self) -> str:
        return f"{self.path}, Python {self.version}, {self.flags}: {self.loop_ms:.0f} ms for a loop"


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
    """Return the quickest; the one at hand where no other one is clearly quicker."""
    return min([own, *(one for one in others if one.loop_ms < QUICKER * own.loop_ms)], key=lambda one: one.loop_ms)


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
