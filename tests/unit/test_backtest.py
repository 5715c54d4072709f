"""Backtests: what a programme would have given for purchases that were made."""

import dataclasses
from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from typer.testing import CliRunner

from cli.backtest.file import FileOfPurchases
from cli.backtest.history import EVERYBODY, Deposit, PastPurchases, Visit, of_share
from cli.backtest.journey import Journey
from cli.backtest.page import page
from cli.backtest.programme_run import UsesShared
from cli.backtest.report import ProgrammeLine, Report
from cli.backtest.run import Crew, Programmes, backtest
from cli.journey.baskets import Choice
from cli.journey.source import departments
from cli.main import app
from cli.options import Days
from loyalty import exactjson
from loyalty.domain.ledger.wallet import Movement, Wallet
from loyalty.domain.programme.programme import Programme
from loyalty.domain.purchases.promo_code import PromoCode
from loyalty.store.customers import Customer
from tests.builders import account, line, offer, programme, purchase

DRAFT = Path("cli/journey/draft.jsonl")
NOW = datetime(2026, 6, 1, tzinfo=UTC)
SOMEBODY = Customer(account(), Wallet("A1"))


def bought(amount: str, month: int = 1, day: int = 1, customer: Customer = SOMEBODY, **fields: Any) -> Visit:
    at = datetime(2026, month, day, 12, tzinfo=UTC)
    return Visit(customer, purchase(line(amount), at=at, **fields))


def outcome(
    events: Iterable[Visit | Deposit], *offers: dict[str, Any], customers: tuple[Customer, ...] = ()
) -> ProgrammeLine:
    return report(events, programme(*offers), None, customers=customers).draft


def exact(*amounts: int | str) -> tuple[Decimal, ...]:
    return tuple(map(Decimal, amounts))


def report(
    events: Iterable[Visit | Deposit],
    draft: Programme,
    current: Programme | None,
    customers: tuple[Customer, ...] = (),
    crew: Crew = Crew(),  # noqa: B008 - it cannot be changed
) -> Report:
    found = list(events)
    history = PastPurchases("a test", lambda share: (of_share(share, one) for one in found), len(found), customers)
    return backtest(history, Programmes(draft, current), "draft.jsonl", crew)


def test_each_offer_is_told_with_purchases_customers_and_cost() -> None:
    rules = [offer("A", value="5"), offer("B", method="FIXED", value="1", conditions={"minimum_total_amount": 50})]

    found = outcome([bought("10"), bought("90", 2), bought("100", 2)], *rules)

    assert (found.purchases, found.customers, found.reached) == (3, 1, 1)
    assert (found.sales, found.given, found.share) == exact(200, 12, 6)
    assert [(one.id, one.purchases, one.customers) for one in found.offers] == [("A", 3, 1), ("B", 2, 1)]
    assert [(one.given, one.share, one.rate) for one in found.offers] == [exact(10, 5, 5), exact(2, 1, "1.05")]
    assert found.offers[1].by_month == dict(zip(("2026-01", "2026-02"), exact(0, 2), strict=True))


CUSTOMERS = tuple(
    Customer(replace(account(), id=f"A{number}", number=f"N{number}"), Wallet(f"A{number}")) for number in range(9)
)
LIMITED = PromoCode("P", "P", "C", maximum_uses=2)


def a_year(**fields: Any) -> list[Visit | Deposit]:
    """Return purchases of some customers in some months, and a deposit that is the last event."""
    visits = [bought(f"{7 * n}.05", 1 + n // 7, 1 + n % 5, CUSTOMERS[n * n % 7], **fields) for n in range(1, 60)]
    deposit = Movement(awarded=Decimal(3), spent=Decimal(0), lots={"2026-11": Decimal(3)})
    return [*visits, Deposit(CUSTOMERS[1], deposit, datetime(2026, 11, 1, tzinfo=UTC))]


@pytest.mark.parametrize("processes", [2, 3, 8])
@pytest.mark.parametrize("budget", [{}, {"limits": {"budget": 50}}], ids=["nothing shared", "a budget shared"])
def test_a_report_is_the_same_however_many_processes_price_it(processes: int, budget: dict[str, Any]) -> None:
    rules = [
        offer("A", value="5", expires_after="P1M", **budget),
        offer("B", method="FIXED", value="1", limits={"per_account": 2}, expires_after="P2M"),
    ]
    lots = {"2026-02": Decimal(4)}
    held = tuple(Customer(one.account, Wallet(one.account.id, 1, Decimal(9), lots)) for one in CUSTOMERS)

    found = [
        report(a_year(), programme(*rules), programme(rules[1]), held, Crew(number)).as_json()
        for number in (1, processes)
    ]

    assert exactjson.dumps(found[0]) == exactjson.dumps(found[1])
    assert found[0]["draft"]["purchases"] == 59
    assert found[0]["end"] == "2026-09-05"
    assert len(found[0]["draft"]["months"]) == 11


def test_customers_who_share_the_uses_of_a_promo_code_are_not_sharded() -> None:
    rules = programme(offer("A", value="5"))

    with pytest.raises(UsesShared, match="P"):
        report(a_year(promo_code=LIMITED), rules, rules, crew=Crew(2))

    crews = (Crew(1), Crew(2, shards=False))
    together = [report(a_year(promo_code=LIMITED), rules, rules, crew=crew) for crew in crews]
    assert together[0] == together[1]
    assert together[0].draft.refused == {"InvalidAPIValueException": 57}


def test_each_purchase_is_told_once_whatever_is_sharded() -> None:
    with_budget, without = programme(offer("A", limits={"budget": 5})), programme(offer("A"))
    history = PastPurchases("a test", lambda share: (of_share(share, one) for one in a_year()), 59)

    for programmes in (Programmes(without, without), Programmes(with_budget, without), Programmes(with_budget, None)):
        told = list[int]()
        backtest(history, programmes, "a draft", Crew(2), lambda: nullcontext(told.append))  # noqa: B023
        assert sum(told) == 59


def test_wallets_remember_from_purchase_to_purchase_what_rules_look_at() -> None:
    rules = [
        offer("FIRST", method="FIXED", value="5", conditions={"first_purchase": True}),
        offer("THIRD", method="FIXED", value="3", conditions={"every_nth_purchase": 3}),
        offer("DAILY", method="FIXED", value="1", limits={"per_account": 1, "period": "P1D"}),
        offer("BUDGET", method="FIXED", value="2", limits={"budget": 5}),
    ]

    found = outcome([bought("10"), bought("10"), bought("10", day=2), bought("10", day=3)], *rules)

    assert {one.id: (one.purchases, str(one.given)) for one in found.offers} == {
        "FIRST": (1, "5.00"),
        "THIRD": (1, "3.00"),
        "DAILY": (3, "3.00"),
        "BUDGET": (3, "5.00"),
    }


def test_a_promo_code_is_used_as_often_as_it_may_be() -> None:
    code = PromoCode("C", "C", "SUMMER", maximum_uses=1)

    found = outcome([bought("10", promo_code=code), bought("10", promo_code=code)], offer("A"))

    assert (found.purchases, found.refused) == (1, {"InvalidAPIValueException": 1})


def test_what_is_held_at_the_end_of_each_month_is_told_once_lots_have_expired() -> None:
    found = outcome(
        [bought("100"), bought("100", 4)], offer("A", value="5", expires_after="P1M"), offer("B", value="1")
    )

    assert [one.month for one in found.months] == ["2026-01", "2026-02", "2026-03", "2026-04"]
    assert [(one.liability, one.expired) for one in found.months] == [
        exact(6, 0),
        exact(1, 5),
        exact(1, 0),
        exact(7, 0),
    ]
    assert (found.liability, found.expired) == exact(7, 5)
    assert found.outstanding == {"": Decimal(2), "2026-05": Decimal(5)}


def test_a_requested_spend_that_the_wallet_does_not_hold_is_left_out_and_counted() -> None:
    found = outcome([bought("10"), bought("10", spend="0.50"), bought("10", spend="7")], offer("A", value="5"))

    assert (found.purchases, found.forgone) == (3, 1)
    assert (found.spent, found.liability) == exact("0.50", "1.00")


def test_wallets_begin_as_they_were_and_take_what_is_brought_into_them() -> None:
    rich = Customer(account(), Wallet("A1", 4, Decimal(20), {"2026-01": Decimal(15)}, purchases=2))
    third = offer("THIRD", method="FIXED", value="1", conditions={"every_nth_purchase": 3})
    brought = Deposit(rich, Movement(Decimal(3), Decimal(0)), datetime(2026, 1, 2, tzinfo=UTC))

    found = outcome([bought("10", customer=rich, spend="2"), brought], third, customers=(rich,))

    assert (found.given, found.spent) == exact(1, 2)
    assert (found.expired, found.liability) == exact(13, 9)


def test_a_balance_is_held_from_the_month_on_in_which_it_was_brought_into_its_wallet() -> None:
    rich = Customer(replace(account(), id="A2"), Wallet("A2"))
    early, late, last = (
        Deposit(rich, Movement(Decimal(amount), Decimal(0)), datetime(2026, month, 10, tzinfo=UTC))
        for amount, month in ((7, 1), (100, 3), (1000, 6))
    )

    found = outcome([early, bought("10", 2), late, bought("10", 5), last], offer("A", value="10"))

    assert [(one.month, one.liability) for one in found.months] == [
        ("2026-02", Decimal(8)),
        ("2026-03", Decimal(108)),
        ("2026-04", Decimal(108)),
        ("2026-05", Decimal(109)),
        ("2026-06", Decimal(1109)),
    ]


def test_the_current_programme_stands_beside_the_draft() -> None:
    found = report([bought("100")], programme(offer("A", value="5")), programme(offer("A", value="2")))

    assert found.current
    assert (found.draft.given, found.current.given) == exact(5, 2)


def test_the_page_tells_names_and_amounts_and_needs_nothing_else() -> None:
    odd = offer("A", value="5") | {"name": "5% <b>back</b> & more"}

    text = page(report([bought("100"), bought("50", 2)], programme(odd), programme(offer("GONE", value="2"))))

    assert "draft.jsonl would have given 5.00% of sales, instead of 2.00%" in text
    assert "5% &lt;b&gt;back&lt;/b&gt; &amp; more" in text
    assert "GONE (ended)" in text
    assert "<b>7.50<i>EUR</i></b>" in text
    assert text.count("<svg") == 4
    assert not any(word in text for word in ("http:", "https:", "<script", "<link", "url("))


def marked(value: Any) -> Any:
    """Return the same with markup before every text in it."""
    if isinstance(value, str):
        return f"<x>{value}"
    if isinstance(value, Mapping):
        return {marked(name): marked(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [marked(one) for one in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        marked_fields = {one.name: marked(getattr(value, one.name)) for one in dataclasses.fields(value)}
        return dataclasses.replace(value, **marked_fields)
    return value


def test_no_text_of_a_report_is_markup_in_its_page() -> None:
    told = report([bought("100")], programme(offer("A", value="5")), programme(offer("GONE", value="2")))

    text = page(marked(told))

    assert "&lt;x&gt;EUR" in text
    assert "<x>" not in text


def test_a_page_of_no_purchases_is_a_page_too() -> None:
    assert "would have given 0% of sales" in page(report([], programme(), None))


def test_a_time_in_which_nothing_was_bought_is_told_though_wallets_hold_something() -> None:
    holder = Customer(account(), Wallet("A1", 1, Decimal(5)))

    found = report([], programme(offer("A")), programme(offer("A")), (holder,))

    assert not found.draft.purchases
    assert not found.draft.outstanding
    assert "<html" in page(found)


def test_the_year_is_the_same_whether_it_is_read_from_the_package_or_from_a_file(tmp_path: Path) -> None:
    file, reference = tmp_path / "year.jsonl", tmp_path / "reference.jsonl"
    CliRunner().invoke(app, ["dataset", str(file), "--limit", "150", "--reference", str(reference)])
    journey = Journey(Choice(limit=150), departments())
    source = FileOfPurchases(file, [reference], Days())
    base = source.base(NOW)
    assert base

    own = journey.history(journey.base(NOW), NOW)
    assert list(source.history(base, NOW).events(EVERYBODY)) == list(own.events(EVERYBODY))


def test_purchases_of_a_file_that_cannot_be_priced_are_counted_by_what_is_wrong(tmp_path: Path) -> None:
    file, reference = tmp_path / "some.jsonl", tmp_path / "reference.jsonl"
    CliRunner().invoke(app, ["dataset", str(file), "--limit", "3", "--reference", str(reference)])
    good = [exactjson.loads(text) for text in file.read_text().splitlines()]
    late = good[1] | {"performed_on": 1600000000}
    unknown = good[2] | {"cim": "NOBODY"}
    file.write_text("\n".join(["{", *map(exactjson.dumps, [good[0], late, unknown, {}])]))
    source = FileOfPurchases(file, [reference], Days(date(2017, 1, 1), date(2018, 1, 2)))
    base = source.base(NOW)
    assert base

    history = source.history(base, NOW)

    assert len(list(history.events(EVERYBODY))) == 1
    assert history.left_out.counts == {
        "InvalidAPIValueException": 1,
        "MandatoryAPIValueMissingException /reference_number": 1,
        "outside the period": 1,
        "NotFoundAPIValueException /cim": 1,
    }


@pytest.fixture(scope="module")
def two_days(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, str, str]:
    """The draft that is there to try it with, over two days: as JSON, as a page, and as text."""
    html = tmp_path_factory.mktemp("backtest") / "page.html"
    command = ["backtest", str(DRAFT), "--journey", "--from", "2017-01-02", "--to", "2017-01-04"]
    answers = [CliRunner().invoke(app, [*command, *more]) for more in (["--html", str(html), "--json"], [])]
    assert [answer.exit_code for answer in answers] == [0, 0], answers
    return exactjson.loads(answers[0].stdout), html.read_text("utf-8"), answers[1].stdout


def test_a_draft_lies_on_top_of_the_current_programme(two_days: tuple[Any, str, str]) -> None:
    found, _, _ = two_days
    draft, current = ({one["id"]: one for one in side["offers"]} for side in (found["draft"], found["current"]))

    assert (found["start"], found["end"], found["currency"]) == ("2017-01-02", "2017-01-03", "EUR")
    assert current.keys() - draft.keys() == {"CJ-BIG"}
    assert draft.keys() - current.keys() == {"CJ-STEPS", "CJ-WELCOME", "CJ-TENTH", "CJ-MARKET-DAY", "CJ-EARLY"}
    assert draft["CJ-FRESH"]["given"] == current["CJ-FRESH"]["given"] > 0
    assert found["draft"]["sales"] == found["current"]["sales"] > 0


def test_text_and_page_tell_the_same_amounts(two_days: tuple[Any, str, str]) -> None:
    found, html, text = two_days

    for side in ("draft", "current"):
        for one in found[side]["offers"]:
            amount = f"{one['given']:,}"
            assert amount in html
            assert amount in text
