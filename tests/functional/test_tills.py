"""Tills that know no baskets: the bodies that they send, one-time passwords of contacts, and repetitions."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from loyalty import exactjson
from loyalty.api.newest.purchase_requests import REPEATED_WITHIN, read_purchase
from loyalty.domain.errors import Code, Refused
from loyalty.domain.identity import Origin
from loyalty.domain.purchases.purchase import Reference
from loyalty.store import keys
from loyalty.store.dynamo_table import DynamoTable
from loyalty.store.ledger import read_event
from loyalty.usecases.engine import Engine
from loyalty.usecases.proofs.verify_journal import verify_journal
from loyalty.usecases.purchases.contact_passwords import issue_contact_password
from loyalty.usecases.purchases.post_purchase import post_purchase
from loyalty.usecases.reference.import_records import import_records
from loyalty.usecases.reversals.take_back import cancel_purchase
from tests.customers import EVERYTHING
from tests.functional.conftest import NOW, Answer, Functions, example
from tests.functional.stage import Stage

Body = dict[str, Any]

ACCOUNT = "ACR0000000001"
CONTACT = "C0FFEE00C0FFEE00C0FFEE00C0FFEE00"
MERCHANT = "6D9C2E4F0A6B4B5D8E1F3A7C9B0D2E4F"
OUTLET = "7E0D3F5A1B7C4C6E9F2A4B8D0C1E3F5A"
REPLAY = {"type": "partner", "id": "DEMO", "name": "Demo", "classic_repeats": "REPLAY"}


def first(**fields: Any) -> Body:
    """Return what a till of the first generation sends; None leaves a field out."""
    body = {
        "contact_id": CONTACT,
        "reduction_method": "FRONT_END",
        "organisation_id": MERCHANT,
        "total_amount": 24.80,
        "net_amount": 20.00,
        "tax_amount": 4.80,
        "spend_request": {"amount": 2.00, "restrict_fully_covered": False},
        **fields,
    }
    return exact({name: value for name, value in body.items() if value is not None})


def second(**fields: Any) -> Body:
    """Return what a till of the second generation sends."""
    body = {
        "contact": {"id": CONTACT},
        "organisation": {"id": MERCHANT},
        "transaction_amounts": {"total": 24.80, "net": 20.00},
        "classification": {"name": "Purchase"},
        "spend_request": {"amount": 2.00},
        **fields,
    }
    return exact({name: value for name, value in body.items() if value is not None})


def exact(body: Body) -> Body:
    found: Body = exactjson.loads(exactjson.dumps(body))
    return found


def bring(table: DynamoTable, *records: Body) -> None:
    assert not import_records([exactjson.dumps(one).encode() for one in records], table=table, now=NOW).refused


def balance(functions: Functions) -> Decimal:
    found: Decimal = functions.call("show_wallet", path={"account": ACCOUNT}).body["balance"]
    return found


def show(functions: Functions, posted: Answer) -> Body:
    found: Body = functions.call("show_purchase", path={"id": posted.body["id"]}).body
    return found


def problems(answer: Answer) -> dict[str, str]:
    return {error["pointer"]: error["code"] for error in answer.body["errors"]}


def otp(functions: Functions) -> str:
    issued = functions.call("issue_contact_otp", "{}", path={"id": CONTACT})
    assert issued.status == 200
    return str(issued.body["otp"])


@pytest.mark.parametrize("body", [first(), second()], ids=["first", "second"])
def test_a_body_of_each_generation_is_posted_as_one_line_without_a_product(functions: Functions, body: Body) -> None:
    before = balance(functions)

    posted = functions.call("create_purchase", body)
    told = show(functions, posted)

    assert (posted.status, posted.body.keys()) == (200, {"id"})
    assert told["reference_number"] is None
    assert told["products"] == [
        {
            "line": 0,
            "product_sku": None,
            "quantity": 1,
            "returned_quantity": 0,
            "net_amount": 20,
            "tax_amount": Decimal("4.8"),
            "total_amount": Decimal("24.8"),
        }
    ]
    assert (told["total_amount"], told["net_amount"], told["tax_amount"]) == (Decimal("24.8"), 20, Decimal("4.8"))
    assert told["merchant_tap"]["id"] == MERCHANT
    assert [(one["method"], one["amount"]) for one in told["spends"]] == [("SPEND_ON_REQUEST", 2)]
    assert balance(functions) == before + told["awarded"] - 2


def test_a_field_that_means_nothing_to_us_is_taken_and_told(functions: Functions) -> None:
    answer = functions.call("create_purchase", first())

    assert answer.headers["Ignored-Fields"] == '"/spend_request/restrict_fully_covered"'


def test_a_preview_takes_the_same_bodies(functions: Functions) -> None:
    before = balance(functions)

    told = [functions.call("preview_purchase", body) for body in (first(), second())]

    assert [(one.status, one.body["total_amount"], one.body["balance"]) for one in told] == [
        (200, Decimal("24.8"), before)
    ] * 2
    assert balance(functions) == before


def test_a_purchase_of_a_till_is_cancelled_and_returned_by_its_line(functions: Functions) -> None:
    before = balance(functions)
    cancelled, returned = (functions.call("create_purchase", first()).body["id"] for _ in range(2))

    cancel = functions.call("cancel_purchase", "{}", path={"id": cancelled})
    goods = {"reference_number": "R", "products": [{"product_sku": "Bronze"}]}
    in_vain = functions.call("return_products", goods, path={"id": returned})
    half = {"reference_number": "R", "products": [{"line": 0, "quantity": Decimal("0.5")}]}
    back = functions.call("return_products", half, path={"id": returned})
    all_else = {"reference_number": "S", "products": [{"line": 0}]}
    rest = functions.call("return_products", all_else, path={"id": returned})

    assert (cancel.status, cancel.body["life_cycle_state"]) == (200, "CANCELLED")
    assert problems(in_vain) == {"/products/0/product_sku": Code.INVALID}
    assert back.body["products"] == [{"line": 0, "product_sku": None, "quantity": Decimal("0.5")}]
    assert (back.body["spent"], rest.status) == (-1, 200)
    assert balance(functions) == before


def test_the_classic_api_tells_a_line_without_a_product(functions: Functions) -> None:
    posted = functions.call("create_purchase", first()).body["id"]
    issued = functions.call("issue_token", headers={"api_key": functions.api_key}, context={})
    named = {"token": issued.body["data"]["token"], "customer_event_identifier": {"id": posted}}

    told = functions.call("classic_show_purchase", named, context={}).body["data"]

    assert told["reference_number"] is None
    assert [(line["product"], line["vat_amount"]) for line in told["products_set"]] == [(None, Decimal("4.8"))]


def test_offers_about_products_do_not_apply_to_it_and_others_do(cold_functions: Functions, demo: DynamoTable) -> None:
    award = {"method": "PERCENTAGE", "value": 5, "base": "TOTAL"}
    offer = {"type": "reward_offer", "scheme": "SALES", "award": award}
    least = {"minimum_total_amount": Decimal("24.8"), "minimum_quantity": 1}
    bring(demo, {**offer, "id": "ALL", "name": "All", "conditions": least})
    bring(demo, {**offer, "id": "SOME", "name": "Some", "conditions": {"products": ["Bronze"]}})

    told = cold_functions.call("preview_purchase", sound(explain=True)).body

    failed = {one["offer_id"]: one["failed"] for one in told["why"]}
    assert (failed["ALL"], failed["SOME"], failed["OFFER-5PC"]) == (None, "products", "product_types")
    assert {one["offer_id"]: one["amount"] for one in told["awards"]}["ALL"] == Decimal("1.24")


def test_without_a_key_each_call_is_another_purchase(functions: Functions) -> None:
    answers = [functions.call("create_purchase", first()) for _ in range(2)]

    assert len({one.body["id"] for one in answers}) == 2
    assert not any("Idempotent-Replayed" in one.headers for one in answers)


def test_a_key_tells_a_repetition(functions: Functions) -> None:
    keyed = {"Idempotency-Key": "TILL-1-17"}
    before = balance(functions)

    posted, again = (functions.call("create_purchase", first(), headers=keyed) for _ in range(2))
    moved = balance(functions)
    other = functions.call("create_purchase", first(total_amount=24.81), headers=keyed)

    assert (again.body, again.headers["Idempotent-Replayed"]) == (posted.body, "true")
    assert (other.status, other.body["code"]) == (409, Code.DUPLICATE)
    assert balance(functions) == moved != before


def test_a_reference_number_or_an_id_identifies_before_a_key(functions: Functions) -> None:
    numbered = first(reference_number="RF-TILL")
    posted = functions.call("create_purchase", numbered, headers={"Idempotency-Key": "A"})
    again = functions.call("create_purchase", numbered, headers={"Idempotency-Key": "B"})
    given = [functions.call("create_purchase", first(id="OWN-1")) for _ in range(2)]

    assert (again.body, again.headers["Idempotent-Replayed"]) == (posted.body, "true")
    assert [(one.body["id"], one.headers.get("Idempotent-Replayed")) for one in given] == [
        ("OWN-1", None),
        ("OWN-1", "true"),
    ]


def test_a_partner_that_repeats_itself_says_the_same_within_minutes(demo: DynamoTable) -> None:
    bring(demo, REPLAY)
    engine, at = Engine.on(demo), NOW.replace(minute=14)

    def post(now: datetime, **fields: Any) -> tuple[str, bool]:
        posted = post_purchase(engine, read_purchase(sound(**fields), now), EVERYTHING, now=now)
        return posted.event.entry.event_id, posted.replayed

    once, _ = post(at)
    assert post(at + timedelta(minutes=2)) == (once, True)  # on the other side of a quarter
    assert post(at + timedelta(minutes=2), net_amount=19, tax_amount=5.80)[1] is False
    later, replayed = post(at + 2 * REPEATED_WITHIN)
    assert (later != once, replayed) == (True, False)
    assert [one.origin for one in (read_event(demo, once), read_event(demo, later)) if one] == [Origin.CONTENT] * 2


@pytest.mark.parametrize("undo", ["cancel_purchase", "return_products"])
def test_what_is_bought_again_after_it_was_undone_is_another_purchase(
    functions: Functions, demo: DynamoTable, undo: str
) -> None:
    """A cashier cancels and rings up again: told that it is the same one, the till would take the spend off the price,
    and the wallet would keep it."""
    bring(demo, REPLAY)
    held = balance(functions)
    goods = {"reference_number": "R", "products": [{"line": 0}]} if undo == "return_products" else "{}"

    posted = [functions.call("create_purchase", first()).body["id"]]
    for _ in range(2):
        assert functions.call(undo, goods, path={"id": posted[-1]}).status == 200
        assert balance(functions) == held
        again = [functions.call("create_purchase", first()) for _ in range(2)]
        assert [one.headers.get("Idempotent-Replayed") for one in again] == [None, "true"]
        assert len({one.body["id"] for one in again}) == 1
        assert balance(functions) != held
        posted.append(again[0].body["id"])

    assert len({*posted}) == 3
    assert verify_journal(demo, settle=lambda _: None).deviations == []


def test_what_is_bought_again_is_the_same_one_on_the_other_side_of_a_quarter(demo: DynamoTable) -> None:
    bring(demo, REPLAY)
    engine, at = Engine.on(demo), NOW.replace(minute=14)

    def post(now: datetime) -> tuple[str, bool]:
        posted = post_purchase(engine, read_purchase(sound(), now), EVERYTHING, now=now)
        return posted.event.entry.event_id, posted.replayed

    once, _ = post(at)
    cancel_purchase(engine, Reference("id", once, ""), EVERYTHING, now=at)
    again, replayed = post(at)

    assert (again != once, replayed) == (True, False)
    assert post(at + timedelta(minutes=2)) == (again, True)


@pytest.mark.parametrize(
    ("fields", "key"), [({"id": "OWN-2"}, None), ({"reference_number": "RF-UNDONE"}, None), ({}, "KEY-UNDONE")]
)
def test_what_says_what_it_is_stays_the_same_one_after_it_was_undone(
    functions: Functions, demo: DynamoTable, fields: Body, key: str | None
) -> None:
    bring(demo, REPLAY)
    keyed = {"Idempotency-Key": key} if key else {}

    posted = functions.call("create_purchase", first(**fields), headers=keyed)
    functions.call("cancel_purchase", "{}", path={"id": posted.body["id"]})
    again = functions.call("create_purchase", first(**fields), headers=keyed)

    assert (again.body, again.headers["Idempotent-Replayed"]) == (posted.body, "true")


def test_with_a_date_an_equal_body_is_the_same_even_if_it_was_undone(demo: DynamoTable) -> None:
    bring(demo, REPLAY)
    engine, body = Engine.on(demo), sound(performed_on=int(NOW.timestamp()))

    once = post_purchase(engine, read_purchase(body, NOW), EVERYTHING, now=NOW).event.entry.event_id
    cancel_purchase(engine, Reference("id", once, ""), EVERYTHING, now=NOW)
    again = post_purchase(engine, read_purchase(body, NOW), EVERYTHING, now=NOW)

    assert (again.event.entry.event_id, again.replayed) == (once, True)


def test_with_a_date_an_equal_body_is_the_same_for_ever(demo: DynamoTable) -> None:
    bring(demo, REPLAY)
    engine = Engine.on(demo)
    body = sound(performed_on=int(NOW.timestamp()))

    posted = [
        post_purchase(engine, read_purchase(body, now), EVERYTHING, now=now) for now in (NOW, NOW + timedelta(days=365))
    ]

    assert [one.replayed for one in posted] == [False, True]


def sound(**fields: Any) -> Body:
    """Return a body without what is ignored."""
    return first(**{"spend_request": {"amount": 2.00}, **fields})


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"contact": {"id": CONTACT}}, "/cim", None),
        ({"cim": "4A30966F684B0269AD91"}, "/cim", Code.EXCLUSIVE),
        ({"organisation": {"id": MERCHANT}}, "/organisation", Code.EXCLUSIVE),
        ({"merchant_tap": {"id": MERCHANT}}, "/organisation_id", Code.EXCLUSIVE),
        ({"transaction_amounts": {"total": 24.8, "net": 20}}, "/transaction_amounts", Code.EXCLUSIVE),
        ({"organisation_id": None}, "/merchant_tap", Code.MANDATORY),
        ({"net_amount": None}, "/net_amount", Code.MANDATORY),
        ({"tax_amount": 5}, "/total_amount", Code.INVALID),
        ({"tax_amount": None, "net_amount": 24.9}, "/net_amount", Code.INVALID),
        ({"total_amount": 0, "net_amount": 0, "tax_amount": 0}, "/total_amount", Code.INVALID),
        ({"total_amount": "24.8"}, "/total_amount", Code.INVALID),
        ({"reduction_method": "BACK_END"}, "/reduction_method", Code.INVALID),
        ({"reduction_method": "HALFWAY"}, "/reduction_method", Code.INVALID),
        ({"organisation_id": "NOWHERE"}, "/organisation_id", Code.NOT_FOUND),
        ({"classification": {"name": "Purchase", "code": "P"}}, "/classification/name", Code.EXCLUSIVE),
        ({"classification": {"name": "Nothing"}}, "/classification/name", Code.NOT_FOUND),
    ],
)
def test_a_faulty_body_is_refused_where_it_is_wrong(
    functions: Functions, change: Body, pointer: str, code: Code | None
) -> None:
    answer = functions.call("create_purchase", first(**change))

    if code is None:  # two names of the customer, of two generations
        assert problems(answer) == {"/contact": Code.EXCLUSIVE}
    else:
        assert problems(answer)[pointer] == code


def test_a_mixed_body_names_the_fields_that_do_not_go_together(functions: Functions) -> None:
    answer = functions.call("create_purchase", first(transaction_amounts={"total": 24.8, "net": 20}))

    assert "organisation_id, total_amount, net_amount, tax_amount and transaction_amounts" in answer.body["detail"]


def test_totals_beside_lines_have_to_be_their_sums(functions: Functions) -> None:
    body = example("create_v5_1.request")
    right = {**body, "total_amount": Decimal("15.19"), "net_amount": Decimal("14.16"), "tax_amount": Decimal("1.04")}
    wrong = {**body, "transaction_amounts": {"total": Decimal("15.21"), "net": Decimal("14.15")}}

    refused = functions.call("create_purchase", wrong)

    assert functions.call("create_purchase", right).status == 200
    assert problems(refused) == {"/transaction_amounts/total": Code.INVALID}


def test_a_purchase_with_lines_needs_its_reference_number(functions: Functions) -> None:
    body = {**example("create_v5_1.request"), "reference_number": None}

    answers = [functions.call("create_purchase", body | more) for more in ({}, {"total_amount": Decimal("15.19")})]

    assert [problems(one) for one in answers] == [{"/reference_number": Code.MANDATORY}] * 2


def test_an_outlet_may_be_the_organisation(functions: Functions) -> None:
    told = show(functions, functions.call("create_purchase", second(organisation={"id": OUTLET})))

    assert (told["merchant_tap"]["id"], told["outlet_tap"]["id"]) == (MERCHANT, OUTLET)


def test_a_one_time_password_stands_for_the_contact_once(functions: Functions) -> None:
    shown = second(contact={"otp": otp(functions)})

    preview = functions.call("preview_purchase", shown)
    posted = functions.call("create_purchase", shown)
    again = functions.call("create_purchase", shown)

    assert (preview.status, posted.status) == (200, 200)
    assert show(functions, posted)["account_id"] == "ACC0FFEEACC0FFEEACC0FFEEACC0FFEE"
    assert (again.status, problems(again)) == (404, {"/contact/otp": Code.NOT_FOUND})


def test_a_keyed_purchase_by_one_time_password_is_sent_again_safely(functions: Functions) -> None:
    shown, keyed = second(contact={"otp": otp(functions)}), {"Idempotency-Key": "K"}

    posted, again = (functions.call("create_purchase", shown, headers=keyed) for _ in range(2))

    assert (again.body, again.headers["Idempotent-Replayed"]) == (posted.body, "true")


def test_a_one_time_password_ends_after_five_minutes_and_is_its_partners_own(demo: DynamoTable) -> None:
    password, expires_on = issue_contact_password(CONTACT, EVERYTHING.id, table=demo, now=NOW)
    engine = Engine.on(demo)
    of_others = replace(EVERYTHING, id="OTHER")

    assert expires_on == NOW + timedelta(minutes=5)
    for partner, now in ((of_others, NOW), (EVERYTHING, expires_on)):
        with pytest.raises(Refused) as refused:
            post_purchase(engine, read_purchase(second(contact={"otp": password}), now), partner, now=now)
        assert refused.value.problems[0].code is Code.NOT_FOUND
    assert not post_purchase(
        engine, read_purchase(second(contact={"otp": password}), NOW), EVERYTHING, now=NOW
    ).replayed


@pytest.mark.parametrize(
    ("change", "status"),
    [({"life_cycle_state": "SUSPENDED"}, 400), ({"primary": False}, 404)],
    ids=["suspended", "no longer the primary one"],
)
def test_a_one_time_password_does_not_outlive_the_contacts_account(
    functions: Functions, demo: DynamoTable, change: Body, status: int
) -> None:
    shown = second(contact={"otp": otp(functions)})
    account = exactjson.loads(str(demo.get(keys.account("ACC0FFEEACC0FFEEACC0FFEEACC0FFEE"))["record"]))  # type: ignore[index]
    bring(demo, {**account, **change})

    answers = [functions.call(name, shown) for name in ("preview_purchase", "create_purchase")]
    issued = functions.call("issue_contact_otp", path={"id": CONTACT})

    assert [one.status for one in (*answers, issued)] == [status] * 3


def test_wrong_one_time_passwords_are_counted(functions: Functions) -> None:
    body = second(contact={"otp": "999999999999"})

    answers = [functions.call("preview_purchase", body).status for _ in range(101)]

    assert answers == [404] * 100 + [403]


def test_nobody_has_a_password_who_has_no_account(functions: Functions) -> None:
    answer = functions.call("issue_contact_otp", path={"id": "NOBODY"})

    assert (answer.status, answer.body["code"]) == (404, Code.NOT_FOUND)


def test_rows_of_files_have_the_same_bodies_but_no_one_time_passwords(stage: Stage, functions: Functions) -> None:
    password = otp(functions)
    rows = [sound(), second(), sound(), first(), second(contact={"otp": password}), sound(contact={"otp": password})]
    data = b"\n".join(exactjson.dumps(row).encode() for row in rows)

    result = stage.send("U", "day.jsonl", data)

    assert [row["status"] for row in result] == ["posted"] * 3 + ["refused"] * 3
    assert "/spend_request/restrict_fully_covered" in exactjson.dumps(result[3])
    assert "one-time passwords are not accepted in files" in exactjson.dumps(result[4])
    assert len({row["event_id"] for row in result[:3]}) == 3
    assert password not in exactjson.dumps(result)


def test_what_tills_posted_can_be_proven(functions: Functions, demo: DynamoTable) -> None:
    bring(demo, REPLAY)
    functions.call("create_purchase", first())
    functions.call("create_purchase", first(), headers={"Idempotency-Key": "K"})
    functions.call("create_purchase", first(id="OWN"))
    posted = functions.call("create_purchase", second(contact={"otp": otp(functions)})).body["id"]
    functions.call("return_products", {"reference_number": "R", "products": [{"line": 0}]}, path={"id": posted})

    assert verify_journal(demo, settle=lambda _: None).deviations == []
