"""Wallets under one programme, purchase by purchase, and what each of its offers gives."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from msgspec.structs import replace

from cli.backtest.history import Deposit, Visit
from loyalty.domain.errors import Refused
from loyalty.domain.ledger.expiry import expiry
from loyalty.domain.ledger.wallet import Movement
from loyalty.domain.money import ZERO
from loyalty.domain.period import end_of_month
from loyalty.domain.pricing.plan import Plan
from loyalty.domain.programme.offers import Offer
from loyalty.domain.programme.programme import Programme
from loyalty.domain.purchases.account import Account
from loyalty.domain.purchases.purchase import Purchase
from loyalty.store.customers import Customer
from loyalty.store.keys import Key
from loyalty.usecases.purchases.shared_limits import budget_key, price_with_counters, promo_code_key


@dataclass(slots=True)
class OfferTally:
    """What an offer gave so far, in the system currency, vouchers by their value.

    Attributes:
        offer: the offer.
        purchases: purchases that got something.
        sales: the total of these purchases.
        given: what the offer gave.
        by_month: the same, by month.
        by_customer: the same, by customer.
    """

    offer: Offer
    purchases: int = 0
    sales: Decimal = ZERO
    given: Decimal = ZERO
    by_month: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    by_customer: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))


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


@dataclass(slots=True)
class CustomerTally:
    """The purchases and awards of a customer, in the system currency."""

    account: Account
    purchases: int = 0
    sales: Decimal = ZERO
    given: Decimal = ZERO


class ProgrammeRun:
    """A programme at work. `forgone` counts the spends that its wallets did not hold, `refused` by code the purchases
    that could not be priced at all."""

    def __init__(self, programme: Programme, customers: Iterable[Customer] = ()) -> None:
        self.programme = programme
        self.offers = {offer.id: OfferTally(offer) for offer in programme.offers}
        self.months: dict[str, MonthTally] = {}
        self.customers: dict[str, CustomerTally] = {}
        self.forgone = 0
        self.refused: Counter[str] = Counter()
        self._known = {customer.account.id: customer for customer in customers}
        self._used: dict[Key, Decimal] = defaultdict(Decimal)
        self._month = ""

    def take(self, event: Visit | Deposit) -> None:
        """Let something happen to a wallet, once the months before it have ended. The first month is that of the first
        purchase."""
        match event:
            case Visit(customer, purchase):
                month = _month_of(purchase.performed_on)
                self._turn_to(month)
                self._visit(self._now(customer), purchase, month)
            case Deposit(customer, movement, at):
                if self._month:
                    self._turn_to(_month_of(at))
                self._move(self._now(customer), movement)

    def finish(self) -> None:
        """End the last month."""
        if self._month:
            self._end_month()

    @property
    def outstanding(self) -> dict[str, Decimal]:
        """The amounts that wallets hold, in the system currency, by the month at whose end they expire; "" is never.

        They are those of the last month, so there are none without a month.
        """
        if not self._month:
            return {}
        held: dict[str, Decimal] = defaultdict(Decimal)
        for customer in self._known.values():
            lots = customer.wallet.lots
            for month, amount in {"": customer.wallet.balance - sum(lots.values(), ZERO), **lots}.items():
                held[month] += self._in_system_currency(amount, customer.account)
        return {month: held[month] for month in sorted(held) if held[month]}

    def _visit(self, customer: Customer, purchase: Purchase, month: str) -> None:
        try:
            plan = self._plan(purchase, customer)
        except Refused as refused:
            self.refused[refused.problems[0].code] += 1
            return
        self._move(customer, plan.movement)
        self._use(plan, purchase)
        self._tally(plan, customer.account, month)

    def _plan(self, purchase: Purchase, customer: Customer) -> Plan:
        """Return the plan, without the requested spend if the wallet cannot pay it."""
        try:
            return price_with_counters(purchase, customer, self.programme, self._used)
        except Refused:
            if purchase.spend is None:
                raise
        plan = price_with_counters(replace(purchase, spend=None), customer, self.programme, self._used)
        self.forgone += 1
        return plan

    def _use(self, plan: Plan, purchase: Purchase) -> None:
        for award in plan.budgeted:
            self._used[budget_key(award.offer_id)] += award.amount
        if purchase.promo_code:
            self._used[promo_code_key(purchase.promo_code.id)] += 1

    def _tally(self, plan: Plan, account: Account, month: str) -> None:
        total, given = plan.totals.total, ZERO
        for award in (*plan.awards, *plan.vouchers):
            amount = award.amounts.system
            given += amount
            offer = self.offers[award.offer_id]
            offer.purchases += 1
            offer.sales += total
            offer.given += amount
            offer.by_month[month] += amount
            offer.by_customer[account.id] += amount
        tally = self.months.setdefault(month, MonthTally())
        tally.purchases += 1
        tally.sales += total
        tally.awarded += plan.awarded
        tally.vouchers += given - plan.awarded
        tally.spent += sum((spend.amounts.system for spend in plan.spends), ZERO)
        customer = self.customers.get(account.id)
        if customer is None:
            customer = self.customers[account.id] = CustomerTally(account)
        customer.purchases += 1
        customer.sales += total
        customer.given += given

    def _now(self, customer: Customer) -> Customer:
        """Return the customer with the wallet as it is by now."""
        return self._known.get(customer.account.id, customer)

    def _move(self, customer: Customer, movement: Movement) -> None:
        self._known[customer.account.id] = Customer(customer.account, customer.wallet.moved(movement, overdrawn=True))

    def _turn_to(self, month: str) -> None:
        """End all months before this one."""
        while self._month and self._month < month:
            self._end_month()
            self._month = _month_of(end_of_month(self._month))
            self.months.setdefault(self._month, MonthTally())
        self._month = max(self._month, month)

    def _end_month(self) -> None:
        """Let lots expire, and see what is left."""
        tally = self.months.setdefault(self._month, MonthTally())
        for customer in list(self._known.values()):
            if movement := expiry(customer.wallet, end_of_month(self._month)):
                self._move(customer, movement)
                tally.expired += self._in_system_currency(-movement.amount, customer.account)
        tally.liability = sum(
            (self._in_system_currency(one.wallet.balance, one.account) for one in self._known.values()), ZERO
        )

    def _in_system_currency(self, amount: Decimal, account: Account) -> Decimal:
        """Return an amount of the account's currency at the rate of the month's last second; nothing without a rate."""
        programme, at = self.programme, end_of_month(self._month) - timedelta(seconds=1)
        own = programme.wallet_currency(account)
        return programme.exchange(amount, own, programme.system_currency, at) or ZERO


def _month_of(at: datetime) -> str:
    return f"{at:%Y-%m}"
