"""The commands of README.md and docs/, as their fenced blocks of `sh` and `console` have them."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from cli.target import REPOSITORY, Target

PAGES = ("README.md", *(str(page.relative_to(REPOSITORY)) for page in sorted(REPOSITORY.glob("docs/*.md"))))
BLOCK = re.compile(r"^```(?P<kind>sh|console)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)
SECONDS_MAX = 600
NOT_COPIED = (".git", ".venv", ".local", ".aws-sam", ".hypothesis", "*_cache", "__pycache__", "node_modules", "out")


def commands(page: str, heading: str = "") -> list[str]:
    """Return the commands of a page, or of its section under `heading`, each whole and without its comment."""
    text = (REPOSITORY / page).read_text()
    if heading:
        text = text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return [command for block in BLOCK.finditer(text) for command in _commands(block["kind"], block["text"])]


def answer_to(page: str, command: str) -> str:
    """Return what a page shows below a command of a `console` block."""
    shown = (REPOSITORY / page).read_text().partition(f"$ {command}\n")[2]
    return shown.partition("```")[0]


def ignored_by_git(names: Iterable[str]) -> set[str]:
    """Return which names git would ignore at the top of the repository."""
    check = ["git", "check-ignore", "--no-index", *names]
    return set(subprocess.run(check, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout.splitlines())


def _commands(kind: str, text: str) -> Iterator[str]:
    lines = text.splitlines()
    if kind == "console":
        yield from (_without_comment(line.removeprefix("$ ")) for line in lines if line.startswith("$ "))
        return
    begun = ""
    for line in lines:
        begun += line if not begun else f"\n{line}"
        if _is_whole(begun):
            if begun.strip():
                yield _without_comment(begun)
            begun = ""
    assert not begun, f"no end of {begun}"


def _is_whole(text: str) -> bool:
    syntax = subprocess.run(["bash", "-n", "-c", text], capture_output=True, check=False)
    return not syntax.returncode and not text.endswith("\\")


def _without_comment(command: str) -> str:
    return re.sub(r"\s+#\s[^'\"\n]*$", "", command)


class Workplace:
    """A copy of the repository for commands to work in, with a local stack; what they make stays there."""

    def __init__(self, folder: Path, stack_dir: Path, stack: Target) -> None:
        self.folder, self.stack = folder, stack
        shutil.copytree(REPOSITORY, folder, ignore=shutil.ignore_patterns(*NOT_COPIED), dirs_exist_ok=True)
        (folder / ".venv").symlink_to(REPOSITORY / ".venv")
        (folder / ".local").symlink_to(stack_dir)
        (folder / ".curlrc").write_text("fail-with-body\nsilent\nshow-error\nmax-time = 120\n")
        self._there_before = set(folder.iterdir())

    def as_served(self, command: str) -> str:
        """Return a command with the addresses and the key of the stack in the place of those that pages show."""
        shown = {
            "http://127.0.0.1:3000": self.stack.api_url,
            "http://127.0.0.1:4566": str(self.stack.aws_endpoint_url),
            "lk_...": str(self.stack.api_key),
        }
        for said, meant in shown.items():
            command = command.replace(said, meant)
        return command

    def made(self) -> list[str]:
        """Return the names of what commands have made here."""
        return [entry.name for entry in set(self.folder.iterdir()) - self._there_before]

    def run(self, script: str, **environment: str) -> str:
        """Return what a script prints, each command of which has to succeed."""
        path = f"{self.folder / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
        known = {**os.environ, "PATH": path, "CURL_HOME": str(self.folder)}
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=self.folder,
            env={**known, **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS_MAX,
        )
        assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
        return done.stdout
