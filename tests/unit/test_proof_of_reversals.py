"""What the proof of purchases that were taken back calls a deviation; what older versions did not record."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from loyalty.domain.events.documents import ReversalDocument
from loyalty.domain.ledger.chain import Link
from loyalty.domain.ledger.wallet import EventType
from loyalty.domain.proofs.audit import PURCHASES_COUNTED, Deviation
from loyalty.domain.proofs.use_audit import FORGOTTEN_USED_UP, USES_COUNTED, WITHIN_LIMITS
from loyalty.domain.reversals.reversal import TakenBack
from loyalty.store import keys
from loyalty.store.events import Event
from loyalty.store.keys import Key
from loyalty.store.writes import Delete, Update
from loyalty.usecases.proofs.verify_reversals import Reversals
from loyalty.usecases.proofs.verify_untold import Untold, separate_unrecorded
from loyalty.usecases.reversals.settlement import UNTOLD
from tests.book import Book
from tests.builders import line, purchase
from tests.unit.test_counters import CODE
from tests.unit.test_reversal import BRIEF, JANUARY, TEN, book, spend
from tests.whole_table import WholeTable

UPDATED = "a purchase tells when and by whom it was last taken back"
CANCELLED_ONCE = "a cancelled purchase has one cancellation, any other none"
SUM = "what is taken back of a purchase is the sum of its reversals"
ONLY_PURCHASES = "only purchases are reversed"
KEPT = "the amount waived of a purchase is what its offers keep"


@pytest.fixture
def ledger() -> Book:
    """Purchases of every kind: E stands; F is cancelled; of G half came back, in two returns; what H gave is waived, as
    it was spent, and settled as the spend S was given back."""
    posted = book(TEN | {"conditions": {"products": ["P"]}})
    for event_id in ("E", "F"):
        posted.buy(purchase(line("20")), event_id)
    posted.buy(purchase(line("40", quantity="4")), "G")
    posted.cancel(JANUARY, "F")
    posted.give_back({0: Decimal(1)}, JANUARY, "G")
    posted.give_back({0: Decimal(1)}, JANUARY, "G")
    posted.buy(purchase(line("20")), "H")
    posted.buy(spend("25"), "S")
    posted.cancel(JANUARY, "H")
    posted.cancel(JANUARY, "S")
    return posted


def ids(ledger: Book) -> list[str]:
    return [entry.event_id for entry in ledger.entries]


def seen(ledger: Book, without: set[str] = frozenset()) -> Reversals:  # type: ignore[assignment]
    """Return what a scan shows of a book; some events it may not have met yet."""
    reversals = Reversals()
    for event_id in ids(ledger):
        if event_id not in without:
            reversals.take(ledger.event(event_id))
    return reversals


def whole(ledger: Book) -> WholeTable:
    return WholeTable(ledger.table.written())


def change(ledger: Book, event_id: str, **attributes: Any) -> None:
    """Change attributes of an event by hand."""
    ledger.table.transact([Update(keys.event(event_id), attributes, "attribute_exists(pk)")])


def closer(ledger: Book, without: set[str] = frozenset()) -> list[tuple[str | None, str | None, str]]:  # type: ignore[assignment]
    found = seen(ledger, without).deviations(whole(ledger))
    return [(one.account_id, one.event_id, one.rule) for one in found]


def test_what_was_taken_back_as_it_should_be_is_no_deviation(ledger: Book) -> None:
    assert ledger.event("H").taken_back == TakenBack(awarded=Decimal(10))
    assert ledger.event("G").taken_back.lines == {0: 2}
    assert (seen(ledger).suspects, closer(ledger)) == ([], [])


def test_what_is_kept_is_kept_of_awards_that_the_purchase_gave() -> None:
    posted = book(TEN | {"conditions": {"products": ["P"]}})
    posted.buy(purchase(line("20")))
    posted.buy(spend("10"), "S")
    posted.cancel(JANUARY)
    hashed(posted)
    assert posted.event().kept == {"O1": 10}
    assert closer(posted) == []

    change(posted, "E", kept='{"O2":10}')
    assert closer(posted) == [("A1", "E", KEPT)]


def test_what_an_older_version_settled_without_telling_of_what_is_of_no_purchase(ledger: Book) -> None:
    [settles] = [
        one for one in map(ledger.event, ids(ledger)) if one.entry.type.reverses and one.reversal_document.settled
    ]
    document = replace(settles.reversal_document, settled={**settles.reversal_document.settled, UNTOLD: Decimal(5)})
    reversals = seen(ledger, {settles.entry.event_id})

    reversals.take(replace(settles, document=document))

    assert UNTOLD not in reversals.suspects


def test_what_is_neither_a_purchase_nor_takes_one_back_is_passed_over(ledger: Book) -> None:
    reversals = seen(ledger)
    for kind in (EventType.EXPIRY, EventType.ADJUSTMENT):
        one = ledger.event("E")
        reversals.take(replace(one, entry=replace(one.entry, type=kind), document=None, updated_by="Q"))

    assert reversals.suspects == []


CHANGES: list[tuple[str, dict[str, Any], str]] = [
    ("E", {"state": "CANCELLED"}, CANCELLED_ONCE),
    ("E", {"taken_back": '{"lines":{},"awarded":1,"spent":0,"waived":0}'}, SUM),
    ("E", {"kept": '{"O1":1}'}, KEPT),
    ("E", {"updated_on": Decimal(1)}, UPDATED),
    ("E", {"updated_by": "Q"}, UPDATED),
    ("F", {"state": "POSTED"}, CANCELLED_ONCE),
    ("F", {"updated_on": Decimal(1)}, UPDATED),
    ("F", {"updated_by": "Q"}, UPDATED),
    ("F", {"taken_back": '{"lines":{},"awarded":1,"spent":0,"waived":0}'}, SUM),
    ("G", {"taken_back": '{"lines":{"0":1},"awarded":5,"spent":0,"waived":0}'}, SUM),
    ("G", {"updated_on": None, "updated_by": None}, UPDATED),
    ("H", {"kept": '{"O1":1}'}, KEPT),
]


def hashed(ledger: Book) -> None:
    """Give all events a hash, as they have today."""
    for event_id in ids(ledger):
        change(ledger, event_id, hash=b"h", hash_form=Decimal(1), personal=b"p", salt=b"s")


@pytest.mark.parametrize(("event_id", "attributes", "rule"), CHANGES)
def test_what_a_purchase_says_of_its_reversals_is_held_against_them(
    ledger: Book, event_id: str, attributes: dict[str, Any], rule: str
) -> None:
    hashed(ledger)
    assert closer(ledger) == []

    change(ledger, event_id, **attributes)

    assert seen(ledger).suspects == [event_id]
    assert ("A1", event_id, rule) in closer(ledger)


def test_suspects_are_told_in_their_order(ledger: Book) -> None:
    hashed(ledger)
    for event_id in "HGFE":
        change(ledger, event_id, updated_by="Q")

    assert seen(ledger).suspects == ["E", "F", "G", "H"]
    assert [found[1] for found in closer(ledger)] == ["E", "F", "G", "H"]


def test_a_purchase_that_is_gone_and_what_is_no_purchase_are_not_reversed(ledger: Book) -> None:
    returns = sorted(entry.event_id for entry in ledger.entries if entry.type == "RETURN")
    ledger.table.transact([Delete(keys.event("G"))])
    [found] = Reversals.deviations(seen(ledger, {"G"}), whole(ledger))
    assert found == Deviation(None, "G", ONLY_PURCHASES, f"reversed by {returns}")

    for gone in ("pointer", "reversal"):
        table = whole(ledger)
        item = {"event_id": "E"} if gone == "pointer" else table.get(keys.event(returns[0]), consistent=True)
        table.take_over([{**(item or {}), **keys.event("G")._asdict()}])
        assert [one.rule for one in seen(ledger, {"G"}).deviations(table)] == [ONLY_PURCHASES]


def test_a_closer_look_finds_what_the_scan_had_not_met_yet(ledger: Book) -> None:
    """A purchase or its reversals, by the journal; and reversals that the journal's index does not have yet."""
    reversals = {entry.event_id for entry in ledger.entries if entry.type.reverses}
    assert seen(ledger, reversals).suspects == ["F", "G", "H", "S"]
    assert closer(ledger, reversals) == []
    assert seen(ledger, set("FGHS")).suspects == ["F", "G", "H", "S"]
    assert closer(ledger, set("FGHS")) == []

    late = whole(ledger)
    late.journal = lambda *_, **__: []  # type: ignore[method-assign]
    change(ledger, "G", updated_by="Q")
    hashed(ledger)
    assert [one.rule for one in seen(ledger).deviations(late)] == []


def test_what_cannot_be_read_is_no_reversal(ledger: Book) -> None:
    [cancels] = [entry.event_id for entry in ledger.entries if entry.type == "CANCELLATION"][:1]
    change(ledger, cancels, document=b"x")

    assert ("A1", "F", CANCELLED_ONCE) in closer(ledger, {cancels})


def test_a_purchase_that_is_taken_back_during_a_closer_look_is_looked_at_again(ledger: Book) -> None:
    hashed(ledger)
    change(ledger, "F", updated_by="Q")
    table, right = whole(ledger), ledger.event("G").updated_by
    looks = 0

    def mend(read: Key | str | None) -> None:
        nonlocal looks
        if read == keys.event("F"):
            looks += 1
            if looks == 1:
                table.transact([Update(keys.event("F"), {"updated_by": right}, "attribute_exists(pk)")])

    table.meanwhile = mend

    assert list(seen(ledger).deviations(table)) == []
    assert looks == 4


def test_a_closer_look_is_taken_five_times_at_most(ledger: Book) -> None:
    hashed(ledger)
    change(ledger, "F", updated_by="Q")
    table, looks = whole(ledger), 0

    def move(read: Key | str | None) -> None:
        nonlocal looks
        if read == keys.event("F"):
            looks += 1
            table.transact([Update(keys.event("F"), {"updated_by": f"{looks}"}, "attribute_exists(pk)")])

    table.meanwhile = move

    assert [one.rule for one in seen(ledger).deviations(table)] == [UPDATED]
    assert looks == 10


LIMITED = BRIEF | {"limits": {"per_account": 9, "budget": 90}}


def old(event: Event) -> Event:
    """Return a reversal as an older version wrote it, which tells nothing of limits."""
    told = event.reversal_document
    return replace(event, document=ReversalDocument(reverses=told.reverses, lines=told.lines, waived=told.waived))


def untold(*events: Event) -> Untold:
    found = Untold()
    for event in events:
        found.take(event)
    return found


@pytest.mark.parametrize(
    ("offer", "code", "take_back", "counters"),
    [
        (TEN, None, lambda posted: posted.cancel(JANUARY), set()),
        (LIMITED, None, lambda posted: posted.cancel(JANUARY), {"reward_offer#O1"}),
        (LIMITED, CODE, lambda posted: posted.cancel(JANUARY), {"reward_offer#O1", "promo_code#CODE"}),
        (LIMITED, None, lambda posted: posted.give_back({0: Decimal(1)}, JANUARY), {"reward_offer#O1"}),
        (TEN, None, lambda posted: posted.give_back({0: Decimal(2)}, JANUARY), set()),
        (TEN, None, lambda posted: posted.give_back({0: Decimal(1)}, JANUARY), None),
    ],
)
def test_what_an_older_version_took_back_may_have_counted_less(
    offer: dict[str, Any], code: Any, take_back: Callable[[Book], Event], counters: set[str] | None
) -> None:
    """Of the account, and of what the purchase used that all accounts share; not where nothing was counted."""
    posted = book(offer)
    posted.buy(purchase(line("20", quantity="2"), promo_code=code))
    standing = posted.event()
    back = take_back(posted)

    for events in ((posted.event(), old(back)), (old(back), posted.event())):
        found = untold(*events)
        assert found.accounts == (set() if counters is None else {"A1"})
        assert found.counters == (counters or set())
    for told in (untold(posted.event(), back), untold(posted.event()), untold(standing, old(back)), untold(old(back))):
        assert (told.accounts, told.counters) == (set(), set())


def test_only_what_rests_on_what_was_not_recorded_is_told_apart() -> None:
    rules = [PURCHASES_COUNTED, USES_COUNTED, WITHIN_LIMITS, FORGOTTEN_USED_UP]
    of_old = [Deviation("A", None, rule, "1 in the wallet") for rule in rules]
    of_others = [Deviation("B", None, rule, "1 in the wallet") for rule in rules]
    other_rule = Deviation("A", None, "the wallet's balance is the sum of its journal", "1 in the wallet")
    counter = Deviation(None, None, "a rule", "promo_code#X: 1 on the counter, 2 in the journal")
    other_counter = Deviation(None, None, "a rule", "promo_code#Y: 1 on the counter, 2 in the journal")

    found = separate_unrecorded(
        [*of_old, *of_others, other_rule, counter, other_counter], {"A"}, {"promo_code#X", "1 in the wallet"}
    )

    assert found == ([*of_others, other_rule, other_counter], [*of_old, counter])


def test_a_reversal_of_a_version_without_hashes_need_not_tell_when_it_was(ledger: Book) -> None:
    change(ledger, "F", updated_on=None, updated_by=None)
    assert closer(ledger) == []

    for event_id in ids(ledger):
        if ledger.event(event_id).entry.type.reverses:
            change(ledger, event_id, hash=b"h", hash_form=Decimal(1), personal=b"p", salt=b"s")
    assert ledger.event("F").link is None
    assert isinstance(ledger.event(ids(ledger)[3]).link, Link)
    assert closer(ledger) == [("A1", "F", UPDATED)]
