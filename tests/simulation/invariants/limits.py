"""What holds of limits, budgets, promo codes and vouchers by itself."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from loyalty.domain.events.documents import PurchaseDocument, ReversalDocument
from loyalty.domain.ledger.vouchers import VoucherState
from loyalty.domain.money import ZERO
from tests.simulation.comparison import windows_of_engine, windows_of_model
from tests.simulation.invariants.registry import Seen, invariant


@invariant
def limits_hold_in_every_window(seen: Seen) -> Iterator[str]:
    """No offer gives an account more often, or more, in a day, week, month, year or ever than its limit was when it
    gave."""
    for account, events in seen.events.items():
        counts: dict[tuple[str, str], int] = defaultdict(int)
        amounts: dict[tuple[str, str, str], Decimal] = defaultdict(lambda: ZERO)
        for event in events:
            for use in event.document.uses if event.document else ():
                counts[use.subject, use.window] += use.count
                amounts[use.subject, use.window, use.currency] += use.amount
                if isinstance(event.document, ReversalDocument):
                    continue
                often, much = counts[use.subject, use.window], amounts[use.subject, use.window, use.currency]
                if use.per_account is not None and often > use.per_account:
                    yield f"{account}: {event.entry.event_id} is number {often} of {use}"
                if use.per_account_amount is not None and much > use.per_account_amount:
                    yield f"{account}: {event.entry.event_id} makes {much} of {use}"


@invariant
def budgets_are_what_was_drawn(seen: Seen) -> Iterator[str]:
    """The counter of an offer's budget is the sum of what purchases drew, less what reversals gave back."""
    drawn: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for events in seen.events.values():
        for event in events:
            for offer, amount in (event.document.budgets if event.document else {}).items():
                drawn[offer] += amount
    for subject, used in seen.counters.items():
        kind, _, offer = subject.partition("#")
        if kind == "reward_offer" and used != drawn[offer]:
            yield f"{offer}: {used}, not {drawn[offer]}"
    yield from (
        f"{one} is drawn, and not counted" for one in drawn if drawn[one] and f"reward_offer#{one}" not in seen.counters
    )


@invariant
def no_budget_is_exceeded(seen: Seen) -> Iterator[str]:
    """At no moment had all accounts together more of a budget than the highest that it ever was, nor less than
    nothing."""
    most: dict[str, Decimal] = {}
    for _, place, item in seen.written:
        if place[1] == "USED" and item is not None:
            subject, used = place[0].removeprefix("USED#"), Decimal(item["used"]["N"])
            most[subject] = max(used, most.get(subject, ZERO))
            if used < 0:
                yield f"{subject}: {used}"
    for subject, used in most.items():
        if used > seen.highest.get(subject, ZERO):
            yield f"{subject}: {used} of {seen.highest.get(subject)}"


@invariant
def promo_codes_are_what_was_used(seen: Seen) -> Iterator[str]:
    """The counter of a promo code is the number of purchases that count as a use, less those that came back whole."""
    used: dict[str, int] = defaultdict(int)
    for events in seen.events.values():
        for event in events:
            for code in event.document.codes if event.document else ():
                used[code] += 1 if isinstance(event.document, PurchaseDocument) else -1
    for subject, counted in seen.counters.items():
        kind, _, code = subject.partition("#")
        if kind == "promo_code" and counted != used[code]:
            yield f"{code}: {counted}, not {used[code]}"


@invariant
def uses_left_are_the_models(seen: Seen) -> Iterator[str]:
    """What each wallet remembers of limits and promo codes, window by window, is what the model says."""
    for account, wallet in seen.wallets.items():
        found, expected = windows_of_engine(wallet), windows_of_model(seen.judge.model.state.account(account))
        if found != expected:
            yield f"{account}: {_only(found, expected)}, not {_only(expected, found)}"


@invariant
def budgets_left_are_the_models(seen: Seen) -> Iterator[str]:
    """What is left of each budget, and how often each promo code was used, is what the model says."""
    state = seen.judge.model.state
    expected = {f"reward_offer#{offer}": amount for offer, amount in state.given.items() if amount}
    expected |= {f"promo_code#{code}": Fraction(count) for code, count in state.code_uses.items() if count}
    found = {subject: Fraction(used) for subject, used in seen.counters.items() if used}
    if found != expected:
        yield f"{_only(found, expected)}, not {_only(expected, found)}"


@invariant
def vouchers_are_void_as_the_model_says(seen: Seen) -> Iterator[str]:
    """Each voucher is there once, valid as long as something of what it was given for stays, and void after that."""
    expected = seen.judge.vouchers()
    given: dict[tuple[str, str], str] = {}
    for events in seen.events.values():
        for event in events:
            if isinstance(event.document, PurchaseDocument):
                given |= {(event.entry.event_id, one.offer_id): one.id for one in event.document.vouchers}
    if given.keys() != expected.keys():
        yield f"{sorted(given)} are given, not {sorted(expected)}"
    if set(given.values()) != seen.vouchers.keys():
        yield f"{sorted(seen.vouchers)} are there, not {sorted(given.values())}"
    for place, voucher in given.items():
        state = seen.vouchers.get(voucher)
        if place in expected and (state is VoucherState.VOIDED) != expected[place]:
            yield f"{voucher} of {place} is {state}"


def _only(one: Mapping[Any, Any], other: Mapping[Any, Any]) -> dict[Any, Any]:
    return {name: value for name, value in one.items() if other.get(name) != value}
