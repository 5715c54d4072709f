"""How far a chunk has got, for whoever takes it up after a worker that did not finish, or was killed.

A row that kills its worker must not take its neighbours with it. So from the second try on, a chunk is posted piece by
piece, and it is kept which piece is being tried. Found again, that piece is tried row by row; and a row that was tried
alone when the worker died waits until all others are done.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from loyalty.domain.errors import Problem
from loyalty.domain.uploads.outcome import Outcome, listed, problem

PIECE = 25
"""Purchases tried together from the second try on: few enough to be tried one by one should they fail."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What is known of a chunk's purchases, by the numbers of their first rows.

    `settled` are the outcomes, `unsettled` what kept others from having one so far. `trying` is the piece at work,
    `last` those that were tried alone when a worker died.
    """

    settled: Mapping[int, Outcome] = field(default_factory=dict)
    unsettled: Mapping[int, Problem] = field(default_factory=dict)
    trying: tuple[int, ...] = ()
    last: tuple[int, ...] = ()

    def resumed(self) -> Self:
        """The attempt as whoever finds it goes on from it: what was tried alone waits from now on."""
        if len(self.trying) != 1:
            return self
        return replace(self, trying=(), last=tuple(dict.fromkeys(self.last + self.trying)))

    def pieces(self, rows: Sequence[int]) -> Iterator[tuple[int, ...]]:
        """What to try of these rows, piece by piece, in their order but for those that wait until the end."""
        piece: list[int] = []
        for row in rows:
            if row in self.settled or row in self.last:
                continue
            if piece and (row in self.trying or piece[-1] in self.trying or len(piece) == PIECE):
                yield tuple(piece)
                piece = []
            piece.append(row)
        if piece:
            yield tuple(piece)
        yield from ((row,) for row in self.last if row not in self.settled)

    def at_work_on(self, piece: tuple[int, ...]) -> Self:
        """The attempt with this piece being tried."""
        return replace(self, trying=piece)

    def knowing(self, settled: Mapping[int, Outcome], unsettled: Mapping[int, Problem]) -> Self:
        """The attempt with more that is known."""
        settled = {**self.settled, **settled}
        unsettled = {row: problem for row, problem in {**self.unsettled, **unsettled}.items() if row not in settled}
        return replace(self, settled=settled, unsettled=unsettled)

    def after(self, settled: Mapping[int, Outcome], unsettled: Mapping[int, Problem]) -> Self:
        """The attempt once the piece was tried."""
        return replace(self.knowing(settled, unsettled), trying=())

    def text(self) -> str:
        """As JSON."""
        settled = [outcome.listed() for outcome in self.settled.values()]
        unsettled = [[row, *listed(problem)] for row, problem in self.unsettled.items()]
        return json.dumps({"settled": settled, "unsettled": unsettled, "trying": self.trying, "last": self.last})

    @classmethod
    def of(cls, text: str | bytes) -> Self:
        """What `text` wrote."""
        kept = json.loads(text)
        settled = [Outcome.of(one) for one in kept["settled"]]
        return cls(
            {outcome.row: outcome for outcome in settled},
            {row: problem(*told) for row, *told in kept["unsettled"]},
            tuple(kept["trying"]),
            tuple(kept["last"]),
        )
