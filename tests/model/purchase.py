"""A purchase whose every name has been found, and the faults that keep a request from becoming one."""

from dataclasses import dataclass
from fractions import Fraction

MANDATORY = "MandatoryAPIValueMissingException"
INVALID = "InvalidAPIValueException"
EXCLUSIVE = "MutuallyExclusiveAPIValuesException"
NOT_FOUND = "NotFoundAPIValueException"
DUPLICATE = "DuplicateAPIValueException"
INSUFFICIENT = "InsufficientBalanceException"
SPEND_LIMIT = "SpendLimitException"
CURRENCY = "CurrencyMismatchException"
LIMIT = "LimitExceededException"

Problem = tuple[str, str]
"""Where a request is at fault, as a JSON pointer ("" for the whole), and the code of errors.md."""


class Refused(Exception):  # noqa: N818 - a word of the docs
    """A request that leaves nothing behind."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(problems)
        self.problems = list(problems)


@dataclass(frozen=True)
class Line:
    """A line; its amounts are of the whole line, not of a piece. Of totals without lines it has no product, and no
    code."""

    product: str
    product_type: str | None
    quantity: Fraction
    net: Fraction
    tax: Fraction
    total: Fraction
    sku: str | None


@dataclass(frozen=True)
class Purchase:
    """What is priced.

    Attributes:
        account: The id of the account, and so of the wallet.
        merchant: The merchant's id.
        outlet: The outlet's id, where there is one.
        performed_on: When it took place; offers, rates and limits of that moment count.
        reference: The caller's number of it.
        lines: What was bought, in the order given.
        classification: The id of its classification.
        tap: The id of the till; in the classic API only.
        brand: The id of the payment medium's brand; in the classic API only.
        medium: The id of the payment medium's type; in the classic API only.
        promo_code: The id of the promo code that it brings.
        no_instant: Whether offers that are spent at once are switched off.
        spend: The amount that the wallet is asked for, in the system currency or in points.
        in_points: Whether `spend` is in the alternative currency.
    """

    account: str
    merchant: str
    outlet: str | None
    performed_on: int
    reference: str | None
    lines: tuple[Line, ...]
    classification: str | None = None
    tap: str | None = None
    brand: str | None = None
    medium: str | None = None
    promo_code: str | None = None
    no_instant: bool = False
    spend: Fraction | None = None
    in_points: bool = False

    @property
    def net(self) -> Fraction:
        """Sum of the lines, unrounded (rewards.md, "Order", 1)."""
        return sum((line.net for line in self.lines), Fraction(0))

    @property
    def tax(self) -> Fraction:
        """Sum of the lines, unrounded."""
        return sum((line.tax for line in self.lines), Fraction(0))

    @property
    def total(self) -> Fraction:
        """Sum of the lines, unrounded."""
        return sum((line.total for line in self.lines), Fraction(0))


@dataclass(frozen=True)
class Partner:
    """Who calls: a partner's key. Without merchants it may act for all (reference-data.md, "partner")."""

    id: str
    merchants: tuple[str, ...] | None = None

    def may(self, *units: str | None) -> bool:
        """Tell whether the key covers a place, named by the ids of the merchant and its outlet."""
        return self.merchants is None or any(unit in self.merchants for unit in units)
