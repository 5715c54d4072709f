"""`python -m bench.pricing`: process CPU for the plan of one purchase of ten lines, warm; nothing is read or written.

`mixed` is a programme as shops have them: of fifty offers, twelve could be for this purchase by where and what was
bought, and seven apply. In `worst` all fifty apply to all ten lines. The other figures hold the offers that can match
at ten and let the programme grow around them.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from bench.figure import Figure
from bench.setting import ROOT
from bench.usage import tell, usage
from loyalty.domain.ledger.wallet import Wallet
from loyalty.domain.pricing.pricing import price
from loyalty.domain.programme.programme import Programme
from tests.builders import account, line, offer, programme, purchase

LINES = 10
ROUNDS, CALLS = 30, 200
MAX_MS = 0.4
"""The goal, under whichever offers."""

SIZES = (10, 100, 1000)
"""The sizes of programmes that grow around the offers that can match."""

KINDS = ("COFFEE", "CAKE", "BREAD", "FRUIT", "TEA")
PURCHASE = purchase(
    *(
        line(f"{3 + number}.15", product=f"P{number}", kind=KINDS[number % len(KINDS)], quantity="2", tax="0.35")
        for number in range(LINES)
    ),
    outlet="DESK",
    spend="2.00",
)
CUSTOMER, WALLET = account(), Wallet("A1", 7, Decimal(50), {"2026-03": Decimal(20), "2026-06": Decimal(10)}, 6)


def figures(before: Path | None) -> Iterator[Figure]:
    """Yield the figures of this tree, beside those of the tree `before`."""
    tell("pricing")
    earlier, ours = of_tree(before) if before else {}, of_tree(ROOT)
    for what, milliseconds in ours.items():
        yield Figure(what, "ms CPU", MAX_MS, earlier.get(what), milliseconds)


def of_tree(root: Path) -> dict[str, float]:
    """Return the milliseconds that this measurement tells in a tree of the repository, by what they are of."""
    path = os.pathsep.join([str(root), str(root / "layers" / "common"), *sys.path])
    command = [sys.executable, "-m", "bench.pricing"]
    told = subprocess.run(
        command, cwd=root, env=os.environ | {"PYTHONPATH": path}, stdout=subprocess.PIPE, text=True, check=True
    )
    lines = (line.removesuffix(" ms").rsplit(maxsplit=1) for line in told.stdout.splitlines())
    return {"pricing, " + " ".join(what.split()): float(milliseconds) for what, milliseconds in lines}


def mixed_ms() -> float:
    """Milliseconds under fifty offers of all kinds."""
    everywhere = [
        offer("ALL", value="1"),
        offer("BIG", method="TIERED", tiers=[{"from": 50, "value": 1}, {"from": 200, "value": 5}]),
        offer("WEEKEND", value="2", conditions={"weekdays": ["SAT", "SUN"]}),
        offer("MORNING", value="2", conditions={"time_from": "07:00", "time_to": "11:00"}),
        offer("CARD", value="1", conditions={"classifications": ["CARD"]}),
        offer("FIRST", method="FIXED", value="5", conditions={"first_purchase": True}),
        offer("FIFTH", method="FIXED", value="1", limits={"per_account": 1, "period": "P1D"}),
        offer("STEPS", method="PER_STEP", value="0.10", step=10, maximum_per_event=1, expires_after="P12M"),
    ]
    here = [
        offer("COFFEE", value="5", conditions={"product_types": ["COFFEE"]}, stacking="EXCLUSIVE"),
        offer("CAKE", method="PER_UNIT", value="0.05", conditions={"product_types": ["CAKE"]}),
        offer("TEA", value="5", conditions={"product_types": ["TEA"], "minimum_quantity": 9}),
        offer("P3", value="3", conditions={"products": ["P3"], "business_units": ["SHOP"]}),
    ]
    elsewhere = [
        offer(f"E{number}", conditions={"business_units": [f"SHOP-{number}"]})
        if number % 2
        else offer(f"E{number}", conditions={"products": [f"OTHER-{number}"]})
        for number in range(50 - len(everywhere) - len(here))
    ]
    return _milliseconds(programme(*everywhere, *here, *elsewhere))


def worst_ms() -> float:
    """Milliseconds under fifty offers that all apply to all lines."""
    return _milliseconds(programme(*(offer(f"O{number}", value=f"0.{number + 11}") for number in range(50))))


def grown_ms(offers: int, matching: int = 10) -> float:
    """Milliseconds under so many offers, of which `matching` apply."""
    rules: list[dict[str, Any]] = [offer(f"O{number}", value="1") for number in range(matching)]
    rules += [offer(f"E{number}", conditions={"products": [f"OTHER-{number}"]}) for number in range(offers - matching)]
    return _milliseconds(programme(*rules))


def _milliseconds(known: Programme) -> float:
    """Return the time of the quickest round, as other processes on the machine only make a round slower."""
    rounds = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for _ in range(CALLS):
            price(PURCHASE, CUSTOMER, WALLET, known)
        rounds.append(1000 * (time.process_time() - began) / CALLS)
    return min(rounds)


if __name__ == "__main__":
    usage(__doc__).parse_args()
    print(f"a mix of 50 offers              {mixed_ms():.3f} ms")
    print(f"50 offers that apply            {worst_ms():.3f} ms")
    for size in SIZES:
        print(f"10 of {size:5,} offers can match    {grown_ms(size):.3f} ms")
