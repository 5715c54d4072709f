"""The shapes of the newest API's answers. Amounts are JSON numbers; dates are seconds since 1970."""

from decimal import Decimal
from typing import NotRequired

from typing_extensions import TypedDict

from loyalty.domain.errors import Code


class Created(TypedDict):
    """The answer to a posted purchase (contract, operation 1)."""

    id: str


class NamedAnswer(TypedDict):
    """A merchant, an outlet or a classification."""

    id: str
    code: str | None


class LineAnswer(TypedDict):
    """A line of a purchase, by its place; amounts in the system currency. `product_sku` is null in the one line of a
    purchase that told totals only."""

    line: int
    product_sku: str | None
    quantity: Decimal
    returned_quantity: Decimal
    net_amount: Decimal
    tax_amount: Decimal
    total_amount: Decimal


class AmountsAnswer(TypedDict):
    """One amount in the system currency, in the wallet's, and in the alternative one where there is one (row 21)."""

    amount: Decimal
    wallet_amount: Decimal
    alternative_amount: NotRequired[Decimal]


class AwardAnswer(AmountsAnswer):
    """An award of an offer: `value` (percent, or an amount in `currency`) applied to `base` (an amount, or pieces)."""

    offer_id: str
    offer_name: str
    method: str
    value: Decimal
    currency: str
    base: Decimal


class SpendAnswer(AmountsAnswer):
    """What was paid from the wallet."""

    method: str


class MovementAnswer(TypedDict):
    """The change that an event made to the wallet, in its currency, and the balance after it."""

    awarded: Decimal
    spent: Decimal
    amount: Decimal
    balance: Decimal
    alternative_awarded: NotRequired[Decimal | None]
    alternative_spent: NotRequired[Decimal | None]
    alternative_amount: NotRequired[Decimal | None]
    alternative_balance: NotRequired[Decimal | None]


class VerdictAnswer(TypedDict):
    """Why an offer applies, or does not: `failed` is what keeps it from applying, null if nothing does."""

    offer_id: str
    applies: bool
    failed: str | None


class ReversedAnswer(TypedDict):
    """The effect of cancellation and returns on a purchase, in the wallet's currency: the awards taken back, the spends
    given back, and the awards left to the customer because they were spent. `settled`, if there is any, is the part of
    the spends that settled what was waived of other purchases."""

    awarded: Decimal
    spent: Decimal
    waived: Decimal
    settled: NotRequired[Decimal]


class PurchaseAnswer(MovementAnswer):
    """A posted purchase; `wallet_version` is its number in the wallet's journal."""

    id: str
    reference_number: str | None
    life_cycle_state: str
    performed_on: int
    posted_on: int
    account_id: str
    merchant_tap: NamedAnswer | None
    outlet_tap: NamedAnswer | None
    classification: NamedAnswer | None
    payment_medium_identifier: str | None
    products: list[LineAnswer]
    net_amount: Decimal
    tax_amount: Decimal
    total_amount: Decimal
    awards: list[AwardAnswer]
    spends: list[SpendAnswer]
    reversed: ReversedAnswer
    wallet_version: int
    why: NotRequired[list[VerdictAnswer]]


class ReturnedLineAnswer(TypedDict):
    """How much of a line came back."""

    line: int
    product_sku: str | None
    quantity: Decimal


class ReturnAnswer(MovementAnswer):
    """A return: the amounts are below zero where they take back an award or a spend; `waived` is what it left to the
    customer of the awards as it was spent. `settled`, where there is any, is what it took back of what had been waived
    of other purchases; `awarded` has it, too. `wallet_version` is its number in the wallet's journal."""

    id: str
    purchase_id: str
    reference_number: str | None
    performed_on: int
    posted_on: int
    account_id: str
    products: list[ReturnedLineAnswer]
    waived: Decimal
    settled: NotRequired[Decimal]
    wallet_version: int


class PreviewAnswer(TypedDict):
    """The effect of posting the purchase now, in the system currency; `balance` is the wallet's current one, in its
    currency."""

    net_amount: Decimal
    tax_amount: Decimal
    total_amount: Decimal
    awards: list[AwardAnswer]
    spends: list[SpendAnswer]
    allow_spending: bool
    available_spend: Decimal
    minimum_spend: Decimal | None
    maximum_spend: Decimal | None
    balance: Decimal
    why: NotRequired[list[VerdictAnswer]]


class ExpiringAnswer(TypedDict):
    """An amount of the wallet that is lost unless it is spent before then."""

    amount: Decimal
    expires_on: int


class ContactPassword(TypedDict):
    """A one-time password that stands for a contact; `expires_in` in seconds."""

    otp: str
    expires_in: int


class WalletAnswer(TypedDict):
    """A wallet; `version` is the number of its last event."""

    account_id: str
    account_number: str
    currency_code: str
    balance: Decimal
    version: int
    expiring: list[ExpiringAnswer]
    alternative_balance: NotRequired[Decimal]


class EntryAnswer(MovementAnswer):
    """An event in a wallet's journal; id and reference number are null where they are another partner's merchant's."""

    sequence: int
    event_id: str | None
    type: str
    performed_on: int
    posted_on: int
    reference_number: str | None


class JournalAnswer(TypedDict):
    """A page of a journal, newest first. `next` is to be sent as a query parameter; null on the last page. `missing`
    are the `sequence` of entries that were posted and are not listed yet."""

    entries: list[EntryAnswer]
    next: str | None
    missing: list[int]


class FieldProblem(TypedDict):
    """The fault of one field, named by JSON pointer."""

    pointer: str
    code: Code
    detail: str


class FileProblem(TypedDict):
    """The fault of a whole file."""

    code: str
    detail: str


class ExpectedUploadAnswer(TypedDict):
    """Where to send a file within `expires_in` seconds: POST it as `multipart/form-data`, the fields first."""

    id: str
    url: str
    fields: dict[str, str]
    expires_in: int
    maximum_bytes: int


class UploadAnswer(TypedDict):
    """How far an upload has got, in purchases; `errors` counts those refused and failed by code. `rate` is purchases a
    second; it and `seconds_left` are null as long as nobody can tell. `state` is EXPECTED, SPLITTING, POSTING, DONE,
    INCOMPLETE or REFUSED: of an incomplete one, `fault` says from which row on the file was not read. The links are
    there, for an hour, once it is done or incomplete."""

    id: str
    name: str
    state: str
    dry_run: bool
    created_on: int
    purchases: int
    posted: int
    replayed: int
    refused: int
    failed: int
    errors: dict[str, int]
    rate: float | None
    seconds_left: int | None
    fault: FileProblem | None
    result_url: str | None
    summary_url: str | None


class ProblemAnswer(TypedDict):
    """An error (RFC 9457)."""

    type: str
    title: str
    status: int
    code: Code
    detail: str
    errors: NotRequired[list[FieldProblem]]


class VendorProblemAnswer(ProblemAnswer):
    """An error as a partner is told it whose record says so: with the vendor's name for it."""

    error: str
