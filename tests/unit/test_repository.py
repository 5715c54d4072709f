"""What the repository brings beside its code."""

import re
import tomllib

from cli.target import REPOSITORY

WORKFLOWS = REPOSITORY / ".github" / "workflows"


def test_each_action_of_a_workflow_is_pinned_by_its_commit_and_says_which_version_that_is() -> None:
    used = [line for file in WORKFLOWS.glob("*.y*ml") for line in file.read_text().splitlines() if "uses:" in line]

    assert used
    assert [line for line in used if not re.search(r"uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line)] == []


def test_the_licence_that_the_project_names_comes_with_it() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]

    text = (REPOSITORY / "LICENSE").read_text()
    assert project["license"] == "Apache-2.0"
    assert "Apache License\n                           Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text
