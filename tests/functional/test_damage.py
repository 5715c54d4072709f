"""Damage that is done to a table by hand, to one whose history is known: each kind is seen, and told."""

import zlib
from copy import deepcopy
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, note, settings
from hypothesis import strategies as st

from loyalty import exactjson
from loyalty.domain.identity import Origin, derived_id
from loyalty.domain.ledger.chain import root
from loyalty.domain.ledger.wallet import EventType
from loyalty.domain.pricing.exchange import Amounts
from loyalty.domain.proofs.audit import KEPT_OF_OFFERS, PURCHASES_COUNTED, UPDATED_BY_LAST
from loyalty.domain.proofs.chain_audit import AS_POSTED, FORM_KNOWN, HASHED_ON, HEAD_KEPT, PERSON_AS_POSTED
from loyalty.domain.proofs.use_audit import USES_COUNTED
from loyalty.store import keys
from loyalty.store.attributes import Item, key_of, unpack
from loyalty.store.dynamo_table import DynamoTable
from loyalty.store.events import is_event
from loyalty.store.keys import Key
from loyalty.store.ledger import journal_items
from loyalty.store.numbers import KINDS
from loyalty.store.programme_snapshot import read_version
from loyalty.store.writes import Put
from loyalty.usecases.engine import Engine
from loyalty.usecases.ledger.expire_lots import due_accounts, expire_lots
from loyalty.usecases.proofs import verify_export as verify_export_module
from loyalty.usecases.proofs.legible import READABLE, STAYS
from loyalty.usecases.proofs.verify_counterparts import NAMES_LEAD, POINTERS_LEAD, VOUCHERS_KEPT
from loyalty.usecases.proofs.verify_counters import COUNTERS_COUNT, WITHIN
from loyalty.usecases.proofs.verify_journal import verify_journal
from loyalty.usecases.proofs.verify_numbers import NOT_GIVEN_AGAIN
from loyalty.usecases.proofs.verify_programme import AS_WRITTEN
from loyalty.usecases.proofs.verify_records import OWN_ITEM
from loyalty.usecases.proofs.verify_references import COUNTED
from loyalty.usecases.proofs.verify_wallets import IN_EXPIRY_INDEX, POSTED_TO
from tests.cards import CAMPAIGN, CARD, PROMO_CODE, bring
from tests.damage import ACCOUNT_ID, Damaged, rules
from tests.functional.conftest import Functions, example
from tests.moto_table import Items, fill, kept

BARE_ACCOUNT = "D4F6B8CAE2034E50AC7D9FB1305C7E9D"
OTHER_CONTACT = "028657D9E5E74F4EAAB25C9DD0EBB69C"
WALLET = list(Amounts.__struct_fields__).index("wallet")
EXTREMES = ["9" * 38, "1E+125", "1E-130"]
"""Numbers that DynamoDB keeps, and nobody has."""

OFFERS: list[dict[str, Any]] = [
    {"type": "voucher_type", "id": "V", "name": "Coffee", "value_options": "FIXED", "value": 2},
    {"type": "reward_offer", "id": "V", "name": "V", "scheme": "SALES", "voucher_type": "V"},
    {
        "type": "reward_offer",
        "id": "LIMITED",
        "name": "Limited",
        "scheme": "SALES",
        "award": {"method": "PERCENTAGE", "value": 10, "expires_after": "P1M"},
        "limits": {"per_account": 5, "per_account_amount": 50, "budget": 100},
    },
]


@pytest.fixture(scope="module")
def _history(_aws: DynamoTable, _stocked: tuple[Functions, Items]) -> Items:
    """Purchases of every kind: one that stands, with a voucher, a lot, a promo code and a budget; one that is
    cancelled; one of which something came back; one whose award is waived, as it was spent; one that is filed by its
    reference number; and an expiry."""
    fill(_aws, _stocked[1])
    functions = Functions(api_key=_stocked[0].api_key)
    bring(_aws, CAMPAIGN, PROMO_CODE | {"maximum_uses": 9, "maximum_uses_per_account": 9}, *OFFERS)
    bring(_aws)
    for code in ("K1", "K2"):
        bring(_aws, {"type": "business_unit", "id": "KIOSK", "name": "Kiosk", "code": code})
    for name in ("STANDING", "CANCELLED", "RETURNED", "OVER"):
        body = {**example("create_v5_1.request"), "reference_number": name, "id": name, "promo_code": "COLD-BREW"}
        at = {"performed_on": 1743465600} if name == "OVER" else {"performed_on": int(datetime.now(UTC).timestamp())}
        assert functions.call("create_purchase", {**body, **at, "spend_request": None}).status == 200
    functions.call("cancel_purchase", path={"id": "CANCELLED"})
    goods = {"reference_number": "RET1", "products": [{"line": 0, "quantity": 1}]}
    assert functions.call("return_products", goods, path={"id": "RETURNED"}).status == 200
    other = {**example("create_v5_1.request"), "cim": None, "contact_id": OTHER_CONTACT}
    large = {**other["products"][0], "net_amount": 1415, "tax_amount": 104, "total_amount": 1519}
    for name, line, spend in (("WAIVED", large, None), ("SPENT", other["products"][0], {"amount": 15})):
        body = {**other, "reference_number": name, "id": name, "products": [line], "spend_request": spend}
        assert functions.call("create_purchase", body).status == 200
    functions.call("cancel_purchase", path={"id": "WAIVED"})
    now = datetime.now(UTC)
    expire_lots(Engine.on(_aws), due_accounts(_aws, now), now=now, time_left=lambda: 900)
    token = functions.call("issue_token", headers={"api_key": functions.api_key}, context={}).body["data"]["token"]
    filed = functions.call("classic_create_purchase", {**example("create_1.request"), "token": token}, context={})
    assert filed.status == 200
    return kept(_aws)


@pytest.fixture
def damaged(_history: Items, _aws: DynamoTable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Damaged:
    fill(_aws, _history)
    monkeypatch.setattr(verify_export_module, "ITEMS_OF_A_SHARD", 20)
    return Damaged(_aws, tmp_path)


def test_nothing_is_found_where_nobody_did_anything(damaged: Damaged) -> None:
    verified = damaged.verified()

    assert (verified.deviations, verified.unrecorded, verified.erased) == ([], [], 0)
    assert {item["event_type"] for item in damaged.table.scan() if "sequence" in item} == {
        "ADJUSTMENT",
        "CANCELLATION",
        "EXPIRY",
        "PURCHASE",
        "RETURN",
    }


@pytest.mark.parametrize(
    "sk", ["ACCOUNT", "ALIAS", "EVENT", "NUMBERS", "REFERENCE", "SNAPSHOT", "USED", "VERSION", "VOUCHER", "WALLET"]
)
def test_an_item_that_is_to_be_deleted(damaged: Damaged, sk: str) -> None:
    item = next(item for item in damaged.table.scan() if item["sk"] == sk and ("sequence" in item) == (sk == "EVENT"))
    damaged.change(item, expires_at=Decimal(1893456000))

    [found] = damaged.found()
    assert (found.rule, found.found.partition(": ")[0]) == (STAYS, f"{item['pk']} / {sk}")


def test_a_voucher_that_is_gone(damaged: Damaged) -> None:
    damaged.remove(damaged.voucher("STANDING"))

    [found] = damaged.found()
    assert (found.account_id, found.event_id) == (ACCOUNT_ID, keys.event_id(key_of(damaged.event("STANDING"))))
    assert found.rule == VOUCHERS_KEPT
    assert "nothing is there, but has to be" in found.found


@pytest.mark.parametrize(("name", "state"), [("STANDING", "VOIDED"), ("CANCELLED", "ISSUED")])
def test_a_voucher_whose_state_nothing_explains(damaged: Damaged, name: str, state: str) -> None:
    damaged.change(damaged.voucher(name), state=state)

    assert rules(damaged.found()) == {VOUCHERS_KEPT}


@pytest.mark.parametrize("value", [*EXTREMES, "-0.10"])
def test_a_voucher_of_another_value(damaged: Damaged, value: str) -> None:
    damaged.tell(damaged.voucher("STANDING"), "value", {"N": value})

    [found] = damaged.found()
    assert found.rule == VOUCHERS_KEPT
    assert Decimal(found.found.partition("value ")[2].partition(",")[0]) == Decimal(value)


@pytest.mark.parametrize("number", ["9E+999999", "1E-999999", "1E+1000000", "1E+100000000"])
@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("STANDING", ("vouchers", 0, "amounts", 0)),
        ("STANDING", ("budgets", "LIMITED")),
        ("STANDING", ("nobody's",)),
        ("WAIVED", ("settled", "SPENT")),
    ],
)
def test_a_document_with_a_number_that_no_table_keeps(
    damaged: Damaged, number: str, name: str, path: tuple[Any, ...]
) -> None:
    event = damaged.event(name, "CANCELLATION" if "settled" in path else "PURCHASE")

    def change(document: Any) -> None:
        for step in path[:-1]:
            document = document[step] if step in document or isinstance(step, int) else document.setdefault(step, {})
        document[path[-1]] = Decimal(number)

    damaged.rewrite(event, change)

    found = damaged.found()
    assert (keys.event_id(key_of(event)), READABLE) in {(one.event_id, one.rule) for one in found}
    assert max(len(one.found) for one in found) < 1000


@pytest.mark.parametrize(
    ("before", "after"),
    [('"budget":100', f'"budget":"{told}"') for told in ("NaN", "sNaN")] + [('"id":"LIMITED"', '"id":5')],
)
def test_a_record_that_says_what_none_does(damaged: Damaged, before: str, after: str) -> None:
    item = damaged.table.get(keys.programme("reward_offer", "LIMITED"))
    assert item
    assert before in item["record"]
    damaged.change(item, record=item["record"].replace(before, after))

    assert rules(damaged.found()) >= {READABLE, AS_WRITTEN}


@pytest.mark.parametrize("names_an_event", [True, False])
def test_a_voucher_that_no_event_gave(damaged: Damaged, names_an_event: bool) -> None:
    like = damaged.voucher("STANDING")
    damaged.put(keys.voucher("INVENTED"), like if names_an_event else {**like, "event_id": "NONE"})

    [found] = damaged.found()
    assert (found.rule, "which nothing else says" in found.found) == (VOUCHERS_KEPT, True)


def test_a_wallet_that_is_missing_from_the_expiry_index(damaged: Damaged) -> None:
    damaged.change(damaged.wallet(), expires=None, expiry_shard=None)

    found = damaged.found()
    assert rules(found) == {IN_EXPIRY_INDEX}
    assert {one.found.partition(":")[0] for one in found} == {"expires", "expiry_shard"}


@pytest.mark.parametrize("attributes", [{"expires": "2999-12"}, {"expiry_shard": "X"}])
def test_a_wallet_that_is_wrong_in_the_expiry_index(damaged: Damaged, attributes: Item) -> None:
    damaged.change(damaged.wallet(), **attributes)

    assert rules(damaged.found()) == {IN_EXPIRY_INDEX}


def test_value_that_was_moved_between_two_events(damaged: Damaged) -> None:
    for name, cent in (("STANDING", Decimal("0.01")), ("RETURNED", Decimal("-0.01"))):
        event = damaged.event(name)

        def move(document: Any, cent: Decimal = cent) -> None:
            document["awards"][0]["amounts"][WALLET] += cent

        damaged.change(event, awarded=event["awarded"] + cent)
        damaged.rewrite(damaged.event(name), move)

    assert {found.event_id for found in damaged.found() if found.rule == AS_POSTED} == {
        keys.event_id(key_of(damaged.event(name))) for name in ("STANDING", "RETURNED")
    }


def test_an_award_that_is_told_to_another_offer(damaged: Damaged) -> None:
    damaged.rewrite(damaged.event("STANDING"), lambda document: document["awards"][0].update(offer_id="OTHER"))

    assert rules(damaged.found()) == {AS_POSTED}


def test_a_line_that_is_changed(damaged: Damaged) -> None:
    def change(document: Any) -> None:
        document["lines"][0][1] = "OTHER-PRODUCT"

    damaged.rewrite(damaged.event("STANDING"), change)

    assert rules(damaged.found()) == {AS_POSTED}


@pytest.mark.parametrize(
    ("attributes", "rule"),
    [
        ({"fingerprint": b"0123456789abcdef"}, PERSON_AS_POSTED),
        ({"form": 7}, AS_POSTED),
        ({"performed_on": 1}, AS_POSTED),
        ({"posted_on": 1}, AS_POSTED),
        ({"partner_id": "OTHER"}, AS_POSTED),
        ({"alternative_balance": Decimal(1)}, AS_POSTED),
        ({"lots": '{"2999-12":1}'}, AS_POSTED),
        ({"note": "of somebody"}, AS_POSTED),
        ({"personal": b"0123456789abcdef"}, PERSON_AS_POSTED),
        ({"hash": b"0123456789abcdef"}, AS_POSTED),
        ({"hash_form": 2}, FORM_KNOWN),
    ],
)
def test_an_attribute_that_is_changed(damaged: Damaged, attributes: Item, rule: str) -> None:
    damaged.change(damaged.event("STANDING"), **attributes)

    assert rule in rules(damaged.found())


def test_a_hash_that_is_stripped(damaged: Damaged) -> None:
    damaged.change(damaged.event("STANDING"), hash=None)

    assert HASHED_ON in rules(damaged.found())


@pytest.mark.parametrize("traces", [True, False])
def test_a_wallet_whose_hashes_are_all_stripped(damaged: Damaged, traces: bool) -> None:
    """It is none of an older version: others have had hashes for an hour."""
    beside = {} if traces else dict.fromkeys(("hash_form", "personal", "salt", "filed"))
    for item in list(damaged.table.scan()):
        if item.get("account_id") == ACCOUNT_ID and "sequence" in item:
            damaged.change(item, **beside, hash=None)
        elif "sequence" in item:
            damaged.change(item, posted_on=item["posted_on"] - 3600)
    damaged.change(damaged.wallet(), head=None)

    stripped = {keys.event_id(key_of(item)) for item in damaged.table.scan() if item.get("account_id") == ACCOUNT_ID}
    found = {one.event_id for one in damaged.found() if one.rule == HASHED_ON}
    assert found == stripped & {keys.event_id(key_of(item)) for item in damaged.table.scan() if "sequence" in item}


@pytest.mark.parametrize("after", [-86400, -1, 0, 900], ids=lambda after: f"{after} s after the first hash")
def test_money_that_is_made_up_after_the_last_event_of_a_wallet(damaged: Damaged, after: int) -> None:
    """The table has had hashes for months, and an event without one claims to be of the upgrade, or of before it."""
    since = min(item["posted_on"] for item in damaged.table.scan() if "hash" in item)
    made_up, wallet = derived_id(Origin.OPENING_BALANCE, "MADE-UP"), damaged.wallet()
    event = {
        "account_id": ACCOUNT_ID,
        "sequence": wallet["version"] + 1,
        "event_type": EventType.ADJUSTMENT,
        **dict.fromkeys(("performed_on", "posted_on"), since + after),
        "reference_number": "MADE-UP",
        "origin": Origin.OPENING_BALANCE,
        "fingerprint": b"0123456789abcdef",
        "awarded": 1000,
        "spent": 0,
        "balance": wallet["balance"] + 1000,
        "form": 1,
        "document": zlib.compress(b"{}"),
    }
    damaged.put(keys.event(made_up), event)
    damaged.change(wallet, version=wallet["version"] + 1, balance=wallet["balance"] + 1000)

    assert [(one.event_id, one.rule) for one in damaged.found()] == [(made_up, HASHED_ON)]


@pytest.mark.parametrize("trace", ["filed", "partner_unit"])
def test_an_event_without_a_hash_that_says_what_only_newer_versions_do(damaged: Damaged, trace: str) -> None:
    beside = dict.fromkeys(("hash", "hash_form", "personal", "salt", "filed", "partner_unit"))
    damaged.change(damaged.event("STANDING"), **{**beside, trace: True if trace == "filed" else "ANY"})

    assert (HASHED_ON, "number 2 has none, but what comes only with one") in {
        (one.rule, one.found) for one in damaged.found()
    }


def test_a_head_that_is_not_the_last_hash(damaged: Damaged) -> None:
    damaged.change(damaged.wallet(), head=None)

    assert rules(damaged.found()) == {HEAD_KEPT}


@pytest.mark.parametrize("attribute", ["account_id", "target"])
def test_an_alias_that_leads_astray(damaged: Damaged, attribute: str) -> None:
    alias = damaged.table.get(keys.alias("account", "number", "ACR0000000001"))
    assert alias
    damaged.change(alias, **{attribute: "SOMEBODY-ELSE"})

    assert rules(damaged.found()) == {NAMES_LEAD}


def test_an_alias_that_is_gone_and_one_that_is_invented(damaged: Damaged) -> None:
    alias = damaged.table.get(keys.alias("account", "number", "ACR0000000001"))
    assert alias
    damaged.remove(alias)
    damaged.put(keys.alias("account", "number", "INVENTED"), alias)

    assert [(found.rule, found.found.partition(":")[0]) for found in damaged.found()] == [
        (NAMES_LEAD, "ALIAS#account.number#ACR0000000001"),
        (NAMES_LEAD, "ALIAS#account.number#INVENTED"),
    ]


CARRYING = [
    (keys.account(ACCOUNT_ID), ["target", "account_id"]),
    (keys.record("access_token", CARD["id"]), ["target", "account_id", "life_cycle_state", "pass_code"]),
    (keys.record("promo_code", PROMO_CODE["id"]), ["target", "promo_code"]),
    (keys.record("product", "CAD1E31269B76D7A65ACCE45B2E68DFD"), ["target", "product"]),
    (keys.record("contact", OTHER_CONTACT), ["target"]),
    (keys.programme("reward_offer", "LIMITED"), ["target"]),
    (keys.former_name("business_unit", "KIOSK", "K1"), ["target"]),
    (keys.TABLE, ["target"]),
]
"""Items of records of every kind, and what each says beside its record."""


@pytest.mark.parametrize(("key", "name"), [(key, name) for key, names in CARRYING for name in names])
@pytest.mark.parametrize("value", ["OTHER", None])
def test_what_a_records_own_item_says_beside_it(damaged: Damaged, key: Key, name: str, value: str | None) -> None:
    item = damaged.table.get(key)
    assert item
    damaged.change(item, **{name: value})

    assert OWN_ITEM in rules(damaged.found())
    assert not item.get("pass_code") or item["pass_code"] not in str(damaged.found())


@pytest.mark.parametrize("key", [key for key, _ in CARRYING])
def test_a_record_that_is_taken_out_of_its_item(damaged: Damaged, key: Key) -> None:
    item = damaged.table.get(key)
    assert item
    assert item.keys() >= {"pk", "sk", "record", *dict(CARRYING)[key]}
    damaged.change(item, record=None)

    assert (READABLE, f"{key.pk} / {key.sk}: record is missing") in {(one.rule, one.found) for one in damaged.found()}


def test_a_record_that_lies_in_the_place_of_another(damaged: Damaged) -> None:
    item = damaged.table.get(keys.programme("reward_offer", "LIMITED"))
    assert item
    damaged.put(keys.programme("reward_offer", "OTHER"), item)

    [found] = [one for one in damaged.found() if one.rule == OWN_ITEM]
    assert found.found.endswith("at PROGRAMME / reward_offer#LIMITED")


def test_an_offer_that_is_changed_by_hand_so_that_containers_go_by_another(damaged: Damaged) -> None:
    item = damaged.table.get(keys.programme("reward_offer", "LIMITED"))
    assert item
    damaged.change(item, record=item["record"].replace('"value":10,', '"value":90,'))

    [found] = damaged.found()
    assert (found.rule, found.found.endswith("something else of reward_offer LIMITED")) == (AS_WRITTEN, True)


def test_a_snapshot_of_the_programme_that_is_not_whole(damaged: Damaged) -> None:
    [key] = read_version(damaged.table, consistent=True).part_keys
    item = damaged.table.get(key)
    assert item
    damaged.remove(item)

    assert rules(damaged.found()) == {AS_WRITTEN}


@pytest.mark.parametrize("parts", [10**9, 0, -1])
def test_a_snapshot_that_is_said_to_have_another_number_of_parts(damaged: Damaged, parts: int) -> None:
    version = damaged.table.get(keys.PROGRAMME_VERSION)
    assert version
    damaged.change(version, snapshot_parts=Decimal(parts))

    assert rules(damaged.found()) == {AS_WRITTEN}
    assert Engine.on(damaged.table).catalogue.programme(datetime.now(UTC)).with_budget == {"LIMITED"}


def test_an_import_that_broke_off_is_no_damage(damaged: Damaged) -> None:
    version = damaged.table.get(keys.PROGRAMME_VERSION)
    assert version
    damaged.change(version, programme_changes=version["programme_changes"] + 1)
    damaged.put(keys.programme("reward_scheme", "NEW"), {"target": "NEW", "record": NEW_SCHEME})

    assert not damaged.found()


NEW_SCHEME = '{"type":"reward_scheme","id":"NEW","name":"New","life_cycle_state":"EFFECTIVE","merchants":[]}'


def test_a_pointer_that_leads_astray(damaged: Damaged) -> None:
    event = damaged.event("STANDING")
    pointer = damaged.table.get(keys.event(event["pointer"]))
    assert pointer
    damaged.change(pointer, event_id=keys.event_id(key_of(damaged.event("RETURNED"))))

    assert rules(damaged.found()) == {POINTERS_LEAD}


@pytest.mark.parametrize("attributes", [{"used": 2}, {"used": 0}, {"event_id": "OTHER"}, None])
def test_a_reference_numbers_counter_that_is_off(damaged: Damaged, attributes: Item | None) -> None:
    counter = damaged.item(sk="REFERENCE")
    if attributes:
        damaged.change(counter, **attributes)
    else:
        damaged.remove(counter)

    assert rules(damaged.found()) == {COUNTED}


def test_an_entry_that_is_gone(damaged: Damaged) -> None:
    damaged.remove(damaged.event("STANDING"))

    assert rules(damaged.found()) >= {"the journal is numbered 1 to n without gaps", AS_POSTED, VOUCHERS_KEPT}


def test_the_last_entry_with_its_wallet_set_back(damaged: Damaged) -> None:
    """All that older proofs looked at adds up."""
    last = max((item for item in damaged.table.scan() if "sequence" in item), key=lambda item: item["sequence"])
    damaged.remove(last)
    wallet = damaged.wallet()
    amount = last["awarded"] - last["spent"]
    damaged.change(wallet, version=wallet["version"] - 1, balance=wallet["balance"] - amount, purchases=2)

    assert HEAD_KEPT in rules(damaged.found())


def test_a_balance_that_is_changed(damaged: Damaged) -> None:
    damaged.change(damaged.wallet(), balance=damaged.wallet()["balance"] + 1)

    assert "the wallet's balance is the sum of its journal" in rules(damaged.found())


def test_limits_that_are_exceeded(damaged: Damaged) -> None:
    def use(document: Any) -> None:
        [used] = [use for use in document["uses"] if use[0] == "LIMITED"]
        used[2] = 6

    damaged.rewrite(damaged.event("STANDING"), use)

    assert "no account uses more than its limits allow" in rules(damaged.found())


def test_a_budget_that_is_exceeded_is_told_apart_as_it_may_have_been_higher(damaged: Damaged) -> None:
    bring(damaged.table, {**OFFERS[2], "limits": {**OFFERS[2]["limits"], "budget": 0.01}})

    verified = damaged.verified()
    assert (verified.deviations, [found.rule for found in verified.unrecorded]) == ([], [WITHIN])


def test_a_state_that_is_changed_without_its_event(damaged: Damaged) -> None:
    damaged.change(damaged.event("STANDING"), state="CANCELLED")

    assert "a cancelled purchase has one cancellation, any other none" in rules(damaged.found())


def test_an_event_of_another_table_that_is_put_in(damaged: Damaged) -> None:
    """It is the same but for when it was posted, as where a table was filled twice."""
    damaged.change(damaged.event("STANDING"), posted_on=damaged.event("STANDING")["posted_on"] + 60)

    assert AS_POSTED in rules(damaged.found())


def test_a_wallet_of_another_table_that_is_put_in_with_its_journal(damaged: Damaged) -> None:
    identity = damaged.table.get(keys.TABLE)
    assert identity
    damaged.change(identity, target="OTHER")

    assert {found.account_id for found in damaged.found() if found.rule == AS_POSTED} >= {ACCOUNT_ID}
    assert root("ONE", "A", 0, Decimal(0)) != root("OTHER", "A", 0, Decimal(0))


@pytest.mark.parametrize("document", [b"", b"no zlib", zlib.compress(b"no JSON"), zlib.compress(b'{"lines": 1}')])
def test_a_document_that_cannot_be_read(damaged: Damaged, document: bytes) -> None:
    event = damaged.event("RETURNED")
    damaged.change(event, document=document)

    found = damaged.found()
    assert keys.event_id(key_of(event)) in {one.event_id for one in found if one.rule == READABLE}


@pytest.mark.parametrize("attribute", ["origin", "balance", "event_type", "document", "taken_back"])
def test_an_attribute_that_cannot_be_read(damaged: Damaged, attribute: str) -> None:
    damaged.change(damaged.event("RETURNED"), **{attribute: "{"})

    assert READABLE in rules(damaged.found())


@pytest.mark.parametrize("attribute", ["version", "lots", "uses"])
def test_a_wallet_that_cannot_be_read(damaged: Damaged, attribute: str) -> None:
    damaged.change(damaged.wallet(), **{attribute: "{"})

    assert READABLE in rules(damaged.found())


@pytest.mark.parametrize("sequence", [*EXTREMES, "-1.5", "1.5", "0"])
def test_an_event_whose_number_is_none(damaged: Damaged, sequence: str) -> None:
    events = [key_of(item) for item in damaged.table.scan() if item.get("account_id") == ACCOUNT_ID and is_event(item)]
    damaged.tell(damaged.event("STANDING"), "sequence", {"N": sequence})

    journal = islice(journal_items(damaged.table, ACCOUNT_ID), len(events) + 1)
    assert sorted(map(key_of, journal)) == sorted(events)
    assert AS_POSTED in rules(damaged.found())


@pytest.mark.parametrize("value", [{"NULL": True}, {"M": {}}, {"SS": ["a"]}, {"L": [{"N": "1"}]}])
def test_a_value_of_a_kind_that_we_never_write(damaged: Damaged, value: Any) -> None:
    event = damaged.event("STANDING")
    damaged.tell(event, "note", value)

    assert (keys.event_id(key_of(event)), READABLE) in {(found.event_id, found.rule) for found in damaged.found()}


@pytest.mark.parametrize(
    "attributes",
    [
        {"head": "abc"},
        {"lots": '{"2999-12":"NaN"}'},
        {"waived": '{"X":"sNaN"}'},
        {"forgiven": "[]"},
        {"uses": '{"X":{"windows":{"":"NaN"}}}'},
        {"purchases": Decimal("3.5")},
        {"version": Decimal("2.5")},
    ],
)
def test_what_cannot_be_read_of_a_wallet_hides_nothing_else(damaged: Damaged, attributes: Item) -> None:
    damaged.change(damaged.wallet(), balance=damaged.wallet()["balance"] + 1, **attributes)

    assert rules(damaged.found()) >= {READABLE, "the wallet's balance is the sum of its journal"}


@pytest.mark.parametrize("attributes", [{"hash": "abc"}, {"personal": None}, {"hash_form": Decimal("1.5")}])
def test_what_cannot_be_read_of_an_event_hides_nothing_else(damaged: Damaged, attributes: Item) -> None:
    damaged.change(damaged.event("STANDING"), **attributes)
    damaged.change(damaged.wallet(), balance=damaged.wallet()["balance"] + 1)

    found = damaged.found()
    assert rules(found) >= {READABLE, AS_POSTED, "the wallet's balance is the sum of its journal"}
    assert "the journal is numbered 1 to n without gaps" not in rules(found)


VALUES: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.text(min_size=1, max_size=8).map(lambda text: {"S": text}),
    st.sampled_from(["NaN", "{}", "[]", "null", '{"2999-12":"NaN"}', '{"lines":{"0":"NaN"}}', '{"type":[]}']).map(
        lambda text: {"S": text}
    ),
    (st.decimals(-(10**9), 10**9, places=2) | st.sampled_from(EXTREMES)).map(lambda number: {"N": str(number)}),
    st.binary(min_size=1, max_size=20).map(lambda octets: {"B": octets}),
    st.booleans().map(lambda flag: {"BOOL": flag}),
    st.sampled_from(
        [{"NULL": True}, {"M": {}}, {"L": []}, {"L": [{"N": "1"}]}, {"SS": ["a"]}, {"NS": ["1"]}, {"BS": [b"a"]}]
    ),
)


KINDS_OF_INDEX_KEYS = {"account_id": "S", "sequence": "N", "expires": "S", "expiry_shard": "S"}
"""DynamoDB refuses values of other kinds."""


def proven_attributes(item: Item) -> set[str]:
    """Return the attributes of which any change is a deviation."""
    if "record" in item:
        return set(item.keys() - ({"pk", "sk"} if item["pk"] == "PROGRAMME" else {"pk", "sk", "record"}))
    if key_of(item) == keys.NUMBERS:
        return set()  # of which any larger value is as good
    if item["sk"] in ("REFERENCE", "USED"):
        return {"used", "event_id"} & item.keys()
    is_proven = item["sk"] in ("WALLET", "VOUCHER", "ALIAS", "TOKEN", "SNAPSHOT") or keys.is_event(key_of(item))
    return set(item.keys() - {"pk", "sk"}) if is_proven or key_of(item) == keys.TABLE else set()


class Untouched:
    """The table as nobody damaged it, and its items as DynamoDB tells them."""

    def __init__(self, table: DynamoTable, items: Items) -> None:
        fill(table, items)
        self.table, self.items = table, items
        told = deepcopy(table.client.scan(TableName=table.name)["Items"])
        self.told: list[dict[str, Any]] = sorted(told, key=lambda item: key_of(unpack(item)))

    def replace(self, told: dict[str, Any], name: str, value: dict[str, Any] | None) -> None:
        """Restore the table, but for one attribute of an item."""
        fill(self.table, self.items)
        changed = {key: kind for key, kind in {**told, name: value}.items() if kind is not None}
        self.table.client.put_item(TableName=self.table.name, Item=deepcopy(changed))


@pytest.fixture(scope="module")
def untouched(_history: Items, _aws: DynamoTable) -> Untouched:
    return Untouched(_aws, _history)


@given(place=st.integers(0, 10**6), value=VALUES | st.none())
@settings(max_examples=60, deadline=None)
def test_any_damage_to_any_attribute_that_is_proven_is_seen(
    untouched: Untouched, place: int, value: dict[str, Any] | None
) -> None:
    own = [(told, name) for told in untouched.told for name in sorted(proven_attributes(unpack(told)))]
    told, name = own[place % len(own)]
    assume(unpack({name: value}) != unpack({name: told[name]}) if value else name != "salt")
    assume(value is not None or told[name] != {"S": "POSTED"})  # which a purchase is without a state, too
    assume(value is None or KINDS_OF_INDEX_KEYS.get(name, *value) in value)
    note(f"{told}: {name} = {value}")
    untouched.replace(told, name, value)

    assert verify_journal(untouched.table, settle=lambda _: None).deviations


@given(place=st.integers(0, 10**6), value=VALUES)
@settings(max_examples=40, deadline=None)
def test_no_damage_to_any_item_keeps_the_rest_from_being_proven(
    untouched: Untouched, place: int, value: dict[str, Any]
) -> None:
    every = [(told, name) for told in untouched.told for name in sorted(told.keys() - {"pk", "sk"})]
    told, name = every[place % len(every)]
    assume(KINDS_OF_INDEX_KEYS.get(name, *value) in value)
    note(f"{told}: {name} = {value}")
    untouched.replace(told, name, value)
    wallet = next(unpack(one) for one in untouched.told if one["sk"]["S"] == "WALLET" and one["pk"] != told["pk"])
    untouched.table.put(Put(key_of(wallet), {**wallet, "balance": wallet["balance"] + 1}))

    found = verify_journal(untouched.table, settle=lambda _: None).deviations
    assert ("the wallet's balance is the sum of its journal", keys.account_id(wallet["pk"])) in {
        (one.rule, one.account_id) for one in found
    }


def test_a_record_that_cannot_be_read(damaged: Damaged) -> None:
    account = damaged.table.get(keys.account(ACCOUNT_ID))
    assert account
    damaged.change(account, record="{")

    assert READABLE in rules(damaged.found())


def test_what_names_a_person_can_be_erased(damaged: Damaged) -> None:
    def erase(document: Any) -> None:
        for name in ("contact_id", "details"):
            document.pop(name, None)
        document["ids"].pop("access_token", None)

    damaged.rewrite(damaged.event("STANDING"), erase)
    damaged.change(damaged.event("STANDING"), fingerprint=b"", salt=None)

    verified = damaged.verified()
    assert (verified.deviations, verified.erased) == ([], 1)


def test_what_names_a_person_is_erased_whole_or_not_at_all(damaged: Damaged) -> None:
    damaged.change(damaged.event("STANDING"), salt=None)

    assert rules(damaged.found()) == {PERSON_AS_POSTED}


def test_uses_that_a_wallet_is_made_to_forget(damaged: Damaged) -> None:
    uses = exactjson.loads(damaged.wallet()["uses"])
    next(iter(uses.values()))["forgotten"] = [""]
    damaged.change(damaged.wallet(), uses=exactjson.dumps(uses))

    assert rules(damaged.found()) == {USES_COUNTED}


def test_purchases_that_a_wallet_counts(damaged: Damaged) -> None:
    damaged.change(damaged.wallet(), purchases=17)

    assert rules(damaged.found()) == {PURCHASES_COUNTED}


def test_a_counter_that_nothing_has_used(damaged: Damaged) -> None:
    damaged.put(keys.counter("reward_offer", "INVENTED"), {"used": 0})

    [found] = damaged.found()
    assert (found.rule, found.found) == (
        COUNTERS_COUNT,
        "reward_offer#INVENTED: 0 on the counter, no event used it",
    )


def test_a_counter_that_is_gone(damaged: Damaged) -> None:
    damaged.remove(damaged.item(pk="USED#reward_offer#LIMITED"))

    [found] = damaged.found()
    assert found.rule == COUNTERS_COUNT
    assert found.found.startswith("reward_offer#LIMITED: there is no counter, ")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("behind", [0, None], ids=["set back", "gone"])
def test_what_numbers_are_leased_from_that_is_behind(damaged: Damaged, kind: str, behind: int | None) -> None:
    damaged.change(damaged.item(**keys.NUMBERS._asdict()), **{kind: behind})

    [found] = damaged.found()
    assert (found.rule, found.found.startswith(f"{kind}: 0 on the counter, ")) == (NOT_GIVEN_AGAIN, True)


def test_what_numbers_are_leased_from_that_is_removed(damaged: Damaged) -> None:
    damaged.remove(damaged.item(**keys.NUMBERS._asdict()))

    assert [found.rule for found in damaged.found()] == [NOT_GIVEN_AGAIN] * len(KINDS)


def test_numbers_that_no_event_tells_are_leased_all_the_same(damaged: Damaged) -> None:
    damaged.table.add(keys.NUMBERS, dict.fromkeys(KINDS, 1000))

    assert damaged.found() == []


def test_a_wallet_that_nothing_was_posted_to(damaged: Damaged) -> None:
    damaged.put(keys.wallet(BARE_ACCOUNT), {"version": 0, "balance": 0, "purchases": 0})

    [found] = damaged.found()
    assert (found.account_id, found.rule) == (BARE_ACCOUNT, POSTED_TO)


@pytest.mark.parametrize("name", ["RETURNED", "CANCELLED"])
@pytest.mark.parametrize(
    "attributes", [{"updated_on": 1}, {"updated_on": None}, {"updated_by": "OTHER"}, {"updated_by": None}]
)
def test_when_or_by_whom_a_purchase_was_taken_back_that_is_changed(
    damaged: Damaged, name: str, attributes: Item
) -> None:
    damaged.change(damaged.event(name), **attributes)

    assert rules(damaged.found()) == {UPDATED_BY_LAST}


@pytest.mark.parametrize("attributes", [{"updated_on": 1}, {"updated_by": "OTHER"}])
def test_a_purchase_that_stands_is_said_to_be_taken_back(damaged: Damaged, attributes: Item) -> None:
    damaged.change(damaged.event("STANDING"), **attributes)

    assert rules(damaged.found()) == {UPDATED_BY_LAST}


def test_a_purchase_that_stands_is_said_to_have_kept_an_award(damaged: Damaged) -> None:
    damaged.change(damaged.event("STANDING"), kept='{"LIMITED":1}')

    assert rules(damaged.found()) == {KEPT_OF_OFFERS}


@pytest.mark.parametrize("kept", [None, "{}", '{"LIMITED":1}', '{"OTHER":KEPT}'])
def test_what_a_customer_keeps_of_awards(damaged: Damaged, kept: str | None) -> None:
    told = damaged.event("WAIVED")["kept"]
    assert damaged.found() == []

    amount = exactjson.dumps(sum(exactjson.loads(told).values()))
    damaged.change(damaged.event("WAIVED"), kept=kept and kept.replace("KEPT", amount))

    assert rules(damaged.found()) == {KEPT_OF_OFFERS}
