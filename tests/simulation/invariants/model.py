"""What is posted is what the independent model posts for the same requests in the same order."""

from collections.abc import Iterator

from loyalty.domain.ledger.wallet import EventType
from tests.simulation.comparison import (
    compared,
    taken_back_of_event,
    taken_back_of_model,
    wallet_of_engine,
    wallet_of_model,
)
from tests.simulation.invariants.registry import Seen, invariant


@invariant
def every_event_was_asked_for(seen: Seen) -> Iterator[str]:
    """Nothing is posted that no call, row, file or nightly run has asked for."""
    yield from seen.judged("every_event_was_asked_for")


@invariant
def the_model_posts_what_was_posted(seen: Seen) -> Iterator[str]:
    """Nothing is posted that the model would refuse where it was committed."""
    yield from seen.judged("the_model_posts_what_was_posted")


@invariant
def events_are_posted_when_they_say(seen: Seen) -> Iterator[str]:
    """No event says that it was posted later than it was."""
    yield from seen.judged("events_are_posted_when_they_say")


@invariant
def journals_are_the_models(seen: Seen) -> Iterator[str]:
    """Each line of each journal, purchases, reversals, expiries and opening balances alike, is the model's: its number,
    dates, what is awarded and spent and the balance after it, in the wallet's currency and in points."""
    yield from seen.judged("journals_are_the_models")


@invariant
def awards_are_the_models(seen: Seen) -> Iterator[str]:
    """Each offer gives what the model says: to the cent in all three currencies, from the same base, to the same month,
    rounded once."""
    yield from seen.judged("awards_are_the_models")


@invariant
def vouchers_are_the_models(seen: Seen) -> Iterator[str]:
    """Each voucher that is given has the type and the value that the model says."""
    yield from seen.judged("vouchers_are_the_models")


@invariant
def spends_are_the_models(seen: Seen) -> Iterator[str]:
    """Each wallet pays what the model says, instantly, on request or automatically, in all three currencies."""
    yield from seen.judged("spends_are_the_models")


@invariant
def uses_are_the_models(seen: Seen) -> Iterator[str]:
    """Each purchase uses of its account's limits what the model says, in the same window."""
    yield from seen.judged("uses_are_the_models")


@invariant
def budgets_are_the_models(seen: Seen) -> Iterator[str]:
    """Each purchase draws on budgets what the model says."""
    yield from seen.judged("budgets_are_the_models")


@invariant
def verdicts_are_the_models(seen: Seen) -> Iterator[str]:
    """Why an offer gave nothing is what the model says."""
    yield from seen.judged("verdicts_are_the_models")


@invariant
def waived_amounts_are_the_models(seen: Seen) -> Iterator[str]:
    """What the customer keeps of an award that was taken back once it was spent is what the model says."""
    yield from seen.judged("waived_amounts_are_the_models")


@invariant
def purchases_tell_what_was_taken_back_as_the_model_does(seen: Seen) -> Iterator[str]:
    """Each purchase says of itself what the model says: whether it is cancelled, what was taken and given back of it,
    what is left to the customer, of which offers' awards, and what was settled."""
    for events in seen.events.values():
        for event in events:
            number = seen.judge.numbers.get(event.entry.event_id)
            if number is None or event.entry.type is not EventType.PURCHASE:
                continue
            found = taken_back_of_event(event)
            expected = taken_back_of_model(seen.judge.state.purchases[number])
            yield from (f"{event.entry.event_id}: {one}" for one in compared("taken back", found, expected))


@invariant
def wallets_are_the_models(seen: Seen) -> Iterator[str]:
    """The end is the model's: each wallet's balance, number of events, lots by month, purchases that stand, and what
    was waived."""
    for account, wallet in seen.wallets.items():
        found = wallet_of_engine(wallet)
        expected = wallet_of_model(seen.judge.model.state.account(account))
        yield from compared(account, found, expected)
