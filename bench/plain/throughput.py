"""Many purchases as they are usually posted: the same code in a loop, one transaction for each, some loops at a time.

In its favour: what is read of customers, wallets and products is kept, and products are read a hundred at a time.
"""

import json
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import cache
from typing import Any

from bench.plain import app
from bench.plain.app import Purchase, calculate_award, event_item, read, table

AT_A_TIME = 8
products: dict[str, dict[str, Any]] = {}
wallets: dict[str, dict[str, Any]] = {}


def post(rows: list[str]) -> int:
    purchases = [Purchase.model_validate(json.loads(row, parse_float=Decimal)) for row in rows]
    read_products({line.product_sku for purchase in purchases for line in purchase.products} - products.keys())
    by_customer = defaultdict(list)
    for purchase in purchases:
        by_customer[purchase.cim].append(purchase)
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        return sum(pool.map(post_all, by_customer.values()))


def post_all(purchases: list[Purchase]) -> int:
    for purchase in purchases:
        wallet = wallets.get(purchase.cim) or wallet_of(purchase.cim)
        bought = [products[line.product_sku] for line in purchase.products]
        account_id = wallet["pk"].removeprefix("ACCOUNT#")
        awarded = calculate_award(purchase, offer())
        event = event_item(purchase, account_id, "DEMO", wallet, bought, awarded, Decimal(0))
        app.post(event, wallet)
        wallets[purchase.cim] = wallet | {"balance": event["balance"], "version": event["sequence"]}
    return len(purchases)


def wallet_of(cim: str) -> dict[str, Any]:
    return read(f"ACCOUNT#{read(f'TOKEN#{cim}', 'TOKEN')['account_id']}", "WALLET")


@cache
def offer() -> dict[str, Any]:
    record: dict[str, Any] = json.loads(str(read("PROGRAMME", "reward_offer#OFFER-5PC")["record"]), parse_float=Decimal)
    return record


def read_products(codes: set[str]) -> None:
    missing = list(codes)
    for start in range(0, len(missing), 100):
        keys = [{"pk": f"ALIAS#product.code#{code}", "sk": "ALIAS"} for code in missing[start : start + 100]]
        answer = table.meta.client.batch_get_item(RequestItems={table.name: {"Keys": keys}})
        products.update((str(item["pk"]).rpartition("#")[2], item) for item in answer["Responses"][table.name])
