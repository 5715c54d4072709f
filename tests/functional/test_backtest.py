"""Backtests of what was posted: priced again as it was, it comes to what the journal says."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from cli.backtest.events import PostedPurchases
from cli.backtest.report import Report
from cli.backtest.run import Programmes, backtest
from cli.options import Days
from cli.programme.draft import ProgrammeDraft
from loyalty import exactjson
from loyalty.store import keys
from loyalty.store.catalogue import Catalogue
from loyalty.store.customers import read_customers
from loyalty.store.dynamo_table import DynamoTable
from tests.cards import CAMPAIGN, PROMO_CODE, bring
from tests.functional.conftest import NOW, Functions, example

OCTOBER_30, OCTOBER_31 = 1572423477, 1572509877
OFFER = {"type": "reward_offer", "scheme": "SALES"}


def post(functions: Functions, number: int, **fields: Any) -> None:
    body = example("create_v5_1.request")
    body |= {"reference_number": f"RF{number}", "performed_on": OCTOBER_30 + number, **fields}
    assert functions.call("create_purchase", body).status == 200


def priced_again(demo: DynamoTable, draft: Path, days: Days = Days()) -> Report:  # noqa: B008 - it cannot be changed
    laid = ProgrammeDraft.of([draft], demo, NOW)
    laid.require_good()
    source = PostedPurchases(demo, days)
    history = source.history(laid.table, NOW)
    programmes = Programmes(laid.accepted(NOW)[0], ProgrammeDraft.of([], demo, NOW).accepted(NOW)[0])
    return backtest(history, programmes, "draft.jsonl")


def held(demo: DynamoTable) -> Decimal:
    """Return what all wallets hold, in euros at the rate of that month's end."""
    programme, at = Catalogue(demo).programme(NOW), datetime(2019, 10, 31, 23, 59, 59, tzinfo=UTC)
    ids = {keys.account_id(item["pk"]) for item in demo.scan() if item["sk"] == "WALLET"}
    amounts = [
        programme.exchange(one.wallet.balance, programme.wallet_currency(one.account), programme.system_currency, at)
        for one in read_customers(demo, ids).values()
    ]
    return sum((amount for amount in amounts if amount), Decimal(0))


def written(file: Path, *records: dict[str, Any]) -> Path:
    file.write_text("\n".join(map(exactjson.dumps, records)))
    return file


def test_what_is_deployed_gives_again_what_the_journal_says(
    cold_functions: Functions, demo: DynamoTable, tmp_path: Path
) -> None:
    code = OFFER | {"id": "CODE", "name": "Code", "award": {"method": "FIXED", "value": 2}}
    code["conditions"] = {"promotion_campaign": CAMPAIGN["id"]}
    third = OFFER | {
        "id": "THIRD",
        "name": "Third",
        "award": {"method": "PER_UNIT", "value": 1, "expires_after": "P1M"},
    }
    third["conditions"] = {"every_nth_purchase": 3, "product_types": ["COFFEE"]}
    bring(demo, CAMPAIGN, PROMO_CODE, code, third)
    post(cold_functions, 1)
    post(cold_functions, 2, promo_code="COLD-BREW", spend_request={"alternative_amount": 150})
    post(cold_functions, 3)

    found = priced_again(demo, written(tmp_path / "nothing.jsonl"))

    assert {one.id: one.purchases for one in found.draft.offers if one.given} == {
        "OFFER-5PC": 3,
        "OFFER-WELCOME": 3,
        "CODE": 1,
        "THIRD": 1,
    }
    assert found.draft == found.current
    assert (found.draft.purchases, found.draft.forgone, found.draft.refused) == (3, 0, {})
    assert found.draft.liability == sum(found.draft.outstanding.values()) == held(demo)
    assert found.draft.outstanding["2019-11"] == Decimal(2)


def test_wallets_begin_as_the_journal_had_left_them_before_the_first_day(
    cold_functions: Functions, demo: DynamoTable, tmp_path: Path
) -> None:
    second = OFFER | {"id": "SECOND", "name": "Second", "award": {"method": "FIXED", "value": 2}}
    second["conditions"] = {"every_nth_purchase": 2}
    post(cold_functions, 1)
    post(cold_functions, OCTOBER_31 - OCTOBER_30)

    found = priced_again(demo, written(tmp_path / "draft.jsonl", second), Days(date(2019, 10, 31)))

    assert found.current
    assert (found.draft.purchases, found.current.liability) == (1, held(demo))
    assert found.draft.given - found.current.given == Decimal(2)
    assert [one.id for one in found.draft.offers if one.given] == ["SECOND", "OFFER-5PC", "OFFER-WELCOME"]


def test_a_draft_may_change_the_products_that_were_bought(
    cold_functions: Functions, demo: DynamoTable, tmp_path: Path
) -> None:
    post(cold_functions, 1)
    product = {
        "type": "product",
        "id": "E0B2C4D6F8A01B3C5D7E9F1A2B4C6D8E",
        "code": "FREDESPR001",
        "product_type": "VOD",
    }

    found = priced_again(demo, written(tmp_path / "draft.jsonl", product))

    assert [one.id for one in found.draft.offers if one.given] == ["OFFER-WELCOME"]
