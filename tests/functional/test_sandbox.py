"""What is tried in memory is what would come of it in a table."""

from pathlib import Path
from typing import Any

import pytest

from cli.programme.check import Finding, findings
from loyalty import exactjson
from loyalty.store.attributes import Item, key_of
from loyalty.store.dynamo_table import DynamoTable
from loyalty.store.keys import Key
from loyalty.store.memory_table import MemoryTable
from loyalty.store.programme_snapshot import read_version
from loyalty.store.table import Table
from loyalty.usecases.reference.import_records import ImportSummary, import_records
from tests.cards import CAMPAIGN, PROMO_CODE, bring
from tests.functional.conftest import DEMO, NOW

Record = dict[str, Any]


def imported(lines: list[bytes], table: Table) -> ImportSummary:
    return import_records(lines, table=table, now=NOW)


def undrawn(items: list[Item]) -> dict[Key, Item]:
    """Return items by key without what is drawn at random: the programme's version, the table's identity, and the
    snapshot and the hashes that depend on it."""
    by_key = {key_of(item): item for item in items}
    drawn = {key for key in by_key if key.pk == "PROGRAMME" and key.sk.startswith(("VERSION", "table"))}
    drawn |= {key for key in by_key if key.sk == "SNAPSHOT"}
    hashes = {"hash", "salt", "personal", "head"}
    return {
        key: {name: value for name, value in item.items() if name not in hashes}
        for key, item in by_key.items()
        if key not in drawn
    }


def test_importing_leaves_the_same_items_in_a_sandbox_as_in_a_table(table: DynamoTable) -> None:
    lines, sandbox = DEMO.read_bytes().splitlines(), MemoryTable()

    assert imported(lines, table) == imported(lines, sandbox)

    stored = list(table.scan())
    partitions = {item["pk"] for item in stored}
    tried = [item for pk in partitions for item in sandbox.partition(pk)]
    assert undrawn(tried) == undrawn(stored)
    assert read_version(table, consistent=True).is_published
    assert read_version(sandbox, consistent=True).is_published


def test_on_top_of_a_table_only_what_differs_is_new_and_the_table_stays_as_it_is(demo: DynamoTable) -> None:
    before = sorted(map(str, demo.scan()))
    sandbox = MemoryTable(demo)

    again = imported(DEMO.read_bytes().splitlines(), sandbox)
    award = {"method": "FIXED", "value": 1}
    offer = {"type": "reward_offer", "id": "NEW", "name": "New", "scheme": "SALES", "award": award}
    lines = [exactjson.dumps(record).encode() for record in (offer, offer | {"name": "Newer", "scheme": "SALE"})]
    new = imported(lines, sandbox)

    assert (again.created, again.updated, again.refused) == (0, 0, [])
    assert (new.created, [bad.field for bad in new.refused]) == (1, ["/scheme"])
    assert sorted(map(str, demo.scan())) == before


def test_a_programme_is_checked_on_top_of_what_is_deployed(demo: DynamoTable, tmp_path: Path) -> None:
    file = tmp_path / "draft.jsonl"
    award = {"method": "FIXED", "value": 1}
    offer = {"type": "reward_offer", "id": "NEW", "name": "New", "scheme": "SALES", "award": award}
    first = {"type": "reward_offer", "id": "OFFER-5PC", "name": "Mine", "scheme": "SALES", "award": award}
    first["stacking"] = "EXCLUSIVE"
    file.write_text("\n".join(map(exactjson.dumps, [offer, first, offer | {"id": "ODD", "scheme": "SALE"}])))

    alone, on_top = findings([file], None, NOW), findings([file], demo, NOW)

    assert [(one.line, one.field) for one in alone.errors] == [(1, "/scheme"), (2, "/scheme"), (3, "/scheme")]
    assert [(one.line, one.field) for one in on_top.errors] == [(3, "/scheme")]
    told = {(one.line, one.reason.partition(":")[0]) for one in on_top.warnings}
    assert {(1, "NEW never applies"), (2, "OFFER-WELCOME never applies")} < told


LIMITED = {"per_account": 1, "period": "P1D"}


@pytest.mark.parametrize(
    ("deployed", "draft", "field", "reason"),
    [
        (LIMITED, LIMITED | {"period": "P1M"}, "/limits/period", "the latest four periods"),
        (LIMITED, LIMITED | {"period": "P1W"}, "/limits/period", "the latest four periods"),
        (LIMITED | {"period": "P1W"}, LIMITED | {"period": "P1M"}, "/limits/period", "begin anew"),
        (LIMITED | {"period": "P1W"}, LIMITED | {"period": "P1Y"}, "/limits/period", "begin anew"),
        (LIMITED | {"period": "P1M"}, LIMITED, "/limits/period", "begin anew"),
        ({"per_account": 1}, LIMITED, "/limits/period", "counts by the day where it counted for ever"),
        ({"budget": 5}, LIMITED, "/limits/per_account", "is not known"),
        (LIMITED, LIMITED | {"budget": 5}, "/limits/budget", "was not counted"),
    ],
    ids=str,
)
def test_a_change_of_a_limit_that_is_deployed_is_warned_of(
    demo: DynamoTable, tmp_path: Path, deployed: Record, draft: Record, field: str, reason: str
) -> None:
    award = {"method": "PERCENTAGE", "value": 1}
    offer = {"type": "reward_offer", "id": "NEW", "name": "New", "scheme": "SALES", "award": award}
    bring(demo, offer | {"limits": deployed})

    def warnings(limits: Record) -> list[Finding]:
        file = tmp_path / "draft.jsonl"
        file.write_text(exactjson.dumps(offer | {"limits": limits}))
        return findings([file], demo, NOW).warnings

    assert [one.field for one in warnings(draft)] == [field]
    assert reason in warnings(draft)[0].reason
    assert warnings(deployed) == []


def test_a_maximum_that_a_deployed_promo_code_did_not_have_is_warned_of(demo: DynamoTable, tmp_path: Path) -> None:
    bring(demo, CAMPAIGN, PROMO_CODE)
    file = tmp_path / "draft.jsonl"
    file.write_text(exactjson.dumps(PROMO_CODE | {"maximum_uses": 5}))

    assert [one.field for one in findings([file], demo, NOW).warnings] == ["/maximum_uses"]
