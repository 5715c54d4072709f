"""Dates as text: the forms that are taken, wherever they stand, and what is told of all others."""

import json
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.api.classic.reading import read_purchase as read_classic
from loyalty.api.classic.requests import ClassicCreatePurchase
from loyalty.api.newest.purchase_requests import read_purchase
from loyalty.domain.dates import FORMS, clock_at, moment_at, read_date
from loyalty.domain.errors import Refused
from loyalty.domain.records.said import Said
from loyalty.domain.rows.chunk import ChunkEntry
from loyalty.domain.rows.layout import FileFormat, Layout
from loyalty.usecases.reference.record_of_row import as_record
from loyalty.usecases.uploads.row_body import read_row
from tests.unit.test_classic_reading import PARTNER
from tests.unit.test_classic_reading import body as classic
from tests.uploads import COLUMNS, NOW, row

MOMENT = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
TAKEN = [
    "2026-01-15T09:30:00",
    "2026-01-15 09:30:00",
    "2026-01-15T09:30:00Z",
    "2026-01-15 09:30:00Z",
    "2026-01-15T11:30:00+02:00",
    "2026-01-15T04:00:00-0530",
    "2026-01-15T09:30:00.000",
    "2026-01-15T09:30:00.999999999Z",
    "2026-01-15T11:30:00.5+02:00",
]
REFUSED = [
    "15.01.2026 09:30",
    "01/15/2026",
    "2026-01-15",
    "2026-01-15T09:30",
    "20260115T093000",
    "yesterday",
    "46037.5",
]
NOT_THERE = ["2026-02-30T09:30:00", "2026-01-15T25:00:00", "9999-12-31T23:59:59-02:00", "0001-01-01T00:00:00+02:00"]


def in_a_row(date: str) -> datetime:
    entry = ChunkEntry(1, (row("R1", performed_on=date).encode(),))
    return read_purchase(read_row(Layout(FileFormat.CSV, COLUMNS), entry).body, NOW).performed_on


def in_a_classic_body(date: str) -> datetime:
    return moment_at(UTC, read_classic(classic(performed_on=date), PARTNER, None).performed_on)


def in_a_record(date: str) -> datetime:
    campaign = {"type": "promotion_campaign", "id": "C", "name": "C", "effective_from": date}
    return datetime.fromisoformat(as_record(Said(campaign))["effective_from"] + "Z")


READERS = [in_a_row, in_a_classic_body, in_a_record]


def told(read: Any, date: Any) -> str:
    with pytest.raises(Refused) as refused:
        read(date)
    [problem] = refused.value.problems
    return problem.description


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("date", TAKEN)
def test_a_date_is_taken_in_each_form_and_means_a_second(read: Any, date: str) -> None:
    assert read(date) == MOMENT


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("date", REFUSED)
def test_what_has_no_form_of_a_date_is_told_the_forms(read: Any, date: str) -> None:
    assert f"must be a date such as {FORMS}" in told(read, date)


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("date", NOT_THERE)
def test_a_date_that_does_not_exist_is_told_as_that(read: Any, date: str) -> None:
    assert "is not a date that exists" in told(read, date)


def test_a_classic_request_is_the_same_in_whatever_form_its_date_is() -> None:
    prints = {read_classic(classic(performed_on=date), PARTNER, None).fingerprint for date in TAKEN}

    assert prints == {read_classic(classic(performed_on="2026-01-15T09:30:00"), PARTNER, None).fingerprint}


@pytest.mark.parametrize(
    "date", ["2026-01-15T09:30:00", 1768469400000, 1768469400.5, -1, True, 20260115, 45678, 99_999_999]
)
def test_the_newest_api_takes_seconds_as_a_number_and_says_so(date: Any) -> None:
    line = {"product_sku": "P", "net_amount": 1, "tax_amount": 0, "total_amount": 1}
    body = {"cim": "A", "reference_number": "R", "merchant_tap": {"code": "M"}, "products": [line]}

    assert "whole seconds since 1970, as a JSON number" in told(
        lambda sent: read_purchase(body | {"performed_on": sent}, NOW), date
    )


def test_the_newest_api_tells_a_date_without_its_signs_from_seconds_as_cells_do() -> None:
    line = {"product_sku": "P", "net_amount": 1, "tax_amount": 0, "total_amount": 1}
    body = {"cim": "A", "reference_number": "R", "merchant_tap": {"code": "M"}, "products": [line]}
    earliest = 100_000_000

    assert "a date without separators" in told(lambda sent: read_purchase(body | {"performed_on": sent}, NOW), 20260115)
    assert read_purchase(body | {"performed_on": earliest}, NOW).performed_on == in_a_row(str(earliest))


def test_a_purchase_lies_in_a_year_that_has_neighbours_whatever_its_offset() -> None:
    assert "between the years" in told(in_a_classic_body, "1970-01-01T00:00:00+02:00")


@pytest.mark.parametrize("sent", [1572423477, 45678, True, [], {}])
def test_what_is_no_text_is_told_the_forms_of_dates(sent: Any) -> None:
    for read in (in_a_classic_body, in_a_record_alone):
        assert FORMS in told(read, sent)


def in_a_record_alone(date: Any) -> None:
    as_record(Said({"type": "promotion_campaign", "id": "C", "name": "C", "effective_from": date}))


ATHENS = ZoneInfo("Europe/Athens")
BY_THE_CLOCK = {
    "2026-01-15T14:59:00": "2026-01-15T12:59:00",
    "2026-07-15T14:59:00": "2026-07-15T11:59:00",
    "2026-03-29T02:59:59": "2026-03-29T00:59:59",
    "2026-03-29T03:30:00": "2026-03-29T01:30:00",
    "2026-03-29T04:00:00": "2026-03-29T01:00:00",
    "2026-10-25T03:30:00": "2026-10-25T00:30:00",
    "2026-10-25T04:00:00": "2026-10-25T02:00:00",
}
"""What a clock in Athens shows, and the moment (UTC): in winter and summer, before, in and after the hour that is
skipped, in the hour that comes twice, after it."""


@pytest.mark.parametrize(("shown", "moment"), BY_THE_CLOCK.items())
def test_a_date_without_an_offset_is_what_the_clock_of_the_place_shows(shown: str, moment: str) -> None:
    assert moment_at(ATHENS, read_date(shown)) == datetime.fromisoformat(moment + "Z")


@pytest.mark.parametrize("date", ["2026-01-15T09:30:00Z", "2026-01-15T11:30:00+02:00"])
def test_a_date_with_an_offset_is_the_same_moment_at_every_place(date: str) -> None:
    assert moment_at(ATHENS, read_date(date)) == moment_at(UTC, read_date(date)) == MOMENT


@given(st.integers(86_400, 7_258_000_000), st.sampled_from(["Europe/Athens", "Asia/Kathmandu"]))
def test_a_moment_told_by_a_clock_is_found_again_by_it(second: int, name: str) -> None:
    """Unless the clock shows the same twice; then it is the first time."""
    zone, moment = ZoneInfo(name), datetime.fromtimestamp(second, UTC)

    found = moment_at(zone, read_date(clock_at(zone, moment)))

    assert found == moment - timedelta(hours=1) if moment.astimezone(zone).fold else found == moment


@pytest.mark.parametrize("zone", [ATHENS, ZoneInfo("America/New_York"), UTC])
@pytest.mark.parametrize("date", ["0001-01-01T00:00:00", "9999-12-31T23:59:59"])
@pytest.mark.parametrize("offset", ["", "Z"])
def test_the_ends_of_the_calendar_have_clocks_as_well(zone: tzinfo, date: str, offset: str) -> None:
    told = read_date(date + offset)

    assert abs(moment_at(zone, told).replace(tzinfo=None) - datetime.fromisoformat(date)) < timedelta(days=1)
    assert clock_at(zone, told)[:4] == date[:4]


def test_a_date_is_written_for_fingerprints_as_before_places_had_clocks() -> None:
    said = {date: read_date_of(date).model_dump_json(exclude_none=True) for date in TAKEN}

    assert {json.loads(text)["performed_on"] for text in said.values()} == {"2026-01-15T09:30:00"}


def read_date_of(date: str) -> ClassicCreatePurchase:
    return ClassicCreatePurchase.model_validate(classic(performed_on=date))
