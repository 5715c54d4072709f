"""POST /purchases (contract, operation 1), and GET /purchases/{id}."""

import base64
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from loyalty import exactjson
from loyalty.api.newest.purchase_requests import read_purchase
from loyalty.domain.access.partner import Partner
from loyalty.domain.errors import Refused
from loyalty.domain.identity import Origin, derived_id
from loyalty.store.dynamo_table import DynamoTable
from loyalty.usecases.engine import Engine
from loyalty.usecases.proofs.verify_journal import verify_journal
from loyalty.usecases.purchases.post_purchase import post_purchase
from loyalty.usecases.reference.import_records import import_records
from tests.functional.conftest import NOW, Answer, Functions, example

ACCOUNT = "ACR0000000001"
ACCOUNT_ID = "ACC0FFEEACC0FFEEACC0FFEEACC0FFEE"
CONTACT = "C0FFEE00C0FFEE00C0FFEE00C0FFEE00"
MERCHANT_ID = "6D9C2E4F0A6B4B5D8E1F3A7C9B0D2E4F"


def purchase(**fields: Any) -> dict[str, Any]:
    """Return the vendor's example with some fields changed; None leaves a field out."""
    body = {**example("create_v5_1.request"), **fields}
    return {name: value for name, value in body.items() if value is not None}


def import_record(table: DynamoTable, **record: Any) -> None:
    assert not import_records([exactjson.dumps(record).encode()], table=table, now=NOW).refused


def line(**fields: Any) -> dict[str, Any]:
    return {"product_sku": "Bronze", "net_amount": 10, "tax_amount": 2, "total_amount": 12, **fields}


def balance(functions: Functions) -> Decimal:
    found: Decimal = functions.call("show_wallet", path={"account": ACCOUNT}).body["balance"]
    return found


def problems(answer: Answer) -> dict[str, str]:
    """Error codes by field."""
    assert answer.headers["Content-Type"] == "application/problem+json"
    return {error["pointer"]: error["code"].removesuffix("Exception") for error in answer.body["errors"]}


def test_the_vendors_example_works_as_it_stands(functions: Functions) -> None:
    answer = functions.call("create_purchase", example("create_v5_1.request"))

    assert (answer.status, set(answer.body)) == (200, set(example("create_v5_1.response")))
    assert answer.body["id"] == derived_id(Origin.REFERENCE, MERCHANT_ID, "RF000001")
    # 50 at first; 5% of 14.15 and 50 cents awarded; 2.12 spent.
    assert balance(functions) == Decimal("49.09")


def test_a_posted_purchase_is_shown_with_all_that_it_did(functions: Functions) -> None:
    event_id = functions.call("create_purchase", purchase()).body["id"]

    shown = functions.call("show_purchase", path={"id": event_id}).body

    assert shown["posted_on"] > 1_700_000_000
    del shown["posted_on"]
    assert shown == {
        "id": event_id,
        "reference_number": "RF000001",
        "life_cycle_state": "POSTED",
        "performed_on": 1572423477,
        "account_id": "ACC0FFEEACC0FFEEACC0FFEEACC0FFEE",
        "merchant_tap": {"id": MERCHANT_ID, "code": "EK123456"},
        "outlet_tap": {"id": "7E0D3F5A1B7C4C6E9F2A4B8D0C1E3F5A", "code": "CD123456"},
        "classification": {"id": "5C8E1A3D7F2B4D6E9A0C2E4F6B8D0A1C", "code": "CCC"},
        "payment_medium_identifier": "42424242",
        "products": [
            {
                "line": 0,
                "product_sku": "FREDESPR001",
                "quantity": 2,
                "returned_quantity": 0,
                "net_amount": Decimal("14.15"),
                "tax_amount": Decimal("1.04"),
                "total_amount": Decimal("15.19"),
            }
        ],
        "net_amount": Decimal("14.15"),
        "tax_amount": Decimal("1.04"),
        "total_amount": Decimal("15.19"),
        "awards": [
            {
                "offer_id": "OFFER-5PC",
                "offer_name": "5% back on coffee",
                "method": "PERCENTAGE",
                "value": 5,
                "currency": "SYSTEM",
                "base": Decimal("14.15"),
                "amount": Decimal("0.71"),
                "wallet_amount": Decimal("0.71"),
                "alternative_amount": 71,
            },
            {
                "offer_id": "OFFER-WELCOME",
                "offer_name": "50 cents for a visit to the docks",
                "method": "FIXED",
                "value": Decimal("0.5"),
                "currency": "SYSTEM",
                "base": Decimal("14.15"),
                "amount": Decimal("0.50"),
                "wallet_amount": Decimal("0.50"),
                "alternative_amount": 50,
            },
        ],
        "spends": [
            {
                "method": "SPEND_ON_REQUEST",
                "amount": Decimal("2.12"),
                "wallet_amount": Decimal("2.12"),
                "alternative_amount": 212,
            }
        ],
        "awarded": Decimal("1.21"),
        "spent": Decimal("2.12"),
        "amount": Decimal("-0.91"),
        "balance": Decimal("49.09"),
        "alternative_awarded": 121,
        "alternative_spent": 212,
        "alternative_amount": -91,
        "alternative_balance": 4909,
        "wallet_version": 2,
        "reversed": {"awarded": 0, "spent": 0, "waived": 0},
    }


def test_the_same_request_again_answers_the_same_and_posts_nothing(functions: Functions) -> None:
    first = functions.call("create_purchase", purchase())
    again = functions.call("create_purchase", purchase())

    assert (again.status, again.body) == (200, first.body)
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert balance(functions) == Decimal("49.09")


def test_a_request_spelled_differently_is_the_same_request(functions: Functions) -> None:
    first = """{"reference_number": "R1", "cim": "4A30966F684B0269AD91", "merchant_tap": {"code": "EK123456"},
        "products": [{"product_sku": "Bronze", "net_amount": 10.0, "tax_amount": 2, "total_amount": 12.00}]}"""
    other = """{"products": [{"total_amount": 12, "quantity": 1, "tax_amount": 2.0, "net_amount": 10,
        "product_sku": "Bronze"}], "merchant_tap": {"id": null, "code": "EK123456"}, "spend_request": null,
        "cim": "4A30966F684B0269AD91", "reference_number": "R1"}"""
    functions.call("create_purchase", first)
    again = functions.call("create_purchase", other)

    assert again.headers["Idempotent-Replayed"] == "true"


def test_the_spend_that_emptied_the_wallet_can_be_sent_again(functions: Functions) -> None:
    body = purchase(products=[line(net_amount=90, tax_amount=10, total_amount=100)], spend_request={"amount": 50})
    assert functions.call("create_purchase", body).status == 200
    assert functions.call("create_purchase", {**body, "reference_number": "RF2"}).status == 422

    again = functions.call("create_purchase", body)

    assert (again.status, again.headers.get("Idempotent-Replayed")) == (200, "true")


@pytest.mark.parametrize("identity", [{}, {"id": "PCE12345678909876544GUID"}])
def test_another_request_with_the_same_identity_is_a_conflict(functions: Functions, identity: dict[str, str]) -> None:
    functions.call("create_purchase", purchase(**identity))
    answer = functions.call("create_purchase", purchase(**identity, currency_code=None))

    assert answer.status == 409
    assert list(problems(answer).values()) == ["DuplicateAPIValue"]
    assert balance(functions) == Decimal("49.09")


def test_a_given_id_is_the_events_id(functions: Functions) -> None:
    answer = functions.call("create_purchase", purchase(id="PCE12345678909876544GUID"))

    assert answer.body == {"id": "PCE12345678909876544GUID"}
    assert functions.call("show_purchase", path={"id": "PCE12345678909876544GUID"}).status == 200


@pytest.mark.parametrize(("first", "second"), [("ID1", None), (None, "ID2"), ("ID1", "ID2")])
def test_a_reference_number_is_used_once_by_a_merchant_whatever_the_ids(
    functions: Functions, first: str | None, second: str | None
) -> None:
    functions.call("create_purchase", purchase(id=first))

    assert functions.call("create_purchase", purchase(id=second)).status == 409


@pytest.mark.parametrize("first", [{}, {"id": "ID1"}])
@pytest.mark.parametrize("second", [{}, {"id": "ID1"}, {"id": "ID2"}])
@pytest.mark.parametrize("is_suspended", [False, True])
def test_a_taken_identity_is_a_conflict_whatever_the_request_is_refused_for(
    functions: Functions, demo: DynamoTable, first: dict[str, str], second: dict[str, str], is_suspended: bool
) -> None:
    functions.call("create_purchase", purchase(**first))
    if is_suspended:
        record = {"id": ACCOUNT_ID, "number": ACCOUNT, "contact": CONTACT, "life_cycle_state": "SUSPENDED"}
        import_record(demo, type="account", **record)

    answer = functions.call("create_purchase", purchase(**second, spend_request={"amount": 100}))

    assert answer.status == 409
    field = "/id" if "id" in second else "/reference_number"
    assert problems(answer) == {field: "DuplicateAPIValue"}
    other = purchase(reference_number="R2", spend_request={"amount": 100})
    assert functions.call("create_purchase", other).status != 409


def test_another_merchant_may_use_the_same_reference_number(functions: Functions) -> None:
    functions.call("create_purchase", purchase())

    assert functions.call("create_purchase", purchase(merchant_tap={"code": "MRA"}, outlet_tap=None)).status == 200


def test_a_contact_pays_from_the_primary_account(functions: Functions, demo: DynamoTable) -> None:
    import_record(demo, type="account", id="SECOND", number="S2", contact=CONTACT, primary=False)

    answer = functions.call("create_purchase", purchase(cim=None, contact_id=CONTACT))

    assert answer.status == 200
    assert balance(functions) == Decimal("49.09")


def test_a_given_id_may_be_the_one_that_the_reference_number_would_have_given(
    functions: Functions, demo: DynamoTable
) -> None:
    derived = derived_id(Origin.REFERENCE, MERCHANT_ID, "RF000001")

    assert functions.call("create_purchase", purchase(id=derived)).status == 200
    assert functions.call("create_purchase", purchase()).status == 409
    assert verify_journal(demo, settle=lambda _: None).deviations == []


def test_an_outlet_alone_brings_its_merchant(functions: Functions) -> None:
    event_id = functions.call("create_purchase", purchase(merchant_tap=None)).body["id"]

    assert functions.call("show_purchase", path={"id": event_id}).body["merchant_tap"]["code"] == "EK123456"


def test_units_and_classifications_are_named_by_id_or_by_code(functions: Functions) -> None:
    body = purchase(
        merchant_tap={"id": MERCHANT_ID},
        outlet_tap={"id": "7E0D3F5A1B7C4C6E9F2A4B8D0C1E3F5A"},
        classification={"id": "5C8E1A3D7F2B4D6E9A0C2E4F6B8D0A1C"},
    )

    assert functions.call("create_purchase", body).status == 200


def test_a_purchase_without_a_time_is_performed_now(functions: Functions) -> None:
    event_id = functions.call("create_purchase", purchase(performed_on=None)).body["id"]
    shown = functions.call("show_purchase", path={"id": event_id}).body

    assert shown["performed_on"] == shown["posted_on"]


def test_an_absent_quantity_is_one(functions: Functions) -> None:
    event_id = functions.call("create_purchase", purchase(products=[line()])).body["id"]

    assert functions.call("show_purchase", path={"id": event_id}).body["products"][0]["quantity"] == 1


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"cim": None}, {"/contact_id": "MandatoryAPIValueMissing"}),
        ({"contact_id": "C0FFEE"}, {"/cim": "MutuallyExclusiveAPIValues"}),
        ({"cim": "UNKNOWN"}, {"/cim": "NotFoundAPIValue"}),
        ({"cim": None, "contact_id": "UNKNOWN"}, {"/contact_id": "NotFoundAPIValue"}),
        ({"cim": 1}, {"/cim": "InvalidAPIValue"}),
        ({"cim": "\ud800"}, {"/cim": "InvalidAPIValue"}),
        ({"reference_number": None}, {"/reference_number": "MandatoryAPIValueMissing"}),
        ({"reference_number": 17}, {"/reference_number": "InvalidAPIValue"}),
        ({"reference_number": "x" * 256}, {"/reference_number": "InvalidAPIValue"}),
        ({"id": "with space"}, {"/id": "InvalidAPIValue"}),
        ({"id": "preview"}, {"/id": "InvalidAPIValue"}),
        ({"id": "."}, {"/id": "InvalidAPIValue"}),
        ({"id": ".."}, {"/id": "InvalidAPIValue"}),
        ({"id": "a/b"}, {"/id": "InvalidAPIValue"}),
        ({"classification": {}}, {"/classification/id": "MandatoryAPIValueMissing"}),
        ({"classification": {"id": "1", "code": "CCC"}}, {"/classification/code": "MutuallyExclusiveAPIValues"}),
        ({"classification": {"code": "NONE"}}, {"/classification/code": "NotFoundAPIValue"}),
        ({"classification": "CCC"}, {"/classification": "InvalidAPIValue"}),
        ({"currency_code": "PTS"}, {"/currency_code": "CurrencyMismatch"}),
        ({"currency_code": "XXX"}, {"/currency_code": "NotFoundAPIValue"}),
        ({"performed_on": 1.5}, {"/performed_on": "InvalidAPIValue"}),
        ({"performed_on": -1}, {"/performed_on": "InvalidAPIValue"}),
        ({"performed_on": 253402300800}, {"/performed_on": "InvalidAPIValue"}),
        ({"performed_on": "2019-10-30T08:17:57"}, {"/performed_on": "InvalidAPIValue"}),
        ({"merchant_tap": None, "outlet_tap": None}, {"/merchant_tap": "MandatoryAPIValueMissing"}),
        ({"merchant_tap": {"code": "NONE"}}, {"/merchant_tap/code": "NotFoundAPIValue"}),
        ({"outlet_tap": {"code": "NONE"}}, {"/outlet_tap/code": "NotFoundAPIValue"}),
        ({"outlet_tap": {"code": "MRA-1"}}, {"/outlet_tap/code": "InvalidAPIValue"}),
        ({"merchant_tap": {"code": "CD123456"}}, {"/merchant_tap/code": "InvalidAPIValue"}),
        ({"outlet_tap": {"code": "EK123456"}}, {"/outlet_tap/code": "InvalidAPIValue"}),
        ({"products": None}, {"/products": "MandatoryAPIValueMissing"}),
        ({"products": []}, {"/products": "InvalidAPIValue"}),
        ({"products": [line()] * 1001}, {"/products": "InvalidAPIValue"}),
        ({"products": [line(product_sku="NONE")]}, {"/products/0/product_sku": "NotFoundAPIValue"}),
        ({"products": [line(quantity=0)]}, {"/products/0/quantity": "InvalidAPIValue"}),
        ({"products": [line(net_amount=-2, total_amount=0), line()]}, {"/products/0/net_amount": "InvalidAPIValue"}),
        ({"products": [line(total_amount=12.02)]}, {"/products/0/total_amount": "InvalidAPIValue"}),
        ({"products": [line(total_amount="12")]}, {"/products/0/total_amount": "InvalidAPIValue"}),
        ({"products": [line(net_amount=0, tax_amount=0, total_amount=0)]}, {"/products": "InvalidAPIValue"}),
        ({"products": [line(net_amount=Decimal("10.00001"))]}, {"/products/0/net_amount": "InvalidAPIValue"}),
        ({"products": [line(net_amount=10**12)]}, {"/products/0/net_amount": "InvalidAPIValue"}),
        ({"products": [line(vat_amount=2)]}, {"/products/0/vat_amount": "InvalidAPIValue"}),
        ({"spend_request": {}}, {"/spend_request/amount": "MandatoryAPIValueMissing"}),
        (
            {"spend_request": {"amount": 1, "alternative_amount": 1}},
            {"/spend_request/alternative_amount": "MutuallyExclusiveAPIValues"},
        ),
        ({"spend_request": {"amount": 0}}, {"/spend_request/amount": "InvalidAPIValue"}),
        ({"spend_request": {"amount": 0.5}}, {"/spend_request": "SpendLimit"}),
        ({"spend_request": {"amount": 15.2}}, {"/spend_request": "SpendLimit"}),
        (
            {"spend_request": {"amount": 60}, "products": [line(net_amount=90, total_amount=92)]},
            {"/spend_request": "InsufficientBalance"},
        ),
        ({"spendRequest": {"amount": 1}}, {"/spendRequest": "InvalidAPIValue"}),
        ({"spend/request~": 1}, {"/spend~1request~0": "InvalidAPIValue"}),
    ],
    ids=str,
)
def test_a_faulty_field_is_named_and_nothing_is_posted(
    functions: Functions, change: dict[str, Any], expected: dict[str, str]
) -> None:
    answer = functions.call("create_purchase", purchase(**change))

    assert 400 <= answer.status < 500
    assert problems(answer) == expected
    assert balance(functions) == 50


def test_every_faulty_field_is_named_at_once(functions: Functions) -> None:
    answer = functions.call(
        "create_purchase",
        purchase(
            reference_number=None,
            contact_id="C",
            performed_on="now",
            merchant_tap={"id": "1", "code": "2"},
            products=[line(quantity=-1), line(total_amount=13), {}],
            spend_request={"amount": "all"},
        ),
    )

    assert answer.status == 400
    assert set(problems(answer)) == {
        "/reference_number",
        "/cim",
        "/performed_on",
        "/merchant_tap/code",
        "/products/0/quantity",
        "/products/1/total_amount",
        "/products/2/product_sku",
        "/products/2/net_amount",
        "/products/2/tax_amount",
        "/products/2/total_amount",
        "/spend_request/amount",
    }


def test_everything_that_cannot_be_found_is_named_at_once(functions: Functions) -> None:
    answer = functions.call(
        "create_purchase",
        purchase(cim="X", merchant_tap={"code": "X"}, classification={"code": "X"}, products=[line(product_sku="X")]),
    )

    assert answer.status == 404
    assert set(problems(answer)) == {
        "/cim",
        "/merchant_tap/code",
        "/classification/code",
        "/products/0/product_sku",
    }
    assert answer.body["detail"] == (
        "Error:Merchant (X) Not Found. - Description:The specified API value was not found."
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '"text"',
        "17",
        '{"a": NaN}',
        '{"a": Infinity}',
        '{"a": -Infinity}',
        '{"a": 1, "a": 1}',
        '{"a": 1e999999999999999999999}',
        '{"a": 1e400}',
        '{"products": [{"net_amount": 9e999999, "tax_amount": -9e999999, "total_amount": 9e999999}]}',
        '{"spend_request": {"amount": 1' + "0" * 5000 + "}}",
        "[" * 100_000,
        '{"a":' * 500 + "1" + "}" * 500,
        '{"a": "\t"}',
        "\ufeff{}",
        '{"a": 1} {"b": 2}',
        '{"\ud800": 1}',
    ],
    ids=lambda text: ascii(text[:30]),
)
def test_a_body_that_is_no_proper_json_is_refused(functions: Functions, text: str) -> None:
    answer = functions.call("create_purchase", text)

    assert answer.status == 400
    assert answer.body["code"]


def test_a_body_in_a_wrong_encoding_is_refused(functions: Functions) -> None:
    latin = base64.b64encode('{"cim": "Café"}'.encode("latin-1")).decode()

    assert functions.call("create_purchase", latin, isBase64Encoded=True).status == 400
    assert functions.call("create_purchase", "not base64!", isBase64Encoded=True).status == 400


def test_a_body_that_came_as_bytes_is_read(functions: Functions) -> None:
    body = base64.b64encode(b'{"cim": "X"}').decode()

    assert "/reference_number" in problems(functions.call("create_purchase", body, isBase64Encoded=True))


def test_an_oversized_body_is_refused(functions: Functions) -> None:
    assert functions.call("create_purchase", '"' + "x" * 1_000_001 + '"').status == 413


def test_a_suspended_account_takes_no_purchase(functions: Functions, demo: DynamoTable) -> None:
    import_record(demo, type="account", id=ACCOUNT_ID, number=ACCOUNT, contact=CONTACT, life_cycle_state="SUSPENDED")

    assert problems(functions.call("create_purchase", purchase())) == {"/cim": "InvalidAPIValue"}


def test_a_token_that_is_not_effective_identifies_nobody(functions: Functions, demo: DynamoTable) -> None:
    code, ended = "4A30966F684B0269AD91", "NOT_EFFECTIVE"
    token_id = "TK0FFEE0TK0FFEE0TK0FFEE0TK0FFEE0"
    import_record(
        demo, type="access_token", id=token_id, account=ACCOUNT, authentication_code=code, life_cycle_state=ended
    )

    assert problems(functions.call("create_purchase", purchase())) == {"/cim": "NotFoundAPIValue"}


@pytest.mark.parametrize("event_id", ["NONE", "X" * 3000, "Ω", "EVENT#1"])
def test_a_purchase_that_does_not_exist_is_not_found(functions: Functions, event_id: str) -> None:
    assert functions.call("show_purchase", path={"id": event_id}).status == 404


def test_a_store_that_was_imported_a_moment_ago_is_known_to_warm_functions(demo: DynamoTable) -> None:
    engine, partner = Engine.on(demo), Partner("DEMO", frozenset(), frozenset({"*"}))
    engine.catalogue.programme(NOW)
    import_record(demo, type="business_unit", id="NEW", name="New", code="NEW")
    body = purchase(merchant_tap={"code": "NEW"}, outlet_tap=None)

    soon, later = NOW + timedelta(seconds=1), NOW + timedelta(seconds=3)
    with pytest.raises(Refused):
        post_purchase(engine, read_purchase(body, soon), partner, now=soon)
    post_purchase(engine, read_purchase(body, later), partner, now=later)
