"""Fields that the newest API does not know: ignored and told, refused where they may move money or the caller is
strict."""

from decimal import Decimal
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.api.http.messages import Request
from loyalty.api.newest.purchase_requests import CreatePurchase
from loyalty.api.newest.returns import ReturnProducts
from loyalty.api.newest.unknown_fields import MAX_TOLD, MAX_UNKNOWN, MOVE_MONEY, NewestModel, read_body
from loyalty.api.newest.uploads import CreateUpload
from loyalty.domain.errors import Refused
from loyalty.domain.validation import models_within
from loyalty.exactjson import dumps
from tests.functional.conftest import NOW, Functions, example

Body = dict[str, Any]

STRICT = {"Prefer": "handling=strict"}
UNKNOWN: Body = {"colour": "red", "shelf/side": {"colour": "red"}, "payment_medium_identifer": 1}
TOLD = '"/colour", "/shelf~1side", "/payment_medium_identifer";meant="payment_medium_identifier"'


def body(**fields: Any) -> Body:
    return {**example("create_v5_1.request"), **fields}


def wallet(functions: Functions) -> Decimal:
    found: Decimal = functions.call("show_wallet", path={"account": "ACR0000000001"}).body["balance"]
    return found


def test_a_purchase_with_unknown_fields_is_posted_and_is_the_same_without_them(functions: Functions) -> None:
    answer = functions.call("create_purchase", body(**UNKNOWN))
    again = functions.call("create_purchase", body())

    assert (answer.status, answer.headers["Ignored-Fields"]) == (200, TOLD)
    assert (again.body, again.headers["Idempotent-Replayed"]) == (answer.body, "true")
    assert "Ignored-Fields" not in again.headers


def test_each_route_with_a_body_tells_what_it_ignores(functions: Functions) -> None:
    posted = functions.call("create_purchase", body()).body["id"]
    goods = {"reference_number": "R", "products": [{"line": 0, "quantity": 1, "colour": "red"}]}
    calls: list[tuple[str, Body, dict[str, str] | None]] = [
        ("preview_purchase", body(explain=True, colour="red"), None),
        ("return_products", goods, {"id": posted}),
        ("cancel_purchase", {"reason": "fraud"}, {"id": posted}),
        ("create_upload", {"name": "day.csv", "colour": "red"}, None),
    ]

    answers = {name: functions.call(name, sent, path=path) for name, sent, path in calls}

    assert {name: (answer.status, answer.headers.get("Ignored-Fields")) for name, answer in answers.items()} == {
        "preview_purchase": (200, '"/colour"'),
        "return_products": (200, '"/products/0/colour"'),
        "cancel_purchase": (200, '"/reason"'),
        "create_upload": (200, '"/colour"'),
    }


def test_a_refusal_tells_what_was_ignored_too(functions: Functions) -> None:
    answer = functions.call("create_purchase", body(colour="red", cim="NOBODY"))

    assert (answer.status, answer.headers["Ignored-Fields"]) == (404, '"/colour"')


def test_a_strict_caller_has_every_unknown_field_refused(functions: Functions) -> None:
    answer = functions.call("create_purchase", body(**UNKNOWN), headers=STRICT)
    known = functions.call("create_purchase", body(), headers={"prefer": 'respond-async, handling = "strict"'})

    assert (answer.status, answer.headers["Preference-Applied"]) == (400, "handling=strict")
    assert {error["pointer"] for error in answer.body["errors"]} == {
        "/colour",
        "/shelf~1side",
        "/payment_medium_identifer",
    }
    assert (known.status, known.headers["Preference-Applied"]) == (200, "handling=strict")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("spend_reqest", "spend_request"),
        ("spendRequest", "spend_request"),
        ("spend", "spend_request"),
        ("spend_amount", "spend_request"),
        ("promo-code", "promo_code"),
        ("PromoCode", "promo_code"),
        ("ammount", "amount"),
        ("alternativeAmount", "alternative_amount"),
        ("requested_spend", "spend_request"),
        ("redeem_points", "spend_request"),
        ("returned_quantity", "quantity"),
        ("qty", "quantity"),
        ("performedOn", "performed_on"),
        ("outlet", "outlet_tap"),
        ("merchantTap", "merchant_tap"),
        ("classificaton", "classification"),
        ("lines", "line"),
        ("reference_nummer", "reference_number"),
        ("referenceNumber", "reference_number"),
        ("reductionMethod", "reduction_method"),
    ],
)
def test_nobody_loses_money_to_a_typing_error(functions: Functions, name: str, meant: str) -> None:
    before = wallet(functions)

    answer = functions.call("create_purchase", body(**{name: {"amount": 1}}))

    assert answer.status == 400
    assert [(error["pointer"], error["detail"]) for error in answer.body["errors"]] == [
        (f"/{name}", f"There is no such field. Did you mean {meant}?")
    ]
    assert wallet(functions) == before


@pytest.mark.parametrize("name", ["dryRun", "dryrun", "dry-run", "DRY_RUN", "dry_runn"])
def test_no_file_is_posted_that_was_meant_to_be_tried(functions: Functions, name: str) -> None:
    assert functions.call("create_upload", {"name": "day.csv", name: True}).status == 400


def test_fields_that_move_money_are_fields() -> None:
    models: list[type[NewestModel]] = [CreatePurchase, ReturnProducts, CreateUpload]
    parts = [part for model in models for _, part in models_within(model, NewestModel)]

    assert set(MOVE_MONEY) <= {name for model in (*models, *parts) for name in model.model_fields}


def read(sent: Body) -> tuple[Any, str]:
    request = Request(NOW, {}, {}, {}, {}, dumps(sent), is_base64=False)
    return read_body(request, CreatePurchase), request.answer_headers.get("Ignored-Fields", "")


names = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


@given(st.dictionaries(names, st.none() | st.booleans(), max_size=30))
def test_whatever_is_ignored_the_header_is_one_of_visible_characters(unknown: Body) -> None:
    known, told = read({**unknown, "reference_number": "R"})

    assert known["reference_number"] == "R"
    assert all(" " <= character <= "~" for character in told)
    assert len(told) < 20_000
    first = [one.split(";")[0].strip('"') for one in told.split(", ")] if told else []
    assert len(first) <= MAX_TOLD
    assert all(unquote(one).startswith("/") for one in first)


def test_a_body_of_unknown_fields_is_refused_before_they_are_compared() -> None:
    sent = {f"field{place}": place for place in range(MAX_UNKNOWN + 1)}

    with pytest.raises(Refused, match="more than 100 different unknown fields"):
        read(sent)


def test_one_name_in_every_line_is_one_name() -> None:
    known, told = read({"products": [{"shelf": place} for place in range(1000)]})

    assert (len(known["products"]), told.count(", ")) == (1000, MAX_TOLD - 1)
