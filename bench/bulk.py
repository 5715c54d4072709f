"""`python -m bench.bulk`: a bulk call of a thousand mixed entries over the emulator, beside the plain variant.

The call is that of tests/bulk_call.py: 50 wallets, 40 bad entries of 8 kinds; what becomes of each entry is checked.
The function runs in this process, and this is its container's first call; the emulator runs in a process of its own,
whose CPU is not counted.
"""

import sys
from typing import Any

import boto3

from bench.container import LambdaContext
from bench.emulated import Taken, emulator, load_function, stock_table, time_call
from bench.plain import bulk as plain_bulk
from bench.usage import usage
from cli.target import LOCAL_ACCESS_KEY, LOCAL_SECRET_KEY, AwsAccount
from loyalty import exactjson
from loyalty.usecases.proofs.verify_journal import verify_journal
from tests.bulk_call import BulkCall, bulk_call, import_wallets

MAX_SECONDS = 10
"""API Gateway waits for 29."""


def measure() -> tuple[Taken, Taken]:
    """Return the call, ours and the plain variant's, each on a table of its own."""
    call = bulk_call()
    with emulator() as account:
        ours, plain = _ours(account, call), _plain(account, call)
    return ours, plain


def _ours(account: AwsAccount, call: BulkCall) -> Taken:
    table, key = stock_table(account, "ours")
    import_wallets(table)
    issued = load_function("issue_token", account, table).handler({"headers": {"api_key": key}}, LambdaContext())
    token = exactjson.loads(issued["body"])["data"]["token"]
    body = exactjson.dumps({"token": token, "purchase_customer_events_set": call.entries})
    app = load_function("classic_bulk_create", account, table)
    answer, taken = time_call(app.table.client, lambda: app.handler({"headers": {}, "body": body}, LambdaContext()))
    data = exactjson.loads(answer["body"])["data"]
    assert _ids(data, "processed") == call.processed
    refused = {one["request_unique_identifier"]: one["error_code"] for one in data["unprocessed_customer_events_set"]}
    assert list(refused.items()) == list(call.unprocessed.items())
    assert not verify_journal(table).deviations
    return taken


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


def _ids(data: dict[str, Any], which: str) -> list[str]:
    return [entry["request_unique_identifier"] for entry in data[f"{which}_customer_events_set"]]


def report() -> bool:
    """Print what the call takes; return whether it takes too long."""
    ours, plain = measure()
    print(f"{'a bulk call of 1000 entries':46}{'ours':>8}{'plain':>8}")
    for what, unit, of in (
        ("time, over the emulator", "s", lambda taken: f"{taken.seconds:.1f}"),
        ("process CPU", "s", lambda taken: f"{taken.cpu_seconds:.2f}"),
        ("requests to DynamoDB", "", lambda taken: taken.requests),
        ("written", "WCU", lambda taken: f"{taken.written:.0f}"),
        ("read", "RCU", lambda taken: f"{taken.read:.0f}"),
    ):
        print(f"{what:31}{unit:15}{of(ours):>8}{of(plain):>8}")
    return ours.seconds > MAX_SECONDS


if __name__ == "__main__":
    usage(__doc__).parse_args()
    sys.exit(int(report()))
