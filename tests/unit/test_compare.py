"""What `loyalty compare` says of single calls: outcomes, ids, money, balances, secrets; and the command itself."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.compare.by_design import GIVEN_OUT, OPENING
from cli.compare.differences import compare_answers
from cli.compare.page import page
from cli.compare.secrecy import tell
from cli.compare.told_ids import ToldIds, kind_of_id
from cli.main import app
from loyalty import exactjson
from tests.goldens import DEMO, GOLDENS
from tests.recordings import Call, call, compared, written

BY_NAME = {golden.name: golden for golden in GOLDENS}
SHOW, CREATE = "/customer_events/purchases/show", "/customer_events/purchases/create"


def of(name: str, **changes: Any) -> Call:
    """Return an example as a line, with other fields in its request."""
    golden = BY_NAME[name]
    return call(golden.route, golden.request_body | changes, golden.response)


def disagreements(theirs: Any, ours: Any, request: Any = None) -> list[str]:
    found = compare_answers(theirs, ours, request, ToldIds())
    return [one.pair.pointer for one in found if not one.agrees and not one.reason]


def refusal(code: str, status: int = 200) -> Call:
    told = {"status": {"code": code, "description": "their words", "message": "theirs"}, "data": None}
    return of("create_1") | {"response": told, "status": status}


def test_a_purchase_that_one_side_refuses_is_one_disagreement_worth_what_the_other_moves(tmp_path: Path) -> None:
    theirs = of("create_3", reference_number="A") | {"response": refusal("SomeException")["response"]}
    ours = of("create_3", reference_number="B", accounts_receivable_identifier={"number": "NOBODY"})
    ours["request"].pop("rewards_participant_identifier", None)

    report = compared(written(tmp_path / "a.jsonl", [theirs, ours]))

    first, second = report.disagreements()
    assert (first.pointer, first.theirs, first.ours) == ("", "refused: 200 SomeException", "done")
    assert (second.theirs, second.ours) == ("done", "refused: 404 NotFoundAPIValueException")
    awarded = report.worth["posted", "awarded"]
    assert (awarded.calls, awarded.above, awarded.below) == (2, Decimal(5), Decimal(5))


def test_of_errors_of_both_sides_the_code_counts_and_not_the_words(tmp_path: Path) -> None:
    nobody = {"accounts_receivable_identifier": {"number": "NOBODY"}}
    same, other = refusal("NotFoundAPIValueException"), refusal("InvalidAPIValueException", 400)
    for one in (same, other):
        one["request"] = {**one["request"], **nobody}
    newest = of("create_v5_1", cim="NOBODY") | {"status": 400, "response": {"error": "CRM.EXCEPTIONS.NOTFOUND"}}

    report = compared(written(tmp_path / "a.jsonl", [same, other, newest]))

    assert [(one.place, one.pointer) for one in report.disagreements()] == [(2, "/status/code")]
    assert (report.refused, report.agreeing) == (3, 2)


def test_an_id_that_the_vendor_told_leads_to_our_purchase_later(tmp_path: Path) -> None:
    created = of("create_4")
    told = created["response"]["data"]
    named = [{"id": told["id"]}, {"number": told["number"]}]
    shown = [call(SHOW, {"customer_event_identifier": one}, created["response"]) for one in named]
    unknown = call(SHOW, {"customer_event_identifier": {"number": "999"}}, created["response"])

    report = compared(written(tmp_path / "a.jsonl", [created, *shown, unknown]))

    assert [one.place for one in report.disagreements() if one.pointer == ""] == [4]
    assert report.fields["/data/id"].by_design[GIVEN_OUT] == 3


def test_an_id_of_theirs_stays_one_of_ours_and_the_other_way_round(tmp_path: Path) -> None:
    keyed = {"external_system": "TILL", "external_system_reference_number": "1"}
    first, again, other = of("create_1", **keyed), of("create_1", **keyed), of("create_1", reference_number="2")
    again["response"] = exactjson.loads(exactjson.dumps(first["response"]))
    again["response"]["data"]["id"] = "ANOTHER"  # the vendor posts twice what we know again

    report = compared(written(tmp_path / "a.jsonl", [first, again, other]))

    assert [(one.place, one.pointer) for one in report.disagreements() if one.pointer == "/data/id"] == [
        (2, "/data/id"),
        (3, "/data/id"),
    ]


def test_only_ids_of_what_a_purchase_makes_are_each_sides_own() -> None:
    own = ["/id", "/data/id", "/data/number", "/data/products_set/0/id", "/data/award_reward_transactions_set/1/number"]
    own += ["/data/processed_customer_events_set/0/id", "/data/purchase_customer_event/id", "/purchase_id"]
    records = [
        "/data/accounts_receivable/id",
        "/data/products_set/0/product/id",
        "/data/reference_number",
        "/data/x/id",
    ]

    assert all(kind_of_id(pointer) for pointer in own)
    assert not any(kind_of_id(pointer) for pointer in records)


@pytest.mark.parametrize(
    ("theirs", "ours", "found"),
    [
        ({"a": 1}, {"a": Decimal("1.0"), "b": 2}, []),
        ({"a": 1}, {"a": True}, ["/a"]),
        ({"a": None}, {}, []),
        ({"a": None}, {"a": []}, []),
        ({"a": None}, {"a": 5}, ["/a"]),
        ({"a": 5}, {}, ["/a"]),
        ({"Id": 1}, {"id": 1}, []),
        ({"type": "SPEND REQUEST"}, {"type": "SPEND_REQUEST"}, []),
        ({"name": "SPEND REQUEST"}, {"name": "SPEND_REQUEST"}, ["/name"]),
        ({"at": "2018-08-07 00:00:00.0"}, {"at": "2018-08-07T00:00:00"}, []),
        ({"at": "2018-08-07 00:00:01.0"}, {"at": "2018-08-07T00:00:00"}, ["/at"]),
        ({"process_immediately": 1}, {"process_immediately": True}, []),
        ({"process_immediately": 1}, {"process_immediately": False}, ["/process_immediately"]),
    ],
)
def test_values_that_say_the_same_agree(theirs: Any, ours: Any, found: list[str]) -> None:
    assert disagreements({"x": theirs}, {"x": ours}) == [f"/x{pointer}" for pointer in found]


def test_items_are_found_by_what_names_them() -> None:
    lines = [
        {"product": {"code": code}, "quantity": 1, "total_amount": int(total)} for code, total in ("A1", "B2", "B3")
    ]
    offers = [{"id": "1", "name": "x"}, {"id": "2", "name": "y"}]

    assert disagreements({"products_set": lines}, {"products_set": lines[::-1]}) == []
    assert disagreements({"applied_reward_offers_set": offers}, {"applied_reward_offers_set": offers[1:]}) == [
        "/applied_reward_offers_set/0"
    ]
    assert disagreements({"applied_reward_offers_set": []}, {"applied_reward_offers_set": offers[:1]}) == [
        "/applied_reward_offers_set/0"
    ]


def test_fields_that_fields_set_leaves_out_are_left_out_by_design() -> None:
    theirs, ours = {"data": {"id": "1", "number": "2", "type": "PURCHASE"}}, {"data": {"number": "2"}}

    assert disagreements(theirs, ours, {"fields_set": "number"}) == []
    assert disagreements(theirs, ours, {"fields_set": "number, type"}) == ["/data/type"]
    assert disagreements(theirs, ours, {}) == ["/data/id", "/data/type"]


def test_what_is_told_as_total_and_in_parts_is_worth_its_money_once(tmp_path: Path) -> None:
    one = of("create_4")
    one["response"]["data"]["total_awarded_amount"] += 2
    one["response"]["data"]["award_reward_transactions_set"][0]["amount"] += 2

    report = compared(written(tmp_path / "a.jsonl", [one]))

    assert report.worth["posted", "awarded"].below == 2
    assert [one.worth for one in report.disagreements() if one.worth] == [-2, -2]


@pytest.mark.parametrize("from_recording", [False, True])
def test_a_wallet_may_begin_with_what_the_recording_tells_first(tmp_path: Path, from_recording: bool) -> None:
    first, later = of("preview_2"), of("preview_2")
    first["response"]["data"]["wallet_balance"] = Decimal("12.5")
    file = written(tmp_path / "a.jsonl", [first, of("create_4"), later])

    report = compared(file, from_recording=from_recording)

    wallet = report.fields["/data/wallet_balance"]
    places = [one.place for one in report.disagreements() if one.pointer == "/data/wallet_balance"]
    assert places == ([3] if from_recording else [1, 3])
    assert wallet.by_design[OPENING] == from_recording
    shown = {one.place: one.ours for one in report.disagreements() if one.pointer == "/data/wallet_balance"}
    assert shown[3] == ("13.25" if from_recording else "3257.56")


def test_no_token_key_or_code_is_told(tmp_path: Path) -> None:
    secret = "S3CR3T-0001"
    one = of("create_v5_1", cim=secret)
    one |= {
        "headers": {"API_KEY": "K3Y-000002", "Authorization": 'Bearer B34R3R-"7'},
        "path": "/backoffice/v2/purchases?token=T0K3N-003",
    }
    one["response"] = {"id": f"no {secret}", "note": 'K3Y-000002 and T0K3N-003 and B34R3R-"7'}
    other = of("create_4", token="T0K3N-004")
    other["response"]["data"]["description"] = "said T0K3N-004"
    other["response"]["data"]["authorized_by_access_token"] = {"authentication_code": "C0D3-005", "number": "6"}
    lost = call("/contacts/T0K3N-006/otp?api_key=K3Y-7", {"password": "P4SS-008"}, {"token": "T0K3N-009"})

    report = compared(written(tmp_path / "a.jsonl", [one, other, lost]))

    told = exactjson.dumps([report.as_json(), *(one._asdict() for one in report.disagreements())]) + page(report)
    assert "(left out)" in told
    assert [code for code in ("S3CR3T", "K3Y", "T0K3N", "C0D3", "P4SS", "B34R3R") if code in told] == []


@pytest.mark.parametrize("response", [None, [], {}, {"data": 5}, {"status": 5}, [[{"a": []}]]])
def test_answers_of_any_form_are_compared(response: Any, tmp_path: Path) -> None:
    lines = [of("create_1") | {"response": response}, of("create_v5_1") | {"response": response}]
    lines += [one | {"request": [], "status": 404} for one in lines]

    report = compared(written(tmp_path / "a.jsonl", lines))

    assert report.calls == 4
    assert report.refused == 2
    assert page(report)


def test_a_path_that_no_call_could_have_is_refused_as_the_api_does(tmp_path: Path) -> None:
    line = call(f"/purchases/{'x' * 300}", None, {"error": "unknown"}, 404)

    assert compared(written(tmp_path / "a.jsonl", [line])).refused == 1


def test_a_short_secret_hides_its_own_field_and_no_other_text() -> None:
    assert tell("12", "note", {"12"}) == "(left out)"
    assert tell("1234", "note", {"12"}) == '"1234"'
    assert tell({"pass_code": "x"}, "note", set()) == '{"pass_code":"(left out)"}'


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["compare", *map(str, arguments), "--reference", str(DEMO)])
    return result.exit_code, result.stdout, result.stderr


def test_the_command_succeeds_where_all_agree(tmp_path: Path) -> None:
    file = written(tmp_path / "a.jsonl", [of("create_1"), of("preview_2"), of("bulk_1")])

    status, shown, _ = run(str(file))

    assert status == 0
    assert "3 of 3 calls are answered alike" in shown
    assert "row 19" in shown


def test_the_command_fails_and_lists_where_some_disagree(tmp_path: Path) -> None:
    one = of("create_4")
    one["response"]["data"]["total_awarded_amount"] += 2
    file, html = written(tmp_path / "a.jsonl", [one, call("/elsewhere", {}, {})]), tmp_path / "a.html"

    status, shown, _ = run(str(file), "--html", str(html))
    as_json = json.loads(run(str(file), "--json")[1])

    assert status == 1
    assert "/data/total_awarded_amount" in shown
    assert "not compared: 1 of POST /elsewhere" in shown
    assert as_json["worth"][0] == {"calls_are": "posted", "money": "awarded", "calls": 1, "above": 0, "below": 2}
    found = [one for one in as_json["disagreements"] if one["worth"]]
    assert [(one["theirs"], one["ours"], one["worth"]) for one in found] == [("2.75", "0.75", -2)]
    text = html.read_text()
    assert "/data/total_awarded_amount" in text
    assert "http" not in text.replace("(HTTP status)", "")
    assert "<script" not in text


def test_a_key_makes_a_tills_purchase_of_totals_one_however_often_it_was_sent(tmp_path: Path) -> None:
    totals = {"cim": "4A30966F684B0269AD91", "organisation_id": "6D9C2E4F0A6B4B5D8E1F3A7C9B0D2E4F"}
    body = totals | {"total_amount": 24.8, "net_amount": 20}
    keyed: dict[str, Any] = {"headers": {"Idempotency-Key": "17"}}
    calls = [
        call("/backoffice/v1/purchases", body, {"id": told}, **more)
        for told, more in (
            ("A", keyed),
            ("A", keyed),
            ("B", {}),
            ("B", {}),
        )
    ]

    status, shown, _ = run(str(written(tmp_path / "a.jsonl", calls)))

    assert (status, "3 of 4 calls are answered alike" in shown) == (1, True)  # nothing tells the last from another one


def test_who_called_is_no_disagreement_where_nobody_is_named(tmp_path: Path) -> None:
    one = of("create_1")
    one["response"]["data"]["log_information"]["created_by_user"] = {"username": "someone"}
    file = written(tmp_path / "a.jsonl", [one])
    several = tmp_path / "partners.jsonl"
    several.write_text('{"type": "partner", "id": "OTHER", "name": "Other"}\n')

    nobody, told, _ = run(str(file), "--reference", str(several))
    named, _, _ = run(str(file), "--reference", str(several), "--partner", "DEMO")

    assert (nobody, named) == (0, 1)
    assert "by design, 4 fields: who called: name the partner with --partner" in told


def test_the_command_tells_bad_lines_and_fails(tmp_path: Path) -> None:
    file = written(tmp_path / "a.jsonl", [of("create_1"), {"path": "/purchases", "status": 200}])

    status, shown, told = run(str(file))

    assert status == 1
    assert f"{file}:2: /response: This is missing." in told
    assert "1 of 1 calls are answered alike" in shown


def test_the_command_says_so_where_there_is_nothing_to_compare(tmp_path: Path) -> None:
    status, _, told = run(str(written(tmp_path / "a.jsonl", [call("/contacts/1", None, {})])))

    assert status == 1
    assert "has no call that can be compared (1 of GET /contacts/*)" in told


def test_a_partner_that_there_is_not_is_refused(tmp_path: Path) -> None:
    status, _, told = run(str(written(tmp_path / "a.jsonl", [of("create_1")])), "--partner", "NOBODY")

    assert status == 1
    assert "there is no partner NOBODY" in told
