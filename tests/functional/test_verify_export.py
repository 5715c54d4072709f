"""`loyalty verify --export`: an export that is whole is proven, and one that is not is refused with what to do."""

import gzip
import hashlib
import json
from base64 import b64encode
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.main import app
from cli.processes import Tell, Work, in_processes
from loyalty.domain.proofs.audit import PURCHASES_COUNTED
from loyalty.store import keys
from loyalty.store.attributes import Foreign, key_of
from loyalty.store.dynamo_table import DynamoTable
from loyalty.store.export import TableExport
from loyalty.usecases.proofs.verify_export import verify_export
from loyalty.usecases.proofs.verify_journal import verify_journal
from loyalty.usecases.proofs.workspace import Workspace
from tests.exports import export, write_export
from tests.functional.conftest import Functions, example
from tests.functional.test_verify import ACCOUNT_ID, change


@pytest.fixture
def folder(functions: Functions, demo: DynamoTable, tmp_path: Path) -> Path:
    """An export of a table with a purchase, of which the wallet is wrong."""
    assert functions.call("create_purchase", example("create_v5_1.request")).status == 200
    change(demo, keys.wallet(ACCOUNT_ID), purchases=7)
    return export(demo, tmp_path / "export")


def test_what_is_wrong_is_told_with_where_and_what_to_do(folder: Path) -> None:
    told = CliRunner().invoke(app, ["verify", "--export", str(folder), "--json"])

    answer = json.loads(told.stdout)
    [deviation] = answer["deviations"]
    assert (told.exit_code, answer["events"], answer["wallets"]) == (1, 4, 3)
    assert deviation["account_id"] == ACCOUNT_ID
    assert deviation["rule"] == PURCHASES_COUNTED
    assert deviation["found"] == "7 in the wallet, 1 in the journal"
    assert "who else may write to the table" in deviation["what_to_do"]


@pytest.fixture
def broken(functions: Functions, demo: DynamoTable, tmp_path: Path) -> tuple[DynamoTable, TableExport]:
    """A table in which wallets, events, names, counters and items of other kinds are wrong, and its export."""
    for number in range(9):
        body = {**example("create_v5_1.request"), "reference_number": f"R{number}", "id": f"GIVEN-{number}"}
        assert functions.call("create_purchase", {**body, "spend_request": None}).status == 200
    change(demo, keys.wallet(ACCOUNT_ID), purchases=7)
    events = sorted((item for item in demo.scan() if "sequence" in item), key=lambda item: item["sequence"])
    change(demo, key_of(events[3]), awarded=Decimal(99))
    change(demo, key_of(events[4]), balance=Foreign({"a": {"N": "1"}}))
    change(demo, keys.alias("product", "code", "FREDESPR001"), target="ANOTHER")
    change(demo, keys.counter("reward_offer", "NONE"), used=Decimal(3))
    change(demo, keys.event("ABCDEF"), event_id="GONE")
    return demo, TableExport.of(export(demo, tmp_path / "export", files=5))


@pytest.mark.parametrize(("shards", "processes"), [(1, 1), (1, 3), (7, 1), (7, 2), (50, 3)])
def test_the_verdict_is_the_same_whatever_the_number_of_shards_and_processes(
    broken: tuple[DynamoTable, TableExport], tmp_path: Path, shards: int, processes: int
) -> None:
    table, exported = broken
    once = verify_journal(table, settle=lambda _: None)

    def run(works: Sequence[Work[Any]], tell: Tell) -> list[Any]:
        with in_processes(works) as collect:
            return collect(tell)

    for name, prove in (
        ("table", partial(verify_journal, table, settle=lambda _: None)),
        ("export", partial(verify_export, exported)),
    ):
        folder = tmp_path / f"of-{name}"
        folder.mkdir()
        assert prove(Workspace(folder, shards, processes, run)) == once
    assert len({deviation.rule for deviation in once.deviations}) >= 5


def test_each_part_of_a_proof_is_told_as_it_begins(folder: Path, tmp_path: Path) -> None:
    told: list[tuple[str, int, int | None]] = []

    verify_export(TableExport.of(folder), Workspace(tmp_path, 2), progress=lambda *progress: told.append(progress))

    begun = [(doing, of) for doing, done, of in told if done == 0]
    assert begun == [("reading", told[0][2]), ("proving shards of wallets", 2), ("proving shards of names", 2)]


def _cut(data: Path) -> None:
    data.write_bytes(data.read_bytes()[:-9])


def _shorten(data: Path) -> None:
    data.write_bytes(gzip.compress(b"".join(gzip.decompress(data.read_bytes()).splitlines(keepends=True)[1:])))


def _of_pages(data: Path) -> None:
    (data.parents[1] / "manifest-summary.json").write_text('{"itemCount": 9, "outputFormat": "ION"}')


def _garble(data: Path) -> None:
    (data.parents[1] / "manifest-summary.json").write_text("{")


def _strip(data: Path) -> None:
    (data.parents[1] / "manifest-files.json").write_text("{}")


DAMAGES: dict[str, tuple[Callable[[Path], None], str]] = {
    "a file is missing": (Path.unlink, "cannot be read"),
    "a file is cut": (_cut, "is not what the manifest tells"),
    "a file lacks an item": (_shorten, "is not what the manifest tells"),
    "the manifest is missing": (lambda data: (data.parents[1] / "manifest-files.json").unlink(), "cannot be read"),
    "the manifest is no manifest": (_garble, "cannot be read"),
    "the manifest lacks something": (_strip, "missing required field `dataFileS3Key`"),
    "it is of another kind": (_of_pages, "make a FULL_EXPORT in DYNAMODB_JSON"),
}


def _write(name: str, text: str) -> Callable[[Path], None]:
    def harm(data: Path) -> None:
        (data.parents[1] / name).write_text(text)

    return harm


def _change_manifest(change: Callable[[list[Any]], list[Any]]) -> Callable[[Path], None]:
    def harm(data: Path) -> None:
        manifest = data.parents[1] / "manifest-files.json"
        entries = change([json.loads(line) for line in manifest.read_text().splitlines()])
        manifest.write_text("".join(f"{json.dumps(entry)}\n" for entry in entries))

    return harm


def _replace(content: bytes) -> Callable[[Path], None]:
    """Return what puts a data file of as many lines in another's place, and into the manifests."""

    def harm(data: Path) -> None:
        data.write_bytes(content)
        checksum = b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()
        _change_manifest(lambda entries: [{**entries[0], "md5Checksum": checksum}, *entries[1:]])(data)

    return harm


def _one(line: str) -> Callable[[Path], None]:
    return _replace(gzip.compress(line.encode() + b"\n"))


def _attribute(told: str) -> Callable[[Path], None]:
    """Return what puts an item with this attribute in the place of all."""
    return _one(f'{{"Item":{{"pk":{{"S":"x"}},"sk":{{"S":"x"}},"a":{told}}}}}')


DAMAGES |= {
    "the summary is empty": (_write("manifest-summary.json", ""), "manifest-summary.json has 0 lines"),
    "the summary is no object": (_write("manifest-summary.json", "[1]"), "manifest-summary.json cannot be read"),
    "the list of files is empty": (_write("manifest-files.json", ""), "have 0 items, but manifest-summary.json tells"),
    "a file is not in the list": (_change_manifest(lambda entries: entries[1:]), "but manifest-summary.json tells"),
    "a count is no number": (
        _change_manifest(lambda entries: [{**entry, "itemCount": "many"} for entry in entries]),
        "manifest-files.json cannot be read",
    ),
    "a count is beyond all numbers": (
        _write("manifest-files.json", '{"dataFileS3Key":"x","md5Checksum":"x","itemCount":1E+99999999}'),
        "manifest-files.json cannot be read",
    ),
    **{
        f"a file's name is {name!r}": (
            _change_manifest(lambda entries, name=name: [{**entry, "dataFileS3Key": name} for entry in entries]),  # type: ignore[misc]
            "manifest-files.json cannot be read",
        )
        for name in (3, "", "data/", "data/..", "a\0b", "\ud800")
    },
    "the summary lists its members": (
        _write("manifest-summary.json", '[["itemCount",4]]'),
        "manifest-summary.json cannot be read",
    ),
    "the summary counts nothing": (_write("manifest-summary.json", "{}"), "missing required field `itemCount`"),
    **{
        f"{name} is nested without end": (_write(name, beginning * 200_000), f"{name} cannot be read")
        for name in ("manifest-summary.json", "manifest-files.json")
        for beginning in ("[", '{"a":')
    },
    "a file is no gzip": (_replace(b"hello"), "000.json.gz cannot be unzipped"),
    "a file's gzip is cut": (_replace(gzip.compress(b"\n" * 9)[:-8]), "000.json.gz"),
    "a line is no JSON": (_one("hello"), "000.json.gz, line 1, is no item"),
    "an item has no key": (_one('{"Item":{"pk":{"S":"x"}}}'), "000.json.gz, line 1, is no item (it has no key)"),
    "a key is a number": (_one('{"Item":{"pk":{"S":"x"},"sk":{"N":"1"}}}'), "line 1, is no item (it has no key)"),
    "a type is unknown": (_attribute('{"X":"*"}'), "line 1, is no item"),
    "a number is none": (_attribute('{"N":"*"}'), "line 1, is no item"),
    **{
        f"a number is {told}": (
            _attribute(f'{{"N":"{told}"}}'),
            f"line 1, is no item (a is {wrong})",
        )
        for wrong, numbers in (
            ("no number that DynamoDB keeps", ("1E+999999999", "1E-999999999")),
            ("not told as DynamoDB tells values of its type", ("NaN", "sNaN", "-Infinity", "1_0", " 1", "\u0661")),
        )
        for told in numbers
    },
    "a line does not end": (_replace(gzip.compress(b" " * 99_999_999)), "000.json.gz has a line of more than 16000000"),
    "it is nested without end": (
        _attribute(f'{{"L":{"[" * 9999}{"]" * 9999}}}'),
        "line 1, is no item (it is nested too deeply)",
    ),
    **{
        f"a value is {told}": (_attribute(told), "line 1, is no item")
        for told in ("{}", '{"S":null}', '{"S":"x","N":"1"}', '{"N":1.5}', '{"BOOL":"x"}')
    },
    "octets are no base64": (_attribute('{"B":"*"}'), "line 1, is no item"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_an_export_that_is_not_whole_is_refused(folder: Path, damage: str) -> None:
    harm, said = DAMAGES[damage]
    harm(folder / "data" / "000.json.gz")

    told = CliRunner().invoke(app, ["verify", "--export", str(folder)])

    assert told.exit_code == 2  # as 1 says that something does not hold
    assert said in told.stderr.replace("\n", "")
    assert "Traceback" not in told.stderr
    assert isinstance(told.exception, SystemExit)


@pytest.mark.parametrize("items", [[], [{"pk": {"S": "ORDER#1"}, "sk": {"S": "ORDER"}}]])
def test_nothing_is_proven_by_an_export_of_another_table(items: list[Any], tmp_path: Path) -> None:
    told = CliRunner().invoke(app, ["verify", "--export", str(write_export([items], tmp_path / "export"))])

    assert told.exit_code == 2
    assert "has no event and no wallet: it is of another table" in told.stderr.replace("\n", " ")
