"""Loading the programme as a container does: the process that `bench/programme.py` measures.

BASKETS is JSON: of each purchase the merchant, the outlet, and the products of its lines. Prints, as JSON, milliseconds
of CPU until the programme is at hand, and from then on until all purchases are priced, of several rounds the least; and
what each purchase is awarded.
"""

import gc
import json
import os
import sys
import time
from datetime import UTC, datetime
from decimal import Decimal

from loyalty.domain.ledger.wallet import Wallet
from loyalty.domain.pricing.pricing import price
from loyalty.domain.purchases.account import Account, AutomaticSpend, LifeCycle
from loyalty.domain.purchases.purchase import Line, Product, Purchase
from loyalty.store.catalogue import Catalogue
from loyalty.store.client import connect

ROUNDS = 7
NOW = datetime(2026, 6, 1, tzinfo=UTC)
CUSTOMER = Account("A", "1", "Somebody", None, LifeCycle.ACTIVE, None, None, AutomaticSpend.of({}))


def purchase(merchant: str, outlet: str, products: list[str]) -> Purchase:
    """Return a purchase of one of each product."""
    one, ten, two = Decimal(1), Decimal(10), Decimal(2)
    lines = tuple(Line(Product(sku, sku, None), one, ten, two, ten + two) for sku in products)
    return Purchase(merchant, outlet, None, NOW, lines, None)


def main() -> None:
    """Measure."""
    table = connect(os.environ["TABLE_NAME"])
    purchases = [purchase(*basket) for basket in json.loads(sys.argv[1])]
    loads, prices, awarded = [], [], set[str]()
    for _ in range(ROUNDS):
        gc.collect()
        start = time.process_time()
        programme = Catalogue(table).programme(NOW)
        loaded = time.process_time()
        plans = [price(one, CUSTOMER, Wallet("A"), programme) for one in purchases]
        prices.append(time.process_time() - loaded)
        loads.append(loaded - start)
        awarded.add(" ".join(str(plan.movement.awarded) for plan in plans))
    least = {"load": min(loads) * 1000, "price": min(prices) * 1000}
    json.dump({**least, "rounds": ROUNDS, "awarded": sorted(awarded)}, sys.stdout)


if __name__ == "__main__":
    main()
