"""Proving the ledger, and finding what was tampered with."""

from decimal import Decimal
from typing import Any

import pytest

from loyalty.store import keys
from loyalty.store.table import Delete, Put, Table, key_of
from loyalty.usecases.verify_journal import Verification, verify_journal
from tests.functional.conftest import Functions, example

ACCOUNT_ID = "ACC0FFEEACC0FFEEACC0FFEEACC0FFEE"


def verified(table: Table) -> Verification:
    return verify_journal(table, settle=lambda _: None)


@pytest.fixture
def posted(functions: Functions, demo: Table) -> Table:
    """A ledger with three opening balances, two purchases, and one with an id of its own."""
    variants: list[dict[str, Any]] = [{}, {"spend_request": None}, {"id": "GIVEN"}]
    for number, fields in enumerate(variants):
        body = {**example("create_v5_1.request"), "reference_number": f"R{number}", **fields}
        assert functions.call("create_purchase", body).status == 200
    return demo


def change(table: Table, key: keys.Key, **attributes: Any) -> None:
    item = dict(table.get(key) or {})
    rest = {name: value for name, value in item.items() if name not in ("pk", "sk")}
    table.put(Put(key, rest | attributes))


def event_key(table: Table, sequence: int) -> keys.Key:
    return next(key_of(item) for item in table.scan() if item.get("sequence") == sequence)


def test_nothing_is_found_where_all_is_well(posted: Table) -> None:
    found = verified(posted)

    assert (found.events, found.wallets, found.deviations) == (6, 3, [])


def test_a_balance_changed_by_a_cent_is_found(posted: Table) -> None:
    wallet = posted.get(keys.wallet(ACCOUNT_ID))
    assert wallet
    change(posted, keys.wallet(ACCOUNT_ID), balance=wallet["balance"] + Decimal("0.01"))

    [deviation] = verified(posted).deviations
    assert (deviation.account_id, deviation.rule) == (ACCOUNT_ID, "the wallet's balance is the sum of its journal")


def test_an_event_that_is_gone_is_found(posted: Table) -> None:
    posted.transact([Delete(event_key(posted, 2))])

    assert "the journal is numbered 1 to n without gaps" in {found.rule for found in verified(posted).deviations}


def test_a_wallet_that_is_gone_is_found(posted: Table) -> None:
    posted.transact([Delete(keys.wallet(ACCOUNT_ID))])

    assert verified(posted).deviations


def test_a_wallet_set_back_to_an_earlier_state_is_found(posted: Table) -> None:
    change(posted, keys.wallet(ACCOUNT_ID), version=1, balance=Decimal(50))

    assert "the wallet's version is the number of its last event" in {
        found.rule for found in verified(posted).deviations
    }


def test_an_account_that_is_gone_is_found(posted: Table) -> None:
    posted.transact([Delete(keys.account(ACCOUNT_ID))])

    assert [found.rule for found in verified(posted).deviations] == ["every wallet has an account"]


@pytest.mark.parametrize("name", ["reference_number", "merchant_id"])
def test_an_event_whose_id_does_not_follow_from_what_it_is_is_found(posted: Table, name: str) -> None:
    change(posted, event_key(posted, 2), **{name: "OTHER"})

    assert [found.rule for found in verified(posted).deviations] == ["the id is derived from what identifies the event"]


def test_a_given_id_without_its_reference_number_is_found(posted: Table) -> None:
    event = posted.get(event_key(posted, 4))
    assert event
    posted.transact([Delete(keys.event(event["pointer"]))])

    assert [found.event_id for found in verified(posted).deviations] == ["GIVEN"]


def test_an_award_that_its_document_does_not_tell_is_found(posted: Table) -> None:
    event = posted.get(event_key(posted, 2))
    assert event
    change(posted, event_key(posted, 2), awarded=event["awarded"] + 1)

    assert "the awards of an event sum to what its wallet got or gave" in {
        found.rule for found in verified(posted).deviations
    }
