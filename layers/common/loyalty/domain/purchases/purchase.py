"""A purchase: as a caller names things (`PurchaseRequest`), and once every name has been found (`Purchase`)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from operator import attrgetter
from typing import Any, NamedTuple

from loyalty.domain.errors import Problem, Refused
from loyalty.domain.fingerprint import Fingerprint
from loyalty.domain.identity import Identity
from loyalty.domain.money import ZERO
from loyalty.domain.purchases.promo_code import PromoCode


class ShownBefore(NamedTuple):
    """What became of a pass code or one-time password that was shown when a call came in: the id of the token that it
    proved, or else why it was not taken."""

    token_id: str | None
    problem: Problem | None


class Reference(NamedTuple):
    """How a caller named something: by which field, with which value, and where in the request; with the pass code, if
    it needs one, or with what became of that (or of a one-time password) `before`; of which merchant, by its id, if
    that was said."""

    by: str
    value: str
    pointer: str
    pass_code: str | None = None
    before: ShownBefore | None = None
    merchant_id: str | None = None

    def __repr__(self) -> str:
        """Return all but the pass code, which is nobody's business."""
        return f"Reference(by={self.by!r}, value={self.value!r}, pointer={self.pointer!r})"


class RequestedSpend(NamedTuple):
    """What the customer wants to pay from the wallet: exactly one of the amounts is set, and above zero.

    `amount` is in the system currency, `alternative_amount` in the alternative currency.
    """

    amount: Decimal | None
    alternative_amount: Decimal | None
    pointer: str


class RequestedLine(NamedTuple):
    """A line as asked for. Amounts cover the whole line, whatever the quantity (contract, row 3)."""

    product: Reference
    quantity: Decimal
    net: Decimal
    tax: Decimal
    total: Decimal


class RowOrigin(NamedTuple):
    """Where a purchase stands that came in a file: the upload's id, and the number of its first row."""

    upload_id: str
    number: int


@dataclass(frozen=True, slots=True)
class PurchaseRequest:
    """A purchase to post, in neither API's words; `performed_on` is set (the time of the call where it was absent).

    - `performed_by` names who performed it, once or several times over, by record type: merchant, outlet,
      business_unit, unit, tap; `references` what else the purchase is about, by record type.
    - `details` is what is only kept and answered again.
    - `identity` is what makes it the same purchase when it is sent again, `known_before` what earlier versions took for
      that.
    - `authorized_by` is the access token that the customer was authorized by before the call.
    - With `unspent_request`, a spend request that names no amount goes with it, and spends nothing (contract, op. 3).
    - `row` is where it came from, if from a file; `pointer` where the purchase itself stands in the body.
    """

    identity: Identity
    reference_number: str
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


@dataclass(frozen=True, slots=True)
class Names:
    """What a body names of which something is faulty, as far as that can be read; `performed_by` and `references` as
    those of a `PurchaseRequest`, `performed_on` None where nobody can tell."""

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


class Product(NamedTuple):
    """What pricing needs to know of a product."""

    id: str
    code: str
    product_type_id: str | None


class Line(NamedTuple):
    """A line of a purchase, with its product found."""

    product: Product
    quantity: Decimal
    net: Decimal
    tax: Decimal
    total: Decimal


class Totals(NamedTuple):
    """Sums over lines, in the system currency."""

    net: Decimal
    tax: Decimal
    total: Decimal

    @classmethod
    def of(cls, lines: Sequence[Line]) -> "Totals":
        """Return the sums of `lines`; a purchase's own totals are always these, whatever a request says (contract, row
        1)."""
        return cls(*(sum(map(amount, lines), ZERO) for amount in _AMOUNTS))


_AMOUNTS: Sequence[Callable[[Line], Decimal]] = [attrgetter("net"), attrgetter("tax"), attrgetter("total")]


@dataclass(frozen=True)
class Purchase:
    """A purchase whose every name has been found: what pricing works on.

    With `disable_instant_spend`, offers whose award is spent at once do not apply (contract, operations 4 and 5).
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
