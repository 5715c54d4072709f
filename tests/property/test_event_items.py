"""Events and wallets are read as they were written, and what earlier versions wrote, as they meant it."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from loyalty import exactjson
from loyalty.domain.events.documents import PurchaseDocument, ReversalDocument
from loyalty.domain.identity import Origin, given_id
from loyalty.domain.ledger.chain import Link
from loyalty.domain.ledger.uses import MAX_WINDOWS, UNRECORDED, UseHistory, Uses, WindowUse
from loyalty.domain.ledger.wallet import EventType, JournalEntry, Movement, Wallet
from loyalty.domain.ledger.windows import FOR_EVER
from loyalty.domain.reversals.reversal import TakenBack
from loyalty.store import keys
from loyalty.store.attributes import Item, pack, pack_key, unpack
from loyalty.store.event_documents import document_text, tree_of
from loyalty.store.events import (
    Event,
    EventState,
    WrittenEvent,
    entry_of,
    event_of,
    is_event,
    is_pointer,
    stored_content,
    taken_back_attributes,
    uses_in,
    wallet_item,
    wallet_of,
)
from loyalty.store.keys import Key

MONEY = st.decimals(min_value=-(10**9), max_value=10**9, places=4)
TEXT = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)
NAME = st.sampled_from(["A", "B-1", "C2"])
MAYBE = st.none() | TEXT
MOMENT = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001 - bounds
    lambda moment: moment.replace(microsecond=0)
)
BY_MONTH = st.dictionaries(st.sampled_from(["", "2026-01", "2026-02", "2027-01"]), MONEY, max_size=3)
BY_ID = st.dictionaries(TEXT, MONEY, max_size=3)
DOCUMENTS = {
    EventType.PURCHASE: PurchaseDocument(number="1", contact_id="C", budgets={"B": Decimal("1.5")}),
    EventType.CANCELLATION: ReversalDocument(reverses="E", lines=(), waived=Decimal(0), completes=True),
    EventType.RETURN: ReversalDocument(reverses="E", lines=(), waived=Decimal(1), completes=False),
    EventType.EXPIRY: None,
    EventType.ADJUSTMENT: None,
}
LINKS = st.builds(Link, st.binary(min_size=1), st.binary(min_size=1), st.none() | st.binary(min_size=1), st.integers(1))
MOVEMENTS = st.builds(
    Movement,
    awarded=MONEY,
    spent=MONEY,
    alternative_awarded=st.none() | MONEY,
    alternative_spent=st.none() | MONEY,
    lots=BY_MONTH,
    lapsed=BY_MONTH,
)
ENTRIES = st.builds(
    JournalEntry,
    account_id=NAME,
    sequence=st.integers(1),
    event_id=NAME | st.builds(given_id, NAME, NAME),
    type=st.sampled_from(EventType),
    performed_on=MOMENT,
    posted_on=MOMENT,
    reference_number=MAYBE,
    merchant_id=MAYBE,
    movement=MOVEMENTS,
    balance=MONEY,
    alternative_balance=st.none() | MONEY,
)
POSTED = st.builds(
    lambda entry, **fields: Event(entry, document=DOCUMENTS[entry.type], **fields),
    ENTRIES,
    origin=st.sampled_from(Origin),
    fingerprint=st.binary(min_size=1),
    partner_id=MAYBE,
    form=st.none() | st.integers(1, 9),
    pointer=MAYBE,
    filed=st.booleans(),
    link=st.none() | LINKS,
)
TAKEN_BACK = st.builds(
    TakenBack,
    st.dictionaries(st.integers(0, 999), MONEY, max_size=3),
    awarded=MONEY,
    spent=MONEY,
    waived=MONEY,
    settled=MONEY,
)
WINDOWS = ["2026-01-15", "2026-01-16", "2026-W03", "2026-01", "2026", FOR_EVER]
USES = st.dictionaries(
    TEXT,
    st.builds(
        UseHistory,
        st.dictionaries(
            st.sampled_from(WINDOWS),
            st.builds(WindowUse, st.integers(0, 9), st.dictionaries(TEXT, MONEY.filter(bool), max_size=2)),
            max_size=3,
        ),
        st.frozensets(st.sampled_from(WINDOWS), max_size=2),
    ),
    max_size=2,
).map(Uses)
KEPT_WALLETS = st.builds(
    Wallet,
    account_id=NAME,
    version=st.integers(1),
    balance=MONEY,
    booked=BY_MONTH,
    purchases=st.integers(0),
    uses=USES,
    lapsed=BY_MONTH,
    waived=BY_ID,
    forgiven=BY_MONTH,
    head=st.none() | st.binary(min_size=1),
)


def stored(key: Key, item: Item) -> Item:
    """Return an item as it is read from the table once it is written there."""
    return unpack(pack_key(key) | pack(item))


def item_of(event: Event) -> Item:
    return stored(keys.event(event.entry.event_id), WrittenEvent.of(event).item(event.link))


@given(POSTED)
def test_an_event_is_read_as_it_was_posted(event: Event) -> None:
    item = item_of(event)
    found = event_of(item)

    assert found == event
    assert list(map(type, [found.entry.type, found.origin, found.state])) == [EventType, Origin, EventState]
    assert entry_of(item) == event.entry
    assert (is_event(item), is_pointer(item)) == (True, False)


@given(POSTED, st.sampled_from(EventState), TAKEN_BACK, BY_ID, st.none() | MOMENT, MAYBE)
def test_a_purchase_is_read_with_what_was_taken_back_of_it(
    event: Event,
    state: EventState,
    taken_back: TakenBack,
    kept: dict[str, Decimal],
    updated_on: datetime | None,
    updated_by: str | None,
) -> None:
    after = replace(event, state=state, taken_back=taken_back, kept=kept, updated_on=updated_on, updated_by=updated_by)

    item = stored(
        keys.event(event.entry.event_id), {**WrittenEvent.of(event).item(event.link), **taken_back_attributes(after)}
    )

    assert event_of(item) == after
    assert type(event_of(item).state) is EventState


def test_what_was_settled_is_only_told_where_there_is_any() -> None:
    """As earlier versions wrote it, so that what they wrote is what it is compared with."""
    plain = TakenBack({2: Decimal(1), 0: Decimal("0.5")}, Decimal(3), Decimal(2), Decimal(1))
    event = Event(ENTRY, Origin.KEY, b"F", None, DOCUMENTS[EventType.PURCHASE], taken_back=plain)
    settled = replace(event, taken_back=replace(plain, settled=Decimal(4)))

    assert taken_back_attributes(event)["taken_back"] == ('{"lines":{"0":0.5,"2":1},"awarded":3,"spent":2,"waived":1}')
    assert exactjson.loads(taken_back_attributes(settled)["taken_back"])["settled"] == 4


@given(KEPT_WALLETS)
def test_a_wallet_is_read_as_it_was_written(wallet: Wallet) -> None:
    key = keys.wallet(wallet.account_id)

    assert wallet_of(wallet.account_id, stored(key, wallet_item(wallet))) == wallet


def test_of_what_a_wallet_does_not_have_nothing_is_stored() -> None:
    told = {name: value for name, value in wallet_item(Wallet("A", 1, Decimal(5))).items() if value is not None}

    assert told == {"version": 1, "balance": 5, "purchases": 0}


def test_where_nothing_was_posted_the_wallet_is_empty() -> None:
    assert wallet_of("A", None) == Wallet("A")


@given(KEPT_WALLETS)
@example(Wallet("A", 1, Decimal(9), {"2026-02": Decimal(1), "2026-01": Decimal(2)}))
def test_the_index_of_expiries_has_each_wallet_of_which_something_expires_by_the_first_month(wallet: Wallet) -> None:
    item = wallet_item(wallet)
    months = sorted(wallet.lots)

    if months:
        assert (item["expires"], item["expiry_shard"]) == (months[0], keys.expiry_shard(wallet.account_id))
    else:
        assert (item["expires"], item["expiry_shard"]) == (None, None)


def test_a_pointer_lies_where_events_lie_and_is_none() -> None:
    pointer, others = stored(keys.event("P"), {"event_id": "E"}), [{"sequence": 1}, {}]

    assert (is_event(pointer), is_pointer(pointer)) == (False, True)
    for other in others:
        wallet = stored(keys.wallet("A"), other)
        assert (is_event(wallet), is_pointer(wallet)) == (False, False)


ENTRY = JournalEntry(
    account_id="A",
    sequence=3,
    event_id=given_id("M", "E"),
    type=EventType.PURCHASE,
    performed_on=datetime(2026, 1, 15, tzinfo=UTC),
    posted_on=datetime(2026, 1, 16, tzinfo=UTC),
    reference_number="R",
    merchant_id=None,
    movement=Movement(Decimal(3), Decimal(1), lots={"2026-02": Decimal("2.5")}, lapsed={"2026-01": Decimal(1)}),
    balance=Decimal(9),
    alternative_balance=None,
)
CHAINED = Event(
    ENTRY, Origin.GIVEN, b"F", "P", DOCUMENTS[EventType.PURCHASE], pointer="Q", link=Link(b"H", b"D", b"S", 1)
)


def test_what_a_chain_proves_is_all_that_was_posted_but_the_link_and_what_becomes_of_a_purchase() -> None:
    content = {
        "event_id": ENTRY.event_id,
        "account_id": "A",
        "sequence": 3,
        "event_type": "PURCHASE",
        "performed_on": 1768435200,
        "posted_on": 1768521600,
        "reference_number": "R",
        "awarded": 3,
        "spent": 1,
        "balance": 9,
        "origin": "GIVEN",
        "fingerprint": b"F",
        "partner_id": "P",
        "pointer": "Q",
        "lots": {"2026-02": Decimal("2.5")},
        "lapsed": {"2026-01": 1},
        "document": tree_of(document_text(CHAINED.document)),
    }
    after = replace(CHAINED, state=EventState.CANCELLED, taken_back=TakenBack({0: Decimal(1)}), updated_by="P")
    taken = taken_back_attributes(replace(after, kept={"O": Decimal(1)}, updated_on=ENTRY.posted_on))

    assert WrittenEvent.of(CHAINED).content == stored_content(item_of(CHAINED)) == content
    assert stored_content({**item_of(CHAINED), **taken}) == content
    assert stored_content({**item_of(CHAINED), "by": "somebody else"}) == {**content, "by": "somebody else"}


def test_whoever_links_an_event_knows_what_it_is_proven_by() -> None:
    assert {name: item_of(CHAINED)[name] for name in ("hash", "hash_form", "personal", "salt")} == {
        "hash": b"H",
        "hash_form": 1,
        "personal": b"D",
        "salt": b"S",
    }


FIRST_FORM = {"2026-01": [2, Decimal("1.5")], "2026-02": [1, 0]}


def test_uses_of_the_first_form_have_counts_and_amounts_without_a_currency() -> None:
    found = uses_in(exactjson.dumps({"O": FIRST_FORM}))

    january = WindowUse(2, {UNRECORDED: Decimal("1.5")})
    assert found == Uses({"O": UseHistory({"2026-01": january, "2026-02": WindowUse(1)})})


@pytest.mark.parametrize(
    ("months", "forgotten"), [(MAX_WINDOWS - 1, ()), (MAX_WINDOWS, ("2025-12",)), (MAX_WINDOWS + 1, ("2025-12",))]
)
def test_of_the_first_form_what_lies_before_the_oldest_of_as_many_windows_as_are_kept_is_forgotten(
    months: int, forgotten: tuple[str, ...]
) -> None:
    """Windows of another period are counted apart."""
    windows = {f"2026-{month:02}": [1, 0] for month in range(months, 0, -1)}
    others: dict[str, Any] = {"2026": [1, 0], "2025": [1, 0], FOR_EVER: [1, 0]}

    assert uses_in(exactjson.dumps({"O": {**windows, **others}})).by_subject["O"].forgotten == frozenset(forgotten)


@pytest.mark.parametrize(("subjects", "is_compressed"), [(5, False), (100, True)])
def test_many_uses_are_compressed_and_come_back(subjects: int, is_compressed: bool) -> None:
    january = UseHistory({"2026-01-01": WindowUse(1, {"EUR": Decimal("0.01")})})
    uses = Uses({f"OFFER-OF-A-DAY-{number:03}": january for number in range(subjects)})
    kept = wallet_item(replace(Wallet("A"), version=1, uses=uses))["uses"]

    assert isinstance(kept, bytes if is_compressed else str)
    assert len(kept) < 1000
    assert uses_in(kept) == uses


def test_each_currency_is_told_once_for_all_windows_in_an_order_of_its_own() -> None:
    used = {
        "2026-02": WindowUse(2, {name: Decimal(9) for name in ("PTS", "EUR", "USD", "CRW", "GBP")}),
        "2026-01": WindowUse(1, {"EUR": Decimal(1)}),
    }
    wallet = replace(Wallet("A"), version=1, uses=Uses({"O": UseHistory(used, frozenset({"2025-12", "2025"}))}))

    assert wallet_item(wallet)["uses"] == (
        '{"O":{"windows":{"2026-01":1,"2026-02":2},"amounts":{"CRW":[0,9],"EUR":[1,9],'
        '"GBP":[0,9],"PTS":[0,9],"USD":[0,9]},'
        '"forgotten":["2025","2025-12"]}}'
    )
