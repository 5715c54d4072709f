"""A purchase: as a caller names things (`PurchaseRequest`), and once every name has been found (`Purchase`)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple

from msgspec import Struct

from loyalty.domain.errors import Problem, Refused
from loyalty.domain.fingerprint import Fingerprint
from loyalty.domain.identity import Identity
from loyalty.domain.money import ZERO
from loyalty.domain.purchases.promo_code import PromoCode


class ShownBefore(NamedTuple):
    """The result of a pass code or one-time password that was checked when a call came in: the id of the token that it
    proved, or why it was refused."""

    token_id: str | None
    problem: Problem | None


class Reference(Struct, frozen=True):
    """How a caller names something.

    Attributes:
        by: the field by which it is named.
        value: the name.
        pointer: where the name is in the request.
        pass_code: the pass code given with it, if any.
        before: the result of a code that was checked before, in place of the code.
        merchant_id: the merchant that the caller named with it, if any.
    """

    by: str
    value: str
    pointer: str
    pass_code: str | None = None
    before: ShownBefore | None = None
    merchant_id: str | None = None

    def __repr__(self) -> str:
        """Return all but the pass code, which is nobody's business."""
        return f"Reference(by={self.by!r}, value={self.value!r}, pointer={self.pointer!r})"


class RequestedSpend(Struct, frozen=True):
    """The spend that the customer requests: exactly one of the amounts is set, and above zero.

    `amount` is in the system currency, `alternative_amount` in the alternative currency.
    """

    amount: Decimal | None
    alternative_amount: Decimal | None
    pointer: str


class RequestedLine(Struct, frozen=True):
    """A line as asked for. Amounts cover the whole line, whatever the quantity (contract, row 3). A till that knows no
    baskets asks for one line without a product."""

    product: Reference | None
    quantity: Decimal
    net: Decimal
    tax: Decimal
    total: Decimal


class RowOrigin(NamedTuple):
    """Where a purchase stands that came in a file: the upload's id, and the number of its first row."""

    upload_id: str
    number: int


class PurchaseRequest(Struct, frozen=True):
    """A purchase to post, independent of the API.

    Attributes:
        identity: what makes it the same purchase when it is sent again.
        reference_number: the merchant's number of it; None if it has none.
        customer: how the customer is named.
        performed_by: who performed it, by record type: merchant, outlet, business_unit, unit, tap.
        references: what else it refers to, by record type.
        details: values that are only kept and returned; dates as in `performed_on`.
        performed_on: when it was performed, without a zone where it is told by the clock of whoever performed it; the
            time of the call if the caller does not say.
        lines: its lines.
        spend: the spend that it requests, if any.
        fingerprint: the fingerprint of the request.
        disable_instant_spend: whether offers with an instant award do not apply.
        authorized_by: the access token that authorized the customer before the call.
        unspent_request: whether it has a spend request without an amount, which spends nothing (contract, operation 3).
        row: the row of a file that it comes from, if any.
        known_before: what earlier versions took for its identity.
        pointer: where the purchase is in the body.
        reduction_method: the name of who takes spends off the price (`ReductionMethod`), if the caller says so.
        is_undated: whether the caller does not say when it was performed.
    """

    identity: Identity
    reference_number: str | None
    customer: Reference
    performed_by: Mapping[str, Reference]
    references: Mapping[str, Reference]
    details: Mapping[str, Any]
    performed_on: datetime
    lines: tuple[RequestedLine, ...]
    spend: RequestedSpend | None
    fingerprint: Fingerprint
    disable_instant_spend: bool = False
    authorized_by: Reference | None = None
    unspent_request: bool = False
    row: RowOrigin | None = None
    known_before: tuple[Identity, ...] = ()
    pointer: str = ""
    reduction_method: str | None = None
    is_undated: bool = False


class Names(Struct, frozen=True):
    """The names in a faulty body, as far as they can be read; `performed_by` and `references` as in a
    `PurchaseRequest`, `performed_on` None if it is not known."""

    customer: Reference | None
    performed_by: Mapping[str, Reference]
    references: Mapping[str, Reference]
    products: Sequence[Reference]
    performed_on: datetime | None


class Faulty(Refused):
    """A body asks for no purchase, as something in it is faulty. What it names may be unknown, besides."""

    def __init__(self, problems: Iterable[Problem], names: Names) -> None:
        super().__init__(*problems)
        self.names = names


class Product(Struct, frozen=True):
    """A product, as pricing needs it."""

    id: str
    code: str
    product_type_id: str | None


class Line(Struct, frozen=True):
    """A line of a purchase, with its product found; None if it names none, so that no offer is about it."""

    product: Product | None
    quantity: Decimal
    net: Decimal
    tax: Decimal
    total: Decimal


class Totals(Struct, frozen=True):
    """Sums over lines, in the system currency."""

    net: Decimal
    tax: Decimal
    total: Decimal

    @classmethod
    def of(cls, lines: Sequence[Line]) -> "Totals":
        """Return the sums of `lines`; a purchase's own totals are always these, whatever a request says (contract, row
        1)."""
        return cls(
            net=sum([line.net for line in lines], ZERO),
            tax=sum([line.tax for line in lines], ZERO),
            total=sum([line.total for line in lines], ZERO),
        )


class Purchase(Struct, frozen=True, dict=True):
    """A purchase whose names are all resolved: the input of pricing.

    Attributes:
        merchant_id: the merchant.
        outlet_id: the outlet, if any.
        classification_id: its classification, if any.
        performed_on: when it was performed.
        lines: its lines.
        spend: the spend that it requests, if any.
        tap_id: the tap, if any.
        payment_medium_brand_id: the brand that it was paid with, if known.
        payment_medium_type_id: the type that it was paid with, if known.
        disable_instant_spend: whether offers with an instant award do not apply (contract, operations 4 and 5).
        promo_code: its promo code, if any.
    """

    merchant_id: str
    outlet_id: str | None
    classification_id: str | None
    performed_on: datetime
    lines: tuple[Line, ...]
    spend: RequestedSpend | None
    tap_id: str | None = None
    payment_medium_brand_id: str | None = None
    payment_medium_type_id: str | None = None
    disable_instant_spend: bool = False
    promo_code: PromoCode | None = None

    @cached_property
    def totals(self) -> Totals:
        """Sums over all lines."""
        return Totals.of(self.lines)
