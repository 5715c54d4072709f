"""`python -m bench.bulk`: a bulk call of a thousand mixed entries over the emulator, beside the plain variant; and one
with as many different pass codes as a call may have.

The first call is that of tests/bulk_call.py: 50 wallets, 40 bad entries of 8 kinds; what becomes of each entry is
checked. The function runs in this process, and each is its container's first call; the emulator runs in a process of
its own, whose CPU is not counted.
"""

import sys
from collections.abc import Iterator

import boto3

from bench.container import LambdaContext
from bench.emulated import Taken, emulator, load_function, stock_table, time_call
from bench.figure import Figure, print_table
from bench.plain import bulk as plain_bulk
from bench.usage import tell, usage
from cli.target import LOCAL_ACCESS_KEY, LOCAL_SECRET_KEY, AwsAccount
from loyalty import exactjson
from loyalty.store.dynamo_table import DynamoTable
from loyalty.usecases.proofs.verify_journal import verify_journal
from loyalty.usecases.uploads.send_bulk_call import MAX_SHOWN
from tests.bulk_call import Body, BulkCall, bulk_call, code_entries, import_cards, import_wallets

MAX_SECONDS = 10
"""API Gateway waits for 29."""


def figures() -> Iterator[Figure]:
    """Yield what the calls take, each on a table of its own."""
    call = bulk_call()
    tell("a bulk call")
    with emulator() as account:
        ours, plain, codes = _ours(account, call), _plain(account, call), _pass_codes(account)
    yield Figure(f"a bulk call of {len(call.entries)} entries", "s", MAX_SECONDS, None, ours.seconds, plain.seconds)
    yield Figure("", "s CPU", None, None, ours.cpu_seconds, plain.cpu_seconds)
    yield Figure("", "requests to DynamoDB", None, None, ours.requests, plain.requests)
    yield Figure("", "write units", None, None, ours.written, plain.written)
    yield Figure("", "read units", None, None, ours.read, plain.read)
    yield Figure(f"a bulk call with {MAX_SHOWN} pass codes", "s", MAX_SECONDS, None, codes.seconds)
    yield Figure("", "s CPU", None, None, codes.cpu_seconds)


def _ours(account: AwsAccount, call: BulkCall) -> Taken:
    table, key = stock_table(account, "ours")
    import_wallets(table)
    data, taken = _post(account, table, key, call.entries)
    assert _ids(data, "processed") == call.processed
    refused = {one["request_unique_identifier"]: one["error_code"] for one in data["unprocessed_customer_events_set"]}
    assert list(refused.items()) == list(call.unprocessed.items())
    assert not verify_journal(table).deviations
    return taken


def _pass_codes(account: AwsAccount) -> Taken:
    """Return what a call takes whose entries each show another card and its pass code."""
    table, key = stock_table(account, "codes")
    import_cards(table, MAX_SHOWN)
    data, taken = _post(account, table, key, code_entries(MAX_SHOWN))
    assert len(_ids(data, "processed")) == MAX_SHOWN
    return taken


def _post(account: AwsAccount, table: DynamoTable, key: str, entries: list[Body]) -> tuple[Body, Taken]:
    """Return the data of the answer to a call, and what the call takes."""
    issued = load_function("issue_token", account, table).handler({"headers": {"api_key": key}}, LambdaContext())
    token = exactjson.loads(issued["body"])["data"]["token"]
    body = exactjson.dumps({"token": token, "purchase_customer_events_set": entries})
    app = load_function("classic_bulk_create", account, table)
    answer, taken = time_call(app.table.client, lambda: app.handler({"headers": {}, "body": body}, LambdaContext()))
    return exactjson.loads(answer["body"])["data"], taken


def _plain(account: AwsAccount, call: BulkCall) -> Taken:
    table, _ = stock_table(account, "plain")
    import_wallets(table)
    resource = boto3.resource(
        "dynamodb",
        region_name=account.region,
        endpoint_url=account.aws_endpoint_url,
        aws_access_key_id=LOCAL_ACCESS_KEY,
        aws_secret_access_key=LOCAL_SECRET_KEY,
    ).Table(table.name)
    body = exactjson.dumps({"purchase_customer_events_set": call.entries})
    data, taken = time_call(resource.meta.client, lambda: plain_bulk.create(body, resource))
    assert _ids(data, "processed") == call.processed
    assert _ids(data, "unprocessed") == list(call.unprocessed)
    return taken


def _ids(data: Body, which: str) -> list[str]:
    return [entry["request_unique_identifier"] for entry in data[f"{which}_customer_events_set"]]


if __name__ == "__main__":
    usage(__doc__).parse_args()
    sys.exit(int(print_table(figures())))
