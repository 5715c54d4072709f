"""The year of the Complete Journey as past purchases. What they refer to is imported, so that a draft may name it."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal

from cli.backtest import history
from cli.backtest.history import PastPurchases, Visit, read_products
from cli.journey.baskets import MERCHANT_CODE, Choice, JourneyBasket, LeftOutBaskets, account, outlet
from cli.journey.reference import Needs, all_records, product_id
from cli.programme.draft import EURO
from loyalty import exactjson
from loyalty.domain.purchases.purchase import Line, Product, Purchase
from loyalty.store.customers import read_customers
from loyalty.store.memory_table import MemoryTable
from loyalty.store.table import Table
from loyalty.usecases.reference.import_records import import_records


class Journey:
    """Some baskets of the year."""

    def __init__(self, choice: Choice, departments: Mapping[int, str]) -> None:
        self._choice = choice
        self._departments = departments
        self._left_out = LeftOutBaskets()
        self._needs = Needs.of(choice.baskets(self._left_out))

    def base(self, now: datetime) -> MemoryTable:
        """Return what the baskets refer to, with the programme that `loyalty replay` posts them under, in euros."""
        table = MemoryTable()
        lines = (exactjson.dumps(record).encode() for record in all_records(self._needs, self._departments))
        for some in ([EURO], lines):
            summary = import_records(some, table=table, now=now)
            assert not summary.refused, summary.refused
        return table

    def history(self, table: Table, now: datetime) -> PastPurchases:  # noqa: ARG002 - a source's
        """Return the baskets; their products and customers are those of `table`."""
        counts = Counter({f"{reason} (in the data)": count for reason, count in self._left_out.baskets.items()})
        visits = self._visits(table)
        return PastPurchases(
            "The Complete Journey", visits, self._needs.baskets, left_out=history.LeftOutPurchases(counts)
        )

    def _visits(self, table: Table) -> Iterator[Visit]:
        numbers = {household: account(household) for household in self._needs.households}
        customers = read_customers(table, numbers.values())
        by_id = read_products((product_id(product) for product in self._needs.products), table)
        products = {product: by_id[product_id(product)] for product in self._needs.products}
        for basket in self._choice.baskets(LeftOutBaskets()):
            yield Visit(customers[numbers[basket.household]], _purchase(basket, products))


def _purchase(basket: JourneyBasket, products: Mapping[int, Product]) -> Purchase:
    """Return a basket with every name found, as resolving its body would: codes of merchant and stores are their
    ids."""
    lines = tuple(Line(products[line.product], Decimal(line.quantity), *line.amounts) for line in basket.lines)
    return Purchase(
        merchant_id=MERCHANT_CODE,
        outlet_id=outlet(basket.store),
        classification_id=None,
        performed_on=datetime.fromtimestamp(basket.second, UTC),
        lines=lines,
        spend=None,
    )
