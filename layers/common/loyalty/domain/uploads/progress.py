"""How fast an upload gets on, and how long it will still take."""

from typing import Self

from msgspec import Struct


class Progress(Struct, frozen=True):
    """`rate` is purchases a second since the start, `seconds_left` how long it will take; None as long as nobody can
    tell."""

    rate: float | None
    seconds_left: int | None

    @classmethod
    def of(cls, *, done: int, total: int | None, seconds: float) -> Self:
        """Return what `done` purchases of `total` in so many seconds mean; the total is None until the file is cut."""
        rate = round(done / seconds, 1) if done and seconds > 0 else None
        if total is None or (done < total and not done):
            return cls(rate, None)
        return cls(rate, round((total - done) * seconds / done) if done else 0)
