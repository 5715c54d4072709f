"""The year of the Complete Journey as past purchases. What they refer to is imported, so that a draft may name it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial

from cli.backtest import history
from cli.backtest.history import CustomerShare, Elsewhere, PastEvent, PastPurchases, Visit, read_products
from cli.journey.baskets import MERCHANT_CODE, Choice, JourneyBasket, LeftOutBaskets, account, outlet
from cli.journey.reference import Needs, Record, all_records, product_id
from cli.processes import Tell, in_processes
from cli.programme.draft import EURO
from loyalty import exactjson
from loyalty.domain.purchases.purchase import Line, Product, Purchase
from loyalty.store.attributes import Item
from loyalty.store.customers import read_customers
from loyalty.store.memory_table import MemoryTable
from loyalty.store.table import Table
from loyalty.usecases.reference.import_records import import_records


class Journey:
    """Some baskets of the year; what they refer to is imported by so many processes."""

    def __init__(self, choice: Choice, departments: Mapping[int, str], processes: int = 1) -> None:
        self._choice = choice
        self._departments = departments
        self._processes = processes
        self._left_out = LeftOutBaskets()
        self._needs = Needs.of(choice.baskets(self._left_out))

    def base(self, now: datetime) -> MemoryTable:
        """Return what the baskets refer to, with the programme that `loyalty replay` posts them under, in euros."""
        table = MemoryTable()
        products, others = list[Record](), [exactjson.loads(EURO)]
        for record in all_records(self._needs, self._departments):
            (products if record["type"] == "product" else others).append(record)
        _import(others, table, now)
        shares = [products[number :: self._processes] for number in range(self._processes)]
        with in_processes([partial(_import_share, share, table, now) for share in shares]) as collect:
            for items in collect(lambda _: None):
                table.take_over(items)
        return table

    def history(self, table: Table, now: datetime) -> PastPurchases:  # noqa: ARG002 - a source's
        """Return the baskets; their products and customers are those of `table`."""
        counts = Counter({f"{reason} (in the data)": count for reason, count in self._left_out.baskets.items()})
        numbers = {household: account(household) for household in self._needs.households}
        customers = read_customers(table, numbers.values())
        by_id = read_products((product_id(product) for product in self._needs.products), table)
        products = {product: by_id[product_id(product)] for product in self._needs.products}

        def events(share: CustomerShare) -> Iterator[PastEvent]:
            own = {household: customers[number] for household, number in numbers.items() if share.holds(number)}
            for basket in self._choice.baskets(LeftOutBaskets()):
                if customer := own.get(basket.household):
                    yield Visit(customer, _purchase(basket, products))
                else:
                    yield Elsewhere(datetime.fromtimestamp(basket.second, UTC), is_visit=True)

        return PastPurchases(
            "The Complete Journey", events, self._needs.baskets, left_out=history.LeftOutPurchases(counts)
        )


def _import(some: Iterable[Record], table: MemoryTable, now: datetime) -> None:
    summary = import_records((exactjson.dumps(record).encode() for record in some), table=table, now=now)
    assert not summary.refused, summary.refused


def _import_share(share: Iterable[Record], base: MemoryTable, now: datetime, _: Tell) -> list[Item]:
    """Return the items of some records, of which `base` has what they refer to."""
    table = MemoryTable(base)
    _import(share, table, now)
    return table.written()


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
