"""The order of a wallet's rows: a later one is not tried before an earlier one has its outcome, whatever dies or fails;
and it is held back for its own wallet's rows alone."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from loyalty.api.triggers.row_reader import read_row
from loyalty.domain.errors import Code, Problem, Refused
from loyalty.domain.purchases.purchase import PurchaseRequest
from loyalty.usecases.proofs.verify_journal import verify_journal
from loyalty.usecases.purchases import post_purchase
from loyalty.usecases.uploads import post_rows
from loyalty.usecases.uploads.row_body import RowBody
from tests.customers import customer, purchase
from tests.functional.stage import Killed, Reaper, Stage, crashing, spends
from tests.uploads_by_hand import lines, put_upload


def earning(cim: str, reference_number: str) -> dict[str, Any]:
    """Return a purchase of coffee, which earns 5."""
    line = {"product_sku": "FREDESPR001", "net_amount": 100, "tax_amount": 0, "total_amount": 100}
    return purchase(cim, reference_number) | {"merchant_tap": {"code": "EK123456"}, "products": [line]}


def posted(stage: Stage, name: str) -> list[str]:
    """Return the reference numbers of a wallet's purchases, in the order of its journal."""
    found = stage.table.journal(f"A-{name}", before=None, limit=100)
    return [item["reference_number"] for item in found[::-1] if item["event_type"] == "PURCHASE"]


@pytest.mark.parametrize("moment", ["before-call", "after-call"])
def test_what_a_wallets_first_row_earned_is_there_to_spend_wherever_three_workers_die(
    stage: Stage, moment: str
) -> None:
    """At each of their calls in turn, with an upload and a wallet of its own each time, until they get to their end."""
    killed, turn = True, 0
    while killed:
        turn += 1
        mine, others = customer(stage.table, f"order-{turn}", 0), f"RF-{turn}"
        rows = lines(
            [
                earning(mine, f"{others}-1"),
                purchase("CIM-two", f"{others}-2", spend="5"),
                purchase(mine, f"{others}-3", spend="4"),
                purchase("CIM-two", f"{others}-4", spend="5"),
                purchase(mine, f"{others}-5", spend="1"),
            ]
        )
        [message] = put_upload(stage.table, stage.files, f"U{turn}", [rows])
        killed = False
        for receives in (1, 2, 3):
            with Reaper(stage, turn, moment) as reaper, suppress(Killed):
                stage.deliver(message, receives)
            killed |= reaper.left <= 0

        assert stage.deliver(message, 4)

        assert stage.counts(f"U{turn}") == {"posted": 5}
        assert posted(stage, f"order-{turn}") == [f"{others}-{number}" for number in (1, 3, 5)]
    assert turn > 10
    assert verify_journal(stage.table).deviations == []


def poison_reading(stage: Stage, how: type[BaseException], _: pytest.MonkeyPatch) -> None:
    def read(row: RowBody, *others: Any) -> PurchaseRequest:
        if row.body["reference_number"] == "RF-1":
            raise how
        return read_row(row, *others)

    stage.read = read


def poison_posting(_: Stage, how: type[BaseException], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(post_rows, "post_purchases", crashing({"RF-1"}, how))


@pytest.mark.parametrize("poison", [poison_reading, poison_posting])
@pytest.mark.parametrize("how", [ZeroDivisionError, Killed], ids=["fault", "kill"])
@pytest.mark.parametrize("name", ["as its other rows do", "in another way"])
def test_a_poison_row_holds_back_the_later_rows_of_its_wallet_and_no_others_until_it_is_given_up(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, poison: Callable[..., None], how: type[BaseException], name: str
) -> None:
    poison(stage, how, monkeypatch)
    bad = purchase("CIM-one", "RF-1", spend="5")
    if name == "in another way":
        del bad["cim"]
        bad = {"contact_id": "C-one", **bad}
    rows = [*spends(0), *lines([bad]), *spends(*range(2, 40, 2), name="two"), *spends(*range(3, 40, 2))]
    [message] = put_upload(stage.table, stage.files, "U1", [rows])

    for receives in range(1, 5):
        with suppress(Killed):
            assert not stage.deliver(message, receives)

    assert posted(stage, "one") == ["RF-0"]
    assert posted(stage, "two") == [f"RF-{number}" for number in range(2, 40, 2)]

    for receives in range(5, 9):
        with suppress(Killed):
            assert not stage.deliver(message, receives)
    assert posted(stage, "one") == ["RF-0", *(f"RF-{number}" for number in range(3, 40, 2))]
    assert stage.counts("U1") == {"posted": 39, "failed": 1, "error_InternalException": 1}


def test_rows_behind_a_fault_that_is_mended_are_posted_in_their_order(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    [message] = put_upload(stage.table, stage.files, "U1", [[*spends(*range(6)), *spends(7, name="two")]])
    with monkeypatch.context() as patch:
        patch.setattr(post_rows, "post_purchases", crashing({"RF-2", "RF-4"}, ZeroDivisionError))
        assert not stage.deliver(message)
    assert (posted(stage, "one"), posted(stage, "two")) == (["RF-0", "RF-1"], ["RF-7"])

    assert stage.deliver(message, 2)

    assert posted(stage, "one") == [f"RF-{number}" for number in range(6)]
    assert stage.counts("U1") == {"posted": 7}


def test_a_wallet_that_is_busy_holds_back_its_own_rows_alone(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a later delivery, which goes piece by piece: the busy wallet's rows fill the first of them."""
    rows = [*spends(*range(30)), *spends(*range(30, 40), name="two"), *spends(40)]
    [message] = put_upload(stage.table, stage.files, "U1", [rows])

    def busy_for_one(engine: Any, requests: Any, *arguments: Any, **named: Any) -> Any:
        free = [request for request in requests if request.customer.value != "CIM-one"]
        outcomes = iter(post_purchase.post_purchases(engine, free, *arguments, **named))
        busy = Refused(Problem(Code.RETRY_LATER, "busy"))
        return [next(outcomes) if request in free else busy for request in requests]

    with monkeypatch.context() as patch:
        patch.setattr(post_rows, "post_purchases", busy_for_one)
        assert not stage.deliver(message, 2)
    assert posted(stage, "one") == []
    assert posted(stage, "two") == [f"RF-{number}" for number in range(30, 40)]

    assert stage.deliver(message, 3)
    assert posted(stage, "one") == [f"RF-{number}" for number in (*range(30), 40)]


def test_a_storage_that_is_busy_is_not_asked_for_every_piece(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [row for number in range(50) for name in ("one", "two") for row in spends(number, name=name)]
    [message] = put_upload(stage.table, stage.files, "U1", [rows])
    calls: list[int] = []

    def busy(_engine: Any, requests: Any, *_: Any, **__: Any) -> Any:
        calls.append(len(requests))
        raise Refused(Problem(Code.RETRY_LATER, "busy"))

    monkeypatch.setattr(post_rows, "post_purchases", busy)

    assert not stage.deliver(message, 2)
    assert len(calls) == 1
