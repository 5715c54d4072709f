"""Answers that are drawn up before anything is posted, so that nothing that can fail comes after the transaction."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

Posted = TypeVar("Posted")
Answer = TypeVar("Answer")

BeforePosting = Callable[[Posted], None]
"""Hears of what is about to be posted, once for each try. What it raises keeps that from being posted."""


def nothing(*_: Any) -> None:
    """BeforePosting nothing."""


class PreparedAnswer(Generic[Posted, Answer]):
    """The answer to one call; `render` reads and tells all that there is to tell of what was posted."""

    def __init__(self, render: Callable[[Posted], Answer]) -> None:
        self._render = render
        self._prepared: Answer | None = None

    def draw_up(self, posted: Posted) -> None:
        """Draw up the answer to what is about to be posted."""
        self._prepared = self._render(posted)

    def to(self, posted: Posted, *, replayed: bool) -> Answer:
        """Return the answer to what was posted, as it was last prepared. That to a replay is drawn up now: this call
        has posted nothing, and may be sent again."""
        return self._render(posted) if replayed or self._prepared is None else self._prepared
