"""Calls that bring about every kind of event, in both APIs, by every kind of identity."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a function by a partner. In a path or body, `$NAME` stands for the id that the call of this name was
    answered. Where it says nothing of itself that tells a repetition, or not for long, it is not `repeatable`. The
    `unit` is the one that a classic call comes from, if that is not the one of the partner's record."""

    name: str
    function: str
    body: Any = None
    path: dict[str, str] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    partner: str = "POS"
    repeatable: bool = True
    unit: str | None = None


def calls(now: datetime) -> Iterator[Call]:
    """Return all of them, in order: first what expires when the nightly function runs, then all else."""
    yield newest("expiring", now - timedelta(days=200), cim="CIM-EVE", merchant="KI", products=[line("NOVEL", "20")])
    recent = now - timedelta(hours=1)
    yield from _newest(recent)
    yield from _classic(recent)
    yield from _bulk(recent)
    yield from _taken_back(recent)
    yield from _tills(recent)


def files(now: datetime) -> Iterator[tuple[str, list[Body]]]:
    """Files of purchases by their names: a row by each kind of identity."""
    at, fay = now - timedelta(hours=1), {"accounts_receivable_identifier": {"number": "N-FAY"}}
    external = {"external_system": "ERP", "external_system_reference_number": "X-20"}
    rows = [
        newest("file reference", at, cim="CIM-FAY"),
        newest("file id", at, cim="CIM-FAY", id="GIVEN-FILE", spend_request={"amount": 1}),
        newest("file no time", None, cim="CIM-FAY"),
        classic("file external", at, {"number": "N-FAY"}, **external),
        classic("file reference alone", at, {"number": "N-FAY"}, external_system_reference_number="X-21"),
        classic("file row", at, {"number": "N-FAY"}),
        classic("file row", at, {"number": "N-FAY"}),
        created_spend("file spend", at, {"spend_amount": 1}, key=None),
    ]
    yield "day.jsonl", [*(row.body for row in rows), entry("1", at, "REF-file entry", **fay)]


def _newest(at: datetime) -> Iterator[Call]:
    yield newest("by reference", at, cim="CIM-ANN")
    yield newest("by id", at, cim="CIM-ANN", id="GIVEN-1", currency_code="EUR", classification={"code": "CTR"})
    yield newest("by contact", at, contact_id="C-ANN", payment_medium_identifier="4242", outlet_tap={"id": "CAFE-1"})
    yield newest("spends", at, cim="CIM-ANN", spend_request={"amount": Decimal("2.12")})
    yield newest("spends points", at, cim="CIM-ANN", spend_request={"alternative_amount": 150})
    yield newest("at once", at, cim="CIM-ANN", products=[line("TEA", "4", quantity=2), line("CAKE", "3.5")])
    yield newest("automatic", at, cim="CIM-CAT", products=[line("NOVEL", "25")])
    yield newest(
        "in dollars", at, cim="CIM-BOB", spend_request={"amount": 3}, products=[line("TEA", "9"), line("CAKE", "2")]
    )
    yield newest("promo code", at, cim="CIM-ANN", promo_code="BLOOM", id="GIVEN-PROMO")
    yield newest(
        "vouchers", at, cim="CIM-BOB", merchant="BK", products=[line("NOVEL", "60", quantity=3), line("TEA", "5")]
    )
    yield newest("no time", None, cim="CIM-DEE", merchant="KI", partner="OFFICE")


def _classic(at: datetime) -> Iterator[Call]:
    external = {"external_system": "ERP", "external_system_reference_number": "X-1"}
    yield classic("external", at, {"number": "N-ANN"}, **external, udf_string_1="gold", promo_code="BLOOM")
    yield classic("key", at, {"number": "N-ANN"}, key="KEY-1", invoice_identifier={"number": "I0001"})
    yield classic("same reference", at, {"name": "Ann Archer"}, key="KEY-2", reference_number="REF-key")
    yield classic("no identity", at, {"number": "N-ANN"}, spend_request={"spend_amount": 1}, key=None)
    yield classic("reference alone", at, {"number": "N-DEE"}, external_system_reference_number="X-2", key=None)
    yield classic("reference with key", at, {"number": "N-DEE"}, external_system_reference_number="X-3", key="KEY-8")
    yield classic("system alone", at, {"number": "N-DEE"}, external_system="ERP", key=None)
    card = {"access_token_identifier": {"identifier": "CARD-BOB", "pass_code": "2468"}}
    yield classic("by card", at, card, key="KEY-3", spend_request={"spend_alternative_amount": 120})
    books = {"performed_by_unit_identifier": {"name": "Books"}}
    yield classic("books", at, {"number": "N-BOB"}, **books, key="KEY-4", products_set=[item("NOVEL", "30")])
    till = {"performed_by_tap_identifier": {"code": "CF1-1"}, "performed_by_business_unit_identifier": {"code": "CF"}}
    paid = {
        "payment_medium_brand_identifier": {"alternative_code": "V"},
        "classification_identifier": {"name": "Counter sale"},
    }
    yield classic(
        "till", at, {"id": "A-ANN"}, **till, **paid, key="KEY-5", intended_currency_identifier={"code": "EUR"}
    )
    yield created_spend("created spend", at, {"spend_amount": Decimal("1.5")}, key="KEY-6")
    yield created_spend("nothing spent", at, {"classification_identifier": {"alternative_code": "SR"}}, key="KEY-7")
    yield created_spend("no identity spend", at, {"spend_amount": Decimal("0.5")}, key=None)


def _bulk(at: datetime) -> Iterator[Call]:
    fay = {"accounts_receivable_identifier": {"number": "N-FAY"}}
    entries = [
        entry("1", at, "B-1"),
        entry("2", at, "B-1"),
        entry("3", at, "B-3", **fay, products_set=[item("CAKE", "4"), item("TEA", "2.5", quantity=2)]),
        entry("4", at, "B-4", external_system="ERP", external_system_reference_number="X-10"),
        entry("5", at, "B-5", products_set=[item("NONESUCH", "4")]),
        entry("6", at, "B-6", spend_request={"spend_amount": Decimal("1.25")}),
    ]
    yield bulk("bulk", entries, "KEY-BULK", intended_currency_identifier={"code": "EUR"})
    yield bulk("bulk of one", [entry("1", at, "B-7")], "KEY-BULK-2")
    equal = [entry("1", at, "B-8", **fay), entry("2", at, "B-8", **fay)]
    yield bulk("bulk without identity", equal, None)


def _taken_back(at: datetime) -> Iterator[Call]:
    yield cancelled("cancelled", "$by contact")
    yield cancelled("cancelled spend", "$spends")
    yield cancelled("cancelled promo code", "GIVEN-PROMO")
    yield cancelled("cancelled dollars", "$in dollars")
    identifier = {"customer_event_identifier": {"reference_number": "REF-external"}}
    yield Call("classic cancelled", "classic_cancel_purchase", identifier)
    yield returned("returned in part", "$vouchers", at, {"line": 0, "quantity": 1})
    yield returned("returned more", "$vouchers", at, {"product_sku": "NOVEL"}, {"line": 1})
    yield returned("returned whole", "$at once", None, {"line": 0}, {"product_sku": "CAKE", "quantity": 1})
    yield from _spent_already(at)


def _spent_already(at: datetime) -> Iterator[Call]:
    """Awards that are to be taken back after they were spent: waived at the cafe, owed at the bookshop."""
    dee = {"cim": "CIM-DEE"}
    yield newest("earns", at, **dee, products=[line("CAKE", "30"), line("NOVEL", "30")], id="GIVEN-EARNS")
    yield newest("spends it all", at, **dee, merchant="KI", spend_request={"amount": 5})
    yield returned("waived in part", "GIVEN-EARNS", at, {"line": 1})
    yield cancelled("waived", "GIVEN-EARNS")
    fay = {"cim": "CIM-FAY", "merchant": "BK"}
    yield newest("owes", at, **fay, products=[line("NOVEL", "40")])
    yield newest("spends what it will owe", at, **fay, merchant_tap={"code": "KI"}, spend_request={"amount": 6})
    yield cancelled("owed", "$owes")
    yield newest("pays off", at, **fay, products=[line("TEA", "30"), line("NOVEL", "10")])
    yield returned("paid off in part", "$pays off", at, {"line": 0})


def _tills(at: datetime) -> Iterator[Call]:
    """Return purchases of tills that know no baskets, of both generations, and a classic one of another unit."""
    ann, cafe = {"contact_id": "C-ANN", "organisation_id": "CAFE-1"}, {"organisation": {"id": "CAFE"}}
    totals = {"total_amount": Decimal("24.8"), "net_amount": 20, "tax_amount": Decimal("4.8")}
    apart = {"transaction_amounts": {"total": Decimal("12.4"), "net": 10}, "classification": {"name": "Counter sale"}}
    yield till("till by key", ann | totals, key="TILL-1", reduction_method="FRONT_END", spend_request={"amount": 1})
    yield till("till of the second generation", cafe | apart, key="TILL-2", contact={"id": "C-ANN"})
    yield till("till by id", ann | totals, id="GIVEN-TILL")
    yield till("till by reference", ann | totals, reference_number="REF-till")
    sums = {"total_amount": 22, "net_amount": 20}
    yield till("till with lines", ann | sums, reference_number="REF-lines", products=[line("TEA", "20")])
    yield till("till without identity", ann | totals, repeatable=False)
    yield till("till with a date", ann | totals, partner="TILLS", performed_on=int(at.timestamp()))
    yield till("till without a date", ann | totals, partner="TILLS", repeatable=False)
    yield cancelled("till cancelled", "$till without a date")
    yield till("till again", ann | totals, partner="TILLS", repeatable=False)
    yield returned("till returned in part", "$till by key", at, {"line": 0, "quantity": Decimal("0.5")})
    yield replace(classic("of another unit", at, {"number": "N-ANN"}, key="KEY-UNIT"), unit="Books")


def newest(name: str, at: datetime | None, *, merchant: str = "CF", partner: str = "POS", **fields: Any) -> Call:
    """Return a purchase of the newest API, which lets the engine tell when it was performed unless `at` does."""
    body = {
        "reference_number": f"REF-{name}",
        "merchant_tap": {"code": merchant},
        "products": [line("TEA", "8.05")],
        **({"performed_on": int(at.timestamp())} if at else {}),
        **fields,
    }
    return Call(name, "create_purchase", body, partner=partner)


def till(
    name: str, totals: Body, *, key: str | None = None, partner: str = "POS", repeatable: bool = True, **fields: Any
) -> Call:
    """Return a purchase of totals."""
    return Call(name, "create_purchase", totals | fields, None, _keyed(key), partner, repeatable)


def classic(name: str, at: datetime, account: Body, *, key: str | None = None, **fields: Any) -> Call:
    """Return a purchase of the classic API."""
    body = {"accounts_receivable_identifier": account, **_event(at), **_basket(f"REF-{name}"), **fields}
    external = "external_system" in fields and "external_system_reference_number" in fields
    return Call(name, "classic_create_purchase", body, headers=_keyed(key), repeatable=bool(key or external))


def created_spend(name: str, at: datetime, spend: Body, *, key: str | None) -> Call:
    """Return a purchase of the classic API with its spend request beside it."""
    body = {
        "accounts_receivable_identifier": {"number": "N-ANN"},
        **_event(at),
        "process_immediately": 1,
        "purchase_customer_event": _basket(f"REF-{name}"),
        "spend_request_customer_event": spend,
    }
    return Call(name, "classic_create_spend", body, headers=_keyed(key), repeatable=bool(key))


def bulk(name: str, entries: list[Body], key: str | None, **fields: Any) -> Call:
    """Many purchases of the classic API."""
    body = {"purchase_customer_events_set": entries, **fields}
    return Call(name, "classic_bulk_create", body, headers=_keyed(key), partner="OFFICE", repeatable=bool(key))


def entry(own_id: str, at: datetime, reference_number: str, **fields: Any) -> Body:
    """Return an entry of a bulk call."""
    account = {"accounts_receivable_identifier": {"number": "N-ANN"}}
    own = {"request_unique_identifier": own_id}
    return {**own, **account, **_event(at), **_basket(reference_number), **fields}


def cancelled(name: str, purchase: str) -> Call:
    """Return a cancellation in the newest API."""
    return Call(name, "cancel_purchase", path={"id": purchase})


def returned(name: str, purchase: str, at: datetime | None, *goods: Body) -> Call:
    """Return a return in the newest API."""
    when = {"performed_on": int(at.timestamp())} if at else {}
    body = {"reference_number": f"RET-{name}", "products": list(goods), **when}
    return Call(name, "return_products", body, path={"id": purchase})


def line(sku: str, net: str, quantity: int = 1) -> Body:
    """Return a line in the newest API's words; its tax is a tenth."""
    amount, tax = Decimal(net), round(Decimal(net) / 10, 2)
    amounts = {"net_amount": amount, "tax_amount": tax, "total_amount": amount + tax}
    return {"product_sku": sku, "quantity": quantity, **amounts}


def item(code: str, net: str, quantity: int = 1) -> Body:
    """Return a line in the classic API's words, without taxes."""
    amounts = {"net_amount": Decimal(net), "vat_amount": 0, "total_amount": Decimal(net)}
    return {"product_identifier": {"code": code}, "quantity": quantity, **amounts}


def _event(at: datetime) -> Body:
    return {"performed_by_unit_identifier": {"name": "Harbour"}, "performed_on": f"{at:%Y-%m-%dT%H:%M:%S}"}


def _basket(reference_number: str) -> Body:
    return {"reference_number": reference_number, "products_set": [item("TEA", "6.3"), item("CAKE", "2")]}


def _keyed(key: str | None) -> dict[str, str]:
    return {"Idempotency-Key": key} if key else {}
