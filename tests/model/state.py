"""What follows from the entries of a history so far."""

from dataclasses import dataclass, field
from fractions import Fraction

from tests.model.account import Account, in_points, wallet_answer
from tests.model.answers import sums
from tests.model.exact import NOTHING, Json, exact
from tests.model.history import POSTED, Answer
from tests.model.identity import Identities
from tests.model.money import ALTERNATIVE, WALLET, Rates
from tests.model.posted import Posted
from tests.model.programme import Programme, exponent
from tests.model.purchase import Partner


@dataclass
class State:
    """What follows from the entries so far.

    Attributes:
        programme: The records after all imports.
        accounts: By account, what happened to it.
        purchases: By the place of its entry in the history, every purchase that was posted.
        identities: By what a purchase is known when it is sent again.
        returns: By purchase and reference number, the body of a return, and its answer.
        given: By offer, what all accounts together had of its budget.
        code_uses: By promo code, how often it was used by all accounts together.
    """

    programme: Programme = field(default_factory=Programme)
    accounts: dict[str, Account] = field(default_factory=dict)
    purchases: dict[int, Posted] = field(default_factory=dict)
    identities: Identities = field(default_factory=Identities)
    returns: dict[tuple[int, str], tuple[object, Answer]] = field(default_factory=dict)
    given: dict[str, Fraction] = field(default_factory=dict)
    code_uses: dict[str, int] = field(default_factory=dict)

    def account(self, id_: str) -> Account:
        """Return what happened to an account."""
        return self.accounts.setdefault(id_, Account())

    def visible(self, number: int, partner: Partner | None) -> bool:
        """Tell whether a purchase is one of the partner's merchants."""
        purchase = self.purchases[number].purchase
        return partner is None or partner.may(purchase.merchant, purchase.outlet)

    def rates(self, account: str, moment: int) -> Rates | None:
        """Return the rates on a day that journal entries tell points by; None where the wallet's currency has none."""
        record = self.programme.rows["account", account]
        currency, points = self.programme.wallet_currency(record), self.programme.currency("ALTERNATIVE")
        of_wallet = self.programme.rate(currency, moment)
        of_points = self.programme.rate(points, moment) if points else None
        if of_wallet is None:
            return None
        found, decimals = {WALLET: of_wallet}, {WALLET: exponent(currency)}
        if points and of_points is not None:
            found[ALTERNATIVE], decimals[ALTERNATIVE] = of_points, exponent(points)
        return Rates(found, decimals)

    def enter(
        self,
        account: str,
        kind: str,
        moments: tuple[int, int],
        moved: tuple[Fraction, Fraction],
        reference: str | None = None,
        points: tuple[Fraction, Fraction] | None = None,
    ) -> Json:
        """Enter an event into its wallet's journal, and return the line (api.md, "GET /wallets/{account}/journal").

        `moments` are when it was performed and posted; `moved` is what was awarded and spent, and `points` the same in
        the alternative currency, where that is not just `moved` at the rate of the day.
        """
        book = self.account(account)
        awarded, spent = moved
        of_day = self.rates(account, moments[0])
        line: Json = {
            "sequence": len(book.journal) + 1,
            "type": kind,
            "performed_on": moments[0],
            "posted_on": moments[1],
            "reference_number": reference,
        }
        if of_day is None:
            line |= {"awarded": awarded, "spent": spent, "amount": awarded - spent, "balance": book.wallet.balance}
        else:
            in_day = points or (in_points(awarded, of_day) or NOTHING, in_points(spent, of_day) or NOTHING)
            line |= sums(awarded, spent, book.wallet.balance, {"awarded": in_day[0], "spent": in_day[1]}, of_day)
        book.journal.append(line)
        return line

    def told(self, account: str, now: int, data: Json) -> Answer:
        """Return an answer with all that the judge may look at after it: the wallet, uses, budgets and codes."""
        book = self.account(account)
        uses = [
            (subject, period, window, *book.memory.used(subject, period, window)[:2])
            for (subject, period), windows in sorted(book.memory.windows.items())
            for window in windows
        ]
        return Answer(
            POSTED,
            data=data,
            wallet=wallet_answer(book, self.programme.rows["account", account], self.programme, now),
            uses=tuple(uses),
            budgets={
                offer["id"]: exact(offer["limits"]["budget"]) - self.given.get(offer["id"], NOTHING)
                for offer in self.programme.of("reward_offer")
                if "budget" in offer.get("limits", {})
            },
            codes=dict(self.code_uses),
        )
