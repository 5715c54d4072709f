"""Dates of the classic API by the clock of the place: what they mean, what they bring, how they are told."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from loyalty.domain.errors import Refused
from loyalty.domain.records.said import Said
from loyalty.store.dynamo_table import DynamoTable
from loyalty.usecases.reference.record_of_row import as_record
from tests.cards import bring
from tests.functional.conftest import Answer, Functions

Body = dict[str, Any]

ATHENS = ZoneInfo("Europe/Athens")

AFTERNOONS: list[Body] = [
    {"type": "business_unit", "id": "CAFE", "name": "Cafe", "code": "CAFE", "time_zone": "Europe/Athens"},
    {
        "type": "business_unit",
        "id": "CAFE-1",
        "name": "Cafe at the harbour",
        "code": "CAFE-1",
        "parent_business_unit": "CAFE",
    },
    {"type": "business_unit", "id": "DESK", "name": "Desk", "code": "DESK"},
    {"type": "business_unit", "id": "FAR", "name": "Far", "code": "FAR", "time_zone": "Asia/Tokyo"},
    {"type": "account", "id": "GUEST", "number": "GUEST", "contact": "GUEST"},
    {"type": "contact", "id": "GUEST", "contact_type": "PERSON", "first_name": "Guest"},
    {
        "type": "opening_balance",
        "id": "O-GUEST",
        "account": "GUEST",
        "amount": 100,
        "performed_on": "2026-01-01T00:00:00",
    },
    {
        "type": "reward_offer",
        "id": "AFTERNOON",
        "name": "An afternoon's euro",
        "scheme": "SALES",
        "conditions": {"time_from": "14:00", "time_to": "16:00", "business_units": ["CAFE", "DESK", "FAR"]},
        "award": {"method": "FIXED", "value": 1},
    },
]
"""A euro in the afternoon, at a cafe in Athens, a shop in Tokyo, and a desk without a time zone of its own."""

ORGANISATION: Body = {"type": "organisation", "id": "organisation", "name": "Docks", "time_zone": "Europe/Athens"}

DAYS = ["2026-03-28", "2026-03-29", "2026-03-30", "2026-10-24", "2026-10-25", "2026-10-26"]
"""Before, on and after the days on which clocks in Athens change."""

TIMES = {"13:59:59": 0, "14:59:00": 1, "15:01:00": 1, "15:59:59": 1, "16:00:00": 0}
"""What an afternoon's purchase brings."""


class Till:
    """A till that speaks both APIs."""

    def __init__(self, functions: Functions, table: DynamoTable, *records: Body) -> None:
        bring(table, *AFTERNOONS, *records)
        self.functions = Functions(api_key=functions.api_key)
        issued = self.functions.call("issue_token", headers={"api_key": functions.api_key}, context={})
        self.token: str = issued.body["data"]["token"]

    def classic(self, route: str, performed_on: str, unit: str = "CAFE-1", **fields: Any) -> Body:
        answer = self.sent(route, performed_on, unit, **fields)
        assert answer.status == 200, answer.body
        data: Body = answer.body["data"]
        return data

    def sent(self, route: str, performed_on: str, unit: str, **fields: Any) -> Answer:
        body = {
            "token": self.token,
            "accounts_receivable_identifier": {"number": "GUEST"},
            "performed_by_business_unit_identifier": {"code": unit},
            "performed_on": performed_on,
            "reference_number": performed_on,
            "products_set": [
                {"product_identifier": {"code": "FREDESPR001"}, "net_amount": 10, "vat_amount": 0, "total_amount": 10}
            ],
        }
        return self.functions.call(f"classic_{route}", body | fields, context={})

    def newest(self, route: str, moment: datetime) -> Body:
        body = {
            "contact_id": "GUEST",
            "outlet_tap": {"code": "CAFE-1"},
            "performed_on": int(moment.timestamp()),
            "reference_number": f"N-{moment.isoformat()}",
            "products": [{"product_sku": "FREDESPR001", "net_amount": 10, "tax_amount": 0, "total_amount": 10}],
        }
        answer = self.functions.call(route, body)
        assert answer.status in (200, 201), answer.body
        data: Body = answer.body
        return data


def awarded(told: Body) -> Any:
    return sum(award["amount"] for award in told["awards"])


@pytest.fixture
def till(functions: Functions, demo: DynamoTable) -> Till:
    return Till(functions, demo)


@pytest.mark.parametrize("day", DAYS)
def test_an_offer_holds_when_the_shops_clock_says_so_in_both_apis(till: Till, day: str) -> None:
    for time, award in TIMES.items():
        moment = datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=ATHENS)

        assert till.classic("preview_purchase", f"{day}T{time}")["total_award_amount"] == award
        assert till.classic("create_purchase", f"{day}T{time}")["total_awarded_amount"] == award
        assert awarded(till.newest("preview_purchase", moment)) == award
        posted = till.newest("create_purchase", moment)["id"]
        assert awarded(till.functions.call("show_purchase", path={"id": posted}).body) == award


@pytest.mark.parametrize(
    ("unit", "sent", "told"),
    [
        ("CAFE-1", "2026-07-15T12:00:00", "2026-07-15T12:00:00"),
        ("CAFE-1", "2026-07-15T12:00:00Z", "2026-07-15T15:00:00"),
        ("CAFE", "2026-01-15T12:00:00+05:30", "2026-01-15T08:30:00"),
        ("FAR", "2026-07-15T23:00:00Z", "2026-07-16T08:00:00"),
        ("DESK", "2026-07-15T12:00:00+03:00", "2026-07-15T09:00:00"),
    ],
)
def test_a_date_is_told_by_the_clock_of_the_place(till: Till, unit: str, sent: str, told: str) -> None:
    posted = till.classic("create_purchase", sent, unit, udf_date_1=sent, spend_request={"spend_amount": 1})

    [request] = posted["spend_requests_set"]
    assert (posted["performed_on"], posted["udf_date_1"], request["performed_on"]) == (told, told, told)
    shown = till.functions.call(
        "classic_show_purchase", {"token": till.token, "customer_event_identifier": {"id": posted["id"]}}, context={}
    )
    assert shown.body["data"] == posted


def test_a_user_defined_date_in_the_hour_that_is_skipped_is_told_as_the_purchases(till: Till) -> None:
    posted = till.classic("create_purchase", "2026-03-29T03:30:00", udf_date_1="2026-03-29T03:30:00")

    assert (posted["performed_on"], posted["udf_date_1"]) == ("2026-03-29T04:30:00", "2026-03-29T04:30:00")


@pytest.mark.parametrize("date", ["0001-01-01T00:00:00", "9999-12-31T23:59:59"])
@pytest.mark.parametrize("unit", ["FAR", "WEST"])
def test_a_date_at_the_end_of_the_calendar_is_kept_or_refused_but_no_fault(
    functions: Functions, demo: DynamoTable, unit: str, date: str
) -> None:
    west = {"type": "business_unit", "id": "WEST", "name": "West", "code": "WEST", "time_zone": "America/New_York"}
    till = Till(functions, demo, west)

    posted = till.classic("create_purchase", "2026-07-15T12:00:00", unit, udf_date_1=date, udf_date_2=f"{date}Z")

    assert posted["udf_date_1"][:4] == posted["udf_date_2"][:4] == date[:4]
    for route in ("create_purchase", "preview_purchase"):
        refused = till.sent(route, date, unit)
        assert (refused.status, refused.body["status"]["code"]) == (400, "InvalidAPIValueException")


def test_what_the_log_of_an_event_tells_goes_by_the_clock_of_the_place(till: Till) -> None:
    at_home, far = (till.classic("create_purchase", "2026-07-15T12:00:00Z", unit) for unit in ("DESK", "FAR"))

    created = [datetime.fromisoformat(one["log_information"]["created_date"]) for one in (at_home, far)]
    assert (created[1] - created[0]).total_seconds() // 3600 == 9


def test_where_no_unit_has_a_time_zone_the_organisations_counts(functions: Functions, demo: DynamoTable) -> None:
    till = Till(functions, demo, ORGANISATION)

    posted = till.classic("create_purchase", "2026-07-15T14:30:00", "DESK")

    assert (posted["performed_on"], posted["total_awarded_amount"]) == ("2026-07-15T14:30:00", 1)
    assert till.classic("create_purchase", "2026-07-15T11:30:00Z", "DESK")["performed_on"] == "2026-07-15T14:30:00"
    assert till.classic("create_purchase", "2026-07-15T14:30:00", "FAR")["total_awarded_amount"] == 1


def test_what_was_posted_before_a_shop_had_a_time_zone_is_still_the_same_purchase(
    functions: Functions, demo: DynamoTable
) -> None:
    till = Till(functions, demo)
    own = {"external_system": "POS", "external_system_reference_number": "1"}
    before = till.classic("create_purchase", "2026-07-15T12:00:00", "DESK", **own)

    again = Till(functions, demo, ORGANISATION).classic("create_purchase", "2026-07-15T12:00:00", "DESK", **own)

    assert (again["id"], again["number"]) == (before["id"], before["number"])
    assert (before["performed_on"], again["performed_on"]) == ("2026-07-15T12:00:00", "2026-07-15T15:00:00")


def test_there_is_one_organisation() -> None:
    with pytest.raises(Refused) as refused:
        as_record(Said(ORGANISATION | {"id": "ANOTHER"}))

    assert [(problem.pointer, problem.description) for problem in refused.value.problems] == [
        ("/id", "This must be organisation.")
    ]
