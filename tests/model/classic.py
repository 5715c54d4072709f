"""Reading classic bodies (contract, operations 2 to 5) into the purchase that the newest API's bodies become."""

from collections.abc import Iterator
from typing import Any

from tests.model.dates import seconds
from tests.model.exact import Json, exact
from tests.model.history import CREATE_SPEND, Entry
from tests.model.names import Names
from tests.model.newest import is_amount, line_faults, said
from tests.model.programme import Programme
from tests.model.purchase import EXCLUSIVE, INVALID, MANDATORY, Line, Problem, Purchase, Refused

PLACES = (
    "performed_by_business_unit_identifier",
    "performed_by_unit_identifier",
    "performed_by_tap_identifier",
)
AMOUNTS = ("spend_amount", "spend_alternative_amount")


def read_classic(entry: Entry, programme: Programme) -> Purchase:
    """Return the purchase that a classic body asks for, or refuse it with everything that is wrong with it.

    In create spend, customer and place stand beside the purchase and its spend request; unknown fields are ignored.
    """
    assert entry.partner is not None
    fields = said(entry.body)
    if entry.api == CREATE_SPEND:
        inner = said(fields.pop("purchase_customer_event", {}))
        request = said(fields.pop("spend_request_customer_event", {}))
        fields = fields | inner | {"spend_request": {name: request.get(name) for name in AMOUNTS}}
    problems = list(_faults(fields, needs_amount=entry.api != CREATE_SPEND))
    names = Names(programme, entry.partner)
    merchant, outlet, tap = _place(names, fields)
    account, token = _customer(names, fields)
    brand = _named(names, "payment_medium_brand", fields, "payment_medium_brand_identifier")
    medium = _named(names, "payment_medium_type", fields, "payment_medium_type_identifier")
    card = programme.get("classification", (token or {}).get("classification")) or {}
    classification = _named(names, "classification", fields, "classification_identifier")
    _named(names, "invoice", fields, "invoice_identifier")
    promo_code = names.promo_code(fields.get("promo_code"))
    given: list[Json] = fields.get("products_set") or []
    lines = [] if any(pointer.startswith("/products_set") for pointer, _ in problems) else list(_lines(names, given))
    currency = fields.get("intended_currency_identifier")
    if currency and merchant:
        names.currency("/intended_currency_identifier", _find(programme, "currency", currency), merchant, outlet)
    problems += names.problems
    if problems:
        raise Refused(*problems)
    spend = said(fields.get("spend_request", {}))
    return Purchase(
        account=account,
        merchant=merchant,
        outlet=outlet,
        performed_on=seconds(fields["performed_on"], programme.clock(merchant, outlet)),
        reference=fields["reference_number"],
        lines=tuple(lines),
        classification=classification,
        tap=tap,
        brand=brand or card.get("payment_medium_brand"),
        medium=medium or card.get("payment_medium_type"),
        promo_code=promo_code,
        no_instant=bool(fields.get("disable_instant_spend", False)),
        spend=exact(next(iter(spend.values()))) if spend else None,
        in_points="spend_alternative_amount" in spend,
    )


def _faults(fields: Json, needs_amount: bool) -> Iterator[Problem]:
    for name in ("performed_on", "reference_number"):
        if name not in fields:
            yield f"/{name}", MANDATORY
    if not any(name in fields for name in PLACES):
        yield f"/{PLACES[0]}", MANDATORY
    customers = [
        name for name in ("accounts_receivable_identifier", "rewards_participant_identifier") if name in fields
    ]
    if not customers:
        yield "/accounts_receivable_identifier", MANDATORY
    if len(customers) > 1:
        yield "/rewards_participant_identifier", EXCLUSIVE
    if "spend_request" in fields:
        spend = said(fields["spend_request"])
        amounts = [name for name in AMOUNTS if name in spend]
        yield from (
            (f"/spend_request/{name}", INVALID)
            for name in amounts
            if not (is_amount(spend[name]) and exact(spend[name]) > 0)
        )
        if len(amounts) > 1:
            yield "/spend_request/spend_alternative_amount", EXCLUSIVE
        if not amounts and needs_amount:
            yield "/spend_request", MANDATORY
    yield from line_faults(fields.get("products_set"), "products_set", set(), "vat_amount", "product_identifier")


def _find(programme: Programme, kind: str, identifier: Json) -> Json | None:
    by = said(identifier)
    field, value = next(iter(by.items())) if len(by) == 1 else ("id", None)
    return programme.named(kind, field, value) if isinstance(value, str) else None


def _named(names: Names, kind: str, fields: Json, field: str) -> str | None:
    if field not in fields:
        return None
    return names.found(f"/{field}", _find(names.programme, kind, fields[field])) or None


def _lines(names: Names, given: list[Json]) -> Iterator[Line]:
    for at, line in enumerate(given):
        row = _find(names.programme, "product", line["product_identifier"])
        names.found(f"/products_set/{at}/product_identifier", row)
        yield names.line(row or {"id": ""}, line, "vat_amount", str((row or {}).get("code", "")))


def _place(names: Names, fields: Json) -> tuple[str, str | None, str | None]:
    """Return merchant, outlet, till: one of unit, business unit and tap is enough, several have to agree (row 34)."""
    units: list[Json] = []
    tap = None
    for field, kind in zip(PLACES, ("business_unit", "unit", "tap"), strict=True):
        if field not in fields:
            continue
        row = _find(names.programme, kind, fields[field])
        unit = (
            row if kind == "business_unit" else names.programme.get("business_unit", (row or {}).get("business_unit"))
        )
        if unit is None or not names.partner.may(unit["id"], unit.get("parent_business_unit")):
            names.found(f"/{field}", None)
            continue
        units.append(unit)
        tap = str(row["id"]) if kind == "tap" and row else tap
    outlets: set[str] = {unit["id"] for unit in units if "parent_business_unit" in unit}
    merchants = {str(unit.get("parent_business_unit", unit["id"])) for unit in units}
    if len(outlets) > 1 or len(merchants) > 1:
        names.problem(f"/{PLACES[0]}", INVALID)
    return next(iter(merchants), ""), next(iter(outlets), None), tap


def _customer(names: Names, fields: Json) -> tuple[str, Json | None]:
    """Return the account, and the access token that named it: account or participant, by token too (row 35)."""
    for field in ("accounts_receivable_identifier", "rewards_participant_identifier"):
        if field not in fields:
            continue
        by: dict[str, Any] = said(fields[field])
        if token_by := said(by.get("access_token_identifier", {})):
            named = {name: value for name, value in token_by.items() if name != "pass_code"}
            token = _find(names.programme, "access_token", named)
            return names.account_of_token(f"/{field}/access_token_identifier", token), token
        if field == "accounts_receivable_identifier":
            return names.found(f"/{field}", _find(names.programme, "account", by)), None
        rows = [
            row
            for row in names.programme.of("account")
            if any((row.get("participant") or {}).get(name) == value for name, value in by.items())
        ]
        return names.found(f"/{field}", rows[0] if len(rows) == 1 else None), None
    return "", None
