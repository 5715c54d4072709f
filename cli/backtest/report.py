"""The report of a backtest: figures of the draft, and of the current programme."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from cli.backtest.tallies import OfferTally, Tallies
from loyalty.domain.money import ZERO, rounded
from loyalty.domain.programme.offers import Offer
from loyalty.domain.programme.programme import Programme

TOP_CUSTOMERS = 10
TOP_OF_AN_OFFER = 3


@dataclass(frozen=True, slots=True)
class CustomerLine:
    """The amount that a customer got."""

    account: str
    name: str | None
    purchases: int
    sales: Decimal
    given: Decimal


@dataclass(frozen=True, slots=True)
class OfferLine:
    """What an offer gave. Amounts are in the system currency.

    Attributes:
        id: the offer's id.
        name: the offer's name.
        purchases: purchases that got something.
        customers: customers who got something.
        sales: the total of these purchases.
        given: what the offer gave, vouchers included.
        share: `given` in percent of all sales.
        rate: `given` in percent of `sales`.
        by_month: what it gave, by month.
        top_customers: what the customers got who got most, by account.
    """

    id: str
    name: str
    purchases: int
    customers: int
    sales: Decimal
    given: Decimal
    share: Decimal
    rate: Decimal
    by_month: Mapping[str, Decimal]
    top_customers: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class MonthLine:
    """A month under one programme. Amounts are in the system currency.

    Attributes:
        month: the month, as YYYY-MM.
        purchases: the number of purchases.
        sales: the total of the purchases.
        awarded: awards to wallets.
        vouchers: the value of vouchers.
        share: awards and vouchers in percent of `sales`.
        spent: what wallets paid.
        expired: what expired.
        liability: what wallets hold at the end of the month.
    """

    month: str
    purchases: int
    sales: Decimal
    awarded: Decimal
    vouchers: Decimal
    share: Decimal
    spent: Decimal
    expired: Decimal
    liability: Decimal


@dataclass(frozen=True, slots=True)
class ProgrammeLine:
    """A programme over the whole period. Amounts are in the system currency.

    Attributes:
        purchases: purchases that were priced.
        customers: customers who bought something.
        reached: customers who got something.
        sales: the total of the purchases.
        given: awards and vouchers.
        share: `given` in percent of `sales`.
        vouchers: the value of vouchers.
        spent: what wallets paid.
        expired: what expired.
        liability: what wallets hold at the end.
        outstanding: `liability` by the month at whose end it expires, "" for never.
        forgone: spends that the wallets could not pay.
        refused: purchases that could not be priced, by error code.
        offers: what each offer gave.
        months: the programme month by month.
        top_customers: the customers who got most.
    """

    purchases: int
    customers: int
    reached: int
    sales: Decimal
    given: Decimal
    share: Decimal
    vouchers: Decimal
    spent: Decimal
    expired: Decimal
    liability: Decimal
    outstanding: Mapping[str, Decimal]
    forgone: int
    refused: Mapping[str, int]
    offers: list[OfferLine]
    months: list[MonthLine]
    top_customers: list[CustomerLine]

    @classmethod
    def of(cls, programme: Programme, tallies: Tallies) -> "ProgrammeLine":
        """Return the numbers of a programme, given what was counted of all customers."""
        months = _months(tallies)
        sales = sum((month.sales for month in months), ZERO)
        given = sum((month.awarded + month.vouchers for month in months), ZERO)
        return cls(
            purchases=sum(month.purchases for month in months),
            customers=len(tallies.customers),
            reached=sum(1 for customer in tallies.customers.values() if customer.given),
            sales=sales,
            given=given,
            share=percent(given, sales),
            vouchers=sum((month.vouchers for month in months), ZERO),
            spent=sum((month.spent for month in months), ZERO),
            expired=sum((month.expired for month in months), ZERO),
            liability=months[-1].liability if months else ZERO,
            outstanding={month: amount for month, amount in sorted(tallies.outstanding.items()) if amount},
            forgone=tallies.forgone,
            refused=dict(sorted(tallies.refused.items())),
            offers=_offers(programme, tallies, sales),
            months=months,
            top_customers=_top_customers(tallies),
        )


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a backtest.

    Attributes:
        title: the name of the draft.
        source: where the purchases come from.
        currency: the code of the system currency.
        start: when the first purchase was performed.
        end: when the last purchase was performed.
        left_out: purchases that were left out, by reason.
        first_rows: the first row of the file with each reason.
        draft: the programme with the files imported on top.
        current: the programme without them; None if there is none.
    """

    title: str
    source: str
    currency: str
    start: datetime | None
    end: datetime | None
    left_out: Mapping[str, int]
    first_rows: Mapping[str, int]
    draft: ProgrammeLine
    current: ProgrammeLine | None

    def reasons(self) -> list[str]:
        """Tell in words what was left out."""
        rows = {reason: f", first in row {row}" for reason, row in self.first_rows.items()}
        return [f"{count:,} {reason}{rows.get(reason, '')}" for reason, count in self.left_out.items()]

    def as_json(self) -> dict[str, Any]:
        """Return all of it, with dates as they are written in programmes."""
        days = {"start": self.start and f"{self.start:%Y-%m-%d}", "end": self.end and f"{self.end:%Y-%m-%d}"}
        return asdict(self) | days


def percent(part: Decimal, whole: Decimal) -> Decimal:
    """Return how much of a whole a part is, in percent with two decimals; 0 of nothing."""
    return rounded(100 * part / whole, 2) if whole else ZERO


def _offers(programme: Programme, tallies: Tallies, sales: Decimal) -> list[OfferLine]:
    """Return the offers, those that gave most first."""
    lines = [_offer(offer, tallies, sales) for offer in programme.offers if offer.effective]
    return sorted(lines, key=lambda line: (-line.given, line.id))


def _offer(offer: Offer, tallies: Tallies, sales: Decimal) -> OfferLine:
    tally = tallies.offers.get(offer.id, OfferTally())
    top = sorted(tally.by_customer.items(), key=lambda pair: (-pair[1], pair[0]))[:TOP_OF_AN_OFFER]
    return OfferLine(
        id=offer.id,
        name=offer.name,
        purchases=tally.purchases,
        customers=len(tally.by_customer),
        sales=tally.sales,
        given=tally.given,
        share=percent(tally.given, sales),
        rate=percent(tally.given, tally.sales),
        by_month={month: tally.by_month.get(month, ZERO) for month in sorted(tallies.months)},
        top_customers={tallies.customers[account_id].account.number: given for account_id, given in top},
    )


def _months(tallies: Tallies) -> list[MonthLine]:
    return [
        MonthLine(
            month=month,
            purchases=tally.purchases,
            sales=tally.sales,
            awarded=tally.awarded,
            vouchers=tally.vouchers,
            share=percent(tally.awarded + tally.vouchers, tally.sales),
            spent=tally.spent,
            expired=tally.expired,
            liability=tally.liability,
        )
        for month, tally in sorted(tallies.months.items())
    ]


def _top_customers(tallies: Tallies) -> list[CustomerLine]:
    top = sorted(tallies.customers.values(), key=lambda customer: (-customer.given, customer.account.number))
    return [
        CustomerLine(one.account.number, one.account.name, one.purchases, one.sales, one.given)
        for one in top[:TOP_CUSTOMERS]
        if one.given
    ]
