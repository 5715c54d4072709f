"""Calls of every route: a sound one of each, and what becomes of it where one field of it has another value."""

from dataclasses import dataclass, field
from typing import Any

from loyalty.domain.identity import part_id
from tests.isolation.fields import Field
from tests.isolation.reference import PASS_CODE, Json, merchant_of, name

PERFORMED_ON, PERFORMED_AT = 1_767_225_600, "2026-01-01T00:00:00"
NEW = "NEW"
"""A reference number, and an entry's id, that nobody has used."""


@dataclass
class Call:
    """A call of a route."""

    body: Any = None
    path: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)


def newest(whose: str, reference_number: str, **fields: Any) -> Json:
    """Return a purchase of the newest API, of a partner's customer at its merchant."""
    line = {"product_sku": name("product", "code", whose), "quantity": 5, "net_amount": 10, "tax_amount": 2}
    return {
        "cim": name("access_token", "authentication_code", whose),
        "reference_number": reference_number,
        "performed_on": PERFORMED_ON,
        "merchant_tap": {"id": merchant_of(whose)},
        "products": [line | {"total_amount": 12}],
        **fields,
    }


def classic(whose: str, reference_number: str, **fields: Any) -> Json:
    """Return a purchase of the classic API."""
    return _event(whose) | _basket(whose, reference_number) | fields


def spend(whose: str, reference_number: str, **fields: Any) -> Json:
    """Return a purchase with a spend request."""
    parts = {"purchase_customer_event": _basket(whose, reference_number), "spend_request_customer_event": {}}
    return _event(whose) | parts | fields


def bulk(whose: str, entry_id: str, **fields: Any) -> Json:
    """Return a bulk call of one entry."""
    return {"purchase_customer_events_set": [classic(whose, "R", request_unique_identifier=entry_id, **fields)]}


def returned(reference_number: str, **line: Any) -> Json:
    """Return what a return asks for."""
    return {"reference_number": reference_number, "products": [line or {"line": 0, "quantity": 1}]}


def _event(whose: str) -> Json:
    return {
        "accounts_receivable_identifier": {"id": name("account", "id", whose)},
        "performed_by_business_unit_identifier": {"id": merchant_of(whose)},
        "performed_on": PERFORMED_AT,
    }


def _basket(whose: str, reference_number: str) -> Json:
    product = {"product_identifier": {"id": name("product", "id", whose)}}
    line = product | {"quantity": 5, "net_amount": 10, "vat_amount": 2, "total_amount": 12}
    return {"reference_number": reference_number, "products_set": [line]}


def queried(body: Json) -> dict[str, str]:
    """Return the query that says what a body of identifiers does."""
    return {name: f"{by}={value}" for name, named in body.items() for by, value in named.items()}


def sound(operation: str, whose: str, purchase: str, upload: str) -> Call:
    """Return a call that is answered 200, of a partner that has this purchase and this upload."""
    token = {"authentication_code": name("access_token", "authentication_code", whose)}
    account = name("account", "id", whose)
    unlike = {"payment_medium_identifier": "4242"}  # so that it is no repetition of what was posted before
    of_award = {"award_reward_transaction_identifier": {"id": part_id(purchase, "AWARD", 0)}}
    at_purchase, at_wallet = {"id": purchase}, {"account": name("account", "number", whose)}
    return {
        "create_purchase": Call(newest(whose, NEW, **unlike)),
        "preview_purchase": Call(newest(whose, NEW, **unlike)),
        "show_purchase": Call(path=at_purchase),
        "return_products": Call(returned(NEW), path=at_purchase),
        "cancel_purchase": Call(path=at_purchase),
        "issue_contact_otp": Call(path={"id": name("contact", "id", whose)}),
        "show_wallet": Call(path=at_wallet),
        "show_journal": Call(path=at_wallet),
        "create_upload": Call({"name": "sales.csv"}),
        "show_upload": Call(path={"id": upload}),
        "classic_create_purchase": Call(classic(whose, NEW, **unlike)),
        "classic_preview_purchase": Call(classic(whose, NEW, **unlike)),
        "classic_create_spend": Call(spend(whose, NEW)),
        "classic_show_purchase": Call({"customer_event_identifier": {"id": purchase}}),
        "classic_get_purchase": Call(query=queried({"customer_event_identifier": {"id": purchase}})),
        "classic_list_purchases": Call(query=queried({"accounts_receivable_identifier": {"id": account}})),
        "classic_show_award": Call({"customer_event_identifier": {"id": purchase}, **of_award}),
        "classic_get_award": Call(query=queried({"customer_event_identifier": {"id": purchase}, **of_award})),
        "classic_cancel_purchase": Call({"customer_event_identifier": {"id": purchase}}),
        "classic_bulk_create": Call(bulk(whose, NEW, **unlike)),
        "issue_one_time_password": Call({"access_token_identifier": token}),
        "issue_token": Call({}),
        "sign_in": Call({}),
        "release_token": Call({}),
    }[operation]


_GIVES_WAY = {
    "contact_id": ["cim"],
    "contact": ["cim"],
    "organisation_id": ["merchant_tap"],
    "organisation": ["merchant_tap"],
    "rewards_participant_identifier": ["accounts_receivable_identifier"],
    "product_sku": ["line", "quantity"],
}
"""What cannot stand beside a field, by its name."""

PERFORMERS = (
    "merchant_tap",
    "outlet_tap",
    "performed_by_business_unit_identifier",
    "performed_by_unit_identifier",
    "performed_by_tap_identifier",
)


def put(call: Call, at: Field, value: str, *, beside: bool = False) -> None:
    """Let a field of a call have a value; who performed it is named `beside` the partner's own merchant, or alone."""
    where, *steps = at.place.split("/")
    if where == "body":
        _put_in(call.body, steps, value, beside=beside)
    else:
        for other in _GIVES_WAY.get(steps[0], ()) if where == "query" else ():
            call.query.pop(other, None)
        named = f"{steps[1]}={value}" if len(steps) > 1 else value
        {"path": call.path, "query": call.query, "header": call.headers}[where][steps[0]] = named


def _put_in(body: Json, steps: list[str], value: str, *, beside: bool) -> None:
    step, *rest = steps
    for other in (*_GIVES_WAY.get(step, ()), *(PERFORMERS if step in PERFORMERS and not beside else ())):
        if "total_amount" not in body:  # a line of a purchase has a product and a quantity
            body.pop(other, None)
    if not rest:
        body[step] = value
    elif rest[0] == "*":
        _put_in(body[step][0], rest[1:], value, beside=beside)
    elif step in ("purchase_customer_event", "spend_request_customer_event"):
        _put_in(body[step], rest, value, beside=beside)
    else:
        body[step] = _identifier(rest, value)


def _identifier(steps: list[str], value: str) -> Json:
    """Return what names something by the last of some steps; an access token's identifier goes with a pass code."""
    step, *rest = steps
    if rest:
        return {step: _identifier(rest, value)}
    if step == "pass_code":
        identifier, _, code = value.partition(" ")
        return {"identifier": identifier, step: code}
    return {step: value} | ({"pass_code": PASS_CODE} if step == "identifier" else {})


def without_basket(body: Json) -> None:
    """Let a purchase be that of a till without baskets, which nothing but the call's key identifies."""
    del body["reference_number"], body["products"]
    body["transaction_amounts"] = {"total": 12, "net": 10}


def spoil(call: Call) -> None:
    """Let a purchase be faulty, where nothing is named."""
    body = call.body
    body = body.get("purchase_customer_events_set", [body])[0]
    body.get("purchase_customer_event", body)["payment_medium_identifier"] = 7
