"""Where the event of an equal request may be, whatever its names lead to by now; and whom it may be told to."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from loyalty.domain.access.partner import Partner
from loyalty.domain.fingerprint import FORM, Fingerprint
from loyalty.domain.identity import Identity, Origin, derived_id, given_id
from loyalty.domain.ledger.wallet import EventType, JournalEntry, Movement
from loyalty.domain.programme.directory import HANDOVER, Directory
from loyalty.domain.programme.programme import Programme
from loyalty.domain.purchases.purchase import PurchaseRequest, Reference
from loyalty.store import keys
from loyalty.store.events import Event
from loyalty.usecases.purchases.repetition import (
    Repetitions,
    bought_again,
    identify,
    is_repeated,
    keys_to_identify,
    may_be_told,
)
from tests.builders import DESK, EUR, SCHEME, SHOP, imported

AT = datetime(2026, 1, 15, 12, tzinfo=UTC)
PARTNER = Partner("P", frozenset(), frozenset({"SHOP"}))
OTHER = {"type": "business_unit", "id": "OTHER", "name": "Other", "code": "O"}
STAND = {"type": "business_unit", "id": "STAND", "name": "Stand", "code": "T", "parent_business_unit": "OTHER"}
FORMER = {"type": "former_name", "of": "business_unit", "by": "code", "value": "S", "id": "OTHER"}
NUMBER = Identity(Origin.NUMBER)
OF_KEY, OF_ROW = Identity(Origin.KEY, ("P", "k")), Identity(Origin.ROW, ("P", "r"))
BY_SHOP = {"merchant": Reference("code", "S", "")}


def request(identity: Identity, **fields: Any) -> PurchaseRequest:
    asked = PurchaseRequest(
        identity=identity,
        reference_number="R",
        customer=Reference("id", "A", ""),
        performed_by=BY_SHOP,
        references={},
        details={},
        performed_on=AT,
        lines=(),
        spend=None,
        fingerprint=Fingerprint(b"now", lambda form: (b"now",) if form == FORM else (b"then", b"before")),
    )
    return replace(asked, **fields)


def event(fingerprint: bytes = b"now", form: int | None = FORM, merchant_id: str | None = "SHOP") -> Event:
    movement = Movement(Decimal(0), Decimal(0))
    entry = JournalEntry("A", 1, "E", EventType.PURCHASE, AT, AT, "R", merchant_id, movement, Decimal(0), None)
    return Event(entry, Origin.KEY, fingerprint, "P", None, form=form)


def ids(asked: PurchaseRequest, *former: dict[str, Any], told_to: Partner | None = None) -> set[str]:
    known = [*imported(EUR, SHOP, DESK, OTHER, STAND, SCHEME), *former]
    return Repetitions(Programme.of(known), Directory(known)).ids(asked, told_to)


@pytest.mark.parametrize(
    ("posted", "repeats"),
    [
        (event(), True),
        (event(b"other"), False),
        (event(b"then", None), True),
        (event(b"before", None), True),
        (event(b"then"), False),
        (event(form=FORM + 1), False),
    ],
)
def test_an_event_is_of_an_equal_request_if_it_has_its_fingerprint_in_the_form_of_then(
    posted: Event, repeats: bool
) -> None:
    assert is_repeated(request(OF_KEY), posted) is repeats


def test_a_partner_may_learn_of_the_events_of_its_merchants_alone() -> None:
    assert may_be_told(event(), PARTNER)
    assert may_be_told(event(merchant_id=None), PARTNER)
    assert not may_be_told(event(merchant_id="OTHER"), PARTNER)


def test_what_an_event_is_known_by_alone_is_where_it_is_whoever_performed_it() -> None:
    assert ids(request(OF_KEY)) == {OF_KEY.own_id}
    assert ids(request(OF_KEY, performed_by={})) == {OF_KEY.own_id}
    assert ids(request(NUMBER, known_before=(OF_KEY, OF_ROW))) == {OF_KEY.own_id, OF_ROW.own_id}
    assert ids(request(NUMBER)) == set()


@pytest.mark.parametrize("origin", [Origin.REFERENCE, Origin.GIVEN])
def test_what_is_one_among_a_merchants_is_with_every_merchant_that_its_names_ever_led_to(origin: Origin) -> None:
    identity = Identity(origin, ("X",) if origin is Origin.GIVEN else ())
    older = {identity.older_id} if identity.older_id else set()
    of_shop, of_other = (identity.event_id(merchant, "R", "") for merchant in ("SHOP", "OTHER"))

    assert ids(request(identity)) == {*older, of_shop}
    assert ids(request(identity), FORMER) == {*older, of_shop, of_other}
    assert ids(request(identity), FORMER, told_to=PARTNER) == {*older, of_shop}
    assert ids(request(identity, performed_by={"outlet": Reference("id", "STAND", "")})) == {*older, of_other}
    assert ids(request(identity, performed_by={})) == older
    assert ids(request(identity, performed_by={"merchant": Reference("code", "NOBODY", "")})) == older


def test_an_event_of_a_given_id_may_be_where_earlier_versions_put_it() -> None:
    assert "X" in ids(request(Identity(Origin.GIVEN, ("X",)), performed_by={}))


PARTNERS_RECORD = keys.record("partner", "P")


def test_only_what_may_be_needed_is_read() -> None:
    given = Identity(Origin.GIVEN, ("X",))

    assert keys_to_identify([], PARTNER) == set()
    assert keys_to_identify([request(OF_KEY), request(Identity(Origin.REFERENCE))], PARTNER) == set()
    assert keys_to_identify([request(OF_KEY), request(NUMBER)], PARTNER) == {PARTNERS_RECORD}
    assert keys_to_identify([request(NUMBER, known_before=(OF_KEY,))], PARTNER) == {PARTNERS_RECORD}
    assert keys_to_identify([request(given), request(NUMBER)], PARTNER) == {keys.event("X"), PARTNERS_RECORD}


def test_a_request_that_says_nothing_of_itself_is_known_by_all_that_it_says_if_its_partner_wants_that() -> None:
    asked = request(Identity(Origin.NUMBER, ("entry",)))
    items = {PARTNERS_RECORD: {"record": '{"classic_repeats": "REPLAY"}'}}

    found = identify(asked, PARTNER, items)

    assert found.identity == Identity(Origin.CONTENT, ("P", b"now".hex().upper(), "entry"))
    assert replace(found, identity=asked.identity) == asked


def test_what_says_nothing_even_of_when_it_was_is_known_as_it_was_a_moment_ago_too() -> None:
    """What it was known by a moment ago is read together with the names."""
    spellings = Fingerprint(b"now", lambda _: (b"now", b"also"))
    now, then = (Identity(Origin.NUMBER, (span,)) for span in ("8", "7"))
    asked = request(now, known_before=(then,), fingerprint=spellings)

    found = identify(asked, PARTNER, {PARTNERS_RECORD: {"record": '{"classic_repeats": "REPLAY"}'}})

    known = [
        Identity(Origin.CONTENT, ("P", digest.hex().upper(), span)) for span in "87" for digest in (b"now", b"also")
    ]
    assert (found.identity, *found.known_before) == tuple(known)
    of_then = {keys.event(str(one.own_id)) for one in known[2:]}
    assert keys_to_identify([asked], PARTNER) == {PARTNERS_RECORD, *of_then}


def test_it_is_known_by_the_spellings_of_its_content_too() -> None:
    asked = request(NUMBER, fingerprint=Fingerprint(b"now", lambda _: (b"now", b"also")))

    found = identify(asked, PARTNER, {PARTNERS_RECORD: {"record": '{"classic_repeats": "REPLAY"}'}})

    assert found.identity == Identity(Origin.CONTENT, ("P", b"now".hex().upper()))
    assert found.known_before == (Identity(Origin.CONTENT, ("P", b"also".hex().upper())),)


@pytest.mark.parametrize(
    ("identity", "items"),
    [
        (NUMBER, {}),
        (NUMBER, {PARTNERS_RECORD: {"record": "{}"}}),
        (NUMBER, {PARTNERS_RECORD: {"record": '{"classic_repeats": "POST"}'}}),
        (NUMBER, {keys.record("partner", "Q"): {"record": '{"classic_repeats": "REPLAY"}'}}),
        (OF_KEY, {PARTNERS_RECORD: {"record": '{"classic_repeats": "REPLAY"}'}}),
    ],
)
def test_any_other_request_stays_as_it_is(identity: Identity, items: dict[keys.Key, Any]) -> None:
    asked = request(identity)

    assert identify(asked, PARTNER, items) is asked


def test_what_is_bought_again_is_known_by_its_content_and_the_purchase_that_is_undone() -> None:
    """Whatever span of time it came in, and whatever it was known by before."""
    content = Identity(Origin.CONTENT, ("P", "C0FFEE", "SPAN"))
    asked = request(content, known_before=(Identity(Origin.CONTENT, ("P", "C0FFEE", "SPAN BEFORE")),))

    again = bought_again(asked, event())

    assert again == replace(asked, identity=Identity(Origin.CONTENT, ("P", "C0FFEE", "E")), known_before=())


@pytest.mark.parametrize(
    ("identity", "of_other"),
    [
        (Identity(Origin.REFERENCE), derived_id(Origin.REFERENCE, "OTHER", "R")),
        (Identity(Origin.GIVEN, ("X",)), given_id("OTHER", "X")),
        (OF_KEY, None),
        (NUMBER, None),
    ],
)
def test_an_id_is_contested_that_it_would_have_at_the_merchant_which_had_the_name_until_yesterday(
    identity: Identity, of_other: str | None
) -> None:
    def contested(merchant_id: str, now: datetime = AT, performed_by: Any = BY_SHOP) -> frozenset[str]:
        known = [*imported(EUR, SHOP, DESK, OTHER, STAND, SCHEME), {**FORMER, "lost_on": AT.timestamp()}]
        repetitions = Repetitions(Programme.of(known), Directory(known))
        return repetitions.contested_ids(request(identity, performed_by=performed_by), merchant_id, now)

    assert contested("SHOP") == ({of_other} if of_other else set())
    assert contested("SHOP", now=AT + HANDOVER) == set()
    assert contested("OTHER") == set()
    assert contested("SHOP", performed_by={"outlet": Reference("id", "S", "")}) == set()
