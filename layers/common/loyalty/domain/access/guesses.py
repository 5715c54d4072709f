"""Guesses at what customers keep secret: how many are allowed, and until when none is where they are used up
(decision 28)."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Allowance:
    """The most guesses in a window of time, which all partners have at the same times: of each partner, or else of all
    together."""

    most: int
    window: timedelta
    of_each: bool = True

    def counter(self, partner_id: str, now: datetime) -> str:
        """Return the name of what a partner's guess counts on."""
        place = (now - EPOCH) // self.window
        whose = hashlib.sha256(partner_id.encode()).hexdigest()[:16] if self.of_each else "all"
        return f"guesses_{self.window // timedelta(minutes=1)}_{place}_{whose}"

    def ends(self, now: datetime) -> datetime:
        """When the window is over."""
        return EPOCH + ((now - EPOCH) // self.window + 1) * self.window


AT_A_PASS_CODE = (
    Allowance(5, timedelta(minutes=15)),
    Allowance(20, timedelta(days=1)),
    Allowance(50, timedelta(days=1), of_each=False),
)
"""A right one makes up for all before it. What a partner has in a day is less than half of what all have, so that none
alone, nor two, lock a customer out everywhere."""

AT_ONE_TIME_PASSWORDS = Allowance(100, timedelta(minutes=15))
"""At all of a partner's, as a wrong one does not tell whose it was to be. Of twelve digits, so many find none."""
