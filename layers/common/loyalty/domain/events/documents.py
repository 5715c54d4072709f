"""Documents of events: everything beside the journal entry that answers, reversals and proofs need later.

`store/event_documents.py` writes and reads it. A field that is added needs a default, so that documents of earlier
versions stay readable; a field that is taken out is passed over where they have it.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from msgspec import Struct

from loyalty.domain.ledger.uses import Use
from loyalty.domain.pricing.exchange import Amounts
from loyalty.domain.pricing.plan import Award, Share, Verdict
from loyalty.domain.pricing.spends import SpendMethod
from loyalty.domain.programme.award_rules import AwardCurrency, Method
from loyalty.domain.programme.spend_settings import ReductionMethod
from loyalty.domain.purchases.purchase import RowOrigin


class PostedLine(Struct, frozen=True, array_like=True):
    """A line of a purchase. Amounts are in the system currency and cover the whole line.

    Attributes:
        product_id: the product's id; None if the line names no product.
        product_code: the product's code when the purchase was posted; likewise.
        quantity: the number of pieces.
        net: the amount without tax.
        tax: the tax.
        total: the amount with tax.
    """

    product_id: str | None
    product_code: str | None
    quantity: Decimal
    net: Decimal
    tax: Decimal
    total: Decimal


class AskedSpend(Struct, frozen=True, array_like=True):
    """The spend that a customer requested: one of the amounts, in the system currency or the alternative one."""

    amount: Decimal | None
    alternative_amount: Decimal | None


class PostedAward(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What an offer gave.

    Attributes:
        number: the award's own number; a voucher has none.
        offer_id: the offer.
        offer_name: the offer's name when the purchase was posted.
        method: how the award was calculated.
        value: the rate or amount that counted, in `currency`.
        currency: the currency of `value`.
        base: the amount or the pieces that `value` was applied to.
        amounts: the award, in each currency.
        shares: the share of each line; together they are the award's amount in the system currency.
        expires: the month at whose end it expires (`YYYY-MM`); None for never.
        instant: whether it was spent at once.
    """

    number: str = ""
    offer_id: str
    offer_name: str
    method: Method
    value: Decimal
    currency: AwardCurrency
    base: Decimal
    amounts: Amounts
    shares: tuple[Share, ...]
    expires: str | None = None
    instant: bool = False

    @classmethod
    def of(cls, award: Award, number: str = "") -> "PostedAward":
        """Return what is kept of an award."""
        return PostedAward(number=number, **_award_fields(award))


class PostedVoucher(PostedAward, frozen=True, omit_defaults=True, kw_only=True):
    """A voucher that an offer gave, known by its `id`."""

    id: str
    voucher_type_id: str
    voucher_type_name: str

    @classmethod
    def of_award(cls, award: Award, voucher_id: str) -> "PostedVoucher":
        """Return what is kept of an award that is a voucher."""
        kind = award.voucher_type
        assert kind
        return cls(id=voucher_id, voucher_type_id=kind.id, voucher_type_name=kind.name, **_award_fields(award))


def _award_fields(award: Award) -> dict[str, Any]:
    return {
        "offer_id": award.offer_id,
        "offer_name": award.offer.name,
        "method": award.offer.award.method,
        "value": award.value,
        "currency": award.currency,
        "base": award.base,
        "amounts": award.amounts,
        "shares": award.shares,
        "expires": award.expires,
        "instant": award.instant,
    }


class PostedSpend(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A payment from the wallet. `request_number` is the number of its spend request, which the classic API shows;
    `lots` are the lots that it was taken from, by month, in the wallet's currency."""

    number: str = ""
    request_number: str = ""
    method: SpendMethod
    amounts: Amounts
    lots: Mapping[str, Decimal] = {}


class PurchaseDocument(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What is kept of a purchase.

    Attributes:
        number: the purchase's number, by which callers of the classic API know it.
        contact_id: the customer, if the account has one.
        identity: the parts of its identity that the event has nowhere else.
        upload: the file and the row that it came from; None if it came by a call.
        outlet_id: the outlet, if any.
        unit_id: the unit that the classic API's caller named, if any.
        tap_id: the tap, if any.
        ids: the ids of what it refers to, by record type.
        details: values that are only kept and returned.
        lines: its lines.
        requested: what the customer wanted to pay from the wallet.
        unspent_request: the number of a spend request that named no amount.
        reduction_method: who takes spends off the price.
        awards: what offers gave to the wallet.
        vouchers: the vouchers that offers gave.
        spends: what the wallet paid.
        budgets: how much it drew on budgets, by offer, in the award's own currency.
        counted_code: the promo code's id, if the uses by all accounts are limited.
        uses: what it used of limits per account.
        why: a verdict on each offer that was examined.
    """

    number: str
    contact_id: str | None = None
    identity: tuple[str, ...] = ()
    upload: RowOrigin | None = None
    outlet_id: str | None = None
    unit_id: str | None = None
    tap_id: str | None = None
    ids: Mapping[str, str] = {}
    details: Mapping[str, Any] = {}
    lines: tuple[PostedLine, ...] = ()
    requested: AskedSpend | None = None
    unspent_request: str | None = None
    reduction_method: ReductionMethod = ReductionMethod.FRONT_END
    awards: tuple[PostedAward, ...] = ()
    vouchers: tuple[PostedVoucher, ...] = ()
    spends: tuple[PostedSpend, ...] = ()
    budgets: Mapping[str, Decimal] = {}
    counted_code: str | None = None
    uses: tuple[Use, ...] = ()
    why: tuple[Verdict, ...] = ()

    @property
    def codes(self) -> tuple[str, ...]:
        """The promo codes that it counts as a use of."""
        return (self.counted_code,) if self.counted_code else ()

    @property
    def is_limited(self) -> bool:
        """Whether it used anything of limits, budgets or promo codes."""
        return bool(self.uses or self.budgets or self.counted_code)


class ReturnedQuantity(NamedTuple):
    """How much of a line came back; `line` is its place in the purchase, from 0."""

    line: int
    quantity: Decimal


class ReversalDocument(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What is kept of a cancellation or a return. Amounts are in the wallet's currency.

    Attributes:
        reverses: the purchase's id.
        lines: how much of which lines came back; none for a cancellation.
        waived: what the customer keeps of awards, as it was spent.
        completes: whether something of the purchase was left before, and nothing is left now; None if an early version
            wrote it, which did not record limits either.
        uses: what was given back of limits per account, below zero.
        budgets: what budgets got back, by offer, below zero.
        counted_codes: ids of promo codes that may be used once more by all accounts together.
        counted_code: the one promo code, as an early version told it.
        settled: what is taken back now of what was waived, by purchase.
        outstanding: changes of what is waived, by purchase.
        forgiven: the same by month.
    """

    reverses: str
    lines: tuple[ReturnedQuantity, ...]
    waived: Decimal
    completes: bool | None = None
    uses: tuple[Use, ...] = ()
    budgets: Mapping[str, Decimal] = {}
    counted_codes: tuple[str, ...] = ()
    counted_code: str | None = None
    settled: Mapping[str, Decimal] = {}
    outstanding: Mapping[str, Decimal] = {}
    forgiven: Mapping[str, Decimal] = {}

    @property
    def tells_of_limits(self) -> bool:
        """Whether it was recorded what the reversal gave back of limits."""
        return self.completes is not None or bool(self.uses or self.budgets or self.codes)

    @property
    def codes(self) -> tuple[str, ...]:
        """The promo codes that may be used once more by all accounts together."""
        return (*filter(None, [self.counted_code]), *self.counted_codes)


Document = PurchaseDocument | ReversalDocument | None
"""What is kept of an event; None if its entry says everything, as of an expiry or an opening balance."""
