"""Which baskets: options that several commands share."""

from typing import Annotated

import typer

Limit = Annotated[int | None, typer.Option(min=1, help="The number of baskets, the earliest first; all by default.")]
SpendEvery = Annotated[
    int,
    typer.Option(
        min=0,
        help="Pay 1.00 from the wallet (or all of a smaller total) in baskets whose id is a multiple of this; 0: none. "
        "It is part of the purchase: one posted with it is refused as a duplicate without it.",
    ),
]
