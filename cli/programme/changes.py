"""How importing a record would change deployed limits: earlier uses still count, or start again."""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from loyalty.domain.ledger.windows import LimitPeriod
from loyalty.domain.programme.directory import Record


class Change(NamedTuple):
    """A change that matters: where in the record (a JSON pointer), what it does, and what to do about it."""

    field: str
    reason: str
    hint: str


def changes_that_matter(deployed: Record, imported: Record) -> Iterator[Change]:
    """Return what becomes of uses that were counted under the `deployed` record, once the other one is imported."""
    for rule in _RULES.get(imported["type"], ()):
        yield from rule(deployed, imported)


def _period(deployed: Record, imported: Record) -> Iterator[Change]:
    before, after = _limits(deployed), _limits(imported)
    if not _per_account(before) or not _per_account(after) or before.get("period") == after.get("period"):
        return
    if (before.get("period"), after.get("period")) in _COUNT_ON:
        what = "of what an account used before, the latest four periods that its wallet remembers count on"
    else:
        what = "accounts begin anew, and may get both within the period that is under way"
    reason = f"The limit counts {_describe_period(after)} where it counted {_describe_period(before)}: {what}."
    yield Change("/limits/period", reason, "Import it when one of the longer periods ends, or make it another offer.")


def _new_limits(deployed: Record, imported: Record) -> Iterator[Change]:
    before, after = _limits(deployed), _limits(imported)
    if _per_account(after) and not _per_account(before):
        field = next(name for name in _PER_ACCOUNT if name in after)
        reason = "What accounts got while the offer had no limit per account is not known, and does not count."
        yield Change(f"/limits/{field}", reason, "Set lower limits for the first period if that matters.")
    if "budget" in after and "budget" not in before:
        reason = "What was given while the offer had no budget was not counted, and is not part of it."
        yield Change("/limits/budget", reason, "Lower the budget by what was given; `loyalty backtest` shows how much.")


def _new_maxima(deployed: Record, imported: Record) -> Iterator[Change]:
    for name in ("maximum_uses", "maximum_uses_per_account"):
        if name in imported and name not in deployed:
            reason = "Uses from before are not counted, as the code had no such maximum."
            yield Change(f"/{name}", reason, "Lower the maximum by what was used, or make it another code.")


_PER_ACCOUNT = ("per_account", "per_account_amount")


def _limits(record: Record) -> Record:
    found: Record = record.get("limits") or {}
    return found


def _per_account(limits: Record) -> bool:
    return any(name in limits for name in _PER_ACCOUNT)


def _describe_period(limits: Record) -> str:
    return _WORDS[limits.get("period")]


_WORDS: Mapping[str | None, str] = {
    None: "for ever",
    LimitPeriod.DAY: "by the day",
    LimitPeriod.WEEK: "by the week",
    LimitPeriod.MONTH: "by the month",
    LimitPeriod.YEAR: "by the year",
}
_COUNT_ON = frozenset(
    {
        (LimitPeriod.DAY, LimitPeriod.WEEK),
        (LimitPeriod.DAY, LimitPeriod.MONTH),
        (LimitPeriod.DAY, LimitPeriod.YEAR),
        (LimitPeriod.MONTH, LimitPeriod.YEAR),
        (LimitPeriod.DAY, None),
        (LimitPeriod.WEEK, None),
        (LimitPeriod.MONTH, None),
        (LimitPeriod.YEAR, None),
    }
)
"""Changes of a period after which what was counted before is part of the new period (`windows.lies_in`)."""

_RULES: Mapping[str, tuple[Callable[[Record, Record], Iterator[Change]], ...]] = {
    "reward_offer": (_period, _new_limits),
    "promo_code": (_new_maxima,),
}
