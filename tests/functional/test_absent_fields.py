"""What an import does not say: gone from a line of JSON, which is a whole record; as it was where CSV has no column for
it; and never what is blocked."""

from typing import Any

import pytest

from loyalty import exactjson
from loyalty.domain.access.pass_codes import hash_pass_code
from loyalty.store import keys
from loyalty.store.attributes import Item
from loyalty.store.dynamo_table import DynamoTable
from loyalty.store.reference import record_key
from tests.cards import CAMPAIGN, CARD, CLASSIFICATION, PASS_CODE, PROMO_CODE, bring
from tests.functional.conftest import Functions
from tests.functional.uploads import Importing

Record = dict[str, Any]

ACCOUNT: Record = {
    "type": "account",
    "id": "A-FULL",
    "number": "FULL",
    "name": "Full",
    "currency": "PTS",
    "classification": "5C8E1A3D7F2B4D6E9A0C2E4F6B8D0A1C",
    "life_cycle_state": "SUSPENDED",
    "participant": {"id": "P-FULL", "number": "PN-FULL", "life_cycle_state": "TERMINATED"},
    "automatic_spend": {"enabled": True, "minimum_amount": 2},
}
PROMO = {**PROMO_CODE, "life_cycle_state": "NOT_EFFECTIVE", "maximum_uses": 3}
BLOCKED_CARD = {**CARD, "life_cycle_state": "NOT_EFFECTIVE"}
PARTNER: Record = {"type": "partner", "id": "P-FULL", "name": "Full", "user": {"id": "1", "username": "full"}}


@pytest.fixture
def importing(functions: Functions, demo: DynamoTable) -> Importing:
    bring(demo, CLASSIFICATION, CAMPAIGN)
    bring(demo, ACCOUNT, PROMO, BLOCKED_CARD, PARTNER)
    return Importing(functions, demo)


def stored(importing: Importing, record: Record) -> Record:
    item: Item | None = importing.table.get(record_key(record["type"], record["id"]))
    assert item
    found: Record = exactjson.loads(item["record"])
    return found


def drop(importing: Importing, columns: str, *rows: str) -> list[str]:
    """Drop a CSV file; answers what became of its rows."""
    upload = importing.drop("nightly.csv", "\n".join([columns, *rows, ""]).encode())
    return [line.split(maxsplit=1)[1] for line in importing.told(upload)]


@pytest.mark.parametrize(
    ("record", "columns", "row", "changes"),
    [
        (BLOCKED_CARD, "type,id,card_masked_number", "access_token,T-CARD,1***2", {"card_masked_number": "1***2"}),
        (BLOCKED_CARD, "type,id,udf_string_8", "access_token,T-CARD,", {"udf_string_8": None}),
        (ACCOUNT, "type,id,number,name", "account,A-FULL,OTHER,Other", {"number": "OTHER", "name": "Other"}),
        (PROMO, "type,id,effective_to", "promo_code,PC-1,2027-01-01T00:00:00", {"effective_to": "2027-01-01T00:00:00"}),
        (PARTNER, "type,id,name", "partner,P-FULL,Other", {"name": "Other"}),
    ],
    ids=["a card", "an emptied cell", "an account", "a promo code", "a partner"],
)
def test_csv_touches_only_the_columns_that_it_has(
    importing: Importing, record: Record, columns: str, row: str, changes: Record
) -> None:
    before = stored(importing, record)

    assert drop(importing, columns, row) == ["updated"]

    after = {name: value for name, value in (before | changes).items() if value is not None}
    assert stored(importing, record) == after


def test_csv_that_says_what_is_there_changes_nothing(importing: Importing) -> None:

    assert (
        drop(importing, "type,id,number,name", "account,A-FULL,FULL,Full", "partner,P-FULL,,Full") == ["unchanged"] * 2
    )


@pytest.mark.parametrize(
    "row",
    [
        "access_token,T-CARD,0000000001,9500009500009500,ELENI-CARD,,,,",
        "account,A-FULL,,,,,,P-FULL,",
    ],
    ids=["card", "account"],
)
def test_an_empty_cell_opens_nothing_and_takes_no_pass_code_away(importing: Importing, row: str) -> None:
    columns = (
        "type,id,account,authentication_code,identifier,pass_code,life_cycle_state,participant.id,"
        "participant.life_cycle_state"
    )
    before = stored(importing, BLOCKED_CARD), stored(importing, ACCOUNT)

    assert drop(importing, columns, row)

    for record, old in zip((BLOCKED_CARD, ACCOUNT), before, strict=True):
        now = stored(importing, record)
        for field in ("life_cycle_state", "pass_code"):
            assert now.get(field) == old.get(field)
    assert stored(importing, ACCOUNT)["participant"]["life_cycle_state"] == "TERMINATED"


def test_what_is_left_empty_altogether_is_gone_though_its_state_would_be_kept(importing: Importing) -> None:
    assert drop(importing, "type,id,participant.id,participant.number", "account,A-FULL,,") == ["updated"]

    assert "participant" not in stored(importing, ACCOUNT)
    assert importing.table.get(keys.alias("account", "participant.id", "P-FULL")) is None


def test_a_new_record_needs_what_is_mandatory_whatever_the_columns(importing: Importing) -> None:
    assert drop(importing, "type,id,name", "account,A-NEW,New") == ["refused /number This field is mandatory."]


def test_a_line_of_json_is_a_whole_record_but_for_what_is_blocked_and_the_pass_code(importing: Importing) -> None:
    hashed = stored(importing, CARD)["pass_code"]
    kept = {"type": "access_token", "id": "T-CARD", "account": "0000000001", "identifier": "ELENI-CARD"}
    bring(importing.table, kept, {**ACCOUNT, "life_cycle_state": None, "participant": {"id": "P-FULL"}})
    bring(importing.table, {name: PROMO[name] for name in ("type", "id", "code", "promotion_campaign")})

    card, account, promo_code = (stored(importing, record) for record in (CARD, ACCOUNT, PROMO))
    assert (card["life_cycle_state"], card["pass_code"]) == ("NOT_EFFECTIVE", hashed)
    assert {"authentication_code", "udf_string_8"}.isdisjoint(card)
    assert account["life_cycle_state"] == "SUSPENDED"
    assert account["participant"] == {"id": "P-FULL", "life_cycle_state": "TERMINATED"}
    assert promo_code["life_cycle_state"] == "NOT_EFFECTIVE"
    assert "maximum_uses" not in promo_code


def test_another_participant_does_not_inherit_a_state(importing: Importing) -> None:
    bring(importing.table, {**ACCOUNT, "participant": {"id": "P-OTHER"}})

    assert stored(importing, ACCOUNT)["participant"] == {"id": "P-OTHER", "life_cycle_state": "EFFECTIVE"}


@pytest.mark.parametrize(
    "record",
    [
        {"type": "spend_settings", "id": "SPENDING", "allow_spending": False},
        {"type": "business_unit", "id": "B-1", "name": "B", "life_cycle_state": "NOT_EFFECTIVE"},
        {"type": "reward_scheme", "id": "S-1", "name": "S", "life_cycle_state": "NOT_EFFECTIVE"},
    ],
    ids=lambda record: record["type"],
)
def test_no_record_is_opened_by_a_line_that_does_not_say_its_state(importing: Importing, record: Record) -> None:
    bring(importing.table, record)
    before = stored(importing, record)

    bring(importing.table, {name: record[name] for name in ("type", "id", "name") if name in record})

    assert stored(importing, record) == before


def test_a_state_that_is_said_is_taken(importing: Importing) -> None:
    assert drop(importing, "type,id,life_cycle_state", "access_token,T-CARD,EFFECTIVE") == ["updated"]

    assert stored(importing, CARD)["life_cycle_state"] == "EFFECTIVE"


def test_a_row_sees_what_an_earlier_row_of_its_record_said(importing: Importing) -> None:
    states = ("EFFECTIVE", "NOT_EFFECTIVE", "")
    rows = [f"access_token,T-CARD,{state},{number}" for number, state in enumerate(states)]

    drop(importing, "type,id,life_cycle_state,udf_string_8", *rows)

    card = stored(importing, CARD)
    assert (card["life_cycle_state"], card["udf_string_8"]) == ("NOT_EFFECTIVE", "2")


def test_a_pass_code_that_comes_back_is_open_again_and_one_that_stays_is_not(importing: Importing) -> None:
    tries = keys.pass_code_tries("T-CARD", hash_pass_code("T-CARD", PASS_CODE))
    importing.table.add(tries, {"tries": 5})

    bring(importing.table, {**CARD, "udf_string_8": "gold"})
    drop(importing, "type,id,pass_code", f"access_token,T-CARD,{PASS_CODE}")
    locked = importing.table.get(tries)
    bring(importing.table, {**CARD, "pass_code": "9999"})
    bring(importing.table, CARD)

    assert locked
    assert locked["tries"] == 5
    assert importing.table.get(tries) is None


def test_an_import_leaves_uses_of_a_promo_code_and_a_wallet_as_they_are(importing: Importing) -> None:
    at = keys.counter("promo_code", "PC-1")
    importing.table.add(at, {"used": 2})

    drop(importing, "type,id,maximum_uses", "promo_code,PC-1,9")

    item = importing.table.get(at)
    assert item
    assert item["used"] == 2
