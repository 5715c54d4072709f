"""Wallets under one programme, purchase by purchase, and what each of its offers gives."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from msgspec.structs import replace

from cli.backtest.history import EVERYBODY, CustomerShare, Deposit, Elsewhere, PastEvent, Visit
from cli.backtest.tallies import CustomerTally, Tallies
from loyalty.domain.errors import Refused
from loyalty.domain.ledger.expiry import expiry
from loyalty.domain.ledger.wallet import Movement
from loyalty.domain.money import ZERO
from loyalty.domain.period import end_of_month
from loyalty.domain.pricing.plan import Plan
from loyalty.domain.programme.programme import Programme
from loyalty.domain.purchases.account import Account
from loyalty.domain.purchases.purchase import Purchase
from loyalty.store.customers import Customer
from loyalty.store.keys import Key
from loyalty.usecases.purchases.shared_limits import budget_key, price_with_counters, promo_code_key


class UsesShared(Exception):  # noqa: N818 - it is answered by pricing all customers together
    """A purchase brings a promo code, by its code, whose uses customers of all shares count together."""


class ProgrammeRun:
    """A programme at work, on all customers or on a share of them."""

    def __init__(
        self, programme: Programme, customers: Iterable[Customer] = (), share: CustomerShare = EVERYBODY
    ) -> None:
        self._programme = programme
        self._share = share
        self._tallies = Tallies()
        self._known = {one.account.id: one for one in customers if share.holds(one.account.id)}
        self._used: dict[Key, Decimal] = defaultdict(Decimal)
        self._month = ""

    def take(self, event: PastEvent) -> None:
        """Let something happen to a wallet, once the months before it have ended. The first month is that of the first
        purchase of anybody.

        Raises:
            UsesShared: what it comes to depends on customers of other shares.
        """
        match event:
            case Visit(customer, purchase):
                month = _month_of(purchase.performed_on)
                self._turn_to(month)
                self._visit(self._now(customer), purchase, month)
            case Deposit(customer, movement, at):
                if self._month:
                    self._turn_to(_month_of(at))
                self._move(self._now(customer), movement)
            case Elsewhere(at, is_visit):
                if is_visit or self._month:
                    self._turn_to(_month_of(at))

    def finish(self) -> Tallies:
        """End the last month; return what all months come to."""
        if self._month:
            self._end_month()
            self._tally_outstanding()
        return self._tallies

    def _tally_outstanding(self) -> None:
        for customer in self._known.values():
            lots = customer.wallet.lots
            for month, amount in {"": customer.wallet.balance - sum(lots.values(), ZERO), **lots}.items():
                self._tallies.outstanding[month] += self._in_system_currency(amount, customer.account)

    def _visit(self, customer: Customer, purchase: Purchase, month: str) -> None:
        code = purchase.promo_code
        if code and code.maximum_uses and self._share != EVERYBODY:
            raise UsesShared(code.code)
        try:
            plan = self._plan(purchase, customer)
            self._move(customer, plan.movement)
        except Refused as refused:
            self._tallies.refused[refused.problems[0].code] += 1
            return
        self._use(plan, purchase)
        self._tally(plan, customer.account, month)

    def _plan(self, purchase: Purchase, customer: Customer) -> Plan:
        """Return the plan, without the requested spend if the wallet cannot pay it."""
        try:
            return price_with_counters(purchase, customer, self._programme, self._used)
        except Refused:
            if purchase.spend is None:
                raise
        plan = price_with_counters(replace(purchase, spend=None), customer, self._programme, self._used)
        self._tallies.forgone += 1
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
            offer = self._tallies.offers[award.offer_id]
            offer.purchases += 1
            offer.sales += total
            offer.given += amount
            offer.by_month[month] += amount
            offer.by_customer[account.id] += amount
        tally = self._tallies.months[month]
        tally.purchases += 1
        tally.sales += total
        tally.awarded += plan.awarded
        tally.vouchers += given - plan.awarded
        tally.spent += sum((spend.amounts.system for spend in plan.spends), ZERO)
        customer = self._tallies.customers.get(account.id)
        if customer is None:
            customer = self._tallies.customers[account.id] = CustomerTally(account)
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
            self._tallies.months[self._month]
        self._month = max(self._month, month)

    def _end_month(self) -> None:
        """Let lots expire, and see what is left."""
        tally = self._tallies.months[self._month]
        for customer in list(self._known.values()):
            if movement := expiry(customer.wallet, end_of_month(self._month)):
                self._move(customer, movement)
                tally.expired += self._in_system_currency(-movement.amount, customer.account)
        tally.liability = sum(
            (self._in_system_currency(one.wallet.balance, one.account) for one in self._known.values()), ZERO
        )

    def _in_system_currency(self, amount: Decimal, account: Account) -> Decimal:
        """Return an amount of the account's currency at the rate of the month's last second; nothing without a rate."""
        programme, at = self._programme, end_of_month(self._month) - timedelta(seconds=1)
        own = programme.wallet_currency(account)
        return programme.exchange(amount, own, programme.system_currency, at) or ZERO


def _month_of(at: datetime) -> str:
    return f"{at:%Y-%m}"
