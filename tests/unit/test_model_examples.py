"""The model answers the contract's own examples with their amounts, under the demo programme."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.model.history import BULK, CREATE, CREATE_SPEND, IMPORT, PREVIEW, PURCHASE, Answer, Entry
from tests.model.model import Model
from tests.model.purchase import Partner

ROOT = Path(__file__).parents[2]
NOW = 1790000000
DEMO = Partner("DEMO")


def demo() -> Model:
    model = Model()
    rows = [json.loads(line) for line in (ROOT / "cli/demo/programme.jsonl").read_text().splitlines()]
    model.take(Entry(NOW, IMPORT, rows=tuple(rows)))
    return model


def read(name: str) -> Any:
    return json.loads((ROOT / f"tests/examples/{name}.json").read_text())


def asked(name: str, api: str, kind: str = PURCHASE) -> Answer:
    return demo().take(Entry(NOW, kind, DEMO, read(f"{name}.request"), api=api))


@pytest.mark.parametrize(("name", "api"), [("create_1", CREATE), ("create_3", CREATE), ("create_4", CREATE)])
def test_a_classic_purchase_has_the_totals_and_awards_of_its_example(name: str, api: str) -> None:
    told, example = asked(name, api).data, read(f"{name}.response")["data"]
    totals = {field: Fraction(example[field]) for field in ("total_amount", "net_amount")}
    assert {"total_amount": told["total_amount"], "net_amount": told["net_amount"]} == totals
    awards = [Fraction(str(one["amount"])) for one in example["award_reward_transactions_set"]]
    assert [one["wallet_amount"] for one in told["awards"]] == awards


def test_the_award_of_the_third_example_is_spent_at_once() -> None:
    spends = asked("create_3", CREATE).data["spends"]
    assert [(one["method"], one["amount"]) for one in spends] == [("SPEND_INSTANTLY", 5)]


@pytest.mark.parametrize("name", ["create_spend_1", "create_spend_2"])
def test_a_spend_request_without_an_amount_spends_nothing(name: str) -> None:
    told, example = asked(name, CREATE_SPEND).data, read(f"{name}.response")["data"]["purchase_customer_event"]
    assert told["total_amount"] == example["total_amount"]
    assert told["spends"] == []


@pytest.mark.parametrize("name", ["preview_1", "preview_2"])
def test_a_preview_tells_what_its_example_does(name: str) -> None:
    told, example = asked(name, CREATE, PREVIEW).data, read(f"{name}.response")["data"]
    assert sum(one["amount"] for one in told["awards"]) == Fraction(str(example["total_award_amount"]))
    assert told["available_spend"] == Fraction(str(example["total_additional_spend_amount"]))
    assert told["maximum_spend"] == example["maximum_spend_amount_per_transaction"]


def test_entries_of_a_bulk_call_stand_and_fall_alone() -> None:
    model = demo()
    entries = read("bulk_1.request")["purchase_customer_events_set"]
    answers = {
        one["request_unique_identifier"]: model.take(Entry(NOW, PURCHASE, DEMO, one, api=BULK)) for one in entries
    }
    example = read("bulk_1.response")["data"]
    refused = {
        one["request_unique_identifier"]: one["error_code"] for one in example["unprocessed_customer_events_set"]
    }
    assert {name: answer.code for name, answer in answers.items() if answer.code} == refused


def test_the_whole_example_of_the_docs_comes_out() -> None:
    told = demo().take(Entry(NOW, PURCHASE, DEMO, read("create_v5_1.request"))).data
    assert {one["offer_id"]: one["amount"] for one in told["awards"]} == {
        "OFFER-5PC": Fraction("0.71"),
        "OFFER-WELCOME": Fraction("0.50"),
    }
    assert (told["awarded"], told["spent"], told["balance"]) == (Fraction("1.21"), Fraction("2.12"), Fraction("49.09"))
    points = ("alternative_awarded", "alternative_spent", "alternative_amount", "alternative_balance")
    assert [told[name] for name in points] == [121, 212, -91, 4909]
