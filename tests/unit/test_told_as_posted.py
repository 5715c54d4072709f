"""What is told of a posting is drawn up before it, once for each try, and told as it was drawn up then."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from loyalty.api.newest.returns import read_return
from loyalty.domain.errors import Code, Problem, Refused
from loyalty.domain.purchases.purchase import Reference
from loyalty.store import keys
from loyalty.store.memory_table import MemoryTable
from loyalty.usecases.engine import Engine
from loyalty.usecases.prepared_answer import PreparedAnswer
from loyalty.usecases.purchases.tell_purchase import post_and_tell
from loyalty.usecases.reversals.take_back import PostedReturn, return_products
from loyalty.usecases.reversals.tell_cancellation import cancel_and_tell
from tests.unit.test_interleaved import NOW, PARTNER, asked, buy, stocked


@dataclass
class Caller:
    """A partner's call; of each answer that is drawn up it notes the version of the wallet then, which is also what
    the answer tells."""

    table: MemoryTable
    drawn_up: list[int] = field(default_factory=list)

    def buy(self) -> tuple[int, bool]:
        """Return what is told of a purchase, and whether it is a replay."""
        told = post_and_tell(self._engine, asked(), PARTNER, self._draw_up, now=NOW)
        return told.answer, told.replayed

    def cancel(self) -> tuple[int, bool]:
        """Return what is told of the purchase's cancellation, and whether it is a replay."""
        told = cancel_and_tell(self._engine, self._purchase, PARTNER, self._draw_up, now=NOW)
        return told.answer, told.replayed

    def give_back(self) -> tuple[int, bool]:
        """Return what is told of a return, and whether it is a replay."""
        answer = PreparedAnswer[PostedReturn, int](self._draw_up)
        body = {"reference_number": "RET", "products": [{"line": 0}]}
        request = read_return(body, self._purchase, NOW)
        posted = return_products(self._engine, request, PARTNER, now=NOW, before_posting=answer.draw_up)
        return answer.to(posted, replayed=posted.posting.replayed), posted.posting.replayed

    def version(self) -> int:
        """Return how many events the wallet has."""
        return int((self.table.get(keys.wallet("A")) or {}).get("version", 0))

    def _draw_up(self, _: Any) -> int:
        self.drawn_up.append(self.version())
        return self.version()

    @property
    def _engine(self) -> Engine:
        return Engine.on(self.table, pause=lambda _: None)

    @property
    def _purchase(self) -> Reference:
        return Reference("id", buy(stocked()), "")


def bought() -> MemoryTable:
    table = stocked()
    buy(table)
    return table


CALLS = pytest.mark.parametrize(
    ("prepare", "call"),
    [(stocked, Caller.buy), (bought, Caller.cancel), (bought, Caller.give_back)],
    ids=["purchase", "cancellation", "return"],
)


@CALLS
def test_what_is_posted_is_told_as_it_was_drawn_up_before(
    prepare: Callable[[], MemoryTable], call: Callable[[Caller], tuple[int, bool]]
) -> None:
    caller = Caller(prepare())
    before = caller.version()

    assert call(caller) == (before, False)

    assert caller.version() == before + 1
    assert caller.drawn_up == [before]


@CALLS
def test_a_replay_is_told_as_things_are_now(
    prepare: Callable[[], MemoryTable], call: Callable[[Caller], tuple[int, bool]]
) -> None:
    caller = Caller(prepare())
    call(caller)
    posted = caller.version()

    assert call(caller) == (posted, True)

    assert caller.version() == posted


@CALLS
def test_what_cannot_be_told_is_not_posted(
    prepare: Callable[[], MemoryTable], call: Callable[[Caller], tuple[int, bool]], monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = Caller(prepare())
    before = caller.version()

    def busy(*_: Any) -> int:
        raise Refused(Problem(Code.RETRY_LATER, "Busy."))

    monkeypatch.setattr(Caller, "_draw_up", busy)

    with pytest.raises(Refused) as refused:
        call(caller)

    assert refused.value.problems[0].code is Code.RETRY_LATER
    assert caller.version() == before
