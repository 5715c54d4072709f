"""A bulk call of a thousand mixed entries through the deployed stack, where each transaction is real."""

from typing import Any

import pytest
import urllib3

from cli.target import Target
from loyalty import exactjson
from loyalty.store import keys
from loyalty.usecases.proofs.verify_journal import verify_journal
from tests.bulk_call import BulkCall, bulk_call, import_wallets

HTTP = urllib3.PoolManager(timeout=120)
Body = dict[str, Any]


@pytest.fixture(scope="module")
def call(stack: Target) -> BulkCall:
    import_wallets(stack.open_table())
    return bulk_call()


@pytest.fixture(scope="module")
def answer(stack: Target, call: BulkCall) -> Body:
    """Return the answer to the whole call."""
    return post(stack, call.entries)


def post(stack: Target, entries: list[Body]) -> Body:
    """Send entries in one call; answers its data."""
    key = {"api_key": stack.api_key or ""}
    issued = HTTP.request("POST", f"{stack.api_url}/authentication/web_api_key/token", headers=key)
    headers = {"Authorization": f"Bearer {issued.json()['data']['token']}", "Content-Type": "application/json"}
    body = exactjson.dumps({"purchase_customer_events_set": entries})
    sent = HTTP.request("POST", f"{stack.api_url}/customer_events/bulk/purchases/create", body=body, headers=headers)
    assert sent.status == 200, sent.data
    data: Body = exactjson.loads(sent.data)["data"]
    return data


def test_each_of_a_thousand_entries_is_posted_or_refused_as_if_it_were_alone(answer: Body, call: BulkCall) -> None:
    processed, unprocessed = (answer[f"{which}_customer_events_set"] for which in ("processed", "unprocessed"))

    assert [entry["request_unique_identifier"] for entry in processed] == call.processed
    refused = [(entry["request_unique_identifier"], entry["error_code"]) for entry in unprocessed]
    assert refused == list(call.unprocessed.items())
    assert len({entry["id"] for entry in processed}) == len({entry["number"] for entry in processed}) == 960


def test_each_wallet_holds_what_its_entries_brought(stack: Target, answer: Body, call: BulkCall) -> None:
    table = stack.open_table()
    wallets = table.get_many([keys.wallet(account_id) for account_id in call.balances], consistent=True)

    assert answer
    assert {keys.account_id(key.pk): item["balance"] for key, item in wallets.items()} == call.balances


def test_the_ledger_holds_after_a_bulk_call(stack: Target, answer: Body) -> None:
    found = verify_journal(stack.open_table())

    assert found.events >= len(answer["processed_customer_events_set"])
    assert found.deviations == []
