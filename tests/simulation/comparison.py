"""Comparing what the engine has and tells with what the model says: to the cent, in every currency."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from loyalty.domain.events.documents import PostedAward, PostedVoucher
from loyalty.domain.ledger.wallet import Wallet
from loyalty.domain.pricing.exchange import Amounts
from loyalty.store.events import Event, EventState
from tests.model.account import Account
from tests.model.awards import Award
from tests.model.dates import NEVER
from tests.model.money import ALTERNATIVE, SYSTEM, WALLET
from tests.model.posted import Posted

Json = Mapping[str, Any]

NOT_TOLD = ("why", "vouchers")
"""What the model says beside an answer of the API."""


def differences(found: Any, expected: Any, place: str = "") -> Iterator[str]:
    """Return where an answer is not what the model says, which may say less than there is."""
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        for name, value in expected.items():
            if name not in NOT_TOLD:
                yield from differences(found.get(name), value, f"{place}/{name}")
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for at, (one, other) in enumerate(zip(found, expected, strict=True)):
            yield from differences(one, other, f"{place}/{at}")
    elif not same(found, expected):
        yield f"{place} is {shown(found)}, not {shown(expected)}"


def same(found: Any, expected: Any) -> bool:
    """Tell whether two plain values are the same; what is absent is nothing, and so is no amount."""
    if isinstance(found, Decimal) and isinstance(expected, Fraction | int | Decimal | float):
        return Fraction(found) == Fraction(str(expected))
    return bool(found == expected) or (expected == 0 and found is None) or (expected is None and found == 0)


def shown(value: Any) -> str:
    """Return a value as a reader knows it: fractions as decimals, also within others."""
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{name}: {shown(part)}' for name, part in value.items())}}}"
    return str(float(value)) if isinstance(value, Fraction) else str(value)


def compared(name: str, found: Any, expected: Any) -> Iterator[str]:
    """Return what there is of a thing, if it is not what it should be."""
    if found != expected:
        only = {key: value for key, value in found.items() if expected.get(key) != value} if _both(found) else found
        other = {key: value for key, value in expected.items() if found.get(key) != value} if _both(found) else expected
        yield f"{name}: {shown(only)}, not {shown(other)}"


def _both(found: Any) -> bool:
    return isinstance(found, Mapping)


def line_differences(event: Event, line: Json) -> Iterator[str]:
    """Return where an event's entry is not the model's line of the journal."""
    entry, movement = event.entry, event.entry.movement
    found = {
        "sequence": entry.sequence,
        "type": str(entry.type),
        "performed_on": int(entry.performed_on.timestamp()),
        "posted_on": int(entry.posted_on.timestamp()),
        "reference_number": entry.reference_number,
        "awarded": movement.awarded,
        "spent": movement.spent,
        "amount": movement.amount,
        "balance": entry.balance,
        "alternative_awarded": movement.alternative_awarded,
        "alternative_spent": movement.alternative_spent,
        "alternative_amount": movement.alternative_amount,
        "alternative_balance": entry.alternative_balance,
    }
    yield from differences(found, {"alternative_balance": None, "reference_number": None, **line})


Given = dict[str, tuple[Any, ...]]


def awards_of_event(awards: tuple[PostedAward, ...]) -> Given:
    """Return what offers gave, by offer, in fractions."""
    return {
        one.offer_id: (
            _of_amounts(one.amounts),
            str(one.currency),
            str(one.method),
            Fraction(one.base),
            _month(one.expires or ""),
            one.instant,
            one.voucher_type_id if isinstance(one, PostedVoucher) else None,
        )
        for one in awards
    }


def awards_of_model(awards: list[Award], *, vouchers: bool) -> Given:
    """Return what offers gave, by offer: to the wallet, or as vouchers."""
    return {
        one.offer["id"]: (
            _of_model(one.amounts),
            one.currency,
            one.offer.get("award", {}).get("method", "FIXED"),
            one.base,
            one.lot,
            one.is_instant,
            one.offer["voucher_type"] if vouchers else None,
        )
        for one in awards
        if one.is_voucher == vouchers
    }


def spends_of_event(event: Event) -> Given:
    """Return what the wallet paid, by the way in which it did, and from which lots all together."""
    return {str(one.method): (_of_amounts(one.amounts),) for one in event.purchase_document.spends}


def spends_of_model(posted: Posted) -> Given:
    """Return what the wallet paid, as the model says."""
    return {one.method: (_of_model(one.amounts),) for one in posted.plan.spends}


def budgets_of_event(event: Event) -> dict[str, Fraction]:
    """Return what a purchase drew on budgets."""
    return {offer: Fraction(amount) for offer, amount in event.purchase_document.budgets.items() if amount}


def uses_of_event(event: Event) -> dict[tuple[str, str], tuple[int, Fraction]]:
    """Return what a purchase used of limits per account: by subject and window, how often and how much."""
    return {
        (_subject(one.subject), one.window): (one.count, Fraction(one.amount)) for one in event.purchase_document.uses
    }


def uses_of_model(posted: Posted) -> dict[tuple[str, str], tuple[int, Fraction]]:
    """Return the same, as the model says."""
    return {(one.subject, one.window): (one.times, one.amount) for one in posted.uses.values()}


def wallet_of_engine(wallet: Wallet) -> dict[str, Any]:
    """Return what there is in a wallet, in fractions."""
    return {
        "balance": Fraction(wallet.balance),
        "version": wallet.version,
        "lots": {_month(month): Fraction(amount) for month, amount in wallet.lots.items() if amount},
        "purchases": wallet.purchases,
        "waived": sum(map(Fraction, wallet.waived.values()), Fraction(0)),
    }


def wallet_of_model(account: Account) -> dict[str, Any]:
    """Return what there is in a wallet, as the model says."""
    return {
        "balance": account.wallet.balance,
        "version": len(account.journal),
        "lots": {lot: amount for lot, amount in account.wallet.lots().items() if lot != NEVER and amount},
        "purchases": account.bought,
        "waived": sum((one.waived for one in account.purchases), Fraction(0)),
    }


def windows_of_engine(wallet: Wallet) -> dict[tuple[str, str], tuple[int, Fraction]]:
    """Return the uses of limits and promo codes that a wallet remembers: by subject and window."""
    return {
        (_subject(subject), window): (used.count, sum(map(Fraction, used.amounts.values()), Fraction(0)))
        for subject, history in wallet.uses.by_subject.items()
        for window, used in history.windows.items()
    }


def windows_of_model(account: Account) -> dict[tuple[str, str], tuple[int, Fraction]]:
    """Return the same, as the model says."""
    found = {}
    for (subject, period), windows in account.memory.windows.items():
        for window in windows:
            uses = account.memory.of(subject, period, window)
            found[subject, window] = (sum(one.times for one in uses), sum((one.amount for one in uses), Fraction(0)))
    return found


def taken_back_of_event(event: Event) -> dict[str, Any]:
    """Return what a purchase says was taken back of it, and what the customer keeps of which offers' awards."""
    taken_back = event.taken_back
    return {
        "is_cancelled": event.state is EventState.CANCELLED,
        "awarded": Fraction(taken_back.awarded),
        "spent": Fraction(taken_back.spent),
        "waived": Fraction(taken_back.waived),
        "settled": Fraction(taken_back.settled),
        "kept": {offer: Fraction(amount) for offer, amount in event.kept.items() if amount},
    }


def taken_back_of_model(posted: Posted) -> dict[str, Any]:
    """Return the same, as the model says."""
    return {
        "is_cancelled": posted.is_cancelled,
        "awarded": posted.awarded_back,
        "spent": posted.spent_back,
        "waived": posted.waived,
        "settled": posted.settled,
        "kept": {posted.plan.awards[at].offer["id"]: amount for at, amount in posted.kept.items() if amount},
    }


def _subject(subject: str) -> str:
    return subject.rpartition("#")[2]


def _month(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:]) - 1 if month else NEVER


def _of_amounts(amounts: Amounts) -> tuple[Fraction, Fraction, Fraction | None]:
    points = None if amounts.alternative is None else Fraction(amounts.alternative)
    return Fraction(amounts.system), Fraction(amounts.wallet), points


def _of_model(amounts: Mapping[str, Fraction]) -> tuple[Fraction, Fraction, Fraction | None]:
    return amounts[SYSTEM], amounts[WALLET], amounts.get(ALTERNATIVE)
