"""The vendor's examples, each over the records of its own installation (tests/goldens.py)."""

import json
from typing import Any

import pytest

from loyalty.domain.access.partner import Scope
from loyalty.store.dynamo_table import DynamoTable
from loyalty.usecases.access.api_keys import KeyRequest, create_key
from loyalty.usecases.reference.import_records import import_records
from tests.functional.conftest import DEMO, NOW, Functions
from tests.goldens import GOLDENS, Golden, Record


def with_own(own: tuple[Record, ...]) -> list[Record]:
    """Return the demo's records, with `own` ones in the place of those of the same id, name or code; new ones come
    first."""
    demo = [json.loads(line) for line in DEMO.read_text().splitlines()]
    records = [next((mine for mine in own if names(mine) & names(record)), record) for record in demo]
    return [*(mine for mine in own if mine not in records), *records]


def names(record: Record) -> set[tuple[str, str]]:
    return {(record["type"], record[name]) for name in ("id", "name", "code") if name in record}


@pytest.mark.parametrize("golden", [golden for golden in GOLDENS if golden.own], ids=lambda golden: golden.name)
def test_an_example_is_answered_field_by_field_where_its_records_are_its_own(
    table: DynamoTable, golden: Golden
) -> None:
    lines = [json.dumps(record).encode() for record in with_own(golden.own)]
    assert not import_records(lines, table=table, now=NOW).refused
    api_key, _ = create_key(KeyRequest("DEMO", ["*"], list(Scope)), table=table, now=NOW)
    functions = Functions(api_key)
    issued = functions.call("issue_token", headers={"api_key": api_key}, context={}).body["data"]["token"]

    for each in (*(one for one in GOLDENS if one.name == golden.after), golden):
        request: dict[str, Any] = json.loads(each.request)
        answer = functions.call(each.function, request, headers={"Authorization": f"Bearer {issued}"}, context={})
        assert answer.status == 200, answer.body

    assert golden.faults(answer.body, golden.excused) == []
