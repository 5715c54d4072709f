"""What the proof calls a deviation of what lies beside events and records, be it pointers, vouchers or names; and of
records' own items."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from loyalty import exactjson
from loyalty.domain.proofs.audit import Deviation
from loyalty.store import keys
from loyalty.store.attributes import Item, key_of, unpack
from loyalty.store.keys import Key
from loyalty.store.reference import items_of, lost_now
from loyalty.usecases.proofs.verify_counterparts import Claim, Counterparts, claims_of_event, claims_of_record, told
from loyalty.usecases.proofs.verify_records import record_deviations
from tests.book import Book
from tests.builders import line, purchase
from tests.tables import kept
from tests.unit.test_reversal import JANUARY, TEN, book
from tests.whole_table import WholeTable

NAMES_LEAD = "a name leads to the record that has it"
VOUCHERS_KEPT = "each voucher that a purchase gave is there, and is void once what it was for was taken back"
POINTERS_LEAD = "a given id and its reference number refer to each other"
OWN_ITEM = "a record's item lies at the record's place, and says beside the record what the record says"
KIND = {"type": "voucher_type", "id": "V", "name": "V", "value_options": "VARIABLE"}
NAME = keys.alias("account", "name", "Ann")
OWNER, OTHER = keys.account("A"), keys.account("B")
SAYS = {"account_id": "A", "target": "A"}
SEVERAL = {**NAME._asdict(), "target": "*"}


def at(key: Key, item: Item) -> dict[str, Any]:
    return {**key._asdict(), **item}


def claim(owner: Key = OWNER, *, shared: bool = False) -> Claim:
    """Return what an account says of a name."""
    account_id = keys.account_id(owner.pk)
    return Claim(NAME, {"account_id": account_id, "target": account_id}, owner, shared)


def found_in(counterparts: Counterparts) -> list[str]:
    return [one.found for one in counterparts.listed()]


@pytest.fixture
def ledger() -> Book:
    """A purchase of two goods that gave a voucher."""
    posted = book(KIND, TEN | {"voucher_type": "V"})
    posted.buy(purchase(line("20", quantity="2")))
    return posted


@pytest.mark.parametrize(("back", "state"), [("0", "ISSUED"), ("1", "ISSUED"), ("2", "VOIDED"), ("all", "VOIDED")])
def test_a_purchase_says_that_its_vouchers_are_void_once_all_goods_are_back(
    ledger: Book, back: str, state: str
) -> None:
    if back == "all":
        ledger.cancel(JANUARY)
    elif back != "0":
        ledger.give_back({0: Decimal(back)}, JANUARY)
    [voucher] = ledger.event().purchase_document.vouchers

    _, said = claims_of_event(ledger.event())

    assert (said.key, said.owner, said.shared) == (keys.voucher(voucher.id), keys.event("E"), False)
    assert said.says == {
        "account_id": "A1",
        "event_id": "E",
        "state": state,
        "voucher_type_id": "V",
        "value": Decimal(10),
    }
    assert said.holds_for(ledger.table.get(said.key))


def test_an_event_says_what_its_pointer_leads_to_and_a_reversal_says_nothing_of_vouchers(ledger: Book) -> None:
    back = ledger.cancel(JANUARY)
    pointed = replace(back, pointer="POINTER")

    assert list(claims_of_event(replace(back, pointer=None))) == []
    assert list(claims_of_event(pointed)) == [
        Claim(keys.event("POINTER"), {"event_id": back.entry.event_id}, keys.event(back.entry.event_id))
    ]


def records() -> list[dict[str, Any]]:
    """Return the items of records in a table that a release wrote."""
    items = (dict(unpack(item)) for item in kept.items_of("tills.items"))
    return [item for item in items if "record" in item]


def test_a_record_says_which_names_lead_to_it() -> None:
    """A record of the programme has none that lie apart."""
    by_key = {key_of(item): item for item in records()}
    ann = by_key[keys.account("A-ANN")]
    own = {"account_id": "A-ANN", "target": "A-ANN"}
    named = [("number", "N-ANN"), ("participant.id", "RP-ANN"), ("participant.number", "RPN-ANN")]

    assert {(one.key, one.shared) for one in claims_of_record(ann)} == {
        *((keys.alias("account", by, name), False) for by, name in (*named, ("contact", "C-ANN"))),
        (keys.alias("account", "name", "Ann Archer"), True),
    }
    assert all((one.says, one.owner) == (own, keys.account("A-ANN")) for one in claims_of_record(ann))
    [token] = claims_of_record(by_key[keys.record("access_token", "T-CAT")])
    assert token.says == {"account_id": "A-CAT", "life_cycle_state": "EFFECTIVE", "target": "T-CAT"}
    assert list(claims_of_record(by_key[keys.programme("tap", "T-CAFE-1")])) == []


def test_the_items_of_a_release_say_what_their_records_say_and_nothing_else() -> None:
    for item in records():
        record = exactjson.loads(item["record"])
        assert list(record_deviations(item, record)) == []
        assert len(list(record_deviations(item | {"note": "x"}, record))) == 1
        assert len(list(record_deviations(item | {"target": "OTHER"}, record))) == 1
        assert len(list(record_deviations(item | {"pk": "OTHER"}, record))) == 1
        assert len(list(record_deviations(item | {"sk": "OTHER"}, record))) == 1


@pytest.mark.parametrize(
    ("key", "record", "beside"),
    [
        (keys.TABLE, {"type": "table", "id": "X"}, {"target": "X"}),
        (keys.programme("tap", "T"), {"type": "tap", "id": "T", "code": "1"}, {"target": "T"}),
    ],
)
def test_what_a_record_says_beside_itself_is_told(key: Key, record: dict[str, Any], beside: Item) -> None:
    item = at(key, beside)

    assert list(record_deviations(item, record)) == []
    assert list(record_deviations(item | {"target": "Y"}, record)) == [
        Deviation(
            None,
            None,
            OWN_ITEM,
            f"PROGRAMME / {key.sk}: target Y, but has to be target {record['id']} at PROGRAMME / {key.sk}",
        )
    ]


def test_a_former_name_lies_by_what_was_called_so() -> None:
    former = {"type": "former_name", "of": "business_unit", "by": "code", "value": "K1", "id": "KIOSK"}
    key, item = lost_now(former, datetime(2026, 1, 1, tzinfo=UTC))
    record = exactjson.loads(item["record"])

    assert list(record_deviations(at(key, item), record)) == []
    assert [one.rule for one in record_deviations(at(key, {**item, "target": "X"}), record)] == [OWN_ITEM]
    for name in ("of", "id", "value"):
        assert [one.rule for one in record_deviations(at(key, item), record | {name: "X"})] == [OWN_ITEM]


@pytest.mark.parametrize("place", [Key("A", "B"), Key("LATER#X", "LATER"), keys.programme("later", "X")])
def test_of_records_of_a_type_that_this_version_does_not_know_nothing_is_known(place: Key) -> None:
    assert list(record_deviations(at(place, {"target": "X"}), {"type": "later", "id": "X"})) == []


def test_no_record_of_an_unknown_type_lies_where_those_of_a_known_one_do() -> None:
    former = keys.former_name("business_unit", "KIOSK", "K1")
    for item in [*records(), at(former, {"record": '{"type":"former_name","id":"KIOSK"}'})]:
        record = exactjson.loads(item["record"])
        [found] = record_deviations(item, {**record, "type": "later"})
        assert (found.rule, found.found) == (
            OWN_ITEM,
            f"{item['pk']} / {item['sk']}: its record is of the type later, which has no place there",
        )


def test_an_accounts_item_is_told_with_the_account() -> None:
    [item] = [item for item in records() if key_of(item) == keys.account("A-EVE")]

    [found] = record_deviations(item | {"target": "X"}, exactjson.loads(item["record"]))

    assert (found.account_id, found.event_id) == ("A-EVE", None)
    own = "ACCOUNT#A-EVE / ACCOUNT"
    says = "account_id A-EVE, target"
    assert found.found == f"{own}: {says} X, but has to be {says} A-EVE at {own}"


@pytest.mark.parametrize("item_first", [True, False])
def test_what_is_said_and_found_agrees_in_whichever_order_it_is_seen(item_first: bool) -> None:
    counterparts = Counterparts()
    steps: list[Callable[[], None]] = [lambda: counterparts.take(at(NAME, SAYS)), lambda: counterparts.claim([claim()])]
    for step in steps if item_first else steps[::-1]:
        step()

    assert (counterparts.suspects, found_in(counterparts)) == ([], [])


@pytest.mark.parametrize("item_first", [True, False])
@pytest.mark.parametrize(
    "item", [SAYS | {"target": "B"}, SAYS | {"note": "x"}, {"target": "A"}, {"target": Decimal("1.50")}]
)
def test_what_is_found_has_to_say_the_same_and_nothing_else(item: Item, item_first: bool) -> None:
    counterparts = Counterparts()
    steps: list[Callable[[], None]] = [lambda: counterparts.take(at(NAME, item)), lambda: counterparts.claim([claim()])]
    for step in steps if item_first else steps[::-1]:
        step()

    assert counterparts.suspects == [NAME]
    assert list(counterparts.listed()) == [
        Deviation("A", None, NAMES_LEAD, f"{NAME.pk}: {told(item)}, but has to be account_id A, target A")
    ]


def test_of_two_that_say_something_else_of_a_place_one_is_wrong() -> None:
    for order in ([OWNER, OTHER], [OTHER, OWNER]):
        counterparts = Counterparts()
        counterparts.claim(claim(owner) for owner in order)
        counterparts.take(at(NAME, SAYS))

        assert [(one.account_id, one.found) for one in counterparts.listed()] == [
            ("B", f"{NAME.pk}: nothing is there, but has to be account_id B, target B")
        ]


def test_a_name_that_several_have_leads_to_none_of_them() -> None:
    for steps in ("item, both", "one, item, other", "both, item"):
        counterparts = Counterparts()
        for step in steps.split(", "):
            owners = {"both": [OWNER, OTHER], "one": [OWNER], "other": [OTHER], "item": []}[step]
            counterparts.claim(claim(owner, shared=True) for owner in owners)
            if step == "item":
                counterparts.take(SEVERAL)
        assert counterparts.suspects == []


def test_a_name_that_others_may_have_too_leads_to_whoever_has_it_alone() -> None:
    for steps in ("item, claim", "claim, item", "claim"):
        counterparts = Counterparts()
        for step in steps.split(", "):
            counterparts.take(at(NAME, SAYS)) if step == "item" else counterparts.claim([claim(shared=True)])
        missing = [f"{NAME.pk}: nothing is there, but has to be account_id A, target A"]
        assert found_in(counterparts) == ([] if "item" in steps else missing)


def test_what_is_there_is_there_for_one_of_those_who_say_the_same() -> None:
    for steps in ("item, one, other", "one, item, other", "one, other, item"):
        counterparts = Counterparts()
        for step in steps.split(", "):
            owner = OWNER if step == "one" else OTHER
            counterparts.take(at(NAME, SAYS)) if step == "item" else counterparts.claim([Claim(NAME, SAYS, owner)])
        assert found_in(counterparts) == [f"{NAME.pk}: nothing is there, but has to be account_id A, target A"]


def test_a_name_that_only_one_may_have_is_not_anybodys() -> None:
    for steps in ("item, claim", "claim, item"):
        counterparts = Counterparts()
        for step in steps.split(", "):
            counterparts.take(SEVERAL) if step == "item" else counterparts.claim([claim()])
        assert found_in(counterparts) == [f"{NAME.pk}: another one's, but has to be account_id A, target A"]


def test_what_nothing_else_says_is_told_by_its_kind_with_whose_it_is() -> None:
    counterparts = Counterparts()
    for key in (keys.voucher("V"), keys.token("T"), keys.event("P"), NAME):
        counterparts.take(
            at(key, {"account_id": "A", "event_id": "E", "pass_code": "secret", "value": Decimal("1.50")})
        )

    said = "account_id A, event_id E, value 1.5, which nothing else says"
    assert list(counterparts.listed()) == [
        Deviation("A", "E", NAMES_LEAD, f"{NAME.pk}: {said}"),
        Deviation("A", "E", POINTERS_LEAD, f"EVENT#P: {said}"),
        Deviation("A", "E", NAMES_LEAD, f"TOKEN#T: {said}"),
        Deviation("A", "E", VOUCHERS_KEPT, f"VOUCHER#V: {said}"),
    ]


def test_what_an_event_says_is_told_with_the_event() -> None:
    counterparts = Counterparts()
    counterparts.claim([Claim(keys.voucher("V"), {"account_id": "A"}, keys.event("E"))])
    counterparts.claim([Claim(keys.event("P"), {"event_id": "E"}, keys.event("E#M"))])

    assert list(counterparts.listed()) == [
        Deviation(None, "E#M", POINTERS_LEAD, "EVENT#P: nothing is there, but has to be event_id E"),
        Deviation("A", "E", VOUCHERS_KEPT, "VOUCHER#V: nothing is there, but has to be account_id A"),
    ]


def account(account_id: str, **fields: Any) -> dict[Key, Item]:
    """Return the items of an account."""
    record = {"type": "account", "id": account_id, "number": f"N-{account_id}", "primary": False, **fields}
    return items_of(record)


def table(*accounts: dict[Key, Item]) -> WholeTable:
    return WholeTable(at(key, item) for items in accounts for key, item in items.items())


def scanned(*items: Item, claims: tuple[Claim, ...] = ()) -> Counterparts:
    """Return what a scan has shown."""
    counterparts = Counterparts()
    counterparts.claim(claims)
    for item in items:
        counterparts.take(item)
    return counterparts


NUMBER = keys.alias("account", "number", "N-A")


def test_a_closer_look_asks_what_is_there_and_what_its_owners_say_by_now() -> None:
    sound = table(account("A"))
    said = Claim(NUMBER, {"account_id": "A", "target": "A"}, OWNER)

    assert list(scanned(claims=(said,)).deviations(sound)) == []
    assert list(scanned(at(NUMBER, {"target": "A"})).deviations(sound)) == []

    sound.take_over([at(NUMBER, {"target": "B"})])
    expected = [f"{NUMBER.pk}: target B, but has to be account_id A, target A"]
    assert [one.found for one in scanned(claims=(said,)).deviations(sound)] == expected
    assert [one.found for one in scanned(at(NUMBER, {}), claims=(said,)).deviations(sound)] == expected
    assert [one.found for one in scanned(at(NUMBER, {"target": "B"})).deviations(sound)] == [
        f"{NUMBER.pk}: target B, which nothing else says"
    ]
    sound.take_over([at(NUMBER, {"target": Decimal(1)})])
    assert [one.found for one in scanned(claims=(said,)).deviations(sound)] == [
        f"{NUMBER.pk}: , but has to be account_id A, target A"
    ]


def test_what_is_there_leads_to_what_says_so() -> None:
    """A token to its record, a name to the record of its kind, all else to an event."""
    kind = {"type": "access_token", "id": "T", "authentication_code": "C", "account": "A", "life_cycle_state": "NEW"}
    token = items_of(kind | {"identifier": "I"})
    sound = table(account("A"), token)

    for key in (keys.token("C"), keys.alias("access_token", "identifier", "I"), NUMBER):
        there = sound.get(key, consistent=True)
        assert there
        assert list(scanned(there).deviations(sound)) == []
        sound.take_over([{**there, "target": "NONE"}])
        assert [one.rule for one in scanned(there).deviations(sound)] == [NAMES_LEAD]


def test_a_voucher_and_a_pointer_lead_to_their_events(ledger: Book) -> None:
    _, said = claims_of_event(ledger.event())
    there = ledger.table.get(said.key) or {}
    sound = WholeTable([*ledger.table.written(), at(keys.event("P"), {"event_id": "E"})])

    assert list(scanned(there).deviations(sound)) == []
    assert [one.found for one in scanned(at(keys.event("P"), {"event_id": "E"})).deviations(sound)] == [
        "EVENT#P: event_id E, which nothing else says"
    ]
    assert [one.found for one in scanned(at(keys.event("P"), {})).deviations(sound)] == [
        "EVENT#P: event_id E, which nothing else says"
    ]
    sound.take_over([{**keys.event("E")._asdict(), "sequence": Decimal(1)}])
    assert [one.found.rpartition(", ")[2] for one in scanned(there).deviations(sound)] == ["which nothing else says"]


def test_what_is_gone_and_what_nobody_says_any_more_is_no_deviation() -> None:
    sound = table()

    assert list(scanned(at(NUMBER, {"target": "A"})).deviations(sound)) == []
    assert list(scanned(claims=(Claim(NUMBER, {"target": "A"}, OWNER),)).deviations(sound)) == []


def test_what_agreed_at_one_moment_is_not_looked_at_again() -> None:
    sound = table(account("A"))

    def harm(read: Key | str | None) -> None:
        if read == OWNER:
            sound.take_over([at(NUMBER, {"target": "B"})])

    sound.meanwhile = harm

    assert list(scanned(claims=(Claim(NUMBER, {}, OWNER),)).deviations(sound)) == []


def test_a_pointer_that_leads_nowhere_is_there_for_nothing() -> None:
    nowhere = at(keys.event("P"), {"note": "x"})

    assert [one.found for one in scanned(nowhere).deviations(WholeTable([nowhere]))] == [
        "EVENT#P: note x, which nothing else says"
    ]


def test_what_is_written_during_a_closer_look_is_looked_at_again() -> None:
    sound = table(account("A"))
    sound.take_over([at(NUMBER, {"target": "B"})])

    def mend(read: Key | str | None) -> None:
        if read == OWNER:
            sound.take_over([at(NUMBER, {"account_id": "A", "target": "A"})])

    sound.meanwhile = mend

    assert list(scanned(claims=(Claim(NUMBER, {}, OWNER),)).deviations(sound)) == []


@pytest.mark.parametrize("looks", [1, 3, 9])
def test_a_closer_look_is_taken_five_times_at_most(looks: int) -> None:
    """What was found last is told."""
    sound = table(account("A"))
    sound.take_over([at(NUMBER, {"target": "0"})])
    seen = 0

    def move(read: Key | str | None) -> None:
        nonlocal seen
        if read == OWNER:
            seen += 1
            if seen <= looks:
                sound.take_over([at(NUMBER, {"target": f"{seen}"})])

    sound.meanwhile = move
    last = min(looks, 4)

    assert [one.found for one in scanned(claims=(Claim(NUMBER, {}, OWNER),)).deviations(sound)] == [
        f"{NUMBER.pk}: target {last}, but has to be account_id A, target A"
    ]
    assert seen == min(looks + 1, 5)
