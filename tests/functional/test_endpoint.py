"""What all endpoints answer when something is wrong on our side."""

import pytest

from loyalty.store.dynamo_table import DynamoTable
from tests.functional.conftest import Functions, example


def test_a_fault_of_ours_is_a_500_that_tells_nothing_of_its_inside(
    functions: Functions, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyError("a secret inside")

    monkeypatch.setattr(functions.module("show_wallet"), "show_wallet", fail)
    answer = functions.call("show_wallet", path={"account": "162"})

    assert (answer.status, answer.body["code"]) == (500, "InternalException")
    assert "secret" not in str(answer.body)


def test_a_stack_without_a_programme_says_so(cold_functions: Functions, demo: DynamoTable) -> None:
    for item in list(demo.partition("PROGRAMME")):
        demo.client.delete_item(TableName=demo.name, Key={"pk": {"S": item["pk"]}, "sk": {"S": item["sk"]}})
    answer = cold_functions.call("create_purchase", example("create_v5_1.request"))

    assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
    assert "import one" in answer.body["detail"]
