"""What a programme gave so far, of all customers or of a share of them; shares add up to all."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from loyalty.domain.money import ZERO
from loyalty.domain.purchases.account import Account

Amounts = defaultdict[str, Decimal]


def no_amounts() -> Amounts:
    """Return amounts by name, which start at zero."""
    return defaultdict(Decimal)


@dataclass(slots=True)
class OfferTally:
    """What an offer gave so far, in the system currency, vouchers by their value.

    Attributes:
        purchases: purchases that got something.
        sales: the total of these purchases.
        given: what the offer gave.
        by_month: the same, by month.
        by_customer: the same, by customer.
    """

    purchases: int = 0
    sales: Decimal = ZERO
    given: Decimal = ZERO
    by_month: Amounts = field(default_factory=no_amounts)
    by_customer: Amounts = field(default_factory=no_amounts)

    def add(self, other: "OfferTally") -> None:
        """Add what the offer gave to others."""
        self.purchases += other.purchases
        self.sales += other.sales
        self.given += other.given
        _add(self.by_month, other.by_month)
        _add(self.by_customer, other.by_customer)


@dataclass(slots=True)
class MonthTally:
    """A month so far, in the system currency.

    Attributes:
        purchases: the number of purchases.
        sales: the total of the purchases.
        awarded: awards to wallets.
        vouchers: the value of vouchers.
        spent: what wallets paid.
        expired: what expired.
        liability: what wallets hold at the end of the month.
    """

    purchases: int = 0
    sales: Decimal = ZERO
    awarded: Decimal = ZERO
    vouchers: Decimal = ZERO
    spent: Decimal = ZERO
    expired: Decimal = ZERO
    liability: Decimal = ZERO

    def add(self, other: "MonthTally") -> None:
        """Add the same month of others."""
        self.purchases += other.purchases
        self.sales += other.sales
        self.awarded += other.awarded
        self.vouchers += other.vouchers
        self.spent += other.spent
        self.expired += other.expired
        self.liability += other.liability


@dataclass(slots=True)
class CustomerTally:
    """The purchases and awards of a customer, in the system currency."""

    account: Account
    purchases: int = 0
    sales: Decimal = ZERO
    given: Decimal = ZERO


@dataclass(slots=True)
class Tallies:
    """All that is counted of a programme. It can be handed from one process to another.

    Attributes:
        offers: what each offer gave, by id.
        months: each month from that of the first purchase on.
        customers: those who bought something, by account.
        outstanding: what wallets hold in the end, in the system currency, by the month at whose end it expires; "" is
            never. Without a month there is none.
        forgone: the spends that wallets did not hold.
        refused: the purchases that could not be priced at all, by code.
    """

    offers: dict[str, OfferTally] = field(default_factory=lambda: defaultdict(OfferTally))
    months: dict[str, MonthTally] = field(default_factory=lambda: defaultdict(MonthTally))
    customers: dict[str, CustomerTally] = field(default_factory=dict)
    outstanding: Amounts = field(default_factory=no_amounts)
    forgone: int = 0
    refused: Counter[str] = field(default_factory=Counter)

    @classmethod
    def together(cls, shares: Iterable["Tallies"]) -> "Tallies":
        """Return the tallies of shares that have no customer in common as those of all."""
        whole = cls()
        for share in shares:
            for offer_id, offer in share.offers.items():
                whole.offers[offer_id].add(offer)
            for name, month in share.months.items():
                whole.months[name].add(month)
            whole.customers |= share.customers
            _add(whole.outstanding, share.outstanding)
            whole.forgone += share.forgone
            whole.refused += share.refused
        return whole


def _add(amounts: Amounts, others: Amounts) -> None:
    for name, amount in others.items():
        amounts[name] += amount
