"""What README.md and docs/ tell to type works, in the order in which they tell it.

The commands import offers and make keys, so they have a stack of their own: other tests count on the demo programme.
"""

import json
import re
from collections.abc import Iterator

import pytest

from cli.local.stack import local_stack
from cli.target import REPOSITORY
from tests.documentation import PAGES, Workplace, answer_to, commands, ignored_by_git
from tests.goldens import GOLDENS
from tests.recordings import Call, call, written

OWN_TEST = "tests/e2e/test_sam_local.py runs it"
AWS = "takes an AWS account"
ELSEWHERE = {
    "make run": "is how the stack of these tests was started",
    "make test": "runs this",
    ".venv/bin/sam deploy": AWS,
    "--stack loyalty-": AWS,
    "aws dynamodb query": AWS,
    "ADD balance": "damages a table; tests/functional/test_verify.py does",
    "aws lambda invoke": AWS,
    "aws s3 sync": AWS,
    "make mutants": "takes hours; tests/unit/test_mutants.py tries the tool",
    "-m tests.mutants": "takes minutes; tests/unit/test_mutants.py tries the tool",
    "loyalty programme check programme.jsonl": "the page shows what is said of faults; tests/unit has them all",
}
"""Commands, by a part of them, that are not run here, and why."""

SECTIONS_ELSEWHERE = {("docs/operating.md", "One function by itself"): OWN_TEST}

SAID: dict[str, str] = {
    "import FILE...": "import cli/demo/programme.jsonl",
    "check FILE...": "check cli/demo/programme.jsonl",
    "explain FILE... PURCHASE.json": "explain cli/demo/programme.jsonl cli/demo/purchase.json",
    "backtest draft.jsonl": "backtest cli/journey/draft.jsonl",
    "--purchases year.jsonl --reference shops.jsonl": "--purchases week.csv --reference week.jsonl",
    "--journey --html": "--journey --to 2017-01-04 --html",
    "--to 2017-01-08": "--to 2017-01-02",
    "sales.csv --partner ACME": "sales.csv --partner DEMO",
    "recorded.jsonl --partner ACME": "recorded.jsonl --partner DEMO",
    "recorded.jsonl --reference shops.jsonl": "recorded.jsonl --reference cli/demo/programme.jsonl",
    "-T shops.jsonl": "-T acme.jsonl",
    " [--stack NAME]": "",
    " [UPLOAD]": "",
    "--limit 500": "--limit 50",
    "OPS=100000": "OPS=900",
    "KEY_ID": "$(loyalty key list --partner ACME --json | python3 -c '"
    'import json, sys; print(json.load(sys.stdin)[0]["key_id"])\')',
    "uploads show UPLOAD": "uploads show $(loyalty uploads list --json | python3 -c '"
    'import json, sys; print(json.load(sys.stdin)[0]["upload"])\')',
}
"""What stands in the pages for what readers have of their own, or takes too long as it is, and what is put there."""

READERS_OWN = {"acme.jsonl", "sales.csv", "recorded.jsonl"}
"""Files that a reader brings along."""

ACME = {"type": "partner", "id": "ACME", "name": "Acme", "unit": "Admin Unit"}


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workplace]:
    """Where commands are run: with a partner ACME, the files that pages name, and purchases of two years."""
    stack_dir = tmp_path_factory.mktemp("documented")
    with local_stack(state_dir=stack_dir) as stack:
        workplace = Workplace(tmp_path_factory.mktemp("workplace"), stack_dir, stack)
        (workplace.folder / "acme.jsonl").write_text(json.dumps(ACME))
        (workplace.folder / "sales.csv").write_text(table_of_a_file())
        written(workplace.folder / "recorded.jsonl", recorded_calls())
        workplace.run("loyalty import acme.jsonl && loyalty dataset week.csv --to 2017-01-02 --reference week.jsonl")
        workplace.run("loyalty import week.jsonl && loyalty upload sales.csv --partner DEMO --watch")
        yield workplace


def recorded_calls() -> Iterator[Call]:
    """Return those of the vendor's examples that are answered alike whatever other pages have posted."""
    for golden in GOLDENS:
        if golden.name in ("create_1", "bulk_1"):
            yield call(golden.route, golden.request_body, golden.response)


def table_of_a_file() -> str:
    """Return the file of purchases that docs/uploads.md shows."""
    shown = re.search(r"```csv\n(.*?)```", (REPOSITORY / "docs" / "uploads.md").read_text(), re.DOTALL)
    assert shown
    return shown[1]


def runnable(page: str) -> list[str]:
    """Return the commands of a page that are run here."""
    left_out = [told for where, heading in SECTIONS_ELSEWHERE if where == page for told in commands(page, heading)]
    found = [command for command in commands(page) if command not in left_out]
    return [command for command in found if not any(part in command for part in ELSEWHERE)]


def as_typed(command: str) -> str:
    """Return a command with what a reader puts in."""
    for said, meant in SAID.items():
        command = command.replace(said, meant)
    return command


@pytest.mark.parametrize("page", [page for page in PAGES if runnable(page)])
def test_what_a_page_tells_to_type_works(page: str, workplace: Workplace) -> None:
    workplace.run("\n".join(workplace.as_served(as_typed(command)) for command in runnable(page)))


def test_every_reason_to_leave_a_command_out_is_one_for_some_command() -> None:
    told = [command for page in PAGES for command in commands(page)]

    assert [part for part in ELSEWHERE if not any(part in command for command in told)] == []
    assert [said for said in SAID if not any(said in command for command in told)] == []


def test_what_explaining_shows_is_what_it_says(workplace: Workplace) -> None:
    command = next(command for command in commands("docs/programmes.md") if "programme explain" in command)

    shown = answer_to("docs/programmes.md", command)

    assert workplace.run(command).split() == shown.split()


def test_git_ignores_what_commands_make(workplace: Workplace) -> None:
    made = set(workplace.made()) - READERS_OWN

    assert made >= {"week.csv", "week.jsonl", "sales.result.csv"}
    assert made - ignored_by_git(made) == set()
