"""Finding a posted purchase by what its partner knows of it (`usecases.show.find_purchase`)."""

from typing import Any

import pytest

from loyalty.api.classic.reading import read_named_purchase
from loyalty.domain.access.partner import Partner, Scope
from loyalty.domain.errors import Code, Refused
from loyalty.store.dynamo_table import DynamoTable
from loyalty.usecases.purchases.find_purchase import find_purchase
from tests.functional.conftest import Functions, example

DEMO = Partner("DEMO", frozenset(Scope), frozenset("*"))
OF_ANOTHER_MERCHANT = Partner("DEMO", frozenset(Scope), frozenset({"NOWHERE"}))
ANOTHER = Partner("OTHER", frozenset(Scope), frozenset("*"))


@pytest.fixture
def post(functions: Functions) -> Any:
    """Post the vendor's first example with some fields changed; answers the event."""
    issued = functions.call("issue_token", headers={"api_key": functions.api_key}, context={})
    body = {**example("create_1.request"), "token": issued.body["data"]["token"]}

    def posted(**fields: Any) -> Any:
        answer = functions.call("classic_create_purchase", body | fields, context={})
        assert answer.status == 200, answer.body
        return answer.body["data"]

    return posted


def found(table: DynamoTable, named: Any, partner: Partner = DEMO) -> str:
    named_purchase = read_named_purchase({"customer_event_identifier": named})
    return find_purchase(named_purchase, partner, table=table).entry.event_id


def refusal(table: DynamoTable, named: Any, partner: Partner = DEMO) -> tuple[Code, str]:
    with pytest.raises(Refused) as refused:
        found(table, named, partner)
    [problem] = refused.value.problems
    return problem.code, problem.pointer


@pytest.mark.parametrize(
    "identity", [{}, {"external_system": "POS", "external_system_reference_number": "17"}], ids=str
)
@pytest.mark.parametrize("by", ["id", "number", "reference_number"])
def test_a_purchase_is_found_by_id_number_or_reference_number(
    demo: DynamoTable, post: Any, by: str, identity: Any
) -> None:
    purchase = post(**identity)

    assert found(demo, {by: purchase[by]}) == purchase["id"]


def test_a_reference_number_that_recurs_does_not_say_which_purchase_is_meant(demo: DynamoTable, post: Any) -> None:
    first, second = post(), post()

    assert refusal(demo, {"reference_number": first["reference_number"]}) == (
        Code.DUPLICATE,
        "/customer_event_identifier/reference_number",
    )
    assert [found(demo, {"number": one["number"]}) for one in (first, second)] == [first["id"], second["id"]]


def test_a_repetition_does_not_make_a_reference_number_ambiguous(demo: DynamoTable, post: Any) -> None:
    external = {"external_system": "POS", "external_system_reference_number": "17"}
    post(**external)
    purchase = post(**external)

    assert found(demo, {"reference_number": purchase["reference_number"]}) == purchase["id"]


@pytest.mark.parametrize("by", ["id", "number", "reference_number"])
def test_a_purchase_of_other_merchants_is_refused_like_one_that_does_not_exist(
    demo: DynamoTable, post: Any, by: str
) -> None:
    purchase = post()

    expected = (Code.NOT_FOUND, f"/customer_event_identifier/{by}")
    assert refusal(demo, {by: purchase[by]}, OF_ANOTHER_MERCHANT) == expected
    assert refusal(demo, {by: "NONE"}) == expected


def test_a_reference_number_is_the_partners_own(demo: DynamoTable, post: Any) -> None:
    purchase = post()

    assert refusal(demo, {"reference_number": purchase["reference_number"]}, ANOTHER)[0] is Code.NOT_FOUND


def test_an_event_that_is_no_purchase_is_not_found(functions: Functions, demo: DynamoTable) -> None:
    journal = functions.call("show_journal", path={"account": "ACR0000000001"}).body["entries"]
    [opening] = [entry for entry in journal if entry["type"] == "ADJUSTMENT"]

    assert opening["event_id"]
    assert refusal(demo, {"id": opening["event_id"]})[0] is Code.NOT_FOUND


@pytest.mark.parametrize(
    ("named", "code"),
    [({}, Code.MANDATORY), ({"id": "1", "number": "2"}, Code.EXCLUSIVE), ({"number": 7}, Code.INVALID)],
    ids=str,
)
def test_a_purchase_is_named_in_exactly_one_way(demo: DynamoTable, named: Any, code: Code) -> None:
    assert refusal(demo, named)[0] is code
