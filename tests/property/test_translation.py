"""Translating a purchase to the other API and back loses nothing but what is listed."""

from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cli.translate.dialect import Dialect
from cli.translate.translation import ANY_TIME, translate
from loyalty.api.classic.reading import read_purchase as read_classic
from loyalty.api.newest.purchase_requests import read_purchase as read_newest
from loyalty.domain.access.partner import Partner
from loyalty.domain.dates import moment_at
from tests.property.test_pricing import cents, some

ATHENS = ZoneInfo("Europe/Athens")
PARTNER = Partner("P", frozenset(), frozenset({"*"}))
CODES = st.text("AZaz09-_.", min_size=1, max_size=8)
SECONDS = st.integers(100_000_000, 7_258_118_399)
TEXTS = st.sampled_from(["x", "a b", "é"])


def named(*ways: str) -> st.SearchStrategy[dict[str, str]]:
    """Return objects that name something in one of these ways."""
    return st.tuples(st.sampled_from(ways), CODES).map(lambda pair: dict([pair]))


def line(**names: Any) -> st.SearchStrategy[dict[str, Any]]:
    """Return lines that add up; `names` are those of the product and the tax."""
    tax = names.pop("tax")

    def amounts(drawn: tuple[Any, Any, Any]) -> dict[str, Any]:
        net, vat, product = drawn
        return {**product, "net_amount": net, tax: vat, "total_amount": net + vat}

    return st.tuples(cents(1, 9999), cents(0, 999), st.fixed_dictionaries(names)).map(amounts)


def lines(**names: Any) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(line(**names), min_size=1, max_size=3)


def spends(*names: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.tuples(st.sampled_from(names), cents(1, 999)).map(lambda pair: dict([pair]))


NEWEST = {
    "cim": CODES,
    "reference_number": CODES,
    "performed_on": SECONDS,
    "outlet_tap": named("id", "code"),
    "products": lines(product_sku=CODES, tax="tax_amount"),
}
NEWEST_MORE = {
    "classification": named("id", "code"),
    "currency_code": CODES,
    "payment_medium_identifier": CODES,
    "spend_request": spends("amount", "alternative_amount"),
    "promo_code": CODES,
}
CLASSIC = {
    "accounts_receivable_identifier": st.builds(
        lambda code: {"access_token_identifier": {"authentication_code": code}}, CODES
    ),
    "performed_by_business_unit_identifier": named("id", "code"),
    "performed_on": st.just("2026-01-31T12:00:00"),
    "reference_number": CODES,
    "products_set": lines(product_identifier=named("code"), tax="vat_amount"),
}
CLASSIC_MORE = {
    "classification_identifier": named("id", "alternative_code"),
    "intended_currency_identifier": named("code"),
    "payment_medium_identifier": CODES,
    "spend_request": spends("spend_amount", "spend_alternative_amount"),
    "promo_code": CODES,
}
ANY_CLASSIC = {
    **CLASSIC_MORE,
    "token": CODES,
    "description": TEXTS,
    "process_immediately": st.sampled_from([0, 1, True, False]),
    "classification_identifier": named("id", "name", "alternative_code"),
    "intended_currency_identifier": named("id", "code"),
    "performed_by_unit_identifier": named("id", "name"),
    "invoice_identifier": named("number"),
    "external_system": CODES,
    "terminal_identifier": CODES,
    "udf_string_3": TEXTS,
    "udf_float_5": st.just(5),
    "total_amount": st.just(5),
    "fields_set": st.just("id"),
    "products_set": lines(product_identifier=named("id", "code", "alternative_code"), tax="vat_amount"),
    "accounts_receivable_identifier": named("id", "number", "name"),
    "performed_by_business_unit_identifier": named("id", "code", "name"),
}


def leaves(value: Any, at: str = "") -> dict[str, Any]:
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        return {pointer: leaf for name, inner in pairs for pointer, leaf in leaves(inner, f"{at}/{name}").items()}
    return {at: value}


@given(st.fixed_dictionaries(NEWEST, optional=NEWEST_MORE), st.sampled_from([None, ATHENS]))
def test_a_newest_body_is_the_same_request_after_it_was_classic(body: dict[str, Any], zone: ZoneInfo | None) -> None:
    there = translate(body, Dialect.CLASSIC, zone)
    back = translate(there.body, Dialect.NEWEST, zone)

    assert (there.left_out, there.lacking, back.left_out, back.lacking) == ((), (), (), ())
    assert back.body == body
    assert read_newest(back.body, ANY_TIME) == read_newest(body, ANY_TIME)


@given(st.fixed_dictionaries(CLASSIC, optional=CLASSIC_MORE))
def test_a_classic_body_is_the_same_request_after_it_was_newest(body: dict[str, Any]) -> None:
    there = translate(body, Dialect.NEWEST, ATHENS)
    back = translate(there.body, Dialect.CLASSIC, ATHENS)

    assert (there.left_out, there.lacking, back.left_out, back.lacking) == ((), (), (), ())
    first, second = (read_classic(one, PARTNER, None) for one in (body, back.body))
    assert second == first
    assert second.fingerprint == first.fingerprint


@given(st.fixed_dictionaries(CLASSIC, optional=CLASSIC_MORE))
def test_both_bodies_ask_for_the_same(body: dict[str, Any]) -> None:
    there = read_newest(translate(body, Dialect.NEWEST, ATHENS).body, ANY_TIME)
    asked = read_classic(body, PARTNER, None)

    assert there.performed_on == moment_at(ATHENS, asked.performed_on)
    assert there.reference_number == asked.reference_number
    assert there.customer.value == asked.customer.value
    assert [replace(one, product=None) for one in there.lines] == [replace(one, product=None) for one in asked.lines]
    assert [one.product and one.product.value for one in there.lines] == [
        one.product and one.product.value for one in asked.lines
    ]
    assert (there.spend and replace(there.spend, pointer="")) == (asked.spend and replace(asked.spend, pointer=""))
    assert {kind: one.value for kind, one in there.references.items()} == {
        kind: one.value for kind, one in asked.references.items()
    }


@given(some(**CLASSIC, **{name: values for name, values in ANY_CLASSIC.items() if name not in CLASSIC}), st.data())
def test_nothing_of_a_classic_body_is_lost_unlisted(body: dict[str, Any], data: st.DataObject) -> None:
    whole = {name: data.draw(values) for name, values in CLASSIC.items()} | body
    for name in ("accounts_receivable_identifier", "products_set", "performed_by_business_unit_identifier"):
        whole[name] = data.draw(ANY_CLASSIC[name])

    there = translate(whole, Dialect.NEWEST)

    listed, told = {one.pointer for one in there.left_out}, sorted(map(str, leaves(there.body).values()))
    kept = {pointer: leaf for pointer, leaf in leaves(whole).items() if pointer not in listed}
    assert listed <= leaves(whole).keys()
    assert sorted(str(1769860800) if at == "/performed_on" else str(leaf) for at, leaf in kept.items()) == told


@given(
    st.fixed_dictionaries(
        {name: values for name, values in NEWEST.items() if name != "cim"},
        optional={**NEWEST_MORE, "id": CODES, "merchant_tap": named("id", "code")},
    ),
    st.sampled_from(["cim", "contact_id"]),
)
def test_nothing_of_a_newest_body_is_lost_unlisted(body: dict[str, Any], customer: str) -> None:
    if body.get("id") in (".", ".."):
        del body["id"]
    there = translate(body | {customer: "C"}, Dialect.CLASSIC)

    listed = {one.pointer for one in there.left_out}
    steps = {pointer.split("/")[1] for pointer in listed}
    assert steps == {"id", "contact_id", "merchant_tap"} & (body.keys() | {customer})
    assert bool(there.lacking) == (customer == "contact_id")
    assert len(leaves(there.body)) == len(leaves(body)) + 1 - len(listed)
