"""What `loyalty programme check` says of a programme, line by line."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.main import app
from cli.programme.check import Findings, findings
from loyalty import exactjson
from loyalty.store.memory_table import MemoryTable
from loyalty.usecases.reference.import_records import CARRIAGE_RETURNS, import_records
from tests.builders import SHOP

NOW = datetime(2026, 6, 1, tzinfo=UTC)
PROGRAMME: list[dict[str, Any]] = [
    {"type": "currency", "id": "EUR", "code": "EUR", "role": "SYSTEM"},
    SHOP,
    {"type": "business_unit", "id": "DESK", "name": "Desk", "code": "D", "parent_business_unit": "SHOP"},
    {"type": "business_unit", "id": "SHUT", "name": "Shut", "code": "X", "life_cycle_state": "NOT_EFFECTIVE"},
    {"type": "business_unit", "id": "FAR", "name": "Far", "code": "F", "time_zone": "Asia/Tokyo"},
    {"type": "tap", "id": "T1", "name": "Till", "code": "T1", "business_unit": "DESK"},
    {"type": "product_type", "id": "DRINK", "name": "Drinks"},
    {"type": "product_type", "id": "FOOD", "name": "Food"},
    {"type": "product", "id": "COFFEE", "code": "C", "product_type": "DRINK"},
    {"type": "product", "id": "CAKE", "code": "K", "product_type": "FOOD"},
    {"type": "classification", "id": "CARD", "name": "Card"},
    {"type": "classification", "id": "GOLD", "name": "Gold", "applies_to": "ACCOUNT"},
    {"type": "payment_medium_brand", "id": "VISA", "name": "Visa"},
    {"type": "payment_medium_type", "id": "CREDIT", "name": "Credit card"},
    {"type": "promotion_campaign", "id": "SPRING", "name": "Spring", "effective_to": "2026-06-01T00:00:00"},
    {"type": "promotion_campaign", "id": "OVER", "name": "Over", "life_cycle_state": "NOT_EFFECTIVE"},
    {"type": "reward_scheme", "id": "S", "name": "Rewards"},
    {"type": "reward_scheme", "id": "2027", "name": "2027", "effective_from": "2027-01-01T00:00:00"},
    {"type": "reward_scheme", "id": "OFF", "name": "Off", "life_cycle_state": "NOT_EFFECTIVE"},
    {"type": "reward_scheme", "id": "FAR-ONLY", "name": "Far only", "merchants": ["FAR"]},
]


def offer(offer_id: str = "O", **fields: Any) -> dict[str, Any]:
    award = {"method": "PERCENTAGE", "value": 5}
    return {"type": "reward_offer", "id": offer_id, "name": offer_id, "scheme": "S", "award": award, **fields}


def checked(directory: Path, *records: Any) -> Findings:
    """Return what is found on these records, or raw lines, after those of `PROGRAMME`."""
    lines = [record if isinstance(record, str) else exactjson.dumps(record) for record in (*PROGRAMME, *records)]
    file = directory / "programme.jsonl"
    file.write_text("\n".join(lines))
    return findings([file], None, NOW)


def test_nothing_is_said_of_a_good_programme(tmp_path: Path) -> None:
    found = checked(tmp_path, offer())

    assert (found.records, found.errors, found.warnings) == (len(PROGRAMME) + 1, [], [])


@pytest.mark.parametrize(
    ("line", "field", "hint"),
    [
        ("{", "", "Write one JSON object a line"),
        ('{"type": ["reward_offer"]}', "/type", "Write one of organisation, currency,"),
        ('{"type": "reward_ofer", "id": "O"}', "/type", "Did you mean reward_offer?"),
        (offer(efective_to="2026-01-01T00:00:00"), "/efective_to", "Did you mean effective_to?"),
        (offer(name=None), "/name", "Write a text of at most 2000 characters, in quotes."),
        (offer(id="with space"), "/id", "Write a text of at most 64 characters"),
        (offer(priority="1"), "/priority", "Write a whole number, without quotes."),
        (offer(stacking="ALONE"), "/stacking", "Write one of COMBINE, EXCLUSIVE."),
        (offer(effective_from="2026-01-01"), "/effective_from", 'Write a text such as "2026-01-31T00:00:00".'),
        (offer(award={"method": "FIXED", "value": "5"}), "/award/value", "Write a number from 0, without quotes."),
        (offer(award={"method": "TIERED"}), "/award", "Write an object of method, value, step, tiers"),
        (
            offer(award={"method": "FIXED", "value": 5, "expires_after": "1Y"}),
            "/award/expires_after",
            'Write a text such as "P90D".',
        ),
        (offer(limits={"budget": 0}), "/limits/budget", "Write a number above 0, without quotes."),
        (
            offer(conditions={"weekdays": ["MON", "TUESDAY"]}),
            "/conditions/weekdays/1",
            "Write one of MON, TUE, WED, THU, FRI, SAT, SUN.",
        ),
        (offer(conditions={"weekdays": "MON"}), "/conditions/weekdays", "Write a list, each element one of MON"),
        (offer(conditions={"taps": [1]}), "/conditions/taps/0", "Write a `tap`, by its id or by any of its"),
        (offer(conditions={"first_purchase": 1}), "/conditions/first_purchase", "Write true or false, without quotes."),
        (offer(scheme="Reward"), "/scheme", "or look at what is deployed too, with --deployed. Did you mean Rewards?"),
        (offer(name="TWIN"), "/name", "programme.jsonl:23 already has it: give this one another name, or the same id"),
        (
            {"type": "business_unit", "id": "B", "name": "B", "parent_business_unit": "DESK"},
            "/parent_business_unit",
            "Name a merchant, which has no parent itself",
        ),
        (SHOP | {"parent_business_unit": "FAR"}, "/parent_business_unit", "and always the same one."),
        (
            {"type": "currency", "id": "EUR", "code": "EUR", "role": "SYSTEM", "exponent": 3},
            "/exponent",
            "Write what it was first imported with, or give it another id.",
        ),
    ],
    ids=str,
)
def test_a_line_that_is_refused_is_named_with_its_field_and_what_to_do(
    line: Any, field: str, hint: str, tmp_path: Path
) -> None:
    records = [line, {"type": "reward_scheme", "id": "NEXT", "name": "Next"}]
    if "another name" in hint:  # of two that want the same name, the first one has it
        records = [{"type": "contact", "id": "C"}, {"type": "contact", "id": "D"}, offer("FIRST", name="TWIN"), line]

    (found,) = checked(tmp_path, *records).errors

    assert (found.line, found.field) == (len(PROGRAMME) + records.index(line) + 1, field)
    assert hint in found.hint


def test_whoever_looks_at_what_is_deployed_is_not_told_to(tmp_path: Path) -> None:
    file, base = tmp_path / "offer.jsonl", MemoryTable()
    import_records([exactjson.dumps(record).encode() for record in PROGRAMME], table=base, now=NOW)
    file.write_text(exactjson.dumps(offer(scheme="NONE")))

    (found,) = findings([file], base, NOW).errors

    assert found.hint == "Add the reward_scheme."


def test_a_line_may_name_what_stands_on_a_later_one(tmp_path: Path) -> None:
    later = {"type": "reward_scheme", "id": "NEXT", "name": "Next"}

    assert checked(tmp_path, offer(scheme="NEXT"), later).errors == []


def test_of_what_names_a_line_that_is_refused_that_line_is_to_be_mended(tmp_path: Path) -> None:
    refused = {"type": "reward_scheme", "id": "NEXT", "name": "Next", "colour": "red"}

    _, named = checked(tmp_path, refused, offer(scheme="NEXT")).errors

    assert named.hint == f"Correct programme.jsonl:{len(PROGRAMME) + 1}, where it is defined."


def test_what_a_later_file_has_is_told_by_that_file(tmp_path: Path) -> None:
    first, second = tmp_path / "offers.jsonl", tmp_path / "schemes.jsonl"
    first.write_text(exactjson.dumps(offer(scheme="NEXT")))
    second.write_text(exactjson.dumps({"type": "reward_scheme", "id": "NEXT", "name": "Next"}))

    [found] = findings([first, second], None, NOW).errors

    assert found.hint == "Correct schemes.jsonl:1, where it is defined, or name schemes.jsonl before offers.jsonl."


@pytest.mark.parametrize(
    ("code", "other"), [("Café", "Cafe\u0301"), ("abc", "ABC"), ("straße", "STRASSE"), ("e\u0301X", "Éx")]
)
def test_codes_that_differ_in_case_or_unicode_form_only_are_warned_of(code: str, other: str, tmp_path: Path) -> None:
    products = [{"type": "product", "id": f"P{place}", "code": each} for place, each in enumerate((code, other))]

    [warning] = checked(tmp_path, *products).warnings

    assert (warning.line, warning.field) == (len(PROGRAMME) + 2, "/code")
    assert warning.reason.startswith(f"{code} of programme.jsonl:{len(PROGRAMME) + 1} differs from it only in case")


def test_codes_of_different_types_or_with_other_letters_are_not(tmp_path: Path) -> None:
    product = {"type": "product", "id": "p", "code": "scheme"}

    assert checked(tmp_path, product, {"type": "product", "id": "q", "code": "schemé"}).warnings == []


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_where_the_import_ends_them(end: str, tmp_path: Path) -> None:
    file = tmp_path / "programme.jsonl"
    file.write_bytes(end.join(exactjson.dumps(record) for record in PROGRAMME).encode())

    with file.open("rb") as lines:
        imported = import_records(lines, table=MemoryTable(None), now=NOW)
    found = findings([file], None, NOW)

    assert [(one.line, one.reason) for one in found.errors] == [(one.line, one.reason) for one in imported.refused]
    assert [one.reason for one in found.errors] == ([CARRIAGE_RETURNS] if end == "\r" else [])


@pytest.mark.parametrize("text", ["", "\n \n", "\ufeff"])
def test_a_file_without_records_is_no_good_programme(text: str, tmp_path: Path) -> None:
    file = tmp_path / "programme.jsonl"
    file.write_text(text)

    result = CliRunner().invoke(app, ["programme", "check", str(file)])

    assert result.exit_code == 1
    assert "error" in result.output


YEAR = {"effective_from": "2026-01-01T00:00:00", "effective_to": "2027-01-01T00:00:00"}
WEEKEND = {"effective_from": "2026-06-06T00:00:00", "effective_to": "2026-06-08T00:00:00"}


NEVER: list[tuple[dict[str, Any], str, str]] = [
    (
        {"effective_from": "2027-01-01T00:00:00", "effective_to": "2026-12-31T00:00:00"},
        "/effective_to",
        "The offer ends before it begins.",
    ),
    ({"effective_to": "2026-06-01T00:00:00"}, "/effective_to", "It ended on 2026-06-01"),
    ({"scheme": "OFF"}, "/scheme", "Its scheme OFF is NOT_EFFECTIVE."),
    (YEAR | {"scheme": "2027"}, "/effective_from", "It is in force only when its scheme 2027 is not."),
    (
        {"conditions": {"business_units": ["SHUT"]}},
        "/conditions/business_units",
        "None of the business units where it applies is EFFECTIVE.",
    ),
    (
        {"scheme": "FAR-ONLY", "conditions": {"business_units": ["SHOP", "DESK"]}},
        "/conditions/business_units",
        "None of its business units takes part in its scheme FAR-ONLY.",
    ),
    (
        {"conditions": {"business_units": ["FAR"], "taps": ["T1"]}},
        "/conditions/taps",
        "None of its taps is where the offer applies.",
    ),
    (
        {"conditions": {"products": ["CAKE"], "product_types": ["DRINK"]}},
        "/conditions/product_types",
        "None of its products is of one of its product_types",
    ),
    (WEEKEND | {"conditions": {"weekdays": ["TUE"]}}, "/conditions/weekdays", "None of its days and hours fall"),
    (
        {
            "effective_from": "2026-06-06T10:00:30",
            "effective_to": "2026-06-06T10:01:00",
            "conditions": {"business_units": ["SHOP"], "time_from": "10:01"},
        },
        "/conditions/time_from",
        "None of its days and hours fall",
    ),
    (
        {"conditions": {"first_purchase": True, "every_nth_purchase": 2}},
        "/conditions/every_nth_purchase",
        "An account's first purchase is never its n-th.",
    ),
    (
        {"conditions": {"promotion_campaign": "OVER"}},
        "/conditions/promotion_campaign",
        "The campaign OVER is NOT_EFFECTIVE.",
    ),
    (
        {"effective_from": "2026-06-01T00:00:00", "conditions": {"promotion_campaign": "SPRING"}},
        "/conditions/promotion_campaign",
        "It is in force only when the campaign SPRING is not.",
    ),
    ({"conditions": {"classifications": ["GOLD"]}}, "/conditions/classifications", "does not apply to"),
    (
        {"conditions": {"account_classifications": ["CARD"]}},
        "/conditions/account_classifications",
        "does not apply to ACCOUNT",
    ),
    ({"award": {"method": "FIXED", "value": 0}}, "/award", "It gives nothing: its value is 0."),
    (
        {"award": {"method": "TIERED", "tiers": [{"from": 0, "value": 0}, {"from": 9, "value": 0}]}},
        "/award",
        "It gives nothing: its value is 0.",
    ),
    (
        {"award": {"method": "FIXED", "value": 1, "maximum_per_event": 0}},
        "/award/maximum_per_event",
        "It gives nothing: its cap is 0.",
    ),
    (
        {"award": {"method": "FIXED", "value": 1, "currency": "ALTERNATIVE"}},
        "/award/currency",
        "No currency has the role ALTERNATIVE.",
    ),
]
"""Offers that can never apply, where that is, and why."""


@pytest.mark.parametrize(("fields", "field", "reason"), NEVER, ids=str)
def test_an_offer_that_can_never_apply_is_warned_of(
    fields: dict[str, Any], field: str, reason: str, tmp_path: Path
) -> None:
    found = checked(tmp_path, offer(**fields))

    assert found.errors == []
    (warning,) = found.warnings
    assert (warning.line, warning.field) == (len(PROGRAMME) + 1, field)
    assert reason in warning.reason
    assert warning.hint


def instant(method: str, **fields: Any) -> dict[str, Any]:
    return {"award": {"method": method, "spend": "INSTANT", **fields}}


TIERS = [{"from": 10, "value": 2}, {"from": 50, "value": 60}]
FROM_50 = {"conditions": {"minimum_total_amount": 50}}


@pytest.mark.parametrize(
    ("fields", "at_risk"),
    [
        (instant("FIXED", value=20), "up to 20 of it stay"),
        (instant("FIXED", value=20, maximum_per_event=12), "up to 12 of it stay"),
        (instant("FIXED", value=60) | FROM_50, "up to 10 of it stay"),
        (instant("TIERED", tiers=TIERS), "up to 10 of it stay"),
        (instant("PER_UNIT", value=1), "the rest stays"),
        (instant("PER_STEP", value=1, step=10), "the rest stays"),
    ],
    ids=str,
)
def test_an_award_that_is_spent_at_once_and_may_be_more_than_the_purchase_is_warned_of(
    fields: dict[str, Any], at_risk: str, tmp_path: Path
) -> None:
    (warning,) = checked(tmp_path, offer(**fields)).warnings
    assert warning.field == "/award/maximum"
    assert at_risk in warning.reason

    award = fields["award"] | {"maximum": "BASE"}
    assert checked(tmp_path, offer(**fields | {"award": award})).warnings == []


@pytest.mark.parametrize(
    "fields",
    [
        YEAR,
        instant("PERCENTAGE", value=50),
        instant("FIXED", value=50) | FROM_50,
        instant("TIERED", tiers=[{"from": 10, "value": 10}]),
        {"conditions": {"business_units": ["SHUT", "DESK"]}},
        {"scheme": "FAR-ONLY"},
        {"conditions": {"business_units": ["SHOP"], "taps": ["T1"]}},
        {"conditions": {"products": ["CAKE", "COFFEE"], "product_types": ["DRINK"]}},
        WEEKEND | {"conditions": {"weekdays": ["SUN"], "time_from": "22:00", "time_to": "02:00"}},
        # It is Monday in Tokyo already.
        WEEKEND | {"conditions": {"business_units": ["FAR"], "weekdays": ["MON"]}},
        {"conditions": {"classifications": ["CARD"], "account_classifications": ["GOLD"]}},
        {"conditions": {"promotion_campaign": "SPRING"}},
        {"award": {"method": "TIERED", "tiers": [{"from": 0, "value": 0}, {"from": 9, "value": 1}]}},
        # Whoever switched it off means it.
        {"life_cycle_state": "NOT_EFFECTIVE", "scheme": "OFF", "award": {"method": "FIXED", "value": 0}},
    ],
    ids=str,
)
def test_an_offer_that_can_apply_is_not_warned_of(fields: dict[str, Any], tmp_path: Path) -> None:
    assert checked(tmp_path, offer(**fields)).warnings == []


POINTS = {"type": "currency", "id": "PTS", "code": "PTS", "role": "ALTERNATIVE", "exponent": 0}


def rate(rate_id: str, start: str | None = None, end: str | None = None) -> dict[str, Any]:
    dates = {"from_date": start and f"{start}T00:00:00", "to_date": end and f"{end}T00:00:00"}
    return {"type": "currency_rate", "id": rate_id, "currency": "PTS", "rate": 100, **dates}


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(
    ("rates", "reason"),
    [
        ((rate("A"), rate("B", "2026-01-01")), None),
        ((rate("A", end="2026-01-01"), rate("B", "2026-01-01")), None),
        ((rate("A"), rate("B", "2026-01-01", "2026-02-01"), rate("C", "2026-02-01")), None),
        (
            (rate("A", end="2027-01-01"), rate("B", "2026-01-01")),
            "B counts in place of A from 2026-01-01T00:00:00 on, though that ends later.",
        ),
        (
            (rate("A"), rate("B", "2026-01-01", "2026-02-01")),
            "B counts in place of A from 2026-01-01T00:00:00 on, and A again when that ends.",
        ),
    ],
    ids=["followed", "ended", "followed twice", "cut short", "interrupted"],
)
def test_a_rate_that_a_later_one_contradicts_is_warned_of(
    tmp_path: Path, rates: tuple[dict[str, Any], ...], reason: str | None, order: int
) -> None:
    assert [one.reason for one in checked(tmp_path, POINTS, *rates[::order]).warnings] == ([reason] if reason else [])


def test_two_rates_that_begin_together_are_an_error(tmp_path: Path) -> None:
    for start in (None, "2026-01-01"):
        (error,) = checked(tmp_path, POINTS, rate("A", start), rate("B", start, "2027-01-01")).errors

        assert (error.line, error.field, error.reason) == (
            len(PROGRAMME) + 3,
            "/from_date",
            "A already has this value.",
        )


def test_points_without_a_rate_while_an_offer_is_in_force_are_warned_of(tmp_path: Path) -> None:
    points = {"type": "currency", "id": "PTS", "code": "PTS", "role": "ALTERNATIVE", "exponent": 0}
    rate = {"type": "currency_rate", "id": "R", "currency": "PTS", "rate": 100, "from_date": "2027-01-01T00:00:00"}
    award = {"method": "FIXED", "value": 5, "currency": "ALTERNATIVE"}

    (warning,) = checked(tmp_path, points, rate, offer("A", **YEAR, award=award), offer("B", award=award)).warnings

    assert (warning.line, warning.reason) == (len(PROGRAMME) + 3, "PTS has no rate while it is in force.")


ALONE = {"stacking": "EXCLUSIVE"}


@pytest.mark.parametrize(
    ("first", "later"),
    [
        ({}, {}),
        ({"conditions": {"business_units": ["SHOP"]}}, {"conditions": {"business_units": ["DESK"]}}),
        ({"conditions": {"business_units": ["FAR"]}}, {"scheme": "FAR-ONLY"}),
        ({"scheme": "FAR-ONLY"}, {"conditions": {"business_units": ["FAR"]}}),
        ({"conditions": {"products": ["COFFEE", "CAKE"]}}, {"conditions": {"products": ["CAKE"]}}),
        (
            {"conditions": {"product_types": ["FOOD"]}},
            {"conditions": {"products": ["CAKE"], "product_types": ["FOOD"]}},
        ),
        ({"conditions": {"weekdays": ["MON", "TUE"]}}, {"conditions": {"weekdays": ["TUE"]}}),
        ({"conditions": {"minimum_total_amount": 5}}, {"conditions": {"minimum_total_amount": 9}}),
        (YEAR, WEEKEND),
        ({}, {"conditions": {"first_purchase": True, "classifications": ["CARD"]}, "limits": {"per_account": 1}}),
    ],
    ids=str,
)
def test_an_offer_whose_lines_an_exclusive_one_always_has_is_warned_of(
    first: dict[str, Any], later: dict[str, Any], tmp_path: Path
) -> None:
    found = checked(tmp_path, offer("LATER", **later), offer("FIRST", **first, **ALONE))

    (warning,) = found.warnings
    assert warning.line == len(PROGRAMME) + 1
    assert warning.reason == "LATER never applies: FIRST is EXCLUSIVE, comes first and always has its lines."


@pytest.mark.parametrize(
    ("first", "later"),
    [
        ({"conditions": {"business_units": ["DESK"]}}, {"conditions": {"business_units": ["SHOP"]}}),
        ({"conditions": {"business_units": ["SHOP"]}}, {}),
        ({"conditions": {"products": ["CAKE"]}}, {"conditions": {"products": ["COFFEE", "CAKE"]}}),
        ({"conditions": {"products": ["CAKE"]}}, {}),
        ({"conditions": {"weekdays": ["MON"]}}, {"conditions": {"weekdays": ["MON"], "time_from": "22:00"}}),
        ({"conditions": {"minimum_quantity": 2}}, {}),
        ({"conditions": {"classifications": ["CARD"]}}, {}),
        ({"conditions": {"first_purchase": True}}, {}),
        (WEEKEND, YEAR),
        ({"limits": {"per_account": 1}}, {}),
        (instant("FIXED", value=5, maximum="BASE"), {}),
        ({"award": {"method": "PER_STEP", "value": 1, "step": 10}}, {}),
        # Among exclusive offers it is not the first.
        ({"priority": -1}, ALONE),
    ],
    ids=str,
)
def test_an_offer_that_an_exclusive_one_may_leave_lines_to_is_not_warned_of(
    first: dict[str, Any], later: dict[str, Any], tmp_path: Path
) -> None:
    limits = {} if "priority" not in first else {"limits": {"per_account": 1}}

    assert checked(tmp_path, offer("LATER", **later, **limits), offer("ZFIRST", **first, **ALONE)).warnings == []


def test_of_two_offers_that_say_the_same_the_second_is_warned_of(tmp_path: Path) -> None:
    (warning,) = checked(
        tmp_path, offer("A"), offer("B", priority=3), offer("C", effective_to=None, **ALONE) | YEAR
    ).warnings

    assert (warning.line, warning.reason) == (len(PROGRAMME) + 1, "A says the same as B, so a purchase gets both.")


def test_a_line_that_takes_the_place_of_another_is_warned_of(tmp_path: Path) -> None:
    (warning,) = checked(tmp_path, offer("A"), offer("A", name="Other")).warnings

    assert (warning.line, warning.field) == (len(PROGRAMME) + 2, "/id")
    assert f"programme.jsonl:{len(PROGRAMME) + 1}" in warning.reason


def test_files_are_one_programme_and_each_line_is_told_by_its_own_file(tmp_path: Path) -> None:
    first, second = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    first.write_text("\n".join(map(exactjson.dumps, PROGRAMME)))
    second.write_text(exactjson.dumps(offer(scheme="OFF")) + "\n{")

    found = findings([first, second], None, NOW)

    assert [(one.file, one.line) for one in found.errors] == [(str(second), 2)]
    assert [(one.file, one.line) for one in found.warnings] == [(str(second), 1)]


def test_without_a_system_currency_offers_are_looked_at_all_the_same(tmp_path: Path) -> None:
    file = tmp_path / "programme.jsonl"
    file.write_text("\n".join(map(exactjson.dumps, [*PROGRAMME[1:], offer(scheme="OFF")])))

    assert len(findings([file], None, NOW).warnings) == 1
