"""What tells a repetition of a request from another request under the same identity."""

from datetime import UTC, datetime
from typing import Any

import pytest

from loyalty import exactjson
from loyalty.api.purchases import read_purchase
from tests.goldens import EXAMPLES

NOW = datetime(2026, 1, 31, tzinfo=UTC)
BODY: dict[str, Any] = exactjson.loads((EXAMPLES / "create_v5_1.request.json").read_text())


def fingerprint_of(body: dict[str, Any]) -> str:
    return read_purchase(body, NOW).fingerprint.hex()


def test_a_fingerprint_stays_what_it_was_when_the_event_was_posted() -> None:
    assert fingerprint_of(BODY) == "ed5ae1044f058718fa30da4b8b6f7a2e"


def test_neither_the_order_of_fields_nor_trailing_zeros_count() -> None:
    (line,) = BODY["products"]
    spelled = exactjson.loads(exactjson.dumps(line | {"net_amount": "?"}).replace('"?"', f"{line['net_amount']}00"))
    assert fingerprint_of(dict(reversed(BODY.items())) | {"products": [spelled]}) == fingerprint_of(BODY)


@pytest.mark.parametrize(
    "change", [{"reference_number": "RF000002"}, {"performed_on": 1572423478}, {"promo_code": "P"}]
)
def test_whatever_is_asked_for_counts(change: dict[str, Any]) -> None:
    assert fingerprint_of(BODY | change) != fingerprint_of(BODY)
