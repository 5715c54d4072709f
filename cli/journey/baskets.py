"""From the data's lines to purchases: one stream in, one out, exact and the same each time.

The data has no tax. A flat rate of `TAX_PERCENT` is taken to be included in what a line cost (`sales_value`): the net
amount is rounded half up to cents and the tax is the rest, so that net and tax are the total to the cent.

What the API would refuse is left out and counted: lines without a quantity (29 of the year's have an amount, 12.52
altogether), and baskets that have no line left or a total of zero.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from itertools import groupby, islice
from operator import attrgetter
from typing import Any, NamedTuple

from cli.journey.source import Row, rows
from cli.options import Days
from loyalty.domain.money import rounded

TAX_PERCENT = 7
"""The flat rate included in every amount: that of food in some European countries; the data is silent about it."""

SPEND = Decimal("1.00")
"""The amount to pay from the wallet for a basket that is paid in part with points."""

MERCHANT_CODE = "CJ"


class LineAmounts(NamedTuple):
    """The amounts of a line, in the system currency, with two decimals: `net` plus `tax` is `total`."""

    net: Decimal
    tax: Decimal
    total: Decimal


class BasketLine(NamedTuple):
    """A product of a basket; the quantity is above zero."""

    product: int
    quantity: int
    amounts: LineAmounts


class JourneyBasket(NamedTuple):
    """A purchase of a household: at least one line, with a total above zero. `second` is epoch seconds."""

    id: int
    household: int
    store: int
    second: int
    lines: tuple[BasketLine, ...]


@dataclass(slots=True)
class LeftOutBaskets:
    """Lines of baskets, and whole baskets, that the API would refuse, by reason."""

    lines: Counter[str] = field(default_factory=Counter)
    baskets: Counter[str] = field(default_factory=Counter)


class Choice(NamedTuple):
    """Baskets of some days, of these the earliest `limit` that can be posted; None is all of them."""

    days: Days = Days()
    limit: int | None = None

    def baskets(self, left_out: LeftOutBaskets) -> Iterator[JourneyBasket]:
        """Return the chosen baskets, read again; `left_out` counts what is skipped until the last of them.

        Raises:
            Failure: the data is not installed.
        """
        return islice(baskets(rows(self.days), left_out), self.limit)


def baskets(rows: Iterable[Row], left_out: LeftOutBaskets) -> Iterator[JourneyBasket]:
    """Return the baskets that can be posted, in the order of `rows`, which has those of a basket next to each other.

    What is passed over on the way to a basket is counted in `left_out` by the time that the basket is handed out.
    """
    for basket_id, group in groupby(rows, key=attrgetter("basket")):
        bought = list(group)
        lines = tuple(BasketLine(row.product, row.quantity, amounts(row.cents)) for row in bought if row.quantity)
        if len(lines) < len(bought):
            left_out.lines["zero quantity"] += len(bought) - len(lines)
        if not lines:
            left_out.baskets["no line left"] += 1
        elif not any(line.amounts.total for line in lines):
            left_out.baskets["zero total"] += 1
        else:
            first = bought[0]
            yield JourneyBasket(basket_id, first.household, first.store, first.second, lines)


@lru_cache(maxsize=10_000)  # the year has 5,003 different amounts
def amounts(cents: int) -> LineAmounts:
    """Return a line's amounts from what it cost, tax included."""
    total = Decimal(cents).scaleb(-2)
    net = rounded(total * 100 / (100 + TAX_PERCENT), 2)
    return LineAmounts(net, total - net, total)


def purchase(basket: JourneyBasket, spend_every: int = 0) -> dict[str, Any]:
    """Return the body of `POST /purchases` (contract, operation 1) for a basket; its numbers are int and Decimal.

    With `spend_every`, baskets whose id is a multiple of it pay `SPEND` from the wallet, or all of a smaller total.
    """
    body: dict[str, Any] = {
        "cim": card(basket.household),
        "reference_number": str(basket.id),
        "performed_on": basket.second,
        "merchant_tap": {"code": MERCHANT_CODE},
        "outlet_tap": {"code": outlet(basket.store)},
        "products": [
            {
                "product_sku": sku(line.product),
                "quantity": line.quantity,
                "net_amount": line.amounts.net,
                "tax_amount": line.amounts.tax,
                "total_amount": line.amounts.total,
            }
            for line in basket.lines
        ],
    }
    if spend_every and basket.id % spend_every == 0:
        total = sum((line.amounts.total for line in basket.lines), Decimal(0))
        body["spend_request"] = {"amount": min(SPEND, total)}
    return body


def card(household: int) -> str:
    """Return what a household shows at the till (CIM)."""
    return f"CJ-CARD-{household:04}"


def account(household: int) -> str:
    """Return the number of a household's account."""
    return f"CJ-{household:04}"


def outlet(store: int) -> str:
    """Return the code of a store."""
    return f"CJ-STORE-{store}"


def sku(product: int) -> str:
    """Return the code of a product: the catalogue's number."""
    return str(product)
