"""The vendor's examples, each over the records of its own installation (tests/goldens.py)."""

import json
from typing import Any

import pytest

from loyalty import exactjson
from loyalty.domain.access.partner import Scope
from loyalty.store.dynamo_table import DynamoTable
from loyalty.usecases.access.api_keys import KeyRequest, create_key
from loyalty.usecases.reference.import_records import import_records
from tests.functional.conftest import NOW, Functions
from tests.goldens import GOLDENS, Golden, with_own


@pytest.mark.parametrize("golden", [golden for golden in GOLDENS if golden.own], ids=lambda golden: golden.name)
def test_an_example_is_answered_field_by_field_where_its_records_are_its_own(
    table: DynamoTable, golden: Golden
) -> None:
    lines = [exactjson.dumps(record).encode() for record in with_own(golden.own)]
    assert not import_records(lines, table=table, now=NOW).refused
    api_key, _ = create_key(KeyRequest("DEMO", ["*"], list(Scope)), table=table, now=NOW)
    functions = Functions(api_key)
    issued = functions.call("issue_token", headers={"api_key": api_key}, context={}).body["data"]["token"]

    for each in (*(one for one in GOLDENS if one.name == golden.after), golden):
        request: dict[str, Any] = json.loads(each.request)
        answer = functions.call(each.function, request, headers={"Authorization": f"Bearer {issued}"}, context={})
        assert answer.status == 200, answer.body

    assert golden.faults(answer.body, golden.excused) == []
