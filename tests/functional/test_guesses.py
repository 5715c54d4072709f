"""Wrong guesses at a customer's secrets are a matter of the partner that makes them, and of a time (decision 28)."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from msgspec.structs import replace

from loyalty.domain.access.guesses import AT_A_PASS_CODE, AT_ONE_TIME_PASSWORDS
from loyalty.domain.errors import Code, Refused
from loyalty.domain.purchases.purchase import Reference
from loyalty.store import customer_tokens, keys
from loyalty.store.customer_tokens import resolve_passwords
from loyalty.store.customers import ONE_TIME_PASSWORD, customer_key
from loyalty.store.dry_run_table import DryRunTable
from loyalty.store.dynamo_table import DynamoTable
from loyalty.store.guesses import guessed_passwords
from loyalty.store.memory_table import MemoryTable
from loyalty.store.table import Table
from loyalty.store.writes import Put
from loyalty.usecases.access.customer_tokens import ShownTokens, check_side_by_side, issue_one_time_password
from tests.cards import BY_PASS_CODE, CODE, IDENTIFIER, PASS_CODE, bring

MIDNIGHT = datetime(2026, 1, 15, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
RIGHT = Reference("token.identifier", IDENTIFIER, "/pass_code", PASS_CODE)
WRONG = replace(RIGHT, pass_code="1357")
SHOWN = Reference("token.authentication_code", CODE, "")
WRONG_PASSWORD = Reference(ONE_TIME_PASSWORD, "999999999999", "/one_time_password")


@pytest.fixture(autouse=True)
def _card(demo: DynamoTable, monkeypatch: pytest.MonkeyPatch) -> None:
    bring(demo)
    # The hash is slow on purpose.
    monkeypatch.setattr("loyalty.usecases.access.customer_tokens.is_pass_code", lambda code, *_: code == PASS_CODE)


def answered(table: Table, shown: Reference, partner_id: str, now: datetime) -> Code | str:
    """Return the token's id, or else why it was refused, of a partner that shows this."""
    wanted = [customer_key(shown), guessed_passwords(partner_id, now)]
    items = resolve_passwords(table, wanted, table.get_many(wanted, consistent=True), partner_id, now)
    item = items.get(customer_key(shown))
    try:
        return ShownTokens(partner_id, table, now).token("Account", shown, item).id
    except Refused as refused:
        return refused.problems[0].code


def wrong(table: Table, partner_id: str, now: datetime, times: int) -> list[Code | str]:
    return [answered(table, WRONG, partner_id, now) for _ in range(times)]


def test_a_pass_code_is_locked_for_the_partner_that_guesses_and_nobody_else(demo: DynamoTable) -> None:
    assert wrong(demo, "MALLORY", MIDNIGHT, 6) == [Code.NOT_FOUND] * 5 + [Code.NOT_PERMITTED]

    assert answered(demo, RIGHT, "MALLORY", MIDNIGHT) == Code.NOT_PERMITTED
    assert answered(demo, RIGHT, "DEMO", MIDNIGHT) == "T-CARD"


def test_a_token_that_does_not_exist_is_locked_as_one_that_does_so_that_a_lock_does_not_tell_which_do(
    demo: DynamoTable,
) -> None:
    absent = [answered(demo, replace(WRONG, value="ABSENT"), "MALLORY", MIDNIGHT) for _ in range(6)]

    assert absent == wrong(demo, "MALLORY", MIDNIGHT, 6)
    assert answered(demo, replace(WRONG, value="ABSENT"), "DEMO", MIDNIGHT) == Code.NOT_FOUND


def test_a_lock_ends_within_a_quarter_of_an_hour_and_says_when(demo: DynamoTable) -> None:
    wrong(demo, "DEMO", MIDNIGHT, 5)
    almost = MIDNIGHT + QUARTER - timedelta(seconds=1)
    item = demo.get(customer_key(RIGHT))

    with pytest.raises(Refused, match="locked before 2026-01-15 00:15 UTC"):
        ShownTokens("DEMO", demo, almost).token("Account", RIGHT, item)
    assert answered(demo, RIGHT, "DEMO", MIDNIGHT + QUARTER) == "T-CARD"


def test_what_is_refused_for_a_lock_does_not_make_it_longer(demo: DynamoTable) -> None:
    wrong(demo, "DEMO", MIDNIGHT, 50)

    assert answered(demo, RIGHT, "DEMO", MIDNIGHT + QUARTER) == "T-CARD"


def guess_for_an_hour(table: Table, partner_id: str) -> int:
    """Return how many guesses a partner has that goes on for more than an hour."""
    told = [answer for quarter in range(5) for answer in wrong(table, partner_id, MIDNIGHT + quarter * QUARTER, 5)]
    return told.count(Code.NOT_FOUND)


def test_no_partner_and_no_two_lock_a_customer_out_everywhere_and_all_together_have_fifty_a_day(
    demo: DynamoTable,
) -> None:
    last = MIDNIGHT + timedelta(hours=23, minutes=59)

    assert [guess_for_an_hour(demo, partner) for partner in ("MALLORY", "TRUDY")] == [20, 20]
    assert answered(demo, WRONG, "DEMO", last) == Code.NOT_FOUND

    assert [guess_for_an_hour(demo, partner) for partner in ("EVE", "OSCAR")] == [9, 0]
    assert answered(demo, RIGHT, "DEMO", last) == Code.NOT_PERMITTED
    assert answered(demo, RIGHT, "DEMO", MIDNIGHT + timedelta(days=1)) == "T-CARD"


def test_a_right_pass_code_makes_up_for_wrong_ones_of_whomever(demo: DynamoTable) -> None:
    for partner in ("MALLORY", "DEMO"):
        wrong(demo, partner, MIDNIGHT, 4)
    assert answered(demo, RIGHT, "DEMO", MIDNIGHT) == "T-CARD"

    assert wrong(demo, "DEMO", MIDNIGHT, 6).count(Code.NOT_FOUND) == 5


def test_guesses_of_a_dry_run_count(demo: DynamoTable) -> None:
    wrong(DryRunTable(demo, "U", 2_000_000_000), "DEMO", MIDNIGHT, 5)

    assert answered(demo, RIGHT, "DEMO", MIDNIGHT) == Code.NOT_PERMITTED


def password_of(table: Table, partner_id: str, now: datetime = MIDNIGHT) -> Reference:
    password, _ = issue_one_time_password(SHOWN, partner_id, table=table, now=now)
    return Reference(ONE_TIME_PASSWORD, password, "/one_time_password")


def test_a_one_time_password_is_not_there_for_another_partner(demo: DynamoTable) -> None:
    password = password_of(demo, "DEMO")

    assert answered(demo, password, "MALLORY", MIDNIGHT) == Code.NOT_FOUND
    assert answered(demo, password, "DEMO", MIDNIGHT) == "T-CARD"


def test_whoever_guesses_one_time_passwords_finds_none_for_a_while_and_others_do(demo: DynamoTable) -> None:
    most = AT_ONE_TIME_PASSWORDS.most
    own, others, later = password_of(demo, "MALLORY"), password_of(demo, "DEMO"), MIDNIGHT + QUARTER

    told = [answered(demo, WRONG_PASSWORD, "MALLORY", MIDNIGHT) for _ in range(most + 1)]

    assert told == [Code.NOT_FOUND] * most + [Code.NOT_PERMITTED]
    assert answered(demo, own, "MALLORY", MIDNIGHT) == Code.NOT_PERMITTED
    assert answered(demo, others, "DEMO", MIDNIGHT) == "T-CARD"
    assert answered(demo, password_of(demo, "MALLORY", later), "MALLORY", later) == "T-CARD"


@pytest.mark.parametrize(("wrong_before", "wrong_beside", "taken"), [(0, 100, True), (0, 101, False), (60, 41, False)])
def test_of_many_one_time_passwords_at_once_the_right_one_is_taken_if_it_were_one_by_one(
    demo: DynamoTable, wrong_before: int, wrong_beside: int, taken: bool
) -> None:
    for _ in range(wrong_before):
        answered(demo, WRONG_PASSWORD, "DEMO", MIDNIGHT)
    own = customer_key(password_of(demo, "DEMO"))
    guessed = [customer_key(replace(WRONG_PASSWORD, value=str(10**11 + number))) for number in range(wrong_beside)]

    wanted = [own, *guessed, guessed_passwords("DEMO", MIDNIGHT)]
    items = resolve_passwords(demo, wanted, demo.get_many(wanted, consistent=True), "DEMO", MIDNIGHT)

    assert (own in items) == taken


def test_counts_of_guesses_end_with_the_last_of_their_windows(demo: DynamoTable) -> None:
    wrong(demo, "DEMO", MIDNIGHT, 1)
    answered(demo, WRONG_PASSWORD, "DEMO", MIDNIGHT)

    counted = {item["sk"]: item["expires_at"] for item in demo.scan() if item["pk"].startswith("TRIES#")}

    ends = {allowance.ends(MIDNIGHT) for allowance in (*AT_A_PASS_CODE[1:], AT_ONE_TIME_PASSWORDS)}
    assert set(counted.values()) == {int(end.timestamp()) for end in ends}
    assert BY_PASS_CODE["pass_code"] not in str(counted)


def shown_in_one_call(
    table: Table, codes: Sequence[str], tokens: ShownTokens | None = None, identifier: str = IDENTIFIER
) -> list[Code | str]:
    """Return what becomes of each code of a token, shown one after the other in one call of MALLORY's."""
    tokens, answers = tokens or ShownTokens("MALLORY", table, MIDNIGHT), list[Code | str]()
    for code in codes:
        shown = replace(RIGHT, pass_code=code, value=identifier)
        try:
            answers.append(tokens.token("Account", shown, table.get(customer_key(shown))).id)
        except Refused as refused:
            answers.append(refused.problems[0].code)
    return answers


@pytest.mark.parametrize(
    "codes",
    [
        [PASS_CODE] * 3 + ["1357"] * 7,
        ["1357"] * 4 + [PASS_CODE] * 2 + ["1357"] * 6 + [PASS_CODE],
        [PASS_CODE, *["1", "2", "3", "4", "5"], PASS_CODE, PASS_CODE],
    ],
)
def test_codes_of_one_call_are_taken_and_locked_as_if_each_came_in_a_call_of_its_own(
    demo: DynamoTable, codes: list[str]
) -> None:
    together = shown_in_one_call(demo, codes)
    demo.put(Put(keys.pass_code_tries("T-CARD", _stored_hash(demo)), {"expires_at": 0}))

    assert together == [answered(demo, replace(RIGHT, pass_code=code), "MALLORY", MIDNIGHT) for code in codes]


def test_an_equal_code_of_a_call_is_hashed_once_and_a_right_one_counted_once(
    demo: DynamoTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed, counted = list[str](), list[str]()
    count = customer_tokens.count_try

    def hashing(code: str, *_: str) -> bool:
        hashed.append(code)
        return code == PASS_CODE

    def counting(table: Table, token_id: str, *more: Any) -> datetime | None:
        counted.append(token_id)
        return count(table, token_id, *more)

    monkeypatch.setattr("loyalty.usecases.access.customer_tokens.is_pass_code", hashing)
    monkeypatch.setattr(customer_tokens, "count_try", counting)

    assert shown_in_one_call(demo, [PASS_CODE] * 9) == ["T-CARD"] * 9
    assert (hashed, counted) == ([PASS_CODE], ["T-CARD"])

    shown_in_one_call(demo, ["1357"] * 9)  # five are wrong, and then it is locked
    assert (hashed, len(counted)) == ([PASS_CODE, "1357"], 1 + 6)


def test_codes_of_different_tokens_are_checked_side_by_side_those_of_one_in_their_order() -> None:
    met, both_here = dict[str, list[int]](), Barrier(2, timeout=10)

    def check(place: int, _: ShownTokens) -> int:
        shown = references[place]
        if len(met.setdefault(shown.value, [])) == 0:
            both_here.wait()  # which no two threads pass that come one after the other
        met[shown.value].append(place)
        return place

    references = {place: replace(RIGHT, value=f"C{place % 2}") for place in range(6)}

    assert check_side_by_side(references, ShownTokens("DEMO", MemoryTable(), MIDNIGHT), check) == {
        place: place for place in range(6)
    }
    assert met == {"C0": [0, 2, 4], "C1": [1, 3, 5]}


def _stored_hash(table: Table) -> str:
    item = table.get(customer_key(RIGHT))
    assert item
    stored: str = item["pass_code"]
    return stored
