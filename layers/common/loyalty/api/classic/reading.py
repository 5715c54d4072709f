"""From the bodies of the classic API's purchases to what they ask for."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple, TypeVar

from loyalty.api.classic.fields import UDF_FIELDS, BasketFields, EventFields, PurchaseProduct, SpendAmounts
from loyalty.api.classic.identifiers import ClassicModel, Identifier, customer_in, identifiers_in, parts_of
from loyalty.api.classic.requests import (
    BulkPurchase,
    ClassicCreatePurchase,
    ClassicPreviewPurchase,
    CreateSpend,
    CreateSpendRequest,
    IssueOneTimePassword,
    ListPurchases,
    NameAward,
    NamePurchase,
)
from loyalty.api.lines import MAX_LINES
from loyalty.domain.access.partner import Partner
from loyalty.domain.dates import read_date
from loyalty.domain.errors import Refused
from loyalty.domain.fields import code_in
from loyalty.domain.fingerprint import Fingerprint
from loyalty.domain.identity import Identity, Origin, by_key
from loyalty.domain.purchases.promo_code import PROMO_CODE
from loyalty.domain.purchases.purchase import Faulty, Names, PurchaseRequest, Reference, RequestedLine, RequestedSpend
from loyalty.domain.validation import validate
from loyalty.usecases.purchases.list_purchases import PurchaseFilter

KEPT_FIELDS = {
    "description",
    "process_immediately",
    "payment_medium_identifier",
    "external_system",
    "external_system_reference_number",
    "disable_instant_spend",
    "terminal_identifier",
    *UDF_FIELDS,
}
"""Fields that are kept as they were sent, and returned."""

PERFORMERS = {
    "unit": "performed_by_unit_identifier",
    "business_unit": "performed_by_business_unit_identifier",
    "tap": "performed_by_tap_identifier",
}
REFERENCES = {
    "classification": "classification_identifier",
    "currency": "intended_currency_identifier",
    "invoice": "invoice_identifier",
    "payment_medium_brand": "payment_medium_brand_identifier",
    "payment_medium_type": "payment_medium_type_identifier",
    "spend_request_classification": "spend_request_classification_identifier",
}

_CUSTOMERS = ("accounts_receivable_identifier", "rewards_participant_identifier")
_PRODUCT = {"product": "product_identifier"}
_OF_SPENDS = {"spend_request_classification": "classification_identifier"}
_EVENTS = ("purchase_customer_event", "spend_request_customer_event")
"""The parts of operation 3's body."""

Event = TypeVar("Event", bound=EventFields)


def read_purchase(body: Any, partner: Partner, idempotency_key: str | None) -> PurchaseRequest:
    """Return the purchase that a body of operation 5 asks for.

    Raises:
        Refused: with every faulty field, by JSON pointer.
    """
    model = _validate_purchase(ClassicCreatePurchase, body)
    return to_request(model, model, model.spend_request, identities_of(partner, idempotency_key, model))


def read_preview(body: Any) -> PurchaseRequest:
    """Return the purchase that a body of operation 4 asks to preview; it is posted nowhere, so its identity is of no
    matter.

    Raises:
        Refused: with every faulty field, by JSON pointer.
    """
    model = _validate_purchase(ClassicPreviewPurchase, body)
    return to_request(model, model, None, [Identity(Origin.NUMBER)])


def read_entry(body: Any, partner: Partner, idempotency_key: str | None, at: str) -> PurchaseRequest:
    """Return the purchase that an entry of operation 2 asks for; it stands at pointer `at`.

    Raises:
        Refused: with every faulty field, by JSON pointer.
    """
    model = _validate_purchase(BulkPurchase, body, at)
    identities = identities_of(partner, idempotency_key, model, own_id=(model.request_unique_identifier,))
    return to_request(model, model, model.spend_request, identities, Places(at, at, f"{at}/spend_request"))


def read_created_spend(body: Any, partner: Partner, idempotency_key: str | None) -> PurchaseRequest:
    """Return the purchase that a body of operation 3 asks for, with its spend request.

    Raises:
        Refused: with every faulty field, by JSON pointer.
    """
    model = _validate_purchase(CreateSpend, body)
    basket = model.purchase_customer_event
    return to_request(
        model,
        basket,
        model.spend_request_customer_event,
        identities_of(partner, idempotency_key, model, basket),
        Places(basket="/purchase_customer_event", spend="/spend_request_customer_event"),
    )


def read_named_purchase(body: Any) -> Reference:
    """Return the posted purchase that a body is about, named by `id`, `number` or `reference_number`.

    Raises:
        Refused: with every faulty field, by JSON pointer.
    """
    model = validate(NamePurchase, body, NamePurchase.broken_rules)
    return model.customer_event_identifier.reference("/customer_event_identifier")


def read_named_award(body: Any) -> tuple[Reference, Reference]:
    """Return the award that a body is about, and the purchase that gave it.

    Raises:
        Refused: with every faulty field, by JSON pointer.
    """
    model = validate(NameAward, body, NameAward.broken_rules)
    award = model.award_reward_transaction_identifier.reference("/award_reward_transaction_identifier")
    return award, model.customer_event_identifier.reference("/customer_event_identifier")


def read_filter(body: Any) -> PurchaseFilter:
    """Return which purchases are to be listed.

    Raises:
        Refused: with every faulty field, by JSON pointer.
    """
    model = validate(ListPurchases, body, ListPurchases.broken_rules)
    return PurchaseFilter(
        customer_in(model.accounts_receivable_identifier, model.rewards_participant_identifier, ""),
        performers_of(model, "").get("business_unit"),
        model.performed_on_from,
        model.performed_on_to,
    )


def read_token(body: Any) -> Reference:
    """Return the access token that a one-time password is to stand for.

    Raises:
        Refused: with every faulty field, by JSON pointer.
    """
    model = validate(IssueOneTimePassword, body, IssueOneTimePassword.broken_rules)
    return model.access_token_identifier.reference("/access_token_identifier")


def _validate_purchase(model: type[Event], body: Any, at: str = "") -> Event:
    """Return a purchase's body that stands at pointer `at`.

    Raises:
        Faulty: with every faulty field, and what the body names.
    """
    try:
        return validate(model, body, partial(model.broken_rules, at=at), at)
    except Refused as refused:
        raise Faulty(refused.problems, _names_in(model, body, at)) from refused


def _names_in(model: type[EventFields], body: Any, at: str) -> Names:
    """Return what a body names that is faulty somewhere; its basket, and its spend request, may be parts of it."""
    body = body if isinstance(body, dict) else {}
    parts: list[tuple[type[ClassicModel], Any, str]] = [(model, body, at)]
    parts += [(part, body.get(name), f"{at}/{name}") for name, part in parts_of(model) if name in _EVENTS]
    performed_by, references, products = dict[str, Reference](), dict[str, Reference](), list[Reference]()
    for part, raw, place in parts:
        performed_by |= _read_alone(part, raw, PERFORMERS, place)
        references |= _read_alone(part, raw, _OF_SPENDS if part is CreateSpendRequest else REFERENCES, place)
        products += _products_in(raw, place)
        if "promo_code" in part.model_fields and isinstance(raw, dict) and (code := code_in(raw.get("promo_code"))):
            references["promo_code"] = Reference("code", code, f"{place}{PROMO_CODE}")
    named = identifiers_in(model, body)
    account, participant = (named.get(name) for name in _CUSTOMERS)
    return Names(
        customer=customer_in(account, participant, at) if (account is None) != (participant is None) else None,
        performed_by=performed_by,
        references=references,
        products=products,
        performed_on=_date_in(body.get("performed_on")),
    )


def _products_in(raw: Any, at: str) -> Iterator[Reference]:
    lines = raw.get("products_set") if isinstance(raw, dict) else None
    for place, line in enumerate(lines[:MAX_LINES] if isinstance(lines, list) else ()):
        yield from _read_alone(PurchaseProduct, line, _PRODUCT, f"{at}/products_set/{place}").values()


def _date_in(performed_on: Any) -> datetime | None:
    try:
        return read_date(performed_on)
    except (TypeError, ValueError):
        return None


def identities_of(
    partner: Partner, idempotency_key: str | None, *parts: ClassicModel, own_id: tuple[str, ...] = ()
) -> Sequence[Identity]:
    """Return what tells a repetition, as reference numbers may recur in the classic API (row 11): the event's unique
    reference in an external system, with that system where it is named; or else the idempotency key and, in a bulk
    call, the entry's own id; or else nothing (yet). Then what earlier versions took for it: they knew no reference
    without a system, nor one in another part of the body than the system.

    `parts` are those of the body that may name system and reference.
    """
    keyed = by_key(partner.id, idempotency_key, *own_id)
    system, reference = (_first(name, parts) for name in ("external_system", "external_system_reference_number"))
    if not reference:
        return [keyed or Identity(Origin.NUMBER, own_id)]
    external = Identity(Origin.EXTERNAL, (partner.id, *([system] if system else []), reference))
    return [external] if system and len(parts) == 1 else [external, keyed or Identity(Origin.NUMBER)]


def _first(name: str, parts: Iterable[ClassicModel]) -> str | None:
    return next((value for part in parts if (value := getattr(part, name, None))), None)


class Places(NamedTuple):
    """The pointers of a purchase's event, its basket and its spend request in a body."""

    event: str = ""
    basket: str = ""
    spend: str = "/spend_request"


WHOLE_BODY = Places()
"""The places in a body that is event and basket in one."""


def to_request(
    event: EventFields,
    basket: BasketFields,
    spend: SpendAmounts | None,
    identities: Sequence[Identity],
    at: Places = WHOLE_BODY,
) -> PurchaseRequest:
    """Return the request of a purchase whose parts are at these places.

    The first of `identities` identifies it; the others are its identities in earlier versions. A spend request that
    names no amount spends nothing, but is one all the same (contract, row 30).
    """
    amounts = _amounts(spend, at.spend)
    return PurchaseRequest(
        identity=identities[0],
        reference_number=basket.reference_number,
        customer=customer_of(event, at.event),
        performed_by=performers_of(event, at.event),
        references={
            **references_of(event, at.event),
            **references_of(basket, at.basket),
            **_references(spend, _OF_SPENDS, at.spend),
        },
        details={**_collect_details(event), **_collect_details(basket)},
        performed_on=event.performed_on,
        lines=lines_of(basket, at.basket),
        spend=amounts,
        fingerprint=Fingerprint.of(event),
        disable_instant_spend=bool(getattr(basket, "disable_instant_spend", None)),
        authorized_by=authorization_of(event, at.event),
        unspent_request=spend is not None and amounts is None,
        known_before=tuple(identities[1:]),
        pointer=at.basket,
    )


def _collect_details(model: ClassicModel) -> dict[str, Any]:
    return {
        name: value for name, value in model.model_dump(include=KEPT_FIELDS, exclude_none=True).items() if value != ""
    }


def customer_of(model: EventFields, at: str) -> Reference:
    """Return how an event that stands at pointer `at` names the customer."""
    return customer_in(model.accounts_receivable_identifier, model.rewards_participant_identifier, at)


def performers_of(model: ClassicModel, at: str) -> dict[str, Reference]:
    """Return how an event names who performed it, by record type."""
    return _references(model, PERFORMERS, at)


def references_of(model: ClassicModel, at: str) -> dict[str, Reference]:
    """Return what else an event, or its basket, is about, by record type."""
    found = _references(model, REFERENCES, at)
    promo_code = getattr(model, "promo_code", None)
    return found | ({"promo_code": Reference("code", promo_code, f"{at}{PROMO_CODE}")} if promo_code else {})


def authorization_of(model: ClassicModel, at: str) -> Reference | None:
    """Return the access token that the customer was authorized by."""
    return _references(model, {"access_token": "authorized_by_access_token_identifier"}, at).get("access_token")


def lines_of(model: BasketFields, at: str) -> tuple[RequestedLine, ...]:
    """Return the lines of a basket."""
    return tuple(
        RequestedLine(
            product=item.product_identifier.reference(f"{at}/products_set/{place}/product_identifier"),
            quantity=item.quantity,
            net=item.net_amount,
            tax=item.vat_amount,
            total=item.total_amount,
        )
        for place, item in enumerate(model.products_set)
    )


def _amounts(asked: SpendAmounts | None, pointer: str) -> RequestedSpend | None:
    if asked is None or (asked.spend_amount is None and asked.spend_alternative_amount is None):
        return None
    return RequestedSpend(asked.spend_amount, asked.spend_alternative_amount, pointer)


def _references(model: ClassicModel | None, fields: Mapping[str, str], at: str) -> dict[str, Reference]:
    """Operations differ in what they list: a field that the model does not have names nothing."""
    return _collect_references({kind: getattr(model, field, None) for kind, field in fields.items()}, fields, at)


def _collect_references(
    named: Mapping[str, Identifier | None], fields: Mapping[str, str], at: str
) -> dict[str, Reference]:
    return {kind: name.reference(f"{at}/{fields[kind]}") for kind, name in named.items() if name is not None}


def _read_alone(model: type[ClassicModel], raw: Any, fields: Mapping[str, str], at: str) -> dict[str, Reference]:
    """Return what a raw object at pointer `at` names that may be faulty elsewhere."""
    named = identifiers_in(model, raw)
    return _collect_references({kind: named.get(field) for kind, field in fields.items()}, fields, at)
