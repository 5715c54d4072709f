"""`python -m bench.hostile`: process CPU of reading bodies that nobody should send, by their size. It has to be a line:
what follows is seconds for each megabyte, the same in each column but for the machine's whims.

Each body comes as API Gateway hands it over, first to who has no token and then to who has one.
"""

import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from time import process_time
from typing import Any

from bench.usage import usage
from loyalty.api.classic.bulk import MAX_BULK_BODY_BYTES, read_entries
from loyalty.api.classic.envelope import token_in
from loyalty.api.http.messages import Request
from loyalty.api.newest.purchase_requests import read_purchase
from loyalty.domain.access.partner import Partner
from loyalty.domain.errors import Refused

SIZES = (100_000, 1_000_000, 2_500_000, 4_900_000)
MAX_SECONDS_PER_MB = 5.0
"""The most that a shape may take: a quadratic one takes a hundred at the first size already."""

SHAPES: Mapping[str, Callable[[int], str]] = {
    "many names": lambda size: "{" + ",".join(f'"{name:06}":1' for name in range(size // 11)) + "}",
    "many names, the last twice": lambda size: (
        "{" + ",".join(f'"{name:06}":1' for name in range(size // 11)) + ',"000000":1}'
    ),
    "one name, time and again": lambda size: "{" + ",".join(['"a":1'] * (size // 6)) + "}",
    "a long name twice": lambda size: f'{{"{"x" * (size // 2)}":1,"{"x" * (size // 2)}":2}}',
    "nested without end": lambda size: "[" * (size // 2) + "]" * (size // 2),
    "nested as deep as may be": lambda size: "[" + ",".join(["[" * 38 + "]" * 38] * (size // 77)) + "]",
    "one long number": lambda size: "9" * size,
    "one long fraction": lambda size: f'{{"products":[{{"net_amount":0.{"9" * size}}}]}}',
    "long numbers": lambda size: f'{{"products":[{",".join(["9" * 4000] * (size // 4001))}]}}',
    "escapes": lambda size: f'{{"reference_number":"{chr(92)}u00e9{(chr(92) + "n") * (size // 2)}"}}',
    "halves of characters": lambda size: f'{{"a":"{(chr(92) + "ud83d" + chr(92) + "ude00") * (size // 12)}"}}',
    "damaged texts": lambda size: (
        f'{{"{"x" * (size // 2)}":[{",".join([chr(34) + "ä" + chr(34)] * (size // 8))},"\ufffd"]}}'
    ),
    "empty products": lambda size: f'{{"products":[{",".join(["{}"] * (size // 3))}]}}',
    "empty entries": lambda size: f'{{"purchase_customer_events_set":[{",".join(["{}"] * (size // 3))}]}}',
    "entries of one id": lambda size: (
        '{"purchase_customer_events_set":[' + ",".join(['{"request_unique_identifier":"1"}'] * (size // 34)) + "]}"
    ),
}


def seconds(text: str) -> float:
    """CPU that a body takes of the classic API and of the newest."""
    request = Request.of({"body": text}, datetime.now(UTC), MAX_BULK_BODY_BYTES)
    partner = Partner("BENCH", frozenset(), frozenset())
    begun = process_time()
    tries: list[Callable[[], Any]] = [
        lambda: token_in(request),
        lambda: read_entries(request.json(), partner, None),
        lambda: read_purchase(request.json(), request.now),
    ]
    for attempt in tries:
        with suppress(Refused):
            attempt()
    return process_time() - begun


def main() -> int:
    """Print a table; 1 where a shape takes too long."""
    too_long = False
    print(f"{'seconds of CPU a MB, of so many KB':36}" + "".join(f"{size // 1000:>8}" for size in SIZES))
    for what, shape in SHAPES.items():
        took = [1e6 * seconds(shape(size)) / size for size in SIZES]
        too_long |= max(took) > MAX_SECONDS_PER_MB
        print(f"{what:36}" + "".join(f"{each:>8.3f}" for each in took), flush=True)
    return int(too_long)


if __name__ == "__main__":
    usage(__doc__).parse_args()
    sys.exit(main())
