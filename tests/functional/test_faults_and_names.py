"""What is faulty in a body, and what it names in vain, is told in one answer."""

from typing import Any

import pytest

from loyalty import exactjson
from loyalty.store.dynamo_table import DynamoTable
from loyalty.usecases.purchases import unknown_names
from loyalty.usecases.reference.import_records import import_records
from tests.customers import customer, purchase
from tests.functional.conftest import NOW, Functions, example
from tests.functional.stage import Stage
from tests.functional.test_create_purchase import problems
from tests.uploads import csv, row
from tests.uploads_by_hand import lines


@pytest.fixture
def token(functions: Functions) -> str:
    issued = functions.call("issue_token", headers={"api_key": functions.api_key}, context={})
    found: str = issued.body["data"]["token"]
    return found


NOWHERE = {"code": "NOWHERE"}
STRICT = {"Prefer": "handling=strict"}


def newest(**fields: Any) -> dict[str, Any]:
    """Return a body with a faulty line, a field too many, and names that nothing has."""
    item = {"product_sku": "NOTHING", "net_amount": "10", "tax_amount": 2, "total_amount": 12}
    wrong = {"cim": "NOBODY", "outlet_tap": NOWHERE, "classification": {"code": "NONE"}, "products": [item]}
    return {**example("create_v5_1.request"), **wrong, "colour": "red", **fields}


@pytest.mark.parametrize("name", ["create_purchase", "preview_purchase"])
def test_the_newest_api_tells_faults_and_unknown_names_together(functions: Functions, name: str) -> None:
    answer = functions.call(name, newest(), headers=STRICT)

    assert answer.status == 400
    assert problems(answer) == {
        "/products/0/net_amount": "InvalidAPIValue",
        "/colour": "InvalidAPIValue",
        "/cim": "NotFoundAPIValue",
        "/outlet_tap/code": "NotFoundAPIValue",
        "/classification/code": "NotFoundAPIValue",
        "/products/0/product_sku": "NotFoundAPIValue",
    }


@pytest.mark.parametrize("wrong", [None, 7, "", "x" * 300, {}, []])
@pytest.mark.parametrize("field", [*example("create_v5_1.request"), "promo_code", "contact_id"])
def test_a_faulty_field_is_told_once_and_hides_no_other(functions: Functions, field: str, wrong: Any) -> None:
    answer = functions.call("create_purchase", newest(**{"promo_code": "NONE", field: wrong}), headers=STRICT)

    pointers = [error["pointer"] for error in answer.body["errors"]]
    assert answer.status == 400
    assert len(pointers) == len(set(pointers))
    assert "/colour" in pointers
    unknown = {"cim": "/cim", "outlet_tap": "/outlet_tap/code", "classification": "/classification/code"}
    assert {at for of, at in unknown.items() if of != field and not (field == "contact_id" and of == "cim")} <= {
        *pointers
    }


def classic(**fields: Any) -> dict[str, Any]:
    item = {"product_identifier": NOWHERE, "net_amount": "10", "vat_amount": 2, "total_amount": 12}
    return {
        **example("create_1.request"),
        "performed_by_unit_identifier": {"name": "NONE"},
        "products_set": [item],
    } | fields


@pytest.mark.parametrize("name", ["classic_create_purchase", "classic_preview_purchase"])
def test_the_classic_api_tells_faults_and_unknown_names_together(functions: Functions, token: str, name: str) -> None:
    told = functions.call(name, classic(token=token)).body["status"]

    assert told["code"] == "InvalidAPIValueException"
    for part in ("/products_set/0/net_amount: ", "Unit (NONE) Not Found", "Product (NOWHERE) Not Found"):
        assert part in told["description"]


def test_a_create_spend_tells_what_both_its_events_name_in_vain(functions: Functions, token: str) -> None:
    body = {**example("create_spend_1.request"), "token": token, "performed_on": "yesterday"}
    body["purchase_customer_event"]["products_set"][0]["product_identifier"] = NOWHERE
    body["spend_request_customer_event"]["classification_identifier"] = {"name": "NO SUCH"}

    told = functions.call("classic_create_spend", body).body["status"]["description"]

    for part in ("/performed_on: must be a date", "Product (NOWHERE)", "Classification (NO SUCH)"):
        assert part in told


def test_a_bulk_call_tells_faults_and_unknown_names_of_each_entry(functions: Functions, token: str) -> None:
    entries = [{**classic(), "request_unique_identifier": own_id} for own_id in ("1", "2")]
    del entries[1]["products_set"][0]["net_amount"]

    answer = functions.call("classic_bulk_create", {"token": token, "purchase_customer_events_set": entries})

    told = [entry["error_description"] for entry in answer.body["data"]["unprocessed_customer_events_set"]]
    assert len(told) == 2
    assert all("/net_amount: " in one and "Unit (NONE)" in one and "Product (NOWHERE)" in one for one in told)


def test_no_pass_code_is_tried_for_a_faulty_body(functions: Functions, token: str, demo: DynamoTable) -> None:
    shown = {"access_token_identifier": {"identifier": "4A30966F684B0269AD91", "pass_code": "wrong"}}
    before = demo.scan()

    answer = functions.call("classic_create_purchase", classic(token=token, accounts_receivable_identifier=shown))

    assert answer.status == 400
    assert list(demo.scan()) == list(before)


def test_a_row_of_a_file_tells_faults_and_unknown_names_together(stage: Stage) -> None:
    cim = customer(stage.table, "one", 0)
    good, faulty = purchase(cim, "GOOD"), purchase("NOBODY", "BAD") | {"merchant_tap": NOWHERE, "performed_on": "x"}

    posted, refused = stage.send("U1", "day.jsonl", b"\n".join(lines([good, faulty])))

    assert posted["status"] == "posted"
    assert refused["error_field"] == "/performed_on"
    for part in ("/cim: Error:Account (NOBODY)", "/merchant_tap/code: Error:Merchant (NOWHERE)"):
        assert part in refused["error_description"]


def test_a_purchase_of_several_rows_tells_row_and_column_of_each_name_that_is_unknown(stage: Stage) -> None:
    cim = customer(stage.table, "one", 0)
    first = row("A", cim=cim, merchant_tap__code="MRA", products__tax_amount="x")

    stage.send("U2", "day.csv", csv(first, row("A", cim="", merchant_tap__code="")))

    assert "row 2 of this purchase, products.product_sku: Error:Product (P)" in stage.text("U2")


def test_a_business_unit_in_the_place_of_another_kind_is_told_what_it_is(functions: Functions) -> None:
    taps = {"merchant_tap": {"code": "CD123456"}, "outlet_tap": {"code": "MRA"}}

    told = functions.call("create_purchase", {**example("create_v5_1.request"), **taps}).body["errors"]

    assert [error["detail"] for error in told] == [
        "CD123456 is an outlet of EK123456: name it as the outlet.",
        "MRA is a merchant: name it as the merchant, or one of its outlets here.",
    ]


def test_a_second_primary_account_is_told_which_is_the_first_and_what_to_do(demo: DynamoTable) -> None:
    customer(demo, "one", 0)
    second = {"type": "account", "id": "A-more", "number": "N-more", "contact": "C-one"}

    [bad] = import_records([exactjson.dumps(second).encode()], table=demo, now=NOW).refused

    assert bad.field == "/contact"
    assert bad.reason.startswith("Account A-one is already the primary account of this contact.")
    assert not import_records([exactjson.dumps(second | {"primary": False}).encode()], table=demo, now=NOW).refused


def test_a_fault_of_ours_in_looking_up_names_leaves_the_faults_and_the_other_rows(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, faulty = purchase("CIM-one", "GOOD"), purchase("CIM-one", "BAD") | {"performed_on": "x"}

    def fail(*_: Any, **__: Any) -> None:
        raise KeyError

    monkeypatch.setattr(unknown_names, "look_up", fail)

    posted, refused = stage.send("U3", "day.jsonl", b"\n".join(lines([good, faulty])))

    assert (posted["status"], refused["error_field"], stage.faults) == ("posted", "/performed_on", [2])
