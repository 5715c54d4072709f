"""One account's share of what happened: its wallet, its purchases, its journal."""

from dataclasses import dataclass, field
from fractions import Fraction

from tests.model.dates import end_of
from tests.model.exact import NOTHING, Json, is_kept, rounded, shares
from tests.model.limits import Memory
from tests.model.money import ALTERNATIVE, WALLET, Rates
from tests.model.posted import Posted, all_came_back, award_back, whole
from tests.model.programme import Programme, exponent
from tests.model.reversal import Step
from tests.model.spends import INSTANTLY
from tests.model.wallet import Wallet

PURCHASE, CANCELLATION, RETURN, EXPIRY, ADJUSTMENT = "PURCHASE", "CANCELLATION", "RETURN", "EXPIRY", "ADJUSTMENT"


@dataclass
class Account:
    """What happened to one account, in the order of its postings.

    Attributes:
        wallet: What it holds after that.
        purchases: Its purchases.
        memory: What they used of limits and promo codes, as far as the wallet remembers it.
        journal: The entries of GET /wallets/{account}/journal, the first at first.
    """

    wallet: Wallet = field(default_factory=Wallet)
    purchases: list[Posted] = field(default_factory=list)
    memory: Memory = field(default_factory=Memory)
    journal: list[Json] = field(default_factory=list)

    @property
    def bought(self) -> int:
        """The number of purchases that stand, in the order in which they were posted, at all merchants."""
        return sum(posted.stands for posted in self.purchases)

    def post(self, posted: Posted) -> None:
        """Carry out a purchase: spends come from what the wallet held before, awards go to their lots.

        An instant spend comes from the awards that it spends, what ends first at first.
        """
        before = self.wallet.balance
        plan = posted.plan
        drawn = sum((one.amounts[WALLET] for one in plan.spends if one.method != INSTANTLY), NOTHING)
        posted.drawn = self.wallet.draw(drawn)
        self.wallet.book({lot: -amount for lot, amount in posted.drawn.items()})
        left = sum((one.amounts[WALLET] for one in plan.spends if one.method == INSTANTLY), NOTHING)
        for award in sorted((one for one in plan.awards if not one.is_voucher), key=lambda one: one.lot):
            part = min(left, award.amounts[WALLET]) if award.is_instant else NOTHING
            if part:
                posted.at_once[award.lot] = posted.at_once.get(award.lot, NOTHING) + part
                left -= part
            self.wallet.book({award.lot: award.amounts[WALLET] - part})
        posted.paid_off = max(NOTHING, -before) - max(NOTHING, -self.wallet.balance)
        posted.balance = self.wallet.balance
        posted.returned = [NOTHING for _ in posted.purchase.lines]
        self.purchases.append(posted)
        for use in posted.uses.values():
            self.memory.add(use)


def record(posted: Posted, step: Step) -> None:
    """Take down on a purchase what a step undid of it."""
    posted.awarded_back += step.taken
    posted.spent_back += step.given
    posted.settled += step.all_settled
    posted.waived += step.waived
    for at, amount in step.kept.items():
        posted.kept[at] = posted.kept.get(at, NOTHING) + amount


def settle(posted: Posted, amount: Fraction) -> None:
    """Take down on a purchase that what was waived of it was taken back after all: of each award its share."""
    posted.waived -= amount
    posted.awarded_back += amount
    places = sorted(posted.kept)
    parts = shares(amount, tuple(posted.kept[at] for at in places), posted.plan.rates.decimals[WALLET])
    for at, part in zip(places, parts, strict=True):
        posted.kept[at] -= part


def give_back_uses(posted: Posted) -> dict[str, Fraction]:
    """Give back uses of limits, and return what goes back to each budget.

    Amounts count as they come; a use goes back once all that it was given for came back. What is left to the customer
    still counts as used, of the offers whose awards it is.
    """
    to_budgets = {}
    returned = whole(posted.purchase) if posted.is_cancelled else posted.returned
    for at, award in enumerate(posted.plan.awards):
        offer, counted_in = award.offer["id"], award.currency
        kept = posted.kept.get(at, NOTHING)
        if kept:
            decimals = posted.plan.rates.decimals[counted_in]
            kept = rounded(kept * award.amounts[counted_in] / award.amounts[WALLET], decimals)
        still = award.amounts[counted_in] - award_back(posted, award, returned, counted_in) + kept
        if use := posted.uses.get(offer):
            use.amount = still
            use.times = 0 if all_came_back(posted, award, returned) and not kept else 1
        if offer in posted.budgets:
            to_budgets[offer] = posted.budgets[offer] - still
            posted.budgets[offer] = still
    if use := posted.uses.get("code"):
        use.times = int(not posted.is_gone)
    return to_budgets


def in_points(amount: Fraction, rates: Rates) -> Fraction | None:
    """Return an amount of the wallet's currency in the alternative one, or None where there is none on that day, or
    it has more digits than a table keeps."""
    if ALTERNATIVE not in rates.rate:
        return None
    points = rounded(abs(amount) / rates.rate[WALLET] * rates.rate[ALTERNATIVE], rates.decimals[ALTERNATIVE])
    if not is_kept(points):
        return None
    return points if amount >= 0 else -points


def wallet_answer(account: Account, record: Json, programme: Programme, now: int) -> Json:
    """Return what GET /wallets/{account} tells (api.md)."""
    currency = programme.wallet_currency(record)
    answer: Json = {
        "account_id": record["id"],
        "account_number": record["number"],
        "currency_code": currency["code"],
        "balance": account.wallet.balance,
        "version": len(account.journal),
        "expiring": [
            {"amount": amount, "expires_on": end_of(lot)} for lot, amount in sorted(account.wallet.expiring().items())
        ],
    }
    points, of_wallet = programme.currency("ALTERNATIVE"), programme.rate(currency, now)
    of_points = programme.rate(points, now) if points else None
    if points and of_points is not None and of_wallet is not None:
        decimals = {WALLET: exponent(currency), ALTERNATIVE: exponent(points)}
        told = in_points(account.wallet.balance, Rates({WALLET: of_wallet, ALTERNATIVE: of_points}, decimals))
        answer |= {} if told is None else {"alternative_balance": told}
    return answer
