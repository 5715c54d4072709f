"""The programmes that a call may go by: what processes keep for a minute, beside names that each call reads."""

from typing import Any

import pytest

from loyalty.domain.records import RECORD_TYPES
from loyalty.store.reference import PROGRAMME_TYPES
from tests.model.programme import Programme
from tests.simulation.programmes import NAME_SECONDS, OF_NAMES, Programmes

OFFERS, CODES = ("old offer", "new offer"), ("old code", "new code")


class Imported:
    """Programmes with one offer and one promo code, each imported twice: when, is told in seconds before now."""

    def __init__(self, **second: float) -> None:
        self.newest, self.programmes = Programme(), Programmes()
        self._take(0.0, "reward_offer", OFFERS[0])
        self._take(0.0, "promo_code", CODES[0])
        self._now = 1000.0
        for kind, ago in sorted(second.items(), key=lambda one: -one[1]):
            self._take(self._now - ago, kind, (OFFERS if kind == "reward_offer" else CODES)[1])

    def _take(self, moment: float, kind: str, name: str) -> None:
        record = {"type": kind, "id": kind, "name": name}
        if self.newest.rows:
            self.programmes.keep(moment, self.newest, [record])
        self.newest.put([record])

    def seen(self) -> set[tuple[Any, Any]]:
        """Return what the offer and the code may be together, for a call of now."""
        of_all = (self.newest, *self.programmes.since(self._now, self.newest))
        return {
            (one.rows["reward_offer", "reward_offer"]["name"], one.rows["promo_code", "promo_code"]["name"])
            for one in of_all
        }


A_MINUTE, LONG, LATELY, JUST_NOW = 50.0, 500.0, NAME_SECONDS - 1, NAME_SECONDS - 2


@pytest.mark.parametrize(
    ("offer", "code", "expected"),
    [
        (A_MINUTE, LATELY, {(offer, code) for offer in OFFERS for code in CODES}),
        (LATELY, JUST_NOW, {(offer, code) for offer in OFFERS for code in CODES}),
        (LATELY, A_MINUTE, {(offer, CODES[1]) for offer in OFFERS}),
        (A_MINUTE, A_MINUTE, {(offer, CODES[1]) for offer in OFFERS}),
        (LONG, LATELY, {(OFFERS[1], code) for code in CODES}),
        (LONG, LONG, {(OFFERS[1], CODES[1])}),
    ],
)
def test_an_offer_may_be_a_minute_old_and_a_code_that_each_purchase_reads_a_moment(
    offer: float, code: float, expected: set[tuple[str, str]]
) -> None:
    assert Imported(reward_offer=offer, promo_code=code).seen() == expected


def test_names_are_what_no_process_keeps() -> None:
    of_processes = PROGRAMME_TYPES | {"product", "partner"}

    assert {*RECORD_TYPES} - of_processes == OF_NAMES
