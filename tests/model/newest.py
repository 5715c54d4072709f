"""Reading the body of POST /purchases (api.md, "POST /purchases"): a purchase, or all that is wrong with it."""

import re
from collections.abc import Iterator
from typing import Any

from tests.model import totals
from tests.model.exact import Json, exact
from tests.model.names import Names
from tests.model.programme import Programme
from tests.model.purchase import (
    EXCLUSIVE,
    INVALID,
    MANDATORY,
    Line,
    Partner,
    Problem,
    Purchase,
    Refused,
)

FIELDS = {
    "id", "reference_number", "cim", "contact_id", "merchant_tap", "outlet_tap", "products", "performed_on",
    "classification", "currency_code", "payment_medium_identifier", "spend_request", "promo_code", *totals.FIELDS,
}  # fmt: skip
TEXTS = ("reference_number", "cim", "contact_id", "currency_code", "payment_medium_identifier", "promo_code")
LINE_FIELDS = {"product_sku", "quantity", "net_amount", "tax_amount", "total_amount"}
INVISIBLE = "\u00a0\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"


def said(body: Json) -> Json:
    """Return the fields that a body says: null and an empty text are the same as absent."""
    return {name: value for name, value in body.items() if value is not None and value != ""}


def read_purchase(body: Json, partner: Partner, programme: Programme, now: int) -> Purchase:
    """Return the purchase that a body asks for, or refuse it with everything that is wrong with it."""
    fields = said(body)
    problems = list(_faults(fields))
    faulty = {pointer.split("/")[1] for pointer, _ in problems}
    sound = {name: value for name, value in fields.items() if name not in faulty}
    names = Names(programme, partner)
    merchant, outlet = newest_place(names, sound, bool(faulty & {"merchant_tap", "outlet_tap"}))
    account = newest_customer(names, sound) if not {"cim", "contact_id"} <= fields.keys() else ""
    classification = newest_classification(names, sound)
    promo_code = names.promo_code(sound.get("promo_code"))
    alone = totals.has_totals_alone(fields)
    lines = [] if alone else [_line(names, at, line) for at, line in enumerate(sound.get("products", []))]
    if "currency_code" in sound and merchant:
        names.currency("/currency_code", programme.named("currency", "code", sound["currency_code"]), merchant, outlet)
    problems += names.problems
    if problems:
        raise Refused(*problems)
    spend = said(fields.get("spend_request", {}))
    return Purchase(
        account=account,
        merchant=merchant,
        outlet=outlet,
        performed_on=fields.get("performed_on", now),
        reference=fields.get("reference_number"),
        lines=(totals.line_of(fields),) if alone else tuple(lines),
        classification=classification,
        promo_code=promo_code,
        spend=exact(next(iter(spend.values()))) if spend else None,
        in_points="alternative_amount" in spend,
    )


def newest_place(names: Names, fields: Json, faulty: bool) -> tuple[str, str | None]:
    """Return the merchant and the outlet: an outlet alone brings its merchant; both have to belong together."""
    if organisation := fields.get("organisation_id") or (fields.get("organisation") or {}).get("id"):
        pointer = "/organisation_id" if "organisation_id" in fields else "/organisation/id"
        unit = names.unit("", {"id": organisation}, at=pointer) or {"id": ""}
        return str(unit.get("parent_business_unit", unit["id"])), unit["id"] if "parent_business_unit" in unit else None
    merchant = names.unit("/merchant_tap", said(fields["merchant_tap"])) if "merchant_tap" in fields else None
    outlet = names.unit("/outlet_tap", said(fields["outlet_tap"])) if "outlet_tap" in fields else None
    if merchant and "parent_business_unit" in merchant:
        names.problem(f"/merchant_tap/{next(iter(said(fields['merchant_tap'])))}", INVALID)
    elif (
        outlet
        and outlet.get("parent_business_unit") != (merchant or {"id": outlet.get("parent_business_unit", "")})["id"]
    ):
        names.problem(f"/outlet_tap/{next(iter(said(fields['outlet_tap'])))}", INVALID)
    if outlet and not faulty:
        return outlet.get("parent_business_unit", ""), outlet["id"]
    return (merchant["id"], None) if merchant else ("", None)


def newest_customer(names: Names, fields: Json) -> str:
    """Return the account: that of the effective access token, or the primary one of the contact."""
    if "cim" in fields:
        return names.account_of_token(
            "/cim", names.programme.named("access_token", "authentication_code", fields["cim"])
        )
    contact = fields.get("contact_id") or (fields.get("contact") or {}).get("id")
    if contact:
        primary = [
            account
            for account in names.programme.of("account")
            if account.get("contact") == contact and account.get("primary", True)
        ]
        return names.found("/contact_id" if "contact_id" in fields else "/contact/id", primary[0] if primary else None)
    return ""


def newest_classification(names: Names, fields: Json) -> str | None:
    """Return the classification: by id, or by a code or alternative code that no two share."""
    if "classification" not in fields:
        return None
    by = said(fields["classification"])
    if "name" in by:
        return names.found("/classification/name", names.programme.named("classification", "name", by["name"]))
    if "id" in by:
        return names.found("/classification/id", names.programme.get("classification", by["id"]))
    rows = [
        row
        for row in names.programme.of("classification")
        if by["code"] in (row.get("code"), row.get("alternative_code"))
    ]
    return names.found("/classification/code", rows[0] if len(rows) == 1 else None)


def _line(names: Names, at: int, line: Json) -> Line:
    row = names.programme.named("product", "code", line["product_sku"])
    names.found(f"/products/{at}/product_sku", row)
    return names.line(row or {"id": ""}, line, "tax_amount", line["product_sku"])


def _faults(fields: Json) -> Iterator[Problem]:
    """Yield the faulty fields: unknown, missing, of a wrong form or size."""
    yield from ((f"/{name}", INVALID) for name in fields if name not in FIELDS)
    yield from ((f"/{name}", INVALID) for name in TEXTS if name in fields and not is_text(fields[name]))
    if "id" in fields and not _is_id(fields["id"]):
        yield "/id", INVALID
    alone = totals.has_totals_alone(fields)
    if "reference_number" not in fields and not alone:
        yield "/reference_number", MANDATORY
    yield from totals.customer_faults(fields)
    yield from totals.mixed(fields)
    for name in ("merchant_tap", "outlet_tap", "classification"):
        if name in fields:
            yield from _naming(name, fields[name])
    if "performed_on" in fields and not is_moment(fields["performed_on"]):
        yield "/performed_on", INVALID
    if "spend_request" in fields:
        yield from _spend_request(fields["spend_request"])
    if alone:
        yield from totals.total_faults(fields, is_amount)
        return
    yield from line_faults(fields.get("products"), "products", LINE_FIELDS, "tax_amount", "product_sku")


def _naming(name: str, given: Any) -> Iterator[Problem]:
    if not isinstance(given, dict):
        yield f"/{name}", INVALID
        return
    by = said(given)
    known = ("id", "code", "name") if name == "classification" else ("id", "code")
    yield from ((f"/{name}/{field}", INVALID) for field in by if field not in known)
    yield from ((f"/{name}/{field}", INVALID) for field in ("id", "code") if field in by and not is_text(by[field]))
    if "id" in by and "code" in by:
        yield f"/{name}/code", EXCLUSIVE
    if not by.keys() & {*known}:
        yield f"/{name}/id", MANDATORY


def _spend_request(given: Any) -> Iterator[Problem]:
    if not isinstance(given, dict):
        yield "/spend_request", INVALID
        return
    by = said(given)
    known = ("amount", "alternative_amount")
    yield from ((f"/spend_request/{field}", INVALID) for field in by if field not in known)
    for field in known:
        if field in by and not (is_amount(by[field]) and exact(by[field]) > 0):
            yield f"/spend_request/{field}", INVALID
    if all(field in by for field in known):
        yield "/spend_request/alternative_amount", EXCLUSIVE
    if not any(field in by for field in known):
        yield "/spend_request/amount", MANDATORY


def line_faults(lines: Any, place: str, fields: set[str], tax: str, product: str) -> Iterator[Problem]:
    """Yield what is wrong with the lines of either API: 1 to 1000, each adding up to within 0.01."""
    if not lines:
        yield f"/{place}", INVALID if isinstance(lines, list) else MANDATORY
        return
    if not isinstance(lines, list) or len(lines) > 1000:
        yield f"/{place}", INVALID
        return
    sound = True
    for at, line in enumerate(lines):
        faults = list(_line_faults(line, fields, tax, product))
        sound = sound and not faults
        yield from ((f"/{place}/{at}{pointer}", code) for pointer, code in faults)
    if sound and not any(exact(line["total_amount"]) for line in lines):
        yield f"/{place}", INVALID


def _line_faults(line: Any, fields: set[str], tax: str, product: str) -> Iterator[Problem]:
    if not isinstance(line, dict):
        yield "", INVALID
        return
    by = said(line)
    if fields:
        yield from ((f"/{name}", INVALID) for name in by if name not in fields)
    for name in (product, "net_amount", tax, "total_amount"):
        if name not in by:
            yield f"/{name}", MANDATORY
    if product == "product_sku" and product in by and not is_text(by[product]):
        yield f"/{product}", INVALID
    amounts = [name for name in ("net_amount", tax, "total_amount", "quantity") if name in by]
    wrong = [name for name in amounts if not is_amount(by[name]) or (name == "quantity" and exact(by[name]) == 0)]
    yield from ((f"/{name}", INVALID) for name in wrong)
    if not wrong and all(name in by for name in ("net_amount", tax, "total_amount")):
        gap = exact(by["net_amount"]) + exact(by[tax]) - exact(by["total_amount"])
        if abs(gap) > exact("0.01"):
            yield "/total_amount", INVALID


def is_text(value: Any) -> bool:
    """Tell whether a name may be one: up to 255 characters, and no invisible one at an end."""
    return (
        isinstance(value, str) and 0 < len(value) <= 255 and "\ufffd" not in value and value.strip(INVISIBLE) == value
    )


def is_amount(value: Any) -> bool:
    """Tell whether a value is a number, not negative, of at most 12 digits before and 4 after the point."""
    if isinstance(value, bool | str) or not hasattr(value, "__float__"):
        return False
    amount = exact(value)
    return 0 <= amount < 10**12 and (amount * 10**4).denominator == 1


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and bool(re.fullmatch(r"[A-Za-z0-9._:~-]{1,64}", value)) and value not in (
        "preview", ".", "..",
    )  # fmt: skip


def is_moment(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 100000000 <= value <= 7258118399
