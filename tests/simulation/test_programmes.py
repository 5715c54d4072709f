"""The programmes that a call may go by: what processes keep for a minute, beside names that each call reads."""

import pytest

from loyalty.domain.records import RECORD_TYPES
from loyalty.store.reference import PROGRAMME_TYPES
from tests.model.programme import Programme
from tests.simulation.programmes import NAME_SECONDS, OF_NAMES, Programmes

OFFER, CODE = "reward_offer", "promo_code"
OLD, NEW = False, True


class Imported:
    """Programmes with one record of each of these types, each imported twice: the second time, so many seconds before
    now, and, where nothing is published, broken off before that."""

    def __init__(self, *, publishes: bool = True, **second: float) -> None:
        self.newest, self.programmes, self.now = Programme(), Programmes(), 1000.0
        self._publishes = True
        for kind in second:
            self._take(0.0, kind, OLD)
        self._publishes = publishes
        for kind, ago in sorted(second.items(), key=lambda one: -one[1]):
            self._take(self.now - ago, kind, NEW)

    def _take(self, moment: float, kind: str, state: bool) -> None:
        record = {"type": kind, "id": kind, "code": "CODE", "is_new": state}
        self.programmes.keep(moment, self.newest, [record])
        self.newest.put([record])
        if self._publishes:
            self.programmes.publish(moment)

    def seen(self, *kinds: str) -> set[tuple[bool, ...]]:
        """Return which of the records may be new at once, for a call of now."""
        of_all = (self.newest, *self.programmes.since(self.now, self.newest))
        return {tuple(one.rows[kind, kind]["is_new"] for kind in kinds) for one in of_all}


LONG, A_MINUTE, LATELY, JUST_NOW = 500.0, 50.0, NAME_SECONDS - 1, NAME_SECONDS - 2
ALL = {(one, other) for one in (OLD, NEW) for other in (OLD, NEW)}


@pytest.mark.parametrize(
    ("offer", "code", "expected"),
    [
        (A_MINUTE, LATELY, ALL),
        (LATELY, JUST_NOW, ALL),
        (JUST_NOW, LATELY, ALL),
        (LATELY, A_MINUTE, {(OLD, NEW), (NEW, NEW)}),
        (A_MINUTE, A_MINUTE, {(OLD, NEW), (NEW, NEW)}),
        (LONG, LATELY, {(NEW, OLD), (NEW, NEW)}),
        (LONG, LONG, {(NEW, NEW)}),
    ],
)
def test_an_offer_may_be_a_minute_old_and_a_code_that_each_purchase_reads_a_moment(
    offer: float, code: float, expected: set[tuple[bool, ...]]
) -> None:
    assert Imported(reward_offer=offer, promo_code=code).seen(OFFER, CODE) == expected


def test_an_offer_is_new_to_nobody_for_sure_until_it_is_published() -> None:
    broken_off = Imported(publishes=False, reward_offer=LONG)
    assert broken_off.seen(OFFER) == {(OLD,), (NEW,)}

    broken_off.programmes.publish(broken_off.now - A_MINUTE)
    assert broken_off.seen(OFFER) == {(OLD,), (NEW,)}

    broken_off.now += LONG
    assert broken_off.seen(OFFER) == {(NEW,)}


def test_a_product_counts_without_being_published() -> None:
    assert Imported(publishes=False, product=LONG).seen("product") == {(NEW,)}


@pytest.mark.parametrize(
    ("token", "account", "expected"),
    [
        (LATELY, JUST_NOW, {(OLD, OLD), (OLD, NEW), (NEW, OLD), (NEW, NEW)}),
        (JUST_NOW, LATELY, {(OLD, OLD), (OLD, NEW), (NEW, NEW)}),
        (A_MINUTE, JUST_NOW, {(NEW, OLD), (NEW, NEW)}),
        (JUST_NOW, A_MINUTE, {(OLD, NEW), (NEW, NEW)}),
    ],
)
def test_an_account_is_as_new_as_the_names_that_lead_to_it_or_newer(
    token: float, account: float, expected: set[tuple[bool, ...]]
) -> None:
    assert Imported(access_token=token, account=account).seen("access_token", "account") == expected


@pytest.mark.parametrize(("token", "code"), [(LATELY, JUST_NOW), (JUST_NOW, LATELY)])
def test_of_a_token_and_a_promo_code_one_may_be_new_and_the_other_not_yet(token: float, code: float) -> None:
    assert Imported(access_token=token, promo_code=code).seen("access_token", CODE) == ALL


def test_an_account_that_is_new_may_not_be_found_yet() -> None:
    newest, programmes = Programme(), Programmes()
    newest.put([{"type": "currency", "id": "EUR"}])
    programmes.keep(999.0, newest, [{"type": "account"}])
    newest.put([{"type": "account", "id": "A"}])

    assert {("account", "A") in one.rows for one in programmes.since(1000.0, newest)} == {False}


def test_names_are_what_no_process_keeps() -> None:
    of_processes = PROGRAMME_TYPES | {"product", "partner"}

    assert {*RECORD_TYPES} - of_processes == OF_NAMES
