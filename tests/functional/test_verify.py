"""Proving the ledger, and finding what was tampered with."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from loyalty import exactjson
from loyalty.domain.identity import given_id
from loyalty.domain.proofs.chain_audit import AS_POSTED
from loyalty.store import keys
from loyalty.store.attributes import Item, key_of
from loyalty.store.dynamo_table import DynamoTable
from loyalty.store.writes import Add, Delete, Put
from loyalty.usecases.proofs.sharded_proof import Verification
from loyalty.usecases.proofs.verify_counterparts import NAMES_LEAD, VOUCHERS_KEPT
from loyalty.usecases.proofs.verify_journal import verify_journal
from tests.cards import CAMPAIGN, PROMO_CODE, bring
from tests.functional.conftest import Functions, example
from tests.tables.kept import items_of
from tests.tables.written import load_items

ACCOUNT_ID = "ACC0FFEEACC0FFEEACC0FFEEACC0FFEE"
MERCHANT_ID = "6D9C2E4F0A6B4B5D8E1F3A7C9B0D2E4F"
CANCELLED, RETURNED = (given_id(MERCHANT_ID, told) for told in ("CANCELLED", "RETURNED"))


def verified(table: DynamoTable) -> Verification:
    return verify_journal(table, settle=lambda _: None)


@pytest.fixture
def posted(functions: Functions, demo: DynamoTable) -> DynamoTable:
    """A ledger with three opening balances, two purchases, and one with an id of its own."""
    variants: list[dict[str, Any]] = [{}, {"spend_request": None}, {"id": "GIVEN"}]
    for number, fields in enumerate(variants):
        body = {**example("create_v5_1.request"), "reference_number": f"R{number}", **fields}
        assert functions.call("create_purchase", body).status == 200
    return demo


def change(table: DynamoTable, key: keys.Key, **attributes: Any) -> None:
    item = dict(table.get(key) or {})
    rest = {name: value for name, value in item.items() if name not in ("pk", "sk")}
    table.put(Put(key, rest | attributes))


def event_key(table: DynamoTable, sequence: int) -> keys.Key:
    return next(key_of(item) for item in table.scan() if item.get("sequence") == sequence)


def test_nothing_is_found_where_all_is_well(posted: DynamoTable) -> None:
    found = verified(posted)

    assert (found.events, found.wallets, found.deviations) == (6, 3, [])


def test_a_balance_changed_by_a_cent_is_found(posted: DynamoTable) -> None:
    wallet = posted.get(keys.wallet(ACCOUNT_ID))
    assert wallet
    change(posted, keys.wallet(ACCOUNT_ID), balance=wallet["balance"] + Decimal("0.01"))

    [deviation] = verified(posted).deviations
    assert (deviation.account_id, deviation.rule) == (ACCOUNT_ID, "the wallet's balance is the sum of its journal")


def test_an_event_that_is_gone_is_found(posted: DynamoTable) -> None:
    posted.transact([Delete(event_key(posted, 2))])

    assert "the journal is numbered 1 to n without gaps" in {found.rule for found in verified(posted).deviations}


def test_a_wallet_that_is_gone_is_found(posted: DynamoTable) -> None:
    posted.transact([Delete(keys.wallet(ACCOUNT_ID))])

    assert verified(posted).deviations


def test_a_wallet_set_back_to_an_earlier_state_is_found(posted: DynamoTable) -> None:
    change(posted, keys.wallet(ACCOUNT_ID), version=1, balance=Decimal(50))

    assert "the wallet's version is the number of its last event" in {
        found.rule for found in verified(posted).deviations
    }


def test_an_account_that_is_gone_is_found(posted: DynamoTable) -> None:
    posted.transact([Delete(keys.account(ACCOUNT_ID))])

    assert {found.rule for found in verified(posted).deviations} == {"every wallet has an account", NAMES_LEAD}


@pytest.mark.parametrize("name", ["reference_number", "merchant_id"])
def test_an_event_whose_id_does_not_follow_from_what_it_is_is_found(posted: DynamoTable, name: str) -> None:
    change(posted, event_key(posted, 2), **{name: "OTHER"})

    assert {found.rule for found in verified(posted).deviations} == {
        "the id is derived from what identifies the event",
        AS_POSTED,
    }


def test_a_given_id_without_its_reference_number_is_found(posted: DynamoTable) -> None:
    event = posted.get(event_key(posted, 4))
    assert event
    posted.transact([Delete(keys.event(event["pointer"]))])

    assert [found.event_id for found in verified(posted).deviations] == [given_id(MERCHANT_ID, "GIVEN")]


def test_an_id_that_was_given_in_the_place_of_another_merchants_is_found(posted: DynamoTable) -> None:
    event = posted.get(keys.event(given_id(MERCHANT_ID, "GIVEN")))
    assert event
    rest = {name: value for name, value in event.items() if name not in ("pk", "sk")}
    posted.put(Put(keys.event(given_id("ANOTHER", "GIVEN")), rest))

    assert "a given id is stored under the event's merchant" in {found.rule for found in verified(posted).deviations}


def test_an_award_that_its_document_does_not_tell_is_found(posted: DynamoTable) -> None:
    event = posted.get(event_key(posted, 2))
    assert event
    change(posted, event_key(posted, 2), awarded=event["awarded"] + 1)

    assert "the awards of an event sum to what its wallet got or gave" in {
        found.rule for found in verified(posted).deviations
    }


@pytest.fixture
def reversed_(cold_functions: Functions, demo: DynamoTable) -> DynamoTable:
    """A ledger with a purchase that was cancelled, with its voucher, and one of which something was returned."""
    bring(
        demo,
        {"type": "voucher_type", "id": "V", "name": "Coffee", "value_options": "FIXED", "value": 2},
        {"type": "reward_offer", "id": "V", "name": "V", "scheme": "SALES", "voucher_type": "V"},
    )
    for number, event_id in enumerate(("CANCELLED", "RETURNED")):
        body = {**example("create_v5_1.request"), "reference_number": f"R{number}", "id": event_id}
        assert cold_functions.call("create_purchase", body).status == 200
    cold_functions.call("cancel_purchase", path={"id": "CANCELLED"})
    goods = {"reference_number": "RET1", "products": [{"line": 0, "quantity": 1}]}
    assert cold_functions.call("return_products", goods, path={"id": "RETURNED"}).status == 200
    return demo


def broken_rules(table: DynamoTable, event_id: str) -> set[str]:
    return {found.rule for found in verified(table).deviations if found.event_id == event_id}


def test_nothing_is_found_where_purchases_were_taken_back(reversed_: DynamoTable) -> None:
    found = verified(reversed_)

    assert (found.events, found.deviations) == (7, [])


@pytest.mark.parametrize(
    ("event_id", "state"), [(CANCELLED, "POSTED"), (RETURNED, "CANCELLED")], ids=["posted", "cancelled"]
)
def test_a_state_that_no_cancellation_explains_is_found(reversed_: DynamoTable, event_id: str, state: str) -> None:
    change(reversed_, keys.event(event_id), state=state)

    assert "a cancelled purchase has one cancellation, any other none" in broken_rules(reversed_, event_id)


@pytest.mark.parametrize(
    "told",
    [
        {"lines": {"0": 2}, "awarded": Decimal("0.61"), "spent": Decimal("1.06"), "waived": 0},
        {"lines": {"0": 1}, "awarded": Decimal("0.60"), "spent": Decimal("1.06"), "waived": 0},
        {"lines": {"0": 1}, "awarded": Decimal("0.61"), "spent": Decimal("1.07"), "waived": 0},
        {"lines": {"0": 1}, "awarded": Decimal("0.61"), "spent": Decimal("1.06"), "waived": 1},
        {"lines": {}, "awarded": 0, "spent": 0, "waived": 0},
    ],
    ids=["lines", "awarded", "spent", "waived", "nothing"],
)
def test_what_a_purchase_tells_of_returns_that_were_not_is_found(reversed_: DynamoTable, told: Any) -> None:
    change(reversed_, keys.event(RETURNED), taken_back=exactjson.dumps(told))

    assert "what is taken back of a purchase is the sum of its reversals" in broken_rules(reversed_, RETURNED)


def test_more_taken_back_than_was_given_is_found(reversed_: DynamoTable) -> None:
    change(reversed_, keys.event(RETURNED), awarded=Decimal("0.60"), spent=Decimal("1.00"))

    assert broken_rules(reversed_, RETURNED) >= {
        "no more is taken back than was awarded",
        "no more is given back than was spent",
    }


def test_a_voucher_that_outlives_its_purchase_is_found(reversed_: DynamoTable) -> None:
    [void] = [item for item in reversed_.scan() if item["sk"] == "VOUCHER" and item["event_id"] == CANCELLED]
    change(reversed_, key_of(void), state="ISSUED")

    assert broken_rules(reversed_, CANCELLED) == {VOUCHERS_KEPT}


def test_a_reversal_of_no_purchase_is_found(reversed_: DynamoTable) -> None:
    reversed_.transact([Delete(keys.event(CANCELLED))])

    assert "only purchases are reversed" in broken_rules(reversed_, CANCELLED)


def test_a_cancellation_that_is_gone_is_found(reversed_: DynamoTable) -> None:
    reversed_.transact([Delete(event_key(reversed_, 4))])

    assert "a cancelled purchase has one cancellation, any other none" in broken_rules(reversed_, CANCELLED)


@pytest.fixture
def limited(cold_functions: Functions, demo: DynamoTable) -> DynamoTable:
    """A ledger with two purchases that used an offer's limits and a promo code, of which one was cancelled and
    something of the other returned."""
    limits = {"per_account": 5, "per_account_amount": 50, "budget": 100}
    bring(
        demo,
        CAMPAIGN,
        PROMO_CODE | {"maximum_uses": 5, "maximum_uses_per_account": 5},
        {
            "type": "reward_offer",
            "id": "LIMITED",
            "name": "Limited",
            "scheme": "SALES",
            "award": {"method": "PERCENTAGE", "value": 10},
            "limits": limits,
        },
    )
    for event_id in ("CANCELLED", "RETURNED"):
        body = {
            **example("create_v5_1.request"),
            "id": event_id,
            "reference_number": event_id,
            "promo_code": "COLD-BREW",
        }
        assert cold_functions.call("create_purchase", body).status == 200
    assert cold_functions.call("cancel_purchase", path={"id": "CANCELLED"}).status == 200
    goods = {"reference_number": "RET1", "products": [{"line": 0, "quantity": 1}]}
    assert cold_functions.call("return_products", goods, path={"id": "RETURNED"}).status == 200
    return demo


def test_limits_are_the_uses_of_purchases_less_those_that_were_given_back(limited: DynamoTable) -> None:
    wallet, budget = limited.get(keys.wallet(ACCOUNT_ID)), limited.get(keys.counter("reward_offer", "LIMITED"))
    assert wallet
    assert budget

    assert exactjson.loads(wallet["uses"]) == {
        "LIMITED": {"windows": {"": 1}, "amounts": {"2": [Decimal("0.71")]}},
        "promo_code#PC-1": {"windows": {"": 1}},
    }
    assert (wallet["purchases"], budget["used"]) == (1, Decimal("0.71"))
    assert verified(limited).deviations == []


def _uses(times: int, amount: str, *, code: int) -> str:
    offer = {"windows": {"": times}, "amounts": {"2": [Decimal(amount)]}}
    return exactjson.dumps({"LIMITED": offer, "promo_code#PC-1": {"windows": {"": code}}})


@pytest.mark.parametrize(
    ("attributes", "rule"),
    [
        ({"uses": _uses(0, "0.71", code=1)}, "a wallet's uses of limits are those of its journal"),
        ({"uses": _uses(1, "0.72", code=1)}, "a wallet's uses of limits are those of its journal"),
        ({"uses": _uses(1, "0.71", code=2)}, "a wallet's uses of limits are those of its journal"),
        ({"purchases": 2}, "a wallet counts the purchases that are not taken back whole"),
    ],
)
def test_a_limit_of_an_account_that_its_journal_does_not_explain_is_found(
    limited: DynamoTable, attributes: dict[str, Any], rule: str
) -> None:
    change(limited, keys.wallet(ACCOUNT_ID), **attributes)

    assert [(found.account_id, found.rule) for found in verified(limited).deviations] == [(ACCOUNT_ID, rule)]


def test_a_limit_that_an_earlier_version_let_out_is_found(table: DynamoTable) -> None:
    """Its first form forgot a period for good only until something was given back: bought on four days, then twice over
    on a fifth, which was cancelled, and on the first once more. Its own proof found nothing."""
    load_items(items_of("leaked-limit"), table)

    found = verified(table).deviations

    assert [one.rule for one in found] == [
        "a wallet's uses of limits are those of its journal",
        "a period whose uses are forgotten counts as used up",
        "a period whose uses are forgotten counts as used up",
    ]
    assert found[0].found == "O-LIM in 2026-01-01: 1 times, 3.00 in the wallet, 3 times, 9.00 in the journal"


@pytest.mark.parametrize("counter", [("reward_offer", "LIMITED"), ("promo_code", "PC-1"), ("reward_offer", "NEVER")])
def test_a_counter_that_the_journal_does_not_explain_is_found(limited: DynamoTable, counter: tuple[str, str]) -> None:
    limited.transact([Add(keys.counter(*counter), Decimal("0.01"))])

    [found] = verified(limited).deviations
    assert found.rule == "a budget's or promo code's counter is what its events used of it"
    assert found.found.startswith("#".join(counter))


def test_a_counter_that_is_gone_is_found(limited: DynamoTable) -> None:
    limited.transact([Delete(keys.counter("promo_code", "PC-1"))])

    [found] = verified(limited).deviations
    assert found.found == "promo_code#PC-1: there is no counter, 1 in the journal"


def test_a_purchase_that_is_posted_while_its_counter_is_read_is_no_deviation(
    limited: DynamoTable,
) -> None:

    def settle(_: float) -> None:
        limited.transact([Add(counter, Decimal("-0.71"))])

    counter = keys.counter("reward_offer", "LIMITED")
    limited.transact([Add(counter, Decimal("0.71"))])

    assert verify_journal(limited, settle=settle).deviations == []


def test_an_index_that_is_late_is_no_deviation(posted: DynamoTable, monkeypatch: pytest.MonkeyPatch) -> None:
    """The scan has seen the wallet before its last event, which it has not seen; nor has the index, at first."""
    [newest, *_] = posted.journal(ACCOUNT_ID, before=None, limit=1)
    waited: list[float] = []
    scan, journal = DynamoTable.scan, DynamoTable.journal

    def early(table: DynamoTable) -> Iterator[Item]:
        return (item for item in scan(table) if key_of(item) != key_of(newest))

    def late(table: DynamoTable, account_id: str, **page: Any) -> list[Item]:
        found = journal(table, account_id, **page)
        return found if len(waited) > 1 else [item for item in found if key_of(item) != key_of(newest)]

    monkeypatch.setattr(DynamoTable, "scan", early)
    monkeypatch.setattr(DynamoTable, "journal", late)

    found = verify_journal(posted, settle=waited.append).deviations

    assert [one for one in found if one.account_id == ACCOUNT_ID and one.event_id is None] == []
    assert len(waited) == 2
