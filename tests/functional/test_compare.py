"""`loyalty compare` on what our own functions answered: 500 calls agree, and of 20 that are falsified each is found."""

from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from loyalty.store.dynamo_table import DynamoTable
from tests.functional.conftest import Answer, Functions, example
from tests.recordings import Call, call, compared, written

ROUNDS = 20
OCTOBER_30 = 1572423477
CLASSIC = "/crmapi/rest/v2/customer_events"
NEWEST = "https://api.example.com/backoffice/v2"


class Recorder:
    """Calls functions, and writes down what they answer."""

    def __init__(self, functions: Functions) -> None:
        self.functions, self.calls, self.kinds = functions, list[Call](), list[str]()
        issued = functions.call("issue_token", headers={"api_key": functions.api_key}, context={})
        self.bearer = {"Authorization": f"Bearer {issued.body['data']['token']}"}

    def classic(self, kind: str, function: str, path: str, body: Any) -> Answer:
        answer = self.functions.call(function, body, headers=self.bearer, context={})
        return self._keep(kind, call(f"{CLASSIC}/{path}", body, answer.body, answer.status), answer)

    def newest(self, kind: str, function: str, path: str, body: Any = None, **named: str) -> Answer:
        answer = self.functions.call(function, body, path=named or None)
        return self._keep(kind, call(f"{NEWEST}/{path}", body, answer.body, answer.status), answer)

    def _keep(self, kind: str, recorded: Call, answer: Answer) -> Answer:
        self.calls.append(recorded)
        self.kinds.append(kind)
        return answer


def play(recorder: Recorder, number: int) -> None:
    """Make the 25 calls of a round, on a day of its own."""
    day = f"2020-{1 + number // 20:02}-{1 + number % 20:02}T12:00:00"
    for place in range(6):
        body = example("create_v5_1.request") | {"reference_number": f"N{number}-{place}"}
        body |= {"performed_on": OCTOBER_30 + 100 * number + place}
        if place % 2:
            del body["spend_request"]
        newest = recorder.newest("newest", "create_purchase", "purchases", body)
    for place in range(6):
        body = example(f"create_{3 if place % 2 else 4}.request") | {"reference_number": f"C{number}-{place}"}
        created = recorder.classic(
            "create", "classic_create_purchase", "purchases/create", body | {"performed_on": day}
        ).body["data"]
    preview = example("preview_2.request") | {"performed_on": day.replace("2020", "2021")}
    for _ in range(4):
        recorder.classic("preview", "classic_preview_purchase", "purchases/preview", preview)
    for _ in range(2):
        body = example("create_spend_2.request") | {"performed_on": day}
        recorder.classic("create_spend", "classic_create_spend", "purchases/create_spend", body)
    recorder.classic("bulk", "classic_bulk_create", "bulk/purchases/create", example("bulk_1.request"))
    for name in ("id", "number"):
        named = {"customer_event_identifier": {name: created[name]}}
        recorder.classic("show", "classic_show_purchase", "purchases/show", named)
    event_id = newest.body["id"]
    recorder.newest("shown", "show_purchase", f"purchases/{event_id}", id=event_id)
    recorder.newest("wallet", "show_wallet", "wallets/ACR0000000001", account="ACR0000000001")
    recorder.classic("cancel", "classic_cancel_purchase", "purchases/cancel", named)
    recorder.newest("refused", "create_purchase", "purchases", body_of_nobody(number))


def body_of_nobody(number: int) -> Any:
    return example("create_v5_1.request") | {"cim": "NOBODY", "reference_number": f"X{number}"}


class Falsehood(NamedTuple):
    """A change to the answer of a call: the kind of call and which one of them, where, and by what."""

    kind: str
    which: int
    pointer: str
    change: Callable[[Any], Any]
    effect: str = ""
    money: str = ""


def more(amount: str) -> Callable[[Any], Any]:
    return lambda value: value + Decimal(amount)


FALSEHOODS = (
    Falsehood("create", 1, "/data/total_awarded_amount", more("0.5"), "posted", "awarded"),
    Falsehood("create", 9, "/data/award_reward_transactions_set/0/amount", more("0.25"), "posted", "awarded"),
    Falsehood("create", 15, "/data/total_spend_amount", more("-1"), "posted", "spent"),
    Falsehood("create", 21, "/data/total_amount", more("10"), "posted", "bill"),
    Falsehood("create", 30, "/data/products_set/0/quantity", more("1")),
    Falsehood("create", 37, "/data/life_cycle_state", lambda _: "CANCELLED"),
    Falsehood("create", 45, "/data/reference_number", lambda value: f"{value}0"),
    Falsehood("create", 52, "/data/accounts_receivable/number", lambda _: "ACR9"),
    Falsehood("create", 60, "/data/performed_on", lambda _: "2020-01-01T00:00:00"),
    Falsehood("create", 70, "/data/process_immediately", lambda value: not value),
    Falsehood("preview", 3, "/data/total_award_amount", more("0.07"), "previewed", "awarded"),
    Falsehood("preview", 40, "/data/wallet_balance", more("-3"), "previewed", "balance"),
    Falsehood("preview", 55, "/data/allow_spending", lambda value: not value),
    Falsehood("create_spend", 7, "/data/purchase_customer_event/total_amount", more("1"), "posted", "bill"),
    Falsehood("bulk", 4, "/data/unprocessed_customer_events_set/0/error_code", lambda _: "Other"),
    Falsehood("show", 11, "/data/total_awarded_amount", more("2"), "shown", "awarded"),
    Falsehood("cancel", 6, "/data/life_cycle_state", lambda _: "POSTED"),
    Falsehood("shown", 8, "/awards/0/amount", more("0.3"), "shown", "awarded"),
    Falsehood("wallet", 12, "/balance", more("4"), "shown", "balance"),
    Falsehood("refused", 13, "/code", lambda _: "InvalidAPIValueException"),
)


@pytest.fixture(scope="module")
def recording(lasting: tuple[Functions, DynamoTable]) -> tuple[list[Call], list[str]]:
    recorder = Recorder(lasting[0])
    for number in range(ROUNDS):
        play(recorder, number)
    return recorder.calls, recorder.kinds


def falsified(recording: tuple[list[Call], list[str]]) -> Iterator[tuple[int, Falsehood, Call]]:
    """Return the falsified calls by place, from 1."""
    calls, kinds = recording
    for one in FALSEHOODS:
        place = [at for at, kind in enumerate(kinds) if kind == one.kind][one.which]
        changed = deepcopy(calls[place])
        *steps, last = (int(step) if step.isdigit() else step for step in one.pointer.split("/")[1:])
        within = changed["response"]
        for step in steps:
            within = within[step]
        within[last] = one.change(within[last])
        yield place + 1, one, changed


def test_what_the_functions_answered_is_what_the_sandbox_answers(
    recording: tuple[list[Call], list[str]], tmp_path: Path
) -> None:
    report = compared(written(tmp_path / "own.jsonl", recording[0]))

    assert (report.calls, report.agreeing, report.refused) == (500, 500, ROUNDS)
    assert list(report.disagreements()) == []
    assert not report.worth
    assert {reason.partition(":")[0] for reason in report.reasons()} == {"row 19", "row 26", "rows 14 and 15"}


def test_each_falsified_place_is_found_and_valued_and_nothing_else(
    recording: tuple[list[Call], list[str]], tmp_path: Path
) -> None:
    calls, changed = list(recording[0]), list(falsified(recording))
    for place, _, recorded in changed:
        calls[place - 1] = recorded

    report = compared(written(tmp_path / "falsified.jsonl", calls))

    found = [(one.place, one.pointer) for one in report.disagreements()]
    assert sorted(found) == sorted((place, falsehood.pointer) for place, falsehood, _ in changed)
    assert (report.calls, report.disagreeing, report.disagreed) == (500, 20, 20)
    expected: Counter[tuple[str, str]] = Counter()
    for _, one, _ in changed:
        if one.money:
            expected[one.effect, one.money] -= one.change(Decimal(0))
    assert {key: one.above - one.below for key, one in report.worth.items()} == dict(expected)
    assert sum(one.calls for one in report.worth.values()) == sum(1 for one in FALSEHOODS if one.money)
