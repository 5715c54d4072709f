"""The newest API's purchases as they are requested: what `POST /purchases` takes (contract, operation 1)."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from operator import attrgetter
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import (
    AfterValidator,
    Field,
    StrictBool,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from loyalty.api.http.messages import Request
from loyalty.api.lines import MAX_LINES, adds_up, broken_line_rules
from loyalty.api.newest.till_bodies import (
    FIRST,
    SECOND,
    Contact,
    Organisation,
    ToldTotals,
    TransactionAmounts,
    broken_place,
    broken_totals,
)
from loyalty.api.newest.unknown_fields import NewestModel
from loyalty.api.newest.usual_shape import UsualBody, UsualShape
from loyalty.domain.empty_texts import is_given
from loyalty.domain.errors import Code as ErrorCode
from loyalty.domain.errors import Problem, Refused
from loyalty.domain.fields import Code, NotNegative, Positive, ReadBy, code_in, json_number
from loyalty.domain.fingerprint import Fingerprint
from loyalty.domain.identity import Identity, Origin
from loyalty.domain.patterns import EVENT_ID, MAX_IDENTIFIER
from loyalty.domain.purchases.promo_code import PROMO_CODE
from loyalty.domain.purchases.purchase import Faulty, Names, PurchaseRequest, Reference, RequestedLine, RequestedSpend
from loyalty.domain.validation import exactly_one, validate, value_at
from loyalty.store.customers import CONTACT_PASSWORD

EARLIEST_SECOND = 100_000_000
"""In March 1973. What is less is rather a date without its signs, such as 20260115, as in a cell (`rows.cells`)."""

LATEST_SECOND = 7_258_118_399
"""The end of the year 2199 (`fields.LATEST_YEAR`)."""


def _epoch_second(value: object) -> Decimal:
    try:
        number = json_number(value)
    except PydanticCustomError as error:
        raise _NO_EPOCH_SECOND from error
    if number != int(number) or not EARLIEST_SECOND <= number <= LATEST_SECOND:
        raise _NO_EPOCH_SECOND
    return number


_NO_EPOCH_SECOND = PydanticCustomError(
    "epoch",
    "must be a date in whole seconds since 1970, as a JSON number such as 1768469400; not text, not milliseconds, "
    "not a date without separators (20260115)",
)

EpochSecond = Annotated[
    Decimal,
    ReadBy(_epoch_second),
    WithJsonSchema({"type": "integer", "minimum": EARLIEST_SECOND, "maximum": LATEST_SECOND}),
]


REPEATED_WITHIN = timedelta(minutes=15)
"""How long an equal body that does not say when it was performed is the same purchase, for partners that repeat
themselves: at least so long, at most twice. Tills try again within minutes."""

_NO_STEP = ("preview", ".", "..")
"""Ids that are names of routes, or that clients remove from a path, so that no call could reach them."""


def _step(event_id: str) -> str:
    if event_id in _NO_STEP:
        raise PydanticCustomError("id", "cannot be part of a path: use another id")
    return event_id


EventId = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_IDENTIFIER, pattern=EVENT_ID),
    AfterValidator(_step),
]
"""An id that a caller may give an event: it becomes part of a path."""


class Named(NewestModel):
    """Something named by its id or by its code; exactly one of them (contract, Q10)."""

    id: Code | None = None
    code: Code | None = None

    def reference(self, pointer: str) -> Reference:
        """Return how it was named; `pointer` is where this object stands in the body."""
        by, value = ("id", self.id) if self.id is not None else ("code", self.code)
        return Reference(by, str(value), f"{pointer}/{by}")


class Classification(NewestModel):
    """A classification: named by its id, its code or its name; exactly one of them."""

    id: Code | None = None
    code: Code | None = None
    name: Code | None = None

    since: ClassVar = {"name": 2}

    def reference(self) -> Reference:
        """Return how it was named."""
        (named,) = ((by, value) for by in ("id", "code", "name") if (value := getattr(self, by)) is not None)
        return Reference(named[0], named[1], f"/classification/{named[0]}")


class PurchaseItem(NewestModel):
    """A line (contract, `v5_purchase_item`). Amounts cover the whole line, whatever the quantity."""

    product_sku: Code
    quantity: Positive = Decimal(1)
    net_amount: NotNegative
    tax_amount: NotNegative
    total_amount: NotNegative


class PurchaseSpendRequest(NewestModel):
    """The amount to pay from the wallet (contract, `v5_spend_request`): exactly one of the two, above zero."""

    amount: Positive | None = None
    alternative_amount: Positive | None = None


class CreatePurchase(NewestModel):
    """The body of `POST /purchases` (contract, operation 1; `promo_code` is ours). Tills that know no baskets send
    totals instead of `products`, and need no reference number; what only they send stands at the end."""

    id: EventId | None = None
    contact_id: Code | None = None
    cim: Code | None = None
    reference_number: Code | None = None
    classification: Classification | None = None
    currency_code: Code | None = None
    payment_medium_identifier: Code | None = None
    performed_on: EpochSecond | None = None
    merchant_tap: Named | None = None
    outlet_tap: Named | None = None
    products: Annotated[list[PurchaseItem], Field(min_length=1, max_length=MAX_LINES)] | None = None
    spend_request: PurchaseSpendRequest | None = None
    promo_code: Code | None = None
    contact: Contact | None = None
    organisation_id: Code | None = None
    organisation: Organisation | None = None
    total_amount: NotNegative | None = None
    net_amount: NotNegative | None = None
    tax_amount: NotNegative | None = None
    transaction_amounts: TransactionAmounts | None = None
    reduction_method: Literal["FRONT_END", "BACK_END"] | None = None

    since: ClassVar = dict.fromkeys(
        (
            "contact",
            "organisation_id",
            "organisation",
            "total_amount",
            "net_amount",
            "tax_amount",
            "transaction_amounts",
            "reduction_method",
        ),
        2,
    )


class PreviewPurchase(CreatePurchase):
    """The body of `POST /purchases/preview`: with `explain`, the answer says why offers apply or do not."""

    explain: StrictBool = False


Body = TypeVar("Body", bound=CreatePurchase)


def read_purchase(body: Any, now: datetime, keyed: Identity | None = None) -> PurchaseRequest:
    """Return the purchase that a body asks for; it is known by `keyed`, which the call's idempotency key gives, if it
    has neither an id nor a reference number.

    Raises:
        Refused: with every faulty field, by JSON pointer.
    """
    if usual := _read_usual(body):
        fingerprint = Fingerprint.of_text(usual.text, partial(CreatePurchase.model_validate, body))
        return _request(usual.said, fingerprint, now, keyed)
    model = _validate_purchase(CreatePurchase, body, now)
    return _request(model, Fingerprint.of(model), now, keyed)


def read_path_reference(request: Request) -> Reference:
    """Return the purchase that a path names by its id, with the merchant if the query says whose it is.

    Raises:
        Refused: INVALID, naming the parameter, where that is empty.
    """
    merchant_id = request.query.get("merchant")
    if merchant_id == "":
        raise Refused(Problem(ErrorCode.INVALID, "merchant must be the id of a merchant.", "/merchant"))
    return Reference("id", request.path["id"], "", merchant_id=merchant_id)


def read_preview(body: Any, now: datetime) -> tuple[PurchaseRequest, bool]:
    """Return the purchase that a body asks to preview, and whether to explain the offers.

    Raises:
        Refused: with every faulty field, by JSON pointer.
    """
    model = _validate_purchase(PreviewPurchase, body, now)
    return _request(model, Fingerprint.of(model), now), model.explain


def _validate_purchase(model: type[Body], body: Any, now: datetime) -> Body:
    try:
        return validate(model, body, _broken_rules)
    except Refused as refused:
        raise Faulty(refused.problems, _names_in(body, now)) from refused


def _names_in(body: Any, now: datetime) -> Names:
    """Return what a body names that is faulty somewhere."""
    body = body if isinstance(body, dict) else {}
    items = body.get("products")
    items = items[:MAX_LINES] if isinstance(items, list) else []
    customers = [Reference(by, name, at) for by, at in CUSTOMERS if (name := code_in(value_at(body, at)))]
    references = {kind: named for kind, at in REFERENCES if (named := _reference_at(body, at))}
    return Names(
        customer=customers[0] if len(customers) == 1 else None,
        performed_by={kind: named for kind, at in PERFORMERS if (named := _reference_at(body, at))},
        references=references,
        products=[
            Reference("code", name, f"/products/{place}/product_sku")
            for place, item in enumerate(items)
            if isinstance(item, dict) and (name := code_in(item.get("product_sku")))
        ],
        performed_on=_moment_in(body["performed_on"]) if is_given(body.get("performed_on")) else now,
    )


def _reference_at(body: Mapping[str, Any], at: str) -> Reference | None:
    """Return how something is named by a raw field, of text or with an id or a code."""
    raw = body.get(at[1:])
    if not isinstance(raw, dict):
        return Reference(PLAIN[at], name, at) if at in PLAIN and (name := code_in(raw)) else None
    ways = [Reference(by, name, f"{at}/{by}") for by in ("id", "code", "name") if (name := code_in(raw.get(by)))]
    return ways[0] if at not in PLAIN and len(ways) == 1 else None


def _moment_in(performed_on: object) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(_epoch_second(performed_on)), UTC)
    except PydanticCustomError:
        return None


CUSTOMERS = (("token.authentication_code", "/cim"), ("contact_id", "/contact_id"), ("contact_id", "/contact/id"))
PERFORMERS = (
    ("merchant", "/merchant_tap"),
    ("outlet", "/outlet_tap"),
    ("business_unit", "/organisation_id"),
    ("business_unit", "/organisation"),
)
REFERENCES = (("classification", "/classification"), ("currency", "/currency_code"), ("promo_code", PROMO_CODE))
PLAIN = {"/currency_code": "code", PROMO_CODE: "code", "/organisation_id": "id"}


def _broken_rules(body: dict[str, Any]) -> Iterator[Problem]:
    """Return what does not hold between the fields of a raw body."""
    yield from broken_totals(body)
    yield from exactly_one(body, "", "contact_id", "cim", "contact")
    yield from broken_place(body)
    for name, choice in _CHOICES.items():
        if isinstance(body.get(name), dict):
            yield from exactly_one(body[name], f"/{name}", *choice)
    yield from broken_line_rules(body.get("products"), "/products", "tax_amount")


_CHOICES = {
    "classification": ("id", "code", "name"),
    "contact": ("id", "otp"),
    "merchant_tap": ("id", "code"),
    "outlet_tap": ("id", "code"),
    "spend_request": ("amount", "alternative_amount"),
}


def _read_usual(body: Any) -> UsualBody | None:
    """Return a purchase of the usual shape; None if it is of another one, or breaks a rule."""
    usual = _USUAL.read(body)
    return usual if usual and _is_usual(usual.said) else None


def _is_usual(said: CreatePurchase) -> bool:
    """Return whether a body has a reference number, lines and nothing that only tills without baskets send, and no
    rule is broken between its fields."""
    if said.reference_number is None or said.products is None or (said.cim is None) == (said.contact_id is None):
        return False
    if said.merchant_tap is None and said.outlet_tap is None:
        return False
    if _SAID_APART(said) != _NOTHING_APART:
        return False
    named = [(part, choice) for name, choice in _CHOSEN if (part := getattr(said, name)) is not None]
    return (
        all(len(given := choice(part)) - given.count(None) == 1 for part, choice in named)
        and all(adds_up(line.net_amount, line.tax_amount, line.total_amount) for line in said.products)
        and any(line.total_amount for line in said.products)
    )


_USUAL = UsualShape.of(CreatePurchase)
_SAID_APART = attrgetter(*FIRST, *SECOND)
_NOTHING_APART = (None,) * len((*FIRST, *SECOND))
_CHOSEN = [(name, attrgetter(*choice)) for name, choice in _CHOICES.items()]


def _request(
    model: CreatePurchase, fingerprint: Fingerprint, now: datetime, keyed: Identity | None = None
) -> PurchaseRequest:
    spend = model.spend_request
    identity, *known_before = _identities(model, now, keyed)
    return PurchaseRequest(
        identity=identity,
        known_before=tuple(known_before),
        reference_number=model.reference_number,
        customer=_customer(model),
        performed_by=_performers(model),
        references=_references(model),
        details=(
            {"payment_medium_identifier": model.payment_medium_identifier} if model.payment_medium_identifier else {}
        ),
        performed_on=now if model.performed_on is None else datetime.fromtimestamp(int(model.performed_on), UTC),
        lines=_lines(model),
        spend=RequestedSpend(spend.amount, spend.alternative_amount, "/spend_request") if spend else None,
        fingerprint=fingerprint,
        reduction_method=model.reduction_method,
        is_undated=model.performed_on is None,
    )


def _identities(model: CreatePurchase, now: datetime, keyed: Identity | None) -> list[Identity]:
    """Return what a purchase is known by; and what it may be known by already, if it came a moment ago. What says
    nothing of itself, not even when it was performed, is one with its equals of a while only: the same goes over a
    counter day by day."""
    if model.id:
        return [Identity(Origin.GIVEN, (model.id,))]
    if model.reference_number:
        return [Identity(Origin.REFERENCE)]
    if keyed:
        return [keyed]
    if model.performed_on is not None:
        return [Identity(Origin.NUMBER)]
    span = int(now.timestamp()) // REPEATED_WITHIN.seconds
    return [Identity(Origin.NUMBER, (str(one),)) for one in (span, span - 1)]


def _customer(model: CreatePurchase) -> Reference:
    if model.cim is not None:
        return Reference("token.authentication_code", model.cim, "/cim")
    if model.contact is None:
        return Reference("contact_id", str(model.contact_id), "/contact_id")
    if model.contact.otp is not None:
        return Reference(CONTACT_PASSWORD, model.contact.otp, "/contact/otp")
    return Reference("contact_id", str(model.contact.id), "/contact/id")


def _performers(model: CreatePurchase) -> dict[str, Reference]:
    if model.organisation_id is not None:
        return {"business_unit": Reference("id", model.organisation_id, "/organisation_id")}
    if model.organisation is not None:
        return {"business_unit": Reference("id", model.organisation.id, "/organisation/id")}
    taps = {"merchant": model.merchant_tap, "outlet": model.outlet_tap}
    return {kind: tap.reference(f"/{kind}_tap") for kind, tap in taps.items() if tap}


def _lines(model: CreatePurchase) -> tuple[RequestedLine, ...]:
    """Return the lines; where only totals are told, the one that has them."""
    if model.products is None:
        if apart := model.transaction_amounts:
            return (ToldTotals(apart.net, apart.tax, apart.total).line(),)
        return (ToldTotals(model.net_amount, model.tax_amount, model.total_amount).line(),)
    return tuple(
        [
            RequestedLine(
                product=Reference("code", item.product_sku, pointer),
                quantity=item.quantity,
                net=item.net_amount,
                tax=item.tax_amount,
                total=item.total_amount,
            )
            for item, pointer in zip(model.products, _SKU_POINTERS, strict=False)
        ]
    )


_SKU_POINTERS = [f"/products/{place}/product_sku" for place in range(MAX_LINES)]


def _references(model: CreatePurchase) -> dict[str, Reference]:
    found = {}
    if model.classification:
        found["classification"] = model.classification.reference()
    if model.currency_code:
        found["currency"] = Reference("code", model.currency_code, "/currency_code")
    if model.promo_code:
        found["promo_code"] = Reference("code", model.promo_code, PROMO_CODE)
    return found
