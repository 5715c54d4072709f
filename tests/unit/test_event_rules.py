"""What every event says has to follow from itself: its id from what identifies it, its amounts from what it tells."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from loyalty.domain.events.documents import PostedAward, PostedSpend, PurchaseDocument, ReversalDocument
from loyalty.domain.identity import Origin, derived_id, given_id
from loyalty.domain.ledger.wallet import EventType, JournalEntry, Movement
from loyalty.domain.pricing.exchange import Amounts
from loyalty.domain.pricing.spends import SpendMethod
from loyalty.domain.programme.award_rules import AwardCurrency, Method
from loyalty.store.events import Event
from loyalty.usecases.proofs.event_rules import broken_rules

AT = datetime(2026, 3, 1, tzinfo=UTC)
ID_DERIVED = "the id is derived from what identifies the event"
NOTHING_BUT_GIVEN = "an event without a reference number has nothing but the id that was given"
MERCHANTS = "a given id is stored under the event's merchant"
EXPIRED = "an expiry takes out what has expired, and no more"
AWARDS = "the awards of an event sum to what its wallet got or gave"
SPENDS = "the spends of an event sum to what its wallet got or gave"


def amounts(wallet: str) -> Amounts:
    """Return an amount of the wallet's currency, of which the system's and the alternative one are others."""
    return Amounts(Decimal(100), Decimal(wallet), Decimal(1000))


def award(wallet: str) -> PostedAward:
    zero = Decimal(0)
    return PostedAward(
        offer_id="O", offer_name="O", method=Method.FIXED, value=zero, currency=AwardCurrency.SYSTEM, base=zero,
        amounts=amounts(wallet), shares=(),
    )  # fmt: skip


def spend(wallet: str) -> PostedSpend:
    return PostedSpend(method=SpendMethod.ON_REQUEST, amounts=amounts(wallet))


PURCHASE = PurchaseDocument(
    number="42", identity=("P", "k"), awards=(award("3"), award("4")), spends=(spend("1"), spend("1"))
)
BACK = ReversalDocument(reverses="E", lines=(), waived=Decimal(0))
TAKEN = Movement(Decimal(7), Decimal(2))
EXPIRY = Movement(Decimal(-5), Decimal(0), lots={"2026-01": Decimal(-2), "2026-02": Decimal(-3)})

KINDS: dict[Origin, tuple[EventType, Any, Movement, tuple[str, ...]]] = {
    Origin.REFERENCE: (EventType.PURCHASE, PURCHASE, TAKEN, ("M", "R")),
    Origin.EXTERNAL: (EventType.PURCHASE, PURCHASE, TAKEN, ("P", "k")),
    Origin.KEY: (EventType.PURCHASE, PURCHASE, TAKEN, ("P", "k")),
    Origin.ROW: (EventType.PURCHASE, PURCHASE, TAKEN, ("P", "k")),
    Origin.CONTENT: (EventType.PURCHASE, PURCHASE, TAKEN, ("P", "k")),
    Origin.NUMBER: (EventType.PURCHASE, PURCHASE, TAKEN, ("42",)),
    Origin.OPENING_BALANCE: (EventType.ADJUSTMENT, None, TAKEN, ("R",)),
    Origin.CANCELLATION: (EventType.CANCELLATION, BACK, TAKEN, ("E",)),
    Origin.RETURN: (EventType.RETURN, BACK, TAKEN, ("E", "R")),
    Origin.EXPIRY: (EventType.EXPIRY, None, EXPIRY, ("A", "7")),
}
"""By origin: the type of its events, what they say, what they move, and what their ids are derived from."""


def event(origin: Origin) -> Event:
    """Return an event that is right."""
    kind, document, movement, parts = KINDS[Origin.REFERENCE if origin is Origin.GIVEN else origin]
    event_id = given_id("M", "X") if origin is Origin.GIVEN else derived_id(origin, *parts)
    pointer = derived_id(Origin.REFERENCE, *parts) if origin is Origin.GIVEN else None
    entry = JournalEntry("A", 7, event_id, kind, AT, AT, "R", "M", movement, Decimal(5), None)
    return Event(entry, origin, b"f", "P", document, pointer=pointer)


def of_entry(one: Event, **fields: Any) -> Event:
    return replace(one, entry=replace(one.entry, **fields))


def broken(one: Event) -> list[str]:
    return [rule for rule, _ in broken_rules(one)]


@pytest.mark.parametrize("origin", list(Origin))
def test_an_event_that_says_what_it_is_breaks_no_rule(origin: Origin) -> None:
    assert broken(event(origin)) == []


@pytest.mark.parametrize("origin", [one for one in Origin if one is not Origin.GIVEN])
def test_an_event_whose_id_does_not_follow_from_what_it_is_is_found(origin: Origin) -> None:
    right = event(origin)

    found = list(broken_rules(of_entry(right, event_id="0" * 32)))

    assert found == [(ID_DERIVED, f"{origin} gives {right.entry.event_id}")]


def test_a_given_id_has_a_pointer_that_follows_from_merchant_and_reference_number() -> None:
    given = event(Origin.GIVEN)

    assert broken(of_entry(given, reference_number="S")) == [ID_DERIVED]
    assert broken(replace(given, pointer="0" * 32)) == [ID_DERIVED]
    assert broken(replace(given, pointer=None)) == [ID_DERIVED]


def test_an_id_of_before_merchants_had_their_own_is_the_one_that_was_given() -> None:
    assert broken(of_entry(event(Origin.GIVEN), event_id="X")) == []


def test_a_given_id_that_is_the_one_that_it_would_have_anyway_has_no_pointer() -> None:
    derived = event(Origin.REFERENCE).entry.event_id

    assert broken(replace(of_entry(event(Origin.GIVEN), event_id=derived), pointer=None)) == []


def test_only_an_event_whose_id_was_given_is_stored_under_a_merchant_and_that_is_its_own() -> None:
    given, reference = event(Origin.GIVEN), event(Origin.REFERENCE)

    assert list(broken_rules(of_entry(given, event_id=given_id("N", "X")))) == [(MERCHANTS, "X of N")]
    assert broken(of_entry(reference, event_id=given_id("M", reference.entry.event_id))) == [ID_DERIVED, MERCHANTS]


def test_an_event_with_another_pointer_is_known_by_its_own_id() -> None:
    """Of a classic call with a key, the number leads to it too."""
    assert broken(replace(event(Origin.KEY), pointer=derived_id(Origin.NUMBER, "42"))) == []


def test_what_is_not_known_of_an_event_is_empty_in_its_id() -> None:
    reference = of_entry(event(Origin.REFERENCE), merchant_id=None, reference_number=None)
    opening = of_entry(event(Origin.OPENING_BALANCE), reference_number=None)
    back = of_entry(event(Origin.RETURN), reference_number=None)

    assert broken(of_entry(reference, event_id=derived_id(Origin.REFERENCE, "", ""))) == []
    assert broken(of_entry(opening, event_id=derived_id(Origin.OPENING_BALANCE, ""))) == []
    assert broken(of_entry(back, event_id=derived_id(Origin.RETURN, "E", ""))) == []


CONTENT_OF_NOW = [(), ("SPAN",)]
"""What an event that is known by its content keeps of its identity: nothing, or when it came in."""


def known_by_content(kept: tuple[str, ...]) -> Event:
    """Return an event that is known by its content, which keeps this of its identity."""
    event_id = derived_id(Origin.CONTENT, "P", b"f\xaa".hex().upper(), *kept)
    one = of_entry(event(Origin.CONTENT), event_id=event_id)
    return replace(one, fingerprint=b"f\xaa", document=replace(PURCHASE, identity=kept))


@pytest.mark.parametrize("kept", CONTENT_OF_NOW, ids=str)
def test_an_event_that_is_known_by_its_content_has_an_id_of_partner_fingerprint_and_what_it_keeps(
    kept: tuple[str, ...],
) -> None:
    one = known_by_content(kept)

    assert broken(one) == []
    assert broken(replace(one, partner_id="Q")) == [ID_DERIVED]
    assert broken(replace(one, fingerprint=b"g")) == [ID_DERIVED]
    assert broken(replace(one, document=replace(PURCHASE, identity=("OTHER",)))) == [ID_DERIVED]
    without_partner = derived_id(Origin.CONTENT, "", b"f\xaa".hex().upper(), *kept)
    assert broken(replace(of_entry(one, event_id=without_partner), partner_id=None)) == []


@pytest.mark.parametrize("kept", [*CONTENT_OF_NOW, ("P", "k")], ids=str)
def test_once_the_fingerprint_is_erased_an_id_that_was_made_of_it_is_not_derived_any_more(
    kept: tuple[str, ...],
) -> None:
    erased = replace(known_by_content(kept), fingerprint=b"")

    assert broken(of_entry(erased, event_id="0" * 32)) == []


def test_an_id_that_was_not_made_of_the_fingerprint_is_derived_though_that_is_erased() -> None:
    for origin in Origin:
        erased = replace(event(origin), fingerprint=b"")
        assert broken(erased) == []
        if origin not in (Origin.GIVEN, Origin.CONTENT):
            assert broken(of_entry(erased, event_id="0" * 32)) == [ID_DERIVED]


def test_a_given_id_without_a_reference_number_has_no_pointer_and_no_derived_id() -> None:
    given = replace(of_entry(event(Origin.GIVEN), reference_number=None), pointer=None)
    pointed = replace(given, pointer=derived_id(Origin.REFERENCE, "M", ""))
    derived = of_entry(given, event_id=derived_id(Origin.REFERENCE, "M", ""))

    assert broken(given) == []
    assert list(broken_rules(pointed)) == [(NOTHING_BUT_GIVEN, f"{pointed.pointer}")]
    assert broken(derived) == [NOTHING_BUT_GIVEN]


@pytest.mark.parametrize(
    ("lots", "amount", "is_due"),
    [
        ({"2026-02": -5}, -5, True),
        ({"2026-03": -5}, -5, False),
        ({"2026-01": -2, "2026-03": -3}, -5, False),
        ({"2026-02": -4}, -5, False),
        ({"2026-02": -5}, -4, False),
        ({"2026-02": 5}, 5, False),
        ({"2026-02": 0}, 0, False),
        ({}, 0, False),
    ],
    ids=str,
)
def test_an_expiry_takes_out_lots_whose_month_has_ended_and_all_that_it_takes(
    lots: dict[str, int], amount: int, is_due: bool
) -> None:
    held = {month: Decimal(part) for month, part in lots.items()}
    one = of_entry(event(Origin.EXPIRY), movement=Movement(Decimal(amount), Decimal(0), lots=held))

    assert list(broken_rules(one)) == ([] if is_due else [(EXPIRED, f"{held} on 2026-03")])


@pytest.mark.parametrize(
    ("document", "rule", "found"),
    [
        (PurchaseDocument(number="42", spends=PURCHASE.spends), AWARDS, "0, journal 7"),
        (PurchaseDocument(number="42", awards=PURCHASE.awards), SPENDS, "0, journal 2"),
        (PurchaseDocument(number="42", awards=PURCHASE.awards, spends=(spend("1"),)), SPENDS, "1, journal 2"),
        (PurchaseDocument(number="42", awards=(award("8"),), spends=PURCHASE.spends), AWARDS, "8, journal 7"),
    ],
)
def test_a_purchase_gives_and_takes_what_it_tells(document: PurchaseDocument, rule: str, found: str) -> None:
    assert list(broken_rules(replace(event(Origin.NUMBER), document=document))) == [(rule, found)]
