"""The nightly expiry: `python -m bench.expiry`. Wallets that are due in one shard of the expiry index, against a table
that answers after 8 ms; and what a night of a million comes to, which is reckoned.

Counted is the process that posts, not the table, which another process serves over HTTP.
"""

from datetime import UTC, datetime
from decimal import Decimal

from bench.memory import Item, Memory, Place
from bench.setting import OUT, REGION, ROOT, RUNTIME_PACKAGES, TABLE, build_layer, packages
from bench.stub import serve
from bench.throughput import BATCH, BATCHES, Setting
from bench.usage import tell, usage
from cli.target import AwsAccount
from loyalty import exactjson
from loyalty.domain.ledger.wallet import Wallet
from loyalty.store import keys
from loyalty.store.attributes import pack, pack_key
from loyalty.store.dynamo_table import DynamoTable
from loyalty.store.events import wallet_item
from loyalty.usecases.reference.import_records import import_records
from tests.builders import EUR, POINTS, RATE

ACCOUNTS = [f"{number:032X}" for number in range(BATCH * BATCHES)]
NIGHT = 1_000_000
"""Wallets that are due on the first of a month."""


def prepare() -> Setting:
    """Return wallets of two lots, one of which is over."""
    rows = OUT / "due.txt"
    rows.write_text("".join(f"{account}\n" for account in ACCOUNTS))
    return Setting("an expiry", rows, _table())


def _table() -> dict[Place, Item]:
    memory = Memory()
    records = [EUR, POINTS, RATE, *({"type": "account", "id": one, "number": one} for one in ACCOUNTS)]
    with serve(memory.answer) as url:
        table = DynamoTable(AwsAccount(region=REGION, aws_endpoint_url=url).client("dynamodb"), TABLE)
        summary = import_records([exactjson.dumps(one).encode() for one in records], table=table, now=datetime.now(UTC))
    assert not summary.refused, summary.refused
    for account in ACCOUNTS:
        key = keys.wallet(account)
        wallet = Wallet(account, 3, Decimal(10), {"2020-01": Decimal(3), "2999-12": Decimal(4)})
        memory.items[key] = pack_key(key) | pack(wallet_item(wallet))
    return memory.items


def main() -> None:
    """Print what an expiry takes, and what a night does."""
    usage(__doc__).parse_args()
    layer, runtime = build_layer(), packages("runtime", RUNTIME_PACKAGES)
    tell("posting")
    rate = prepare().measure(ROOT / "bench" / "ours" / "expiry.py", (layer, runtime))
    shards = len(keys.EXPIRY_SHARDS)
    minutes, units = NIGHT / shards * rate.wall_us / 60e6, shards * rate.written * 1e6 / rate.wall_us
    print(f"a wallet: {rate.cpu_us:.0f} us CPU, {rate.wall_us:.0f} us by the clock, {rate.calls:.4f} requests,")
    print(f"          {rate.transactions:.4f} transactions, {rate.written:.1f} WCU")
    print(f"{NIGHT:,}: {minutes:.1f} minutes for each of {shards} shards side by side, at {units:,.0f} WCU a second;")
    print(f"          {NIGHT * rate.cpu_us / 60e6:.0f} minutes of CPU together")


if __name__ == "__main__":
    main()
