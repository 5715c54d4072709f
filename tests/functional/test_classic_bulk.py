"""POST /customer_events/bulk/purchases/create (contract, operation 2)."""

import json
from typing import Any

import pytest

from loyalty import exactjson
from loyalty.api.classic.bulk import MAX_BULK_BODY_BYTES, MAX_PROBLEMS_TOLD, render_outcomes
from loyalty.api.classic.envelope import render_success
from loyalty.api.http.messages import MAX_BODY_BYTES
from loyalty.domain.errors import Refused, not_found
from tests.functional.conftest import Answer, Functions, example

Body = dict[str, Any]

DESPINA = {"accounts_receivable_identifier": {"number": "ACR0000000001"}}
COFFEE = {
    "performed_by_unit_identifier": None,
    "performed_by_business_unit_identifier": {"code": "CD123456"},
    "products_set": [
        {"product_identifier": {"code": "FREDESPR001"}, "net_amount": 400, "vat_amount": 0, "total_amount": 400}
    ],
}


@pytest.fixture
def token(functions: Functions) -> str:
    issued = functions.call("issue_token", headers={"api_key": functions.api_key}, context={})
    found: str = issued.body["data"]["token"]
    return found


def entry(own_id: Any = "31", **fields: Any) -> Body:
    """Return the vendor's first entry, of an account that the demo has, with some fields changed; None leaves a field
    out."""
    body = {
        **example("bulk_1.request")["purchase_customer_events_set"][0],
        "accounts_receivable_identifier": {"number": "162"},
        "request_unique_identifier": own_id,
        **fields,
    }
    return {name: value for name, value in body.items() if value is not None}


def call(
    functions: Functions, token: str, entries: Any, headers: dict[str, str] | None = None, **fields: Any
) -> Answer:
    body = {"token": token, "purchase_customer_events_set": entries, **fields}
    body = {name: value for name, value in body.items() if value is not None}
    return functions.call("classic_bulk_create", body, context={}, headers=headers)


def own_ids(entries: list[Body]) -> list[str]:
    return [one["request_unique_identifier"] for one in entries]


def processed(answer: Answer) -> list[Body]:
    assert answer.status == 200, answer.body
    found: list[Body] = answer.body["data"]["processed_customer_events_set"]
    return found


def unprocessed(answer: Answer) -> list[Body]:
    assert answer.status == 200, answer.body
    found: list[Body] = answer.body["data"]["unprocessed_customer_events_set"]
    return found


def wallet(functions: Functions, account: str = "162") -> Body:
    found: Body = functions.call("show_wallet", path={"account": account}).body
    return found


def test_entries_stand_or_fall_alone_and_are_answered_in_their_order(functions: Functions, token: str) -> None:
    """As in the vendor's example (rows 12 and 13)."""
    unknown = {"accounts_receivable_identifier": {"number": "ACR00008"}}
    answer = call(functions, token, [entry("31"), entry("33", **unknown), entry("32"), entry("34", **unknown)])

    assert answer.body["status"] == {"code": "OK", "description": "", "message": ""}
    first, second = processed(answer)
    assert set(first) == {"request_unique_identifier", "id", "number"}
    assert own_ids([first, second]) == ["31", "32"]
    assert int(second["number"]) == int(first["number"]) + 1
    assert unprocessed(answer) == [
        {
            "request_unique_identifier": own_id,
            "error_code": "NotFoundAPIValueException",
            "error_description": "Error:Account (ACR00008) Not Found. - Description:The specified API value was not "
            "found.",
        }
        for own_id in ("33", "34")
    ]
    shown = functions.call("show_purchase", path={"id": first["id"]})
    assert (shown.status, shown.body["wallet_version"], shown.body["total_amount"]) == (200, 1, 240)
    assert wallet(functions)["version"] == 2


@pytest.mark.parametrize(
    ("entries", "code", "place"),
    [
        ([], "Invalid", ""),
        (None, "Mandatory", ""),
        ({"0": entry()}, "Invalid", ""),
        ([entry(str(number)) for number in range(1001)], "Invalid", ""),
        ([entry("31"), entry("32"), entry("31")], "Duplicate", "/2/request_unique_identifier"),
        ([entry("31"), entry(None)], "Mandatory", "/1/request_unique_identifier"),
        ([entry("31"), entry(32)], "Invalid", "/1/request_unique_identifier"),
        ([entry("31"), entry("")], "Invalid", "/1/request_unique_identifier"),
        ([entry("31"), "RF01"], "Invalid", "/1"),
        ([entry("31"), None], "Invalid", "/1"),
    ],
    ids=["none", "missing", "no list", "1001", "repeated", "no id", "a number", "an empty id", "no object", "null"],
)
def test_a_call_whose_entries_cannot_be_told_apart_is_refused_whole(
    functions: Functions, token: str, entries: Any, code: str, place: str
) -> None:
    answer = call(functions, token, entries)

    assert 400 <= answer.status < 500
    assert answer.body["data"] is None
    assert answer.body["status"]["code"].startswith(code)
    assert f"/purchase_customer_events_set{place}: " in answer.body["status"]["description"]
    assert wallet(functions)["version"] == 0


@pytest.mark.parametrize(
    ("change", "code", "place"),
    [
        ({"reference_number": None}, "Mandatory", "/reference_number"),
        ({"products_set": []}, "Invalid", "/products_set"),
        ({"performed_on": "2016-06-22"}, "Invalid", "/performed_on"),
        ({"rewards_participant_identifier": {"id": "1"}}, "MutuallyExclusive", "/rewards_participant_identifier"),
        ({"performed_by_unit_identifier": None}, "Mandatory", "/performed_by_unit_identifier"),
        ({"udf_float_1": "10"}, "Invalid", "/udf_float_1"),
        ({"spend_request": {"spend_amount": 100}}, "InsufficientBalance", "/spend_request"),
        ({"classification_identifier": {"name": "NONE"}}, "NotFound", ""),
    ],
    ids=str,
)
def test_a_faulty_entry_is_refused_alone_and_its_field_named(
    functions: Functions, token: str, change: Body, code: str, place: str
) -> None:
    answer = call(functions, token, [entry("31"), entry("32", **change)])

    assert own_ids(processed(answer)) == ["31"]
    [refused] = unprocessed(answer)
    assert refused["error_code"].startswith(code)
    assert code == "NotFound" or f"/purchase_customer_events_set/1{place}: " in refused["error_description"]


def test_what_only_other_operations_list_is_ignored(functions: Functions, token: str) -> None:
    unlisted = {"promo_code": 5, "process_immediately": "later", "terminal_identifier": 5, "total_amount": "wrong"}

    assert own_ids(processed(call(functions, token, [entry("31", **unlisted)]))) == ["31"]


def test_a_later_entry_may_spend_what_an_earlier_one_of_its_wallet_earned(functions: Functions, token: str) -> None:
    earning = entry("earns 20", **DESPINA, **COFFEE)
    spending = entry("spends 60 of 50", **DESPINA, spend_request={"spend_amount": 60})

    answer = call(functions, token, [spending, earning, {**spending, "request_unique_identifier": "spends 60 of 70"}])

    assert own_ids(processed(answer)) == ["earns 20", "spends 60 of 70"]
    [refused] = unprocessed(answer)
    assert refused["error_code"] == "InsufficientBalanceException"
    assert wallet(functions, "ACR0000000001")["balance"] == 10


@pytest.mark.parametrize(
    ("intended", "code"), [("EUR", None), ("PTS", "CurrencyMismatchException"), ("XXX", "NotFoundAPIValueException")]
)
def test_the_intended_currency_is_held_against_each_entry(
    functions: Functions, token: str, intended: str, code: str | None
) -> None:
    answer = call(functions, token, [entry("31"), entry("32")], intended_currency_identifier={"code": intended})

    assert [refused["error_code"] for refused in unprocessed(answer)] == ([code] * 2 if code else [])
    assert len(processed(answer)) == (0 if code else 2)


@pytest.mark.parametrize("of_the_call", [{}, {"intended_currency_identifier": {"code": "PTS"}}])
def test_an_entrys_own_intended_currency_counts_as_it_does_in_a_file(
    functions: Functions, token: str, of_the_call: dict[str, Any]
) -> None:
    entries = [entry(code, intended_currency_identifier={"code": code}) for code in ("EUR", "PTS", "XXX")]

    answer = call(functions, token, [*entries, entry("both", intended_currency_identifier={})], **of_the_call)

    assert own_ids(processed(answer)) == ["EUR"]
    assert [(refused["request_unique_identifier"], refused["error_code"]) for refused in unprocessed(answer)] == [
        ("PTS", "CurrencyMismatchException"),
        ("XXX", "NotFoundAPIValueException"),
        ("both", "MandatoryAPIValueMissingException"),
    ]


def test_an_intended_currency_that_is_named_twice_refuses_the_call(functions: Functions, token: str) -> None:
    answer = call(functions, token, [entry()], intended_currency_identifier={"code": "EUR", "id": "2"})

    assert answer.status == 400
    assert "/intended_currency_identifier/" in answer.body["status"]["description"]


@pytest.mark.parametrize(
    ("fields_set", "of_processed", "of_unprocessed"),
    [
        ("number , error_code,colour", {"number"}, {"error_code"}),
        ("id", {"id"}, set()),
        ("colour", set(), set()),
        ("", {"id", "number"}, {"error_code", "error_description"}),
    ],
)
def test_of_the_entries_only_the_fields_asked_for_are_answered_and_always_their_ids(
    functions: Functions, token: str, fields_set: str, of_processed: set[str], of_unprocessed: set[str]
) -> None:
    faulty = entry("32", reference_number=None)
    answer = call(functions, token, [entry("31"), faulty], fields_set=fields_set)

    assert [set(one) for one in processed(answer)] == [of_processed | {"request_unique_identifier"}]
    assert [set(one) for one in unprocessed(answer)] == [of_unprocessed | {"request_unique_identifier"}]


@pytest.mark.parametrize(
    ("fields", "headers"),
    [
        ({"external_system": "POS", "external_system_reference_number": "17"}, {}),
        ({}, {"Idempotency-Key": "6f1c"}),
    ],
    ids=["external reference", "idempotency key"],
)
def test_an_entry_that_was_posted_before_is_answered_as_the_first_time(
    functions: Functions, token: str, fields: Body, headers: dict[str, str]
) -> None:
    first = call(functions, token, [entry("31", **fields)], headers)
    again = call(functions, token, [entry("31", **fields)], headers)
    with_more = call(functions, token, [entry("31", **fields), entry("32")], headers)
    changed = call(functions, token, [entry("31", **fields, description="another")], headers)

    assert "Idempotent-Replayed" not in first.headers
    assert (again.headers["Idempotent-Replayed"], again.body) == ("true", first.body)
    assert "Idempotent-Replayed" not in with_more.headers
    assert processed(with_more)[0] == processed(first)[0]
    assert unprocessed(changed)[0]["error_code"] == "DuplicateAPIValueException"
    assert wallet(functions)["version"] == 2


def test_an_identity_that_is_taken_is_told_by_its_place_in_the_set(functions: Functions, token: str) -> None:
    known = {"external_system": "POS", "external_system_reference_number": "17"}
    call(functions, token, [entry("31", **known)])

    [refused] = unprocessed(call(functions, token, [entry("31"), entry("32", **known, description="another")]))

    place = "/purchase_customer_events_set/1/external_system_reference_number: "
    assert refused["error_description"].startswith(place)


def test_without_an_identity_each_entry_is_posted_anew(functions: Functions, token: str) -> None:
    """As the vendor's first two, which differ by their own ids alone (row 11)."""
    first, second = processed(call(functions, token, [entry("31"), entry("32")]))
    [third] = processed(call(functions, token, [entry("31")]))

    assert len({first["id"], second["id"], third["id"]}) == 3


def test_a_spend_that_emptied_the_wallet_is_a_replay_when_it_is_sent_again(functions: Functions, token: str) -> None:
    spending = entry("31", **DESPINA, spend_request={"spend_amount": 50})
    key = {"Idempotency-Key": "6f1c"}

    first, again = (processed(call(functions, token, [spending], key)) for _ in range(2))

    assert first == again
    assert wallet(functions, "ACR0000000001")["balance"] == 0


def test_a_body_may_be_larger_than_that_of_a_single_purchase(functions: Functions, token: str) -> None:
    body = {"token": token, "purchase_customer_events_set": [entry()]}
    for size, status in ((MAX_BODY_BYTES + 1, 200), (MAX_BULK_BODY_BYTES + 1, 413)):
        assert functions.call("classic_bulk_create", exactjson.dumps(body).ljust(size), context={}).status == status
        assert functions.call("classic_create_purchase", exactjson.dumps(body).ljust(size), context={}).status == 413


def test_a_reference_number_does_not_lead_to_what_was_posted_in_bulk(functions: Functions, token: str) -> None:
    """A pointer for each would cost more than the entry itself; the answer has its id and number."""
    [posted] = processed(call(functions, token, [entry()], {"Idempotency-Key": "1"}))

    def shown(named: Body) -> int:
        body = {"token": token, "customer_event_identifier": named}
        return functions.call("classic_show_purchase", body, context={}).status

    assert [shown({"id": posted["id"]}), shown({"number": posted["number"]})] == [200, 200]
    assert shown({"reference_number": "RF01"}) == 404


def test_a_call_with_more_lines_than_it_has_room_for_is_refused_whole(functions: Functions, token: str) -> None:
    """Reading a million empty lines, and telling of each, would take longer than anybody waits."""
    entries = [{"request_unique_identifier": str(number), "products_set": [{}] * 1000} for number in range(51)]
    answer = call(functions, token, entries)

    assert answer.status == 413
    assert answer.body["status"]["code"] == "LimitExceededException"


def test_of_each_entry_only_some_problems_are_told(functions: Functions, token: str) -> None:
    """Those of a thousand entries have to fit into one answer."""
    faulty = entry("31", products_set=[{}] * 1000)

    [refused] = unprocessed(call(functions, token, [faulty]))

    assert refused["error_description"].count("/purchase_customer_events_set/0/") == MAX_PROBLEMS_TOLD


@pytest.mark.parametrize("value", ["\U0001f600" * 255, '"' * 255, "x" * 255])
def test_the_answer_to_a_thousand_entries_fits_into_what_lambda_gives_back(value: str) -> None:
    """Each names ten things that are not there, whose names are as long as may be."""
    refused = Refused(*(not_found("Product", value, f"/products_set/{place}") for place in range(10)))
    ids = [f"{value[:-4]}{number:04}" for number in range(1000)]

    answer = render_success(render_outcomes(dict.fromkeys(ids, refused), {})).to_proxy_response({})

    assert len(json.dumps(answer, ensure_ascii=False).encode()) < 6 * 2**20
    assert exactjson.dumps(value)[1:-1] in answer["body"]
