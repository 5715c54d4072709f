"""How far a chunk has got, for whoever takes it up after a worker that did not finish, or was killed.

A row that kills its worker must not take its neighbours with it. So from the second try on, a chunk is posted piece by
piece, and it is kept which piece is being tried. Found again, that piece is tried row by row; and a row that was tried
alone when the worker died waits until all others are done, and the later rows of its wallet wait for it. They are tried
once it is given up.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Self

from msgspec import Struct, field
from msgspec.structs import replace

from loyalty.domain.errors import Problem
from loyalty.domain.uploads.row_outcome import RowOutcome, problem, problem_to_list

PIECE = 25
"""Purchases tried together from the second try on: few enough to be tried one by one should they fail."""

MAX_DEATHS = 2
"""Workers that die over a row on its own, before it is given up: one may do so by chance."""


class Attempt(Struct, frozen=True):
    """The state of a chunk's purchases, by the numbers of their first rows.

    `settled` are the outcomes, `unsettled` the reasons why others have none so far. `trying` is the piece that is being
    tried, `last` the rows that were tried alone when a worker died, once for each time.
    """

    settled: Mapping[int, RowOutcome] = field(default_factory=dict)
    unsettled: Mapping[int, Problem] = field(default_factory=dict)
    trying: tuple[int, ...] = ()
    last: tuple[int, ...] = ()

    def resumed(self) -> Self:
        """Return the attempt as whoever finds it goes on from it: what was tried alone waits from now on."""
        if len(self.trying) != 1:
            return self
        return replace(self, trying=(), last=self.last + self.trying)

    def taken_up_again(self) -> Self:
        """Return the attempt for whoever takes up its dead letter: what was given up is tried once more."""
        return replace(self, trying=(), last=())

    def pieces(
        self, rows: Sequence[int], behind: Callable[[Iterable[int]], set[int]], *, is_final: bool = False
    ) -> Iterator[tuple[int, ...]]:
        """Return what to try of these rows, piece by piece: in their order, but for those that wait until the end, and
        those that `behind` says to stand behind these. In the final try, nothing is tried that a worker died over."""
        given_up = {row for row in self.last if is_final or self.last.count(row) >= MAX_DEATHS}
        left = [row for row in rows if row not in self.settled and row not in given_up]
        last = [row for row in _by_last_place(self.last) if row in left]
        held = behind(last) if last else set()
        yield from self._cut_pieces(row for row in left if row not in held and row not in last)
        for first in last:
            if first not in held:
                its = behind([first])
                yield from self._cut_pieces([first, *(row for row in left if row in its)])

    def _cut_pieces(self, rows: Iterable[int]) -> Iterator[tuple[int, ...]]:
        """Rows in pieces; those that a worker may have died over are alone."""
        piece: list[int] = []
        alone = {*self.trying, *self.last}
        for row in rows:
            if piece and (row in alone or piece[-1] in alone or len(piece) == PIECE):
                yield tuple(piece)
                piece = []
            piece.append(row)
        if piece:
            yield tuple(piece)

    def at_work_on(self, piece: tuple[int, ...]) -> Self:
        """Return the attempt with this piece being tried."""
        return replace(self, trying=piece)

    def knowing(self, settled: Mapping[int, RowOutcome], unsettled: Mapping[int, Problem]) -> Self:
        """Return the attempt with more that is known."""
        settled = {**self.settled, **settled}
        unsettled = {row: problem for row, problem in {**self.unsettled, **unsettled}.items() if row not in settled}
        return replace(self, settled=settled, unsettled=unsettled)

    def after(self, settled: Mapping[int, RowOutcome], unsettled: Mapping[int, Problem]) -> Self:
        """Return the attempt once the piece was tried."""
        return replace(self.knowing(settled, unsettled), trying=())

    def text(self) -> str:
        """As JSON."""
        settled = [outcome.to_list() for outcome in self.settled.values()]
        unsettled = [[row, *problem_to_list(problem)] for row, problem in self.unsettled.items()]
        return json.dumps({"settled": settled, "unsettled": unsettled, "trying": self.trying, "last": self.last})

    @classmethod
    def of(cls, text: str | bytes) -> Self:
        """Return what `text` wrote."""
        kept = json.loads(text)
        settled = [RowOutcome.of(one) for one in kept["settled"]]
        return cls(
            {outcome.row: outcome for outcome in settled},
            {row: problem(*told) for row, *told in kept["unsettled"]},
            tuple(kept["trying"]),
            tuple(kept["last"]),
        )


def _by_last_place(rows: Sequence[int]) -> list[int]:
    """Return each row once, in the order of their last places: what a worker died over last has had its turn."""
    return list(dict.fromkeys(reversed(rows)))[::-1]
