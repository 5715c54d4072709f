"""Reads of the classic API by GET: what the query says, and that nobody else gets to see its token."""

import io
from typing import Any

import pytest

from loyalty.api.http.parameters import MAX_TOKEN
from loyalty.api.logs import logger
from loyalty.domain.access.partner import Scope
from loyalty.store.dynamo_table import DynamoTable
from loyalty.usecases.access.api_keys import KeyRequest, create_key
from loyalty.usecases.purchases import list_purchases
from tests.cards import bring
from tests.functional.conftest import NOW, Answer, Functions, example

Body = dict[str, Any]

ACCOUNT = {"accounts_receivable_identifier": "number=ACR0000000001"}
OTHERS_MERCHANT = "6D9C2E4F0A6B4B5D8E1F3A7C9B0D2E4F"


@pytest.fixture
def token(functions: Functions) -> str:
    return token_for(functions, functions.api_key)


def token_for(functions: Functions, key: str) -> str:
    found: str = functions.call("issue_token", headers={"api_key": key}, context={}).body["data"]["token"]
    return found


def get(functions: Functions, name: str, query: Body, **more: Any) -> Answer:
    return functions.call(name, query=query, context={}, httpMethod="GET", **more)


def post(functions: Functions, token: str, **fields: Any) -> Body:
    body = {**example("create_1.request"), "token": token, **fields}
    body["accounts_receivable_identifier"] = {"number": "ACR0000000001"}
    answer = functions.call("classic_create_purchase", body, context={})
    assert answer.status == 200, answer.body
    data: Body = answer.body["data"]
    return data


def numbers(answer: Answer) -> list[str]:
    assert answer.status == 200, answer.body
    return [told["number"] for told in answer.body["data"]["purchase_customer_events_set"]]


def listed(functions: Functions, token: str, **query: str) -> Answer:
    return get(functions, "classic_list_purchases", {"token": token, **ACCOUNT, **query})


# ---------------------------------------------------------------- showing


@pytest.mark.parametrize("by", ["id", "number", "reference_number"])
def test_a_purchase_is_shown_by_get_as_it_is_by_post(functions: Functions, token: str, by: str) -> None:
    posted = post(functions, token)

    shown = get(functions, "classic_show_purchase", {"token": token, "customer_event_identifier": f"{by}={posted[by]}"})

    assert (shown.status, shown.body["data"]) == (200, posted)


def test_what_comes_behind_a_second_equals_sign_is_part_of_the_value(functions: Functions, token: str) -> None:
    posted = post(functions, token, reference_number="A=B=C&D E")

    shown = get(
        functions,
        "classic_show_purchase",
        {"token": token, "customer_event_identifier": "reference_number=A=B=C&D E", "fields_set": "id, number"},
    )

    assert shown.body["data"] == {"id": posted["id"], "number": posted["number"]}


def test_the_token_may_be_in_the_header_and_then_counts(functions: Functions, token: str) -> None:
    posted = post(functions, token)
    named = {"customer_event_identifier": f"id={posted['id']}"}
    bearer = {"Authorization": f"Bearer {token}"}

    assert get(functions, "classic_show_purchase", named, headers=bearer).status == 200
    assert get(functions, "classic_show_purchase", {**named, "token": "bad"}, headers=bearer).status == 200
    assert get(functions, "classic_show_purchase", {**named, "token": "bad"}).status == 401
    assert get(functions, "classic_show_purchase", named).status == 401


def test_a_token_in_the_query_of_a_post_is_none(functions: Functions, token: str) -> None:
    body = {"customer_event_identifier": {"id": "X"}}

    assert functions.call("classic_show_purchase", body, query={"token": token}, context={}).status == 401


@pytest.mark.parametrize(
    ("named", "code", "told"),
    [
        ({}, "MandatoryAPIValueMissingException", "/customer_event_identifier"),
        ({"customer_event_identifier": "101"}, "InvalidAPIValueException", "field=value"),
        ({"customer_event_identifier": ""}, "InvalidAPIValueException", "field=value"),
        ({"customer_event_identifier": "number="}, "MandatoryAPIValueMissingException", "id, number"),
        ({"customer_event_identifier": "colour=red"}, "MandatoryAPIValueMissingException", "id, number"),
        ({"customer_event_identifier": "number=" + "9" * 256}, "InvalidAPIValueException", "255 characters"),
        ({"customer_event_identifier": "number=9" + "9" * 500}, "InvalidAPIValueException", "characters"),
    ],
    ids=["nothing", "no field", "empty", "no value", "no such field", "a long value", "a very long one"],
)
def test_a_query_that_names_no_purchase_is_told_how_to(
    functions: Functions, token: str, named: Body, code: str, told: str
) -> None:
    answer = get(functions, "classic_show_purchase", {"token": token, **named})

    assert (answer.status, answer.body["status"]["code"]) == (400, code)
    assert told in answer.body["status"]["description"]


@pytest.mark.parametrize(
    "unknown", ["payment_medium_identifier", "request_unique_identifier", "colour", "x_identifier"]
)
@pytest.mark.parametrize("value", ["", "4242", "id=1"])
def test_what_a_query_names_that_nobody_asks_for_is_ignored_in_whatever_form(
    functions: Functions, token: str, unknown: str, value: str
) -> None:
    posted = post(functions, token)
    named = {"customer_event_identifier": f"id={posted['id']}"}

    assert get(functions, "classic_show_purchase", {"token": token, **named, unknown: value}).body["data"] == posted
    assert numbers(listed(functions, token, **{unknown: value})) == [posted["number"]]


def test_a_reference_number_of_the_greatest_length_is_found(functions: Functions, token: str) -> None:
    posted = post(functions, token, reference_number="R" * 255)
    named = {"customer_event_identifier": "reference_number=" + "R" * 255}

    assert get(functions, "classic_show_purchase", {"token": token, **named}).body["data"]["id"] == posted["id"]


# ---------------------------------------------------------------- awards


@pytest.mark.parametrize("by", ["id", "number"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_award_is_shown_as_its_purchase_has_it(functions: Functions, token: str, by: str, method: str) -> None:
    posted = rewarded(functions, token)
    [award] = posted["award_reward_transactions_set"]
    purchase = {"customer_event_identifier": {"id": posted["id"]}}
    body = {"award_reward_transaction_identifier": {by: award[by]}, **purchase}

    if method == "GET":
        query = {name: "=".join(*named.items()) for name, named in body.items()}
        answer = get(functions, "classic_show_award", {"token": token, **query})
    else:
        answer = functions.call("classic_show_award", {"token": token, **body}, context={})

    assert (answer.status, answer.body["data"]) == (200, award)


def test_an_award_of_another_purchase_is_not_found(functions: Functions, token: str) -> None:
    first, second = rewarded(functions, token), rewarded(functions, token)
    [award] = first["award_reward_transactions_set"]
    body = {
        "award_reward_transaction_identifier": {"number": award["number"]},
        "customer_event_identifier": {"id": second["id"]},
    }

    answer = functions.call("classic_show_award", {"token": token, **body}, context={})

    assert answer.status == 404
    assert answer.body["status"]["message"].startswith(f"Error:Award ({award['number']}) Not Found.")


def test_an_award_without_its_purchase_is_told_what_is_missing(functions: Functions, token: str) -> None:
    answer = get(functions, "classic_show_award", {"token": token, "award_reward_transaction_identifier": "number=1"})

    assert (answer.status, answer.body["status"]["code"]) == (400, "MandatoryAPIValueMissingException")
    assert "/customer_event_identifier" in answer.body["status"]["message"]


def rewarded(functions: Functions, token: str) -> Body:
    """Post a purchase that an offer of the demo rewards."""
    coffee = {"product_identifier": {"code": "FREDESPR001"}, "net_amount": 20, "vat_amount": 0, "total_amount": 20}
    where = {"performed_by_unit_identifier": None, "performed_by_tap_identifier": {"code": "CD123456-1"}}
    return post(functions, token, **where, products_set=[coffee])


# ---------------------------------------------------------------- lists


def test_purchases_are_listed_newest_first_a_page_at_a_time(functions: Functions, token: str) -> None:
    posted = [post(functions, token)["number"] for _ in range(5)]

    first = listed(functions, token, limit="2")
    second = listed(functions, token, limit="2", next=first.body["data"]["next"])
    last = listed(functions, token, limit="2", next=second.body["data"]["next"])

    assert numbers(first) + numbers(second) + numbers(last) == posted[::-1]
    assert last.body["data"]["next"] is None
    assert last.body["data"]["missing"] == []


def test_a_purchase_is_listed_as_it_is_shown(functions: Functions, token: str) -> None:
    posted = post(functions, token)

    assert listed(functions, token).body["data"]["purchase_customer_events_set"] == [posted]
    assert listed(functions, token, fields_set="number").body["data"]["purchase_customer_events_set"] == [
        {"number": posted["number"]}
    ]


@pytest.mark.parametrize(
    "named",
    [
        {"accounts_receivable_identifier": "id=8DDDA5F17D9641FC97A32FEAEE1F8AC6"},
        {"accounts_receivable_identifier": "number=ACR0000000001"},
    ],
    ids=["id", "number"],
)
def test_an_account_may_be_named_in_each_way(functions: Functions, token: str, named: Body) -> None:
    answer = get(functions, "classic_list_purchases", {"token": token, **named})

    assert answer.status == 200, answer.body


@pytest.mark.parametrize(
    ("query", "code", "told"),
    [
        ({}, "MandatoryAPIValueMissingException", "accounts_receivable_identifier and rewards_participant_identifier"),
        ({**ACCOUNT, "rewards_participant_identifier": "number=1"}, "MutuallyExclusiveAPIValuesException", "Only one"),
        ({"accounts_receivable_identifier": "number=NONE"}, "NotFoundAPIValueException", "Account (NONE)"),
        ({"accounts_receivable_identifier": "access_token_identifier=1"}, "MandatoryAPIValueMissingException", "name"),
        ({**ACCOUNT, "performed_by_business_unit_identifier": "code=NO"}, "NotFoundAPIValueException", "Business Unit"),
        ({**ACCOUNT, "performed_on_from": "yesterday"}, "InvalidAPIValueException", "/performed_on_from"),
        ({**ACCOUNT, "limit": "101"}, "InvalidAPIValueException", "/limit"),
    ],
    ids=["nobody", "two", "no account", "a card", "no unit", "no date", "too many"],
)
def test_what_cannot_be_listed_is_refused_by_what_is_wrong(
    functions: Functions, token: str, query: Body, code: str, told: str
) -> None:
    answer = get(functions, "classic_list_purchases", {"token": token, **query})

    assert answer.body["status"]["code"] == code
    assert told in answer.body["status"]["message"]


def test_a_list_is_of_the_time_that_is_asked_for_by_the_clock_of_the_place(functions: Functions, token: str) -> None:
    days = [post(functions, token, performed_on=f"2026-01-0{day}T00:00:00")["number"] for day in (1, 2, 3)]

    def between(**query: str) -> list[str]:
        return numbers(listed(functions, token, **query))

    assert between(performed_on_from="2026-01-02T00:00:00") == [days[2], days[1]]
    assert between(performed_on_to="2026-01-02T00:00:00") == [days[0]]
    assert between(performed_on_from="2026-01-02T00:00:00", performed_on_to="2026-01-03T00:00:00") == [days[1]]


@pytest.mark.parametrize("end", ["", "Z", "+14:00", "-14:00"])
def test_a_list_may_be_of_all_time_that_a_calendar_has(functions: Functions, token: str, end: str) -> None:
    """Software names a day that is before, or after, all others where it means no limit."""
    posted = post(functions, token)["number"]
    first, last = f"0001-01-01T23:59:59{end}", f"9999-12-31T00:00:00{end}"

    assert numbers(listed(functions, token, performed_on_from=first, performed_on_to=last)) == [posted]
    assert numbers(listed(functions, token, performed_on_from=last)) == []
    assert numbers(listed(functions, token, performed_on_to=first)) == []


def test_a_list_is_of_the_business_unit_that_is_asked_for(functions: Functions, token: str) -> None:
    elsewhere = post(functions, token)["number"]
    here = rewarded(functions, token)["number"]

    assert numbers(listed(functions, token)) == [here, elsewhere]
    assert numbers(listed(functions, token, performed_by_business_unit_identifier="code=CD123456")) == [here]


def test_only_purchases_are_listed_and_a_cancelled_one_says_so(functions: Functions, token: str) -> None:
    posted = rewarded(functions, token)
    functions.call("cancel_purchase", path={"id": posted["id"]})

    [told] = listed(functions, token).body["data"]["purchase_customer_events_set"]

    assert (told["number"], told["life_cycle_state"]) == (posted["number"], "CANCELLED")


def test_what_the_partner_may_not_see_is_not_listed_nor_its_merchant_known(
    functions: Functions, demo: DynamoTable, token: str
) -> None:
    post(functions, token)
    key, _ = create_key(KeyRequest("DEMO", [OTHERS_MERCHANT], list(Scope)), table=demo, now=NOW)
    other = token_for(functions, key)

    assert numbers(listed(functions, other)) == []
    hidden = listed(functions, other, performed_by_business_unit_identifier="code=MRA")
    assert hidden.body["status"]["code"] == "NotFoundAPIValueException"


def test_a_page_that_looks_through_enough_ends_without_being_full(
    functions: Functions, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_purchases, "MAX_PAGE", 2)
    monkeypatch.setattr(list_purchases, "MAX_LOOKS", 2)
    oldest = post(functions, token, performed_on="2015-01-01T00:00:00")["number"]
    for _ in range(6):
        post(functions, token)

    page = listed(functions, token, performed_on_to="2016-01-01T00:00:00")
    found = numbers(page)
    assert (found, page.body["data"]["next"] is None) == ([], False)
    while page.body["data"]["next"]:
        page = listed(functions, token, performed_on_to="2016-01-01T00:00:00", next=page.body["data"]["next"])
        found += numbers(page)

    assert found == [oldest]


def test_a_page_has_no_more_parts_than_one_purchase_may_have_lines(
    functions: Functions, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_purchases, "MAX_PARTS", 1)
    posted = [post(functions, token)["number"] for _ in range(3)]  # each has two lines

    found, following = [], ""
    for _ in range(3):
        page = listed(functions, token, **({"next": following} if following else {}))
        found.append(numbers(page))
        following = page.body["data"]["next"]

    assert found == [[number] for number in posted[::-1]]


def test_a_purchase_that_the_index_does_not_have_yet_is_told_to_be_missing(
    functions: Functions, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    post(functions, token)
    late = functions.module("classic_list_purchases").table
    monkeypatch.setattr(type(late), "journal", lambda *_, **__: [])
    monkeypatch.setattr("time.sleep", lambda _: None)

    data = listed(functions, token).body["data"]

    assert data["purchase_customer_events_set"] == []
    assert data["missing"]


# ---------------------------------------------------------------- the token


@pytest.mark.parametrize("name", ["classic_show_purchase", "classic_list_purchases", "classic_show_award"])
def test_neither_the_log_nor_an_answer_has_the_token_of_a_query(
    functions: Functions, token: str, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Whatever goes wrong: the token, what else the query says, the storage, the function."""
    stream = io.StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", stream)
    everything = {
        **ACCOUNT,
        "customer_event_identifier": "number=1",
        "award_reward_transaction_identifier": "number=1",
    }
    twice = {"multiValueQueryStringParameters": {"token": [token, "other"]}}
    answers = [get(functions, name, {"token": token}), get(functions, name, {"token": token, **everything})]
    answers += [get(functions, name, {"token": token + text}) for text in ("x", "\0", "\ufffd", "x" * MAX_TOKEN)]
    answers.append(get(functions, name, {"token": token, **everything}, **twice))
    answers.append(get(functions, name, {"token": token, "x_identifier": token, token: "x"}))
    broken = functions.module(name)
    for fault in (RuntimeError(token), KeyError({"token": token})):

        def fail(*_: object, error: Exception = fault) -> None:
            raise error

        monkeypatch.setattr(broken, "asked_in", fail)
        answers.append(get(functions, name, {"token": token}))

    assert [answer.status for answer in answers][-2:] == [500, 500]
    lines = stream.getvalue()
    assert len(lines.splitlines()) >= len(answers) - 1
    for text in (lines, *(answer.text for answer in answers)):
        assert token not in text
        assert token.rpartition(".")[2] not in text


def test_errors_of_a_get_have_the_form_that_the_partner_chose(functions: Functions, demo: DynamoTable) -> None:
    bring(demo, {"type": "partner", "id": "DEMO", "name": "Demo partner", "classic_errors": "OK"})
    token = token_for(functions, functions.api_key)

    for query in ({"customer_event_identifier": "number=1"}, {"customer_event_identifier": "x"}, {"fields_set": "\0"}):
        answer = get(functions, "classic_show_purchase", {"token": token, **query})
        assert answer.status == 200
        assert answer.body["status"]["code"] != "OK"
    assert get(functions, "classic_show_purchase", {"token": token[:-4]}).status == 401
