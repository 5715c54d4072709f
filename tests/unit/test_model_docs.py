"""The model comes to the numbers that docs/rewards.md and docs/api.md work out by hand."""

from fractions import Fraction

import pytest

from tests.model.dates import DAY, local, seconds, window
from tests.model.history import EXPIRY, IMPORT, POSTED, PURCHASE, REFUSED, REPLAYED, Entry
from tests.model.model import Model
from tests.model.purchase import DUPLICATE, INSUFFICIENT
from tests.model.till import ALL, NOW, Till


@pytest.fixture
def till() -> Till:
    return Till()


def test_three_coffees_come_back_one_by_one(till: Till) -> None:
    till.buy("TEN")
    number = till.buy("TEN", 30, spend=10, pieces=3)
    steps = [till.give_back(number, 1).data for _ in range(2)] + [till.cancel(number).entry]
    assert [-step["awarded"] for step in steps] == [Fraction(one) for one in ("3.33", "3.34", "3.33")]
    assert [-step["spent"] for step in steps] == [Fraction(one) for one in ("3.33", "3.34", "3.33")]


def test_five_of_24_pieces_take_back_38_cents(till: Till) -> None:
    number = till.buy("TENTH", 18, pieces=24)
    assert till.give_back(number, 5).data["awarded"] == Fraction("-0.38")


@pytest.mark.parametrize(
    ("shop", "taken", "balance", "waived"), [("TEN", 4, 0, 6), ("OWE", 10, -6, 0), ("STRICT", None, 4, 0)]
)
def test_clawback_decides_of_an_award_that_is_spent(
    till: Till, shop: str, taken: int | None, balance: int, waived: int
) -> None:
    number = till.buy(shop)
    till.buy("PLAIN", 30, spend=6)
    answer = till.cancel(number)
    assert till.balance == balance
    if taken is None:
        assert (answer.outcome, answer.code) == (REFUSED, INSUFFICIENT)
    else:
        assert answer.data["reversed"] == {"awarded": taken, "spent": 0, "waived": waived}


def test_a_debt_that_a_purchase_paid_off_comes_back_with_it(till: Till) -> None:
    number = till.buy("OWE")
    till.buy("PLAIN", 30, spend=4)
    till.cancel(number)
    assert till.balance == -4
    number = till.buy("TEN")
    assert till.balance == 6
    till.cancel(number)
    assert till.balance == -4


def test_what_was_waived_is_settled_by_the_next_give_back(till: Till) -> None:
    first = till.buy("TENTH", 1000)
    second = till.buy("PLAIN", 100, spend=100)
    assert till.cancel(first).data["reversed"] == {"awarded": 0, "spent": 0, "waived": 100}
    told = till.cancel(second).data
    assert told["reversed"]["settled"] == 100
    assert till.balance == 0
    posted = till.model.state.purchases[first]
    assert posted.waived == 0
    assert posted.awarded_back == 100


def test_an_award_that_expired_is_not_taken_a_second_time(till: Till) -> None:
    numbers = [till.buy("MONTH", on="2025-01-15T00:00:00") for _ in range(2)]
    till.buy("PLAIN", spend=10)
    assert [line["awarded"] for _, line in till.model.take(Entry(NOW, EXPIRY)).events] == [-10]
    till.buy("TEN")
    assert [till.cancel(number).data["reversed"]["awarded"] for number in numbers] == [0, 10]


def test_a_lot_ends_with_its_month_and_is_there_until_it_is_taken_out(till: Till) -> None:
    till.buy("MONTH", on="2026-01-15T00:00:00")
    wallet = till.model.state.account("A").wallet
    assert wallet.expiring() == {2026 * 12 + 1: 10}
    till.buy("PLAIN", spend=4, on="2026-02-03T00:00:00")
    assert till.model.take(Entry(seconds("2026-02-28T23:59:59"), EXPIRY)).events == ()
    [(_, line)] = till.model.take(Entry(seconds("2026-03-01T00:10:00"), EXPIRY)).events
    assert (line["amount"], line["balance"], line["performed_on"]) == (-6, 0, seconds("2026-03-01T00:00:00"))


def test_what_is_forgotten_stays_forgotten(till: Till) -> None:
    numbers = [till.buy("DAILY", on=f"2026-01-0{day}T12:00:00") for day in range(1, 6)]
    assert till.ask("DAILY", on="2026-01-01T12:00:00").data["awarded"] == 0
    till.cancel(numbers[4])
    assert till.ask("DAILY", on="2026-01-01T12:00:00").data["awarded"] == 0
    assert till.ask("DAILY", on="2026-01-05T12:00:00").data["awarded"] == 10


def test_ten_days_that_are_posted_newest_first_get_five_awards(till: Till) -> None:
    awarded = [till.ask("DAILY", on=f"2026-01-{day:02}T12:00:00").data["awarded"] for day in range(20, 10, -1)]
    assert awarded == [10] * 5 + [0] * 5


def test_an_amount_per_account_is_cut_off_where_it_is_reached(till: Till) -> None:
    assert [till.ask("PER-ACCOUNT", 40).data["awarded"] for _ in range(4)] == [2, 2, 1, 0]


def test_the_same_again_is_a_replay_even_if_it_would_be_refused(till: Till) -> None:
    till.buy("TEN")
    body = till.model.history[till.buy("PLAIN", spend=10)].body
    assert till.model.take(Entry(NOW, PURCHASE, ALL, body)).outcome == REPLAYED
    reordered = dict(reversed(body.items())) | {"currency_code": ""}
    assert till.model.take(Entry(NOW, PURCHASE, ALL, reordered)).outcome == REPLAYED
    assert till.balance == 0


def test_a_history_computed_anew_is_the_same(till: Till) -> None:
    numbers = [till.buy(shop) for shop in ("TEN", "MONTH", "OWE", "DAILY")]
    till.give_back(numbers[0], 1)
    till.cancel(numbers[2])
    anew = Model.of(till.model.history)
    assert anew.state.account("A").journal == till.model.state.account("A").journal


def test_a_day_is_the_places_own_however_it_was_asked_for_before() -> None:
    evening = seconds("2026-01-15T22:30:00")

    days = [window(local(evening, zone), DAY) for zone in ("UTC", "Europe/Athens", "UTC")]

    assert days == ["2026-01-15", "2026-01-16", "2026-01-15"]


TOTALS = {"cim": "CARD", "organisation_id": "TENTH", "total_amount": 16, "net_amount": 14}


def test_totals_are_one_line_without_a_product_that_only_offers_about_no_product_see(till: Till) -> None:
    answer = till.model.take(Entry(NOW, PURCHASE, ALL, TOTALS))

    (line,) = answer.data["products"]
    assert (line["product_sku"], line["quantity"], line["tax_amount"]) == (None, 1, 2)
    assert (answer.data["reference_number"], answer.data["awarded"]) == (None, Fraction("1.4"))


def test_totals_without_a_number_are_known_by_a_key_or_else_by_nothing(till: Till) -> None:
    def sent(key: str | None, **fields: int) -> tuple[str, str | None]:
        answer = till.model.take(Entry(NOW, PURCHASE, ALL, TOTALS | fields, key=key))
        return answer.outcome, answer.code

    assert [sent(None)[0], sent(None)[0], sent("K")[0], sent("K")[0]] == [POSTED, POSTED, POSTED, REPLAYED]
    assert sent("K", net_amount=15) == (REFUSED, DUPLICATE)


def test_a_partner_that_repeats_itself_without_a_date_does_so_for_a_quarter_of_an_hour(till: Till) -> None:
    record = {"type": "partner", "id": ALL.id, "name": "All", "classic_repeats": "REPLAY"}
    till.model.take(Entry(NOW, IMPORT, rows=(record,)))
    start = NOW - NOW % 900

    outcomes = [till.model.take(Entry(start + after, PURCHASE, ALL, TOTALS)).outcome for after in (899, 900, 2700)]
    dated = [
        till.model.take(Entry(start + after, PURCHASE, ALL, TOTALS | {"performed_on": NOW})).outcome
        for after in (2701, 9999)
    ]

    assert (outcomes, dated) == ([POSTED, REPLAYED, POSTED], [POSTED, REPLAYED])


@pytest.mark.parametrize(("dated", "then"), [({}, POSTED), ({"performed_on": NOW}, REPLAYED)])
def test_after_it_was_undone_only_what_says_when_it_was_is_the_same_one(
    till: Till, dated: dict[str, int], then: str
) -> None:
    record = {"type": "partner", "id": ALL.id, "name": "All", "classic_repeats": "REPLAY"}
    till.model.take(Entry(NOW, IMPORT, rows=(record,)))

    posted = till.model.take(Entry(NOW, PURCHASE, ALL, TOTALS | dated))
    assert posted.number is not None
    till.cancel(posted.number)

    outcomes = [till.model.take(Entry(NOW, PURCHASE, ALL, TOTALS | dated)).outcome for _ in range(2)]
    assert outcomes == [then, REPLAYED]
