"""`loyalty translate`: what becomes of the vendor's examples, and how the command tells it."""

import json
import re
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from cli.main import app
from cli.translate.dialect import Dialect
from cli.translate.translation import bodies_of, translate
from loyalty import exactjson
from loyalty.domain.errors import Refused
from tests.goldens import EXAMPLES, GOLDENS

BODIES = {golden.name: golden.request_body for golden in GOLDENS}
TOKEN = {"accounts_receivable_identifier": {"access_token_identifier": {"authentication_code": "CIM"}}}


def left_out(body: Any, to: Dialect) -> dict[str, str]:
    return {one.pointer: one.why for one in translate(body, to).left_out}


def test_the_newest_example_has_counterparts_for_all_but_the_merchant_of_its_outlet() -> None:
    found = translate(BODIES["create_v5_1"], Dialect.CLASSIC)

    assert [one.pointer for one in found.left_out] == ["/merchant_tap/code"]
    assert found.left_out[0].why == "the outlet brings its merchant"
    assert found.lacking == ()
    assert found.body["performed_on"] == "2019-10-30T08:17:57Z"
    assert found.body["performed_by_business_unit_identifier"] == {"code": "CD123456"}


@pytest.mark.parametrize("name", [name for name in BODIES if name not in ("create_v5_1", "bulk_1")])
def test_a_classic_example_names_its_customer_and_place_as_the_newest_api_cannot(name: str) -> None:
    found = translate(BODIES[name], Dialect.NEWEST)

    assert {problem.pointer for problem in found.lacking} == {"/contact_id", "/merchant_tap"}
    why = left_out(BODIES[name], Dialect.NEWEST)
    assert why["/token"] == "the newest API takes an API key in the header api_key"
    assert "the newest API names merchants and outlets, by id or code" in why.values()
    assert "the newest API names customers by contact_id or cim" in why.values()


def test_what_the_classic_api_does_not_read_is_told_apart() -> None:
    body = BODIES["create_1"] | {"nonsense": {"a": 1}} | TOKEN
    why = left_out(body, Dialect.NEWEST)

    assert why["/nonsense/a"] == why["/total_amount"] == "the classic API does not read it, either"
    assert why["/invoice_identifier/number"] == "the newest API has no counterpart"
    assert left_out(BODIES["preview_2"], Dialect.NEWEST)["/process_immediately"] == "the newest API has no counterpart"


def test_create_spend_becomes_a_purchase_with_its_spend() -> None:
    body = BODIES["create_spend_2"] | {"spend_request_customer_event": {"spend_amount": 2}}
    found = translate(body, Dialect.NEWEST)

    assert found.body["spend_request"] == {"amount": 2}
    assert found.body["products"][0]["product_sku"] == "Serendipity"
    assert "/purchase_customer_event/disable_instant_spend" in left_out(body, Dialect.NEWEST)
    assert ("", "R17.0.0") in found.deprecated


def test_a_bulk_call_becomes_a_body_for_each_entry() -> None:
    call = BODIES["bulk_1"] | {"intended_currency_identifier": {"code": "EUR"}, "fields_set": "id"}
    bodies = bodies_of(call)

    found = [translate(body, Dialect.NEWEST) for body in bodies]

    assert len(found) == 4
    assert all(one.body["currency_code"] == "EUR" for one in found)
    pointers = [[field.pointer for field in one.left_out] for one in found]
    assert ["/fields_set" in one for one in pointers] == [True, False, False, False]
    assert all("/request_unique_identifier" in one for one in pointers)


@pytest.mark.parametrize("place", ["merchant_tap", "organisation"])
def test_a_merchant_alone_is_told_to_come_back_as_an_outlet(place: str) -> None:
    body = BODIES["create_v5_1"] | {"outlet_tap": None, "merchant_tap": None, place: {"id": "EK"}}
    there = translate(body, Dialect.CLASSIC)
    back = translate(there.body, Dialect.NEWEST)

    assert re.match(f"{place} becomes .*, which translates back to outlet_tap", there.notes[0])
    assert back.body["outlet_tap"] == body[place]
    assert "write merchant_tap if it is a merchant" in back.notes[0]


def test_what_the_newest_api_does_not_read_is_told_too() -> None:
    body = BODIES["create_v5_1"] | {"shop": "5"}

    assert left_out(body, Dialect.CLASSIC)["/shop"] == "the newest API does not read it, either"
    with pytest.raises(Refused, match="Did you mean promo_code"):
        translate(body | {"promocode": "5"}, Dialect.CLASSIC)


@pytest.mark.parametrize(
    ("date", "zone", "seconds", "back"),
    [
        ("2026-07-01T12:00:00", None, 1782907200, "2026-07-01T12:00:00Z"),
        ("2026-07-01T12:00:00", "Europe/Athens", 1782896400, "2026-07-01T12:00:00"),
        ("2026-07-01T12:00:00Z", "Europe/Athens", 1782907200, "2026-07-01T15:00:00"),
        ("2026-10-25T01:30:00Z", "Europe/Athens", 1792891800, "2026-10-25T01:30:00Z"),
        ("2199-12-31T23:59:59Z", "Europe/Athens", 7258118399, "2199-12-31T23:59:59Z"),
    ],
)
def test_dates_without_a_zone_go_by_the_clock_that_is_named(
    date: str, zone: str | None, seconds: int, back: str
) -> None:
    clock = ZoneInfo(zone) if zone else None
    there = translate(BODIES["create_1"] | {"performed_on": date}, Dialect.NEWEST, clock)
    newest = BODIES["create_v5_1"] | {"performed_on": seconds}

    assert there.body["performed_on"] == seconds
    assert any("--time-zone" in note for note in there.notes) == (zone is None)
    assert translate(newest, Dialect.CLASSIC, clock).body["performed_on"] == back


def test_a_faulty_body_is_refused_with_its_faults() -> None:
    with pytest.raises(Refused, match="/products/0/net_amount"):
        translate(BODIES["create_v5_1"] | {"products": [{"product_sku": "A"}]}, Dialect.CLASSIC)


def run(file: Path, to: str, *more: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["translate", str(file), "--to", to, *more])
    return result.exit_code, result.stdout, result.stderr


def test_the_command_writes_bodies_and_tells_the_rest_on_stderr(tmp_path: Path) -> None:
    status, shown, told = run(EXAMPLES / "create_v5_1.request.json", "classic")

    assert status == 0
    assert json.loads(shown)["products_set"][0]["product_identifier"] == {"code": "FREDESPR001"}
    assert "/merchant_tap/code: left out, as the outlet brings its merchant" in told
    back = tmp_path / "back.jsonl"
    back.write_text(shown)
    assert run(back, "newest")[0] == 0
    assert "R18.0.0" in run(back, "newest")[2]


def test_the_command_fails_where_the_other_api_would_want_more() -> None:
    status, shown, told = run(EXAMPLES / "create_1.request.json", "newest")
    as_json = json.loads(run(EXAMPLES / "create_1.request.json", "newest", "--json")[1])

    assert status == 1
    assert "to be completed: /contact_id" in told
    assert "/process_immediately: deprecated since R15.0.0" in told
    assert as_json["body"] == json.loads(shown)
    assert {"pointer": "/process_immediately", "release": "R15.0.0"} in as_json["deprecated"]
    assert {one["pointer"] for one in as_json["left_out"]} >= {"/token", "/process_immediately"}


@pytest.mark.parametrize(
    ("text", "to", "message"),
    [
        ("{", "newest", "a.jsonl:1 is not JSON"),
        ("5", "newest", "is not the body of a purchase"),
        ('{"products_set": []}', "classic", "is a body of the classic API already"),
        ('{"products": []}', "newest", "is a body of the newest API already"),
        ('{"products_set": []}', "newest", "/reference_number"),
        ("{}", "oldest", "is not one of"),
        ('{"products_set": []}', "newest --time-zone Mars", "Europe/Athens"),
    ],
)
def test_the_command_says_what_is_wrong(tmp_path: Path, text: str, to: str, message: str) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text(text)

    status, shown, told = run(file, *to.split())

    assert status != 0
    assert shown == ""
    assert message in " ".join(told.replace("│", " ").split())


def test_secrets_that_are_left_out_are_not_told(tmp_path: Path) -> None:
    token = {"access_token_identifier": {"identifier": "C4RD", "pass_code": "P4SS"}}
    file = tmp_path / "a.jsonl"
    file.write_text(exactjson.dumps(BODIES["create_1"] | {"token": "T0K3N", "accounts_receivable_identifier": token}))

    _, shown, told = run(file, "newest")

    assert "/accounts_receivable_identifier/access_token_identifier/pass_code" in told
    assert [code for code in ("C4RD", "P4SS", "T0K3N") if code in shown + told] == []
