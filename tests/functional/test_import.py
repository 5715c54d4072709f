"""Importing reference data into the table."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from loyalty import exactjson
from loyalty.domain.purchases.account import AutomaticSpend
from loyalty.store import keys
from loyalty.store.catalogue import Catalogue
from loyalty.store.customers import find_customer
from loyalty.store.dynamo_table import DynamoTable
from loyalty.usecases.reference.import_records import ImportSummary, import_records
from loyalty.usecases.reference.import_rows import ROWS_AT_A_TIME
from tests.builders import offer
from tests.functional.conftest import DEMO, NOW


def imported(table: DynamoTable, *records: Any) -> ImportSummary:
    """Import records, or raw lines."""
    lines = [record if isinstance(record, bytes) else exactjson.dumps(record).encode() for record in records]
    return import_records(lines, table=table, now=NOW)


def account(number: str = "1", **fields: Any) -> dict[str, Any]:
    return {"type": "account", "id": f"A{number}", "number": number, **fields}


def refused(summary: ImportSummary) -> list[tuple[int, str]]:
    """Line and field of each reason."""
    return [(bad.line, bad.field) for bad in summary.refused]


def test_importing_the_demo_programme_twice_changes_nothing_the_second_time(table: DynamoTable) -> None:
    lines = DEMO.read_bytes().splitlines()

    first = import_records(lines, table=table, now=NOW)
    before = sorted(map(str, table.scan()))
    second = import_records(lines, table=table, now=NOW)

    assert (first.refused, first.created) == ([], len(lines))
    assert (second.created, second.updated, second.unchanged) == (0, 0, len(lines))
    assert sorted(map(str, table.scan())) == before


def test_whole_numbers_have_at_most_twelve_digits_too(table: DynamoTable) -> None:
    def records(number: int) -> list[dict[str, Any]]:
        return [
            {"type": "product", "id": "P", "code": "P", "priority_level": -number},
            offer(priority=-number, conditions={"every_nth_purchase": number}, limits={"per_account": number}),
            {"type": "promo_code", "id": "C", "code": "C", "promotion_campaign": "C"}
            | {"maximum_uses": number, "maximum_uses_per_account": number},
        ]

    scheme = {"type": "reward_scheme", "id": "S", "name": "S"}
    campaign = {"type": "promotion_campaign", "id": "C", "name": "C"}

    assert refused(imported(table, scheme, campaign, *records(10**12 - 1))) == []
    assert refused(imported(table, *records(10**12))) == [
        (1, "/priority_level"),
        (2, "/priority"),
        (2, "/conditions/every_nth_purchase"),
        (2, "/limits/per_account"),
        (3, "/maximum_uses"),
        (3, "/maximum_uses_per_account"),
    ]


def test_bad_lines_are_listed_with_number_and_field_and_good_ones_are_kept(table: DynamoTable) -> None:
    summary = imported(
        table,
        account("1"),
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        {"type": "wallet", "id": "1"},
        {"id": "1"},
        {"type": "account", "id": "with space", "number": "2"},
        {"type": "account", "id": "A3"},
        account("4", colour="red", primary="yes"),
        account("5", contact="NOBODY"),
        {"type": "currency_rate", "id": "R", "currency": "NONE", "rate": 0},
        account("6"),
    )

    assert summary.created == 2
    assert refused(summary) == [
        (3, ""),
        (4, ""),
        (5, "/type"),
        (6, "/type"),
        (7, "/type"),
        (8, "/id"),
        (9, "/number"),
        (10, "/primary"),
        (10, "/colour"),
        (11, "/contact"),
        (12, "/rate"),
    ]


def test_a_value_that_has_to_be_unique_is_refused_to_a_second_record(demo: DynamoTable) -> None:
    summary = imported(
        demo,
        {"type": "account", "id": "OTHER", "number": "162"},
        {"type": "access_token", "id": "T", "account": "162", "authentication_code": "4A30966F684B0269AD91"},
        {"type": "product", "id": "P", "code": "BP2", "alternative_code": "BP"},
        {"type": "business_unit", "id": "B", "name": "Another", "code": "EK123456"},
        {"type": "currency", "id": "USD", "code": "USD", "role": "SYSTEM"},
        account("TWICE"),
        {"type": "account", "id": "TWICE2", "number": "TWICE"},
    )

    assert refused(summary) == [
        (1, "/number"),
        (2, "/authentication_code"),
        (3, "/alternative_code"),
        (4, "/code"),
        (5, "/role"),
        (7, "/number"),
    ]


def test_a_contact_has_one_primary_account(demo: DynamoTable) -> None:
    contact = "C0FFEE00C0FFEE00C0FFEE00C0FFEE00"

    assert refused(imported(demo, account("NEW", contact=contact))) == [(1, "/contact")]
    assert refused(imported(demo, account("NEW", contact=contact, primary=False))) == []


def test_a_changed_number_leads_to_the_account_and_the_old_one_nowhere(table: DynamoTable) -> None:
    imported(table, account("1"))
    summary = imported(table, {"type": "account", "id": "A1", "number": "ONE"})

    assert summary.updated == 1
    assert find_customer(table, "ONE")
    assert find_customer(table, "1") is None
    assert imported(table, {"type": "account", "id": "A2", "number": "1"}).created == 1


def test_references_are_kept_as_ids_whichever_code_they_are_made_by(demo: DynamoTable) -> None:
    conditions = {"business_units": ["EK123456"], "products": ["FE1", "Bronze"], "product_types": ["VOD"]}

    assert imported(demo, offer("O", scheme="Sales Scheme", conditions=conditions)).created == 1
    item = demo.get(keys.programme("reward_offer", "O"))
    assert item
    stored = exactjson.loads(item["record"])
    assert stored["scheme"] == "SALES"
    assert {name: ids for name, ids in stored["conditions"].items() if ids} == {
        "business_units": ["6D9C2E4F0A6B4B5D8E1F3A7C9B0D2E4F"],
        "products": ["E0B2C4D6F8A01B3C5D7E9F1A2B4C6D8E", "CAD1E31269B76D7A65ACCE45B2E68DFD"],
        "product_types": ["78F758444F6B8437F1A27F61D1BE84A5"],
    }


def test_a_reference_that_leads_nowhere_is_named_to_the_place_in_the_list(demo: DynamoTable) -> None:
    missing = offer("O", scheme="SALES", conditions={"products": ["Bronze", "NONE"]})

    assert refused(imported(demo, missing)) == [(1, "/conditions/products/1")]


@pytest.mark.parametrize(
    ("part", "setting", "field"),
    [
        ("conditions", {"promotion_campaign": "C"}, "/conditions/promotion_campaign"),
        ("conditions", {"first_purchase": "yes"}, "/conditions/first_purchase"),
        ("conditions", {"every_nth_purchase": 1}, "/conditions/every_nth_purchase"),
        ("conditions", {"weekdays": ["MON", "Monday"]}, "/conditions/weekdays/1"),
        ("conditions", {"time_from": "24:00"}, "/conditions/time_from"),
        ("conditions", {"time_from": "07:00", "time_to": "07:00"}, "/conditions"),
        ("conditions", {"taps": ["NONE"]}, "/conditions/taps/0"),
        ("award", {"method": "EVERY_TENTH", "value": 1}, "/award/method"),
        ("award", {"method": "FIXED"}, "/award"),
        ("award", {"method": "PER_STEP", "value": 1}, "/award"),
        ("award", {"method": "PER_STEP", "value": 1, "step": 0}, "/award/step"),
        ("award", {"method": "TIERED", "value": 1}, "/award"),
        ("award", {"method": "TIERED", "tiers": []}, "/award/tiers"),
        ("award", {"method": "TIERED", "tiers": [{"from": 5, "value": 1}, {"from": 5, "value": 2}]}, "/award"),
        ("award", {"method": "FIXED", "value": 1, "tiers": [{"from": 5, "value": 1}]}, "/award"),
        ("award", {"method": "FIXED", "value": 1, "rounding": "CEILING"}, "/award/rounding"),
        ("award", {"method": "FIXED", "value": 1, "expires_after": "12M"}, "/award/expires_after"),
        ("award", {"method": "FIXED", "value": 1, "expires_after": "P11Y"}, "/award/expires_after"),
        ("limits", {"per_account": 0}, "/limits/per_account"),
        ("limits", {"budget": 5, "period": "P1D"}, "/limits"),
        ("limits", {"per_account": 1, "period": "P2D"}, "/limits/period"),
        ("stacking", "BEST", "/stacking"),
    ],
)
def test_an_offer_that_pricing_could_not_honour_is_refused(
    demo: DynamoTable, part: str, setting: Any, field: str
) -> None:
    good = offer("O", scheme="SALES")

    assert refused(imported(demo, {**good, part: setting})) == [(1, field)]


def test_an_offer_with_everything_that_pricing_honours_is_kept_as_it_was_written(demo: DynamoTable) -> None:
    written = offer(
        "O",
        scheme="SALES",
        priority=3,
        stacking="EXCLUSIVE",
        conditions={"weekdays": ["FRI", "SAT"], "time_from": "22:00", "time_to": "02:00", "taps": ["T-CD-1"]},
        method="TIERED",
        tiers=[{"from": 10, "value": 1}, {"from": 50, "value": 7.5}],
        base="TOTAL",
        currency="ALTERNATIVE",
        maximum_per_event=5,
        rounding="DOWN",
        spend="INSTANT",
    )

    assert imported(demo, written).created == 1
    assert imported(demo, written).unchanged == 1
    item = demo.get(keys.programme("reward_offer", "O"))
    assert item
    stored = exactjson.loads(item["record"])
    assert {name: set_to for name, set_to in stored["conditions"].items() if set_to} == written["conditions"]
    assert exactjson.loads(exactjson.dumps(stored["award"])) == exactjson.loads(exactjson.dumps(written["award"]))
    assert "O" in [offer.id for offer in Catalogue(demo).programme(NOW).offers]


def test_a_business_unit_has_a_time_zone_that_exists(demo: DynamoTable) -> None:
    unit = {"type": "business_unit", "id": "B", "name": "B", "code": "B"}

    assert refused(imported(demo, {**unit, "time_zone": "Mars/Olympus"})) == [(1, "/time_zone")]
    assert imported(demo, {**unit, "time_zone": "Europe/Athens"}).created == 1
    zone = Catalogue(demo).programme(NOW).business_units["B"].time_zone
    assert str(zone) == "Europe/Athens"


def test_when_a_wallet_pays_by_itself_is_read_with_its_account(demo: DynamoTable) -> None:
    automatic = {"minimum_wallet_balance": 10, "minimum_amount": 2.5, "merchants": ["EK123456"]}

    imported(demo, account("1", automatic_spend={"enabled": True, **automatic}))
    imported(demo, account("2", automatic_spend={"enabled": False, **automatic}))

    found = [find_customer(demo, number) for number in ("1", "2")]
    assert [customer.account.automatic_spend for customer in found if customer] == [
        AutomaticSpend(Decimal(10), Decimal("2.5"), None, frozenset({"6D9C2E4F0A6B4B5D8E1F3A7C9B0D2E4F"})),
        None,
    ]


def test_an_opening_balance_is_posted_once(demo: DynamoTable) -> None:
    opening = {"type": "opening_balance", "id": "O2", "account": "162", "performed_on": "2026-01-01T00:00:00"}

    assert imported(demo, {**opening, "amount": 12.5}).created == 1
    assert imported(demo, {**opening, "amount": 12.5}).unchanged == 1
    assert refused(imported(demo, {**opening, "amount": 99})) == [(1, "/id")]
    customer = find_customer(demo, "162")
    assert customer
    assert (str(customer.wallet.balance), customer.wallet.version) == ("12.5", 1)


@pytest.mark.parametrize("since", [{"life_cycle_state": "SUSPENDED"}, {"life_cycle_state": "TERMINATED"}])
def test_a_posted_opening_balance_is_unchanged_whatever_became_of_its_account(
    demo: DynamoTable, since: dict[str, Any]
) -> None:
    account = {"type": "account", "id": "LEFT", "number": "LEFT"}
    opening = {"type": "opening_balance", "id": "O3", "account": "LEFT", "performed_on": "2026-01-01T00:00:00"}
    assert imported(demo, account, {**opening, "amount": 12.5}).created == 2

    assert imported(demo, {**account, **since}).updated == 1

    assert imported(demo, {**opening, "amount": 12.5}).unchanged == 1
    assert refused(imported(demo, {**opening, "amount": 99})) == [(1, "/id")]
    assert refused(imported(demo, {**opening, "id": "O4", "amount": 1})) == [(1, "/account")]


def test_a_posted_opening_balance_is_unchanged_once_its_account_has_another_number(demo: DynamoTable) -> None:
    account = {"type": "account", "id": "MOVED", "number": "OLD"}
    opening = {"type": "opening_balance", "id": "O5", "account": "OLD", "performed_on": "2026-01-01T00:00:00"}
    assert imported(demo, account, {**opening, "amount": 12.5}).created == 2

    assert imported(demo, {**account, "number": "NEW"}).updated == 1

    assert imported(demo, {**opening, "amount": 12.5}).unchanged == 1
    assert imported(demo, {**opening, "account": "NEW", "amount": 12.5}).unchanged == 1
    assert refused(imported(demo, {**opening, "amount": 99})) == [(1, "/account")]
    assert refused(imported(demo, {**opening, "id": "O6", "amount": 12.5})) == [(1, "/account")]


def test_an_opening_balance_of_another_account_that_has_the_number_now_is_another_one(demo: DynamoTable) -> None:
    account = {"type": "account", "id": "MOVED", "number": "OLD"}
    opening = {
        "type": "opening_balance",
        "id": "O5",
        "account": "OLD",
        "amount": 5,
        "performed_on": "2026-01-01T00:00:00",
    }
    imported(demo, account, opening)

    heir = {"type": "account", "id": "HEIR", "number": "OLD"}
    told = imported(demo, {**account, "number": "NEW"}, opening, heir)

    assert refused(told) == [(2, "/id")]


def test_importing_an_account_again_leaves_its_wallet_alone(demo: DynamoTable) -> None:
    before = demo.get(keys.wallet("ACC0FFEEACC0FFEEACC0FFEEACC0FFEE"))
    imported(demo, {"type": "account", "id": "ACC0FFEEACC0FFEEACC0FFEEACC0FFEE", "number": "ACR0000000001"})

    assert before
    assert demo.get(keys.wallet("ACC0FFEEACC0FFEEACC0FFEEACC0FFEE")) == before


def test_a_pass_code_is_kept_as_a_hash_only(demo: DynamoTable) -> None:
    token = {"type": "access_token", "id": "T9", "account": "162", "identifier": "me", "pass_code": "s3cret-code"}

    assert imported(demo, token).created == 1
    assert imported(demo, token).unchanged == 1
    assert not [item for item in demo.scan() if "s3cret-code" in str(item)]


def test_an_access_token_shows_something(demo: DynamoTable) -> None:
    assert refused(imported(demo, {"type": "access_token", "id": "T9", "account": "162"})) == [(1, "")]


def test_a_record_may_name_one_that_stands_before_it_in_the_same_file(
    table: DynamoTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loyalty.usecases.reference.import_rows.ROWS_AT_A_TIME", 10)
    records = [
        record
        for number in range(12)
        for record in (
            {"type": "contact", "id": f"C{number}"},
            account(str(number), contact=f"C{number}"),
            {"type": "access_token", "id": f"T{number}", "account": str(number), "authentication_code": f"X{number}"},
        )
    ]

    assert imported(table, *records).created == len(records)
    assert imported(table, *records).unchanged == len(records)


def chain() -> list[dict[str, Any]]:
    """Records each of which names the one before it, but for the first."""
    return [
        {"type": "contact", "id": "C1"},
        {"type": "account", "id": "A1", "number": "NEW-1", "contact": "C1"},
        {"type": "access_token", "id": "T1", "account": "NEW-1", "identifier": "CARD-1"},
        {"type": "opening_balance", "id": "B1", "account": "A1", "amount": 5, "performed_on": "2026-01-01T00:00:00"},
        {"type": "business_unit", "id": "M", "name": "M", "code": "M-CODE"},
        {"type": "business_unit", "id": "D", "name": "D", "parent_business_unit": "M-CODE"},
        {"type": "tap", "id": "T", "name": "T", "business_unit": "D"},
    ]


@pytest.mark.parametrize("at_a_time", [1, 2, ROWS_AT_A_TIME])
@pytest.mark.parametrize("order", [slice(None, None, -1), slice(1, None), slice(None)])
def test_records_may_name_each_other_in_any_order_of_the_lines(
    demo: DynamoTable, monkeypatch: pytest.MonkeyPatch, at_a_time: int, order: slice
) -> None:
    monkeypatch.setattr("loyalty.usecases.reference.import_rows.ROWS_AT_A_TIME", at_a_time)
    records = [*chain()[order], *chain()[:1]]

    summary = imported(demo, *records)

    assert summary.refused == []
    assert imported(demo, *chain()).unchanged == len(chain())


def test_what_never_comes_is_refused_on_the_line_that_names_it_and_on_those_that_name_that(demo: DynamoTable) -> None:
    lines = [*chain()[3:0:-1], *chain()[4:]]  # all but the contact

    assert refused(imported(demo, *lines)) == [(1, "/account"), (2, "/account"), (3, "/contact")]


def test_a_line_that_waits_for_what_it_names_gives_way_to_a_later_one_of_its_record(demo: DynamoTable) -> None:
    summary = imported(demo, account("1", contact="C1"), account("1", name="Later"), {"type": "contact", "id": "C1"})

    assert refused(summary) == [(1, "/contact")]
    assert summary.created == 2


def test_no_more_lines_than_are_documented_wait_for_what_they_name(
    demo: DynamoTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loyalty.usecases.reference.import_rows.MAX_WAITING", 2)
    accounts = [account(str(number), contact="C1", primary=False) for number in range(4)]

    assert refused(imported(demo, *accounts, {"type": "contact", "id": "C1"})) == [(3, "/contact"), (4, "/contact")]


def test_a_record_that_stands_twice_in_a_file_has_the_later_values(table: DynamoTable) -> None:
    summary = imported(table, account("1", name="first"), account("1", name="second"))

    assert (summary.created, summary.updated) == (1, 1)
    customer = find_customer(table, "1")
    assert customer
    assert customer.account.name == "second"


def test_an_import_that_changes_the_programme_advances_its_version_once(demo: DynamoTable) -> None:
    version = Catalogue(demo).programme(NOW).version
    units = [{"type": "business_unit", "id": f"B{number}", "name": "B", "code": f"B{number}"} for number in range(3)]

    imported(demo, *units)
    changed = Catalogue(demo).programme(NOW).version
    imported(demo, *units, account("NEW"))

    assert changed != version
    assert Catalogue(demo).programme(NOW).version == changed


def test_containers_notice_an_import_that_broke_off(demo: DynamoTable) -> None:
    version = Catalogue(demo).programme(NOW).version

    def lines() -> Iterator[bytes]:
        for number in range(ROWS_AT_A_TIME):
            yield exactjson.dumps({"type": "classification", "id": f"C{number}", "name": f"C{number}"}).encode()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_records(lines(), table=demo, now=NOW)
    assert Catalogue(demo).programme(NOW).version != version


def test_a_name_that_two_accounts_share_leads_to_neither(demo: DynamoTable) -> None:
    assert imported(demo, account("ONE", name="John Smith")).created == 1
    assert imported(demo, account("TWO", name="John Smith")).created == 1
    assert refused(
        imported(
            demo, token := {"type": "access_token", "id": "T", "account": "John Smith", "authentication_code": "X"}
        )
    ) == [(1, "/account")]
    assert imported(demo, account("ONE", name="Jack Smith")).updated == 1
    assert refused(imported(demo, token)) == [(1, "/account")]


def test_an_outlet_belongs_to_a_merchant(demo: DynamoTable) -> None:
    unit = {"type": "business_unit", "id": "KIOSK", "name": "Kiosk", "parent_business_unit": "CD123456"}

    assert refused(imported(demo, unit)) == [(1, "/parent_business_unit")]


def test_a_card_replaced_twice_in_one_file_leads_nowhere_by_its_old_codes(demo: DynamoTable) -> None:
    cards = [
        {"type": "access_token", "id": "CARD", "account": "162", "authentication_code": code} for code in ("OLD", "NEW")
    ]

    assert imported(demo, *cards).refused == []
    assert demo.get(keys.token("NEW"))
    assert demo.get(keys.token("OLD")) is None


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"type": "currency", "id": "2", "code": "EUR", "role": "SYSTEM", "exponent": 0}, "/exponent"),
        ({"type": "currency", "id": "2", "code": "EUR"}, "/role"),
        (
            {"type": "business_unit", "id": "M", "name": "M", "code": "MRA-1", "parent_business_unit": "EK123456"},
            "/parent_business_unit",
        ),
        (
            {"type": "business_unit", "id": "E", "name": "E", "code": "EK123456", "parent_business_unit": "MRA"},
            "/parent_business_unit",
        ),
    ],
    ids=["exponent", "role", "another merchant", "a merchant below another"],
)
def test_what_events_rest_on_cannot_be_changed(demo: DynamoTable, change: dict[str, Any], field: str) -> None:
    known = {"MRA-1": "AB18F69E3CA84413BABEF07713D410CC", "EK123456": "6D9C2E4F0A6B4B5D8E1F3A7C9B0D2E4F"}
    record = {**change, "id": known.get(change["code"], change["id"])}

    assert refused(imported(demo, record)) == [(1, field)]


def test_an_offers_award_keeps_its_currency_as_limits_and_budgets_are_counted_in_it(demo: DynamoTable) -> None:
    first = offer("NEW", scheme="SALES")
    other = offer("NEW", scheme="SALES", currency="ALTERNATIVE")

    assert refused(imported(demo, first, other)) == [(2, "/award/currency")]
    assert refused(imported(demo, offer("NEW", value="2", scheme="SALES"), other | {"id": "B", "name": "B"})) == []


def test_a_unit_is_not_above_itself(demo: DynamoTable) -> None:
    unit = {"type": "business_unit", "id": "SELF", "name": "Self", "code": "SELF"}
    assert imported(demo, unit).created == 1

    assert refused(imported(demo, {**unit, "parent_business_unit": "SELF"})) == [(1, "/parent_business_unit")]


def test_a_wallets_currency_stays_what_it_is(demo: DynamoTable) -> None:
    changed = {"type": "account", "id": "3C66BD54CCDB6BC1096C23F6D8899752", "number": "162", "currency": "PTS"}

    assert refused(imported(demo, changed)) == [(1, "/currency")]


def test_an_opening_balance_has_no_more_decimals_than_its_currency(demo: DynamoTable) -> None:
    opening = {"type": "opening_balance", "id": "O", "account": "162", "performed_on": "2026-01-01T00:00:00"}

    assert refused(imported(demo, {**opening, "amount": 0.0051})) == [(1, "/amount")]
