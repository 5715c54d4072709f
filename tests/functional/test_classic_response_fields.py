"""Every response field of the classic create (contract, operation 5): what it holds, null or not; and of create spend,
once it is shown."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from loyalty.api.classic.requests import CreateSpend, CreateSpendPurchase
from loyalty.api.classic.shapes.events import CreatedPurchase
from loyalty.store.dynamo_table import DynamoTable
from tests.cards import CARD, CLASSIFICATION, CODE, IDENTIFIER, bring
from tests.contract import fields_of
from tests.functional.conftest import Functions


class Like:
    """Equal to any text of a pattern, for what differs from run to run."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and re.fullmatch(self.pattern, other) is not None

    def __repr__(self) -> str:
        return f"Like({self.pattern!r})"

    __hash__ = None  # type: ignore[assignment]


ID, NUMBER, NOW = Like(r"[0-9A-F]{32}"), Like(r"[1-9]\d*"), Like(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


def nothing(*names: str) -> dict[str, None]:
    """Fields without a value."""
    return dict.fromkeys(names)


UDF: dict[str, Any] = {
    **{f"udf_string_{place}": f"string {place}" for place in range(1, 17)},
    **{f"udf_float_{place}": Decimal(f"{place}.25") for place in range(1, 5)},
    **{f"udf_date_{place}": f"2016-0{place}-24T15:49:59" for place in range(1, 5)},
}
INSTANT = {
    "type": "reward_offer",
    "id": "OFFER-INSTANT",
    "name": "A euro off",
    "scheme": "SALES",
    "conditions": {"business_units": ["CD123456"]},
    "award": {"method": "FIXED", "value": 1, "spend": "INSTANT"},
}
SCHEME = {"type": "reward_scheme", "id": "SALES", "name": "Sales Scheme", "contribution_percentage": 40}
UNIT = {
    "type": "unit",
    "id": "U-CD",
    "name": "Docks unit",
    "alternative_code": "CDU",
    "group_name": "Harbour",
    "community_name": "Coffee",
    "description": "all tills",
    "business_unit": "CD123456",
}
INVOICE = {
    "type": "invoice",
    "id": "INV-7",
    "number": "2019-0007",
    "reference_number": "7",
    "issued_on": "2019-10-30T08:00:00",
    "posted_on": "2019-10-30T08:01:00",
    "due_on": "2019-11-30T08:00:00",
    "total_amount": 120.5,
    "outstanding_amount": 20.5,
    "unsettled_amount": 0.5,
    "currency_rate": "PTS-2010",
}
ROBOT = {
    "type": "account",
    "id": "A-ROBOT",
    "number": "ROBOT",
    "participant": {"id": "RP-ROBOT"},
    "automatic_spend": {"enabled": True, "maximum_amount": 3},
}
SAVINGS = {
    "type": "opening_balance",
    "id": "O-ROBOT",
    "account": "ROBOT",
    "amount": 5,
    "performed_on": "2019-01-01T00:00:00",
}

COFFEE = {
    "product_identifier": {"code": "FREDESPR001"},
    "quantity": 2,
    "net_amount": Decimal("14.15"),
    "vat_amount": Decimal("1.04"),
    "total_amount": Decimal("15.19"),
}
PURCHASE: dict[str, Any] = {
    "accounts_receivable_identifier": {"access_token_identifier": {"authentication_code": CODE}},
    "classification_identifier": {"alternative_code": "CCC"},
    "performed_by_unit_identifier": {"name": "Docks unit"},
    "performed_by_tap_identifier": {"code": "CD123456-1"},
    "performed_on": "2019-10-30T08:17:57",
    "description": "two coffees",
    "process_immediately": 1,
    "reference_number": "RF-FULL",
    "payment_medium_brand_identifier": {"name": "VISA"},
    "payment_medium_type_identifier": {"alternative_code": "CC"},
    "payment_medium_identifier": "42424242",
    "external_system": "POS",
    "external_system_reference_number": "POS-7",
    "invoice_identifier": {"number": "2019-0007"},
    "terminal_identifier": "T-9",
    **UDF,
    "spend_request": {"spend_amount": 2},
    "products_set": [COFFEE],
}
SPENDING = {
    **{name: value for name, value in PURCHASE.items() if name in CreateSpend.model_fields},
    "purchase_customer_event": {
        **{name: value for name, value in PURCHASE.items() if name in CreateSpendPurchase.model_fields},
        "external_system_reference_number": "POS-9",
    },
    "spend_request_customer_event": PURCHASE["spend_request"],
}
"""The same as create spend takes it."""
IN_POINTS = {
    **PURCHASE,
    "external_system_reference_number": "POS-8",
    "spend_request": {"spend_alternative_amount": 300},
}
AUTOMATIC = {
    "accounts_receivable_identifier": {"number": "ROBOT"},
    "performed_by_tap_identifier": {"code": "CD123456-1"},
    "performed_on": "2019-10-30T08:17:57",
    "reference_number": "RF-AUTO",
    "disable_instant_spend": True,
    "products_set": [COFFEE],
}

EUR = {
    "id": "2",
    "code": "EUR",
    "prefix_symbol": "€",
    "suffix_symbol": "N/A",
    "life_cycle_state": "EFFECTIVE",
    "integer_part_name": "euro",
    "decimal_part_name": "cents",
}
PTS = {
    "id": "PTS",
    "code": "PTS",
    "suffix_symbol": "pts",
    "life_cycle_state": "EFFECTIVE",
    "integer_part_name": "points",
    **nothing("prefix_symbol", "decimal_part_name"),
}
RATE = {
    "id": "71996F27996C44DC9E2FD4C2F05AE563",
    "rate": 5,
    "inverse_rate": Decimal("0.2"),
    "from_date": "2018-08-07T00:00:00",
    "to_date": None,
    "currency": {
        "id": "RON",
        "code": "RON",
        "prefix_symbol": None,
        "suffix_symbol": "lei",
        "life_cycle_state": "EFFECTIVE",
        "integer_part_name": "leu",
        "decimal_part_name": "bani",
    },
}
ACCOUNT = {
    "id": "8DDDA5F17D9641FC97A32FEAEE1F8AC6",
    "number": "0000000001",
    "name": "0000000001 Eleni M",
    "life_cycle_state": "ACTIVE",
    "account_owner": {
        "id": "EE15F92F5AD9487692DA4DD34D35CA09",
        "type": "PERSON",
        "life_cycle_state": "FINANCIAL",
        "name": "Eleni Mich",
        "first_name": "Eleni",
        "last_name": "Mich",
        **nothing("middle_name", "title", "company_name", "company_profile"),
        "demographics": {
            "id_number": "451232",
            "date_of_birth": nothing("day", "month", "year"),
            "name_day": {"day": 21, "month": 5},
            "country_of_residence": {
                "id": "231",
                "name": "IRAN (ISLAMIC REPUBLIC OF)",
                "alternative_code": "IRN",
                **nothing("dialing_code", "two_character_code", "three_character_code", "country_flag"),
            },
            **nothing("gender", "id_number_expiration_date", "passport_number", "passport_number_expiration_date"),
            **nothing("social_security_number", "id_issued_by_country", "passport_issued_by_country"),
            **nothing("industry", "industry_sector"),
        },
    },
}
PARTICIPANT = {
    "id": "57A9AC82559149019061B743F13CD39B",
    "number": "1",
    "life_cycle_state": "EFFECTIVE",
    "accounts_receivable": ACCOUNT,
}
DOCKS_UNIT = {name: value for name, value in UNIT.items() if name not in ("type", "business_unit")}
DOCKS = {
    "id": "7E0D3F5A1B7C4C6E9F2A4B8D0C1E3F5A",
    "name": "Espresso Kitchen, City Docks",
    "code": "CD123456",
    "parent_business_unit_name": "Espresso Kitchen",
    **nothing("unified_code", "description"),
}
WRITER = {
    "unit": {
        "id": "48305F8849E3C18B227C5BE3A27BA6DF",
        "name": "Admin Unit",
        "group_name": "Main Group",
        "community_name": "Internal Community",
        "alternative_code": "MG",
        "description": "r1 Test Description for resource  request tab.Test Description for resource  request tab.",
    },
    "business_unit": {
        "id": "9A2F5B7C3D9E4E8AAB4C6DAF2E3A5B7C",
        "name": "Merchant ABCD",
        "code": "MRA",
        **nothing("unified_code", "description", "parent_business_unit_name"),
    },
    "user": {
        "id": "1",
        "username": "MPAdministrator",
        "person_name": "Marios Lannister",
        "email": "user@example.com",
    },
}
LOG = {
    "created_date": NOW,
    "updated_date": NOW,
    **{f"{verb}_by_{who}": whom for verb in ("created", "updated") for who, whom in WRITER.items()},
}


def award(amount: str, points: int, currency: Mapping[str, Any] = EUR) -> dict[str, Any]:
    return {
        "id": ID,
        "number": NUMBER,
        "amount": Decimal(amount),
        "alternative_amount": points,
        "life_cycle_state": "POSTED",
        "contribution_percentage": 40,
        "initiated_currency": currency,
        "currency_rate_period": RATE,
        "accounts_receivable": ACCOUNT,
        "rewards_participant": PARTICIPANT,
    }


def spend(method: str, amount: int, **more: Any) -> dict[str, Any]:
    """In the wallet's currency."""
    return {
        "id": ID,
        "number": NUMBER,
        "total_amount": amount,
        "net_amount": amount,
        "vat_amount": 0,
        "life_cycle_state": "POSTED",
        "spend_method": method,
        "currency_rate_period": RATE,
        "accounts_receivable": ACCOUNT,
        "rewards_participant": PARTICIPANT,
        **more,
    }


def request(method: str, amount: int, points: int, **more: Any) -> dict[str, Any]:
    """In euros; its spend is in the wallet's currency."""
    return {
        "id": ID,
        "number": NUMBER,
        "type": "SPEND_REQUEST",
        "life_cycle_state": "POSTED",
        "performed_on": "2019-10-30T08:17:57" if method == "SPEND_ON_REQUEST" else NOW,
        "process_immediately": True,
        "spend_amount": amount,
        "spend_alternative_amount": points,
        "instant_spend": method == "SPEND_INSTANTLY",
        "automatic_spend": method == "SPEND_AUTOMATICALLY",
        "reduction_method": "FRONT_END_REDUCTION",
        "initiated_currency": EUR,
        **nothing("description", "classification"),
        "accounts_receivable": ACCOUNT,
        "performed_by_unit": DOCKS_UNIT,
        "performed_by_business_unit": DOCKS,
        "log_information": LOG,
        "spend_reward_transaction": spend(method, amount * 5),
        "currency": EUR,
        **more,
    }


INSTANTLY, ON_REQUEST = request("SPEND_INSTANTLY", 1, 100), request("SPEND_ON_REQUEST", 2, 200)
OF_ROBOT = {
    "accounts_receivable": {
        "id": "A-ROBOT",
        "number": "ROBOT",
        "life_cycle_state": "ACTIVE",
        **nothing("name", "account_owner"),
    }
}
ROBOTS = {
    **OF_ROBOT,
    "rewards_participant": {"id": "RP-ROBOT", "number": None, "life_cycle_state": "EFFECTIVE", **OF_ROBOT},
    "currency_rate_period": None,
}
AUTOMATICALLY = request(
    "SPEND_AUTOMATICALLY",
    3,
    300,
    **OF_ROBOT,
    process_immediately=None,
    spend_reward_transaction=spend("SPEND_AUTOMATICALLY", 3, **ROBOTS),
)

FIELDS: Mapping[str, Any] = {
    "id": ID,
    "number": NUMBER,
    "type": "PURCHASE",
    "life_cycle_state": "POSTED",
    "performed_on": "2019-10-30T08:17:57",
    "description": "two coffees",
    "process_immediately": True,
    "reference_number": "RF-FULL",
    "payment_medium_identifier": "42424242",
    "total_amount": Decimal("15.19"),
    "net_amount": Decimal("14.15"),
    "vat_amount": Decimal("1.04"),
    "external_system": "POS",
    "external_system_reference_number": "POS-7",
    "requested_spend_amount": 2,
    "requested_spend_alternative_amount": None,
    # 5% of 14.15, and half a euro, and a euro; five lei for a euro, a hundred points. Only awards are summed in lei.
    "total_awarded_amount": Decimal("3.54") + Decimal("2.5") + 5,
    "total_awarded_alternative_amount": 71 + 50 + 100,
    "total_spend_amount": 1 + 2,
    "total_spend_alternative_amount": 100 + 200,
    "total_instant_spend_amount": 1,
    "total_instant_spend_alternative_amount": 100,
    "total_automatic_spend_amount": 0,
    "total_automatic_spend_alternative_amount": 0,
    "total_additional_spend_amount": 2,
    "total_additional_spend_alternative_amount": 200,
    "disable_instant_spend": False,
    "terminal_identifier": "T-9",
    **UDF,
    "classification": {
        "id": "5C8E1A3D7F2B4D6E9A0C2E4F6B8D0A1C",
        "name": "Counter coffee card",
        "alternative_code": "CCC",
    },
    "accounts_receivable": ACCOUNT,
    "performed_by_unit": DOCKS_UNIT,
    "performed_by_business_unit": DOCKS,
    "performed_by_tap": {
        "id": "T-CD-1",
        "name": "City Docks till 1",
        "code": "CD123456-1",
        "description": None,
        "business_unit_name": "Espresso Kitchen, City Docks",
        "unit_name": "Docks unit",
        "group_name": "Harbour",
    },
    "authorized_by_access_token": {
        "id": "T-CARD",
        "number": "17",
        "life_cycle_state": "EFFECTIVE",
        "authentication_code": CODE,
        "identifier": IDENTIFIER,
        "card_masked_number": "9500********9500",
        "classification": {"id": "CREDIT-CARDS", "name": "Credit cards", "alternative_code": "CCA"},
        **nothing(*(f"udf_string_{place}" for place in range(1, 8))),
        "udf_string_8": "silver",
        **nothing("udf_float_1", "udf_float_2", "udf_float_3", "udf_date_2", "udf_date_3", "udf_date_4"),
        "udf_float_4": 4,
        "udf_date_1": "2016-03-24T15:49:59",
    },
    "log_information": LOG,
    "invoice": {
        "id": "INV-7",
        "number": "2019-0007",
        "reference_number": "7",
        "life_cycle_state": "POSTED",
        "issued_on": "2019-10-30T08:00:00",
        "posted_on": "2019-10-30T08:01:00",
        "due_on": "2019-11-30T08:00:00",
        "total_amount": Decimal("120.5"),
        "outstanding_amount": Decimal("20.5"),
        "unsettled_amount": Decimal("0.5"),
        "currency_rate_period": {
            "id": "PTS-2010",
            "rate": 100,
            "inverse_rate": Decimal("0.01"),
            "from_date": "2010-01-01T00:00:00",
            "to_date": None,
            "currency": PTS,
        },
    },
    "instant_spend_request": INSTANTLY,
    "automatic_spend_request": None,
    "currency": EUR,
    "payment_medium_brand": {
        "id": "F7B18DE5D55E452C81AF6F1EAD3E934C",
        "name": "VISA",
        "alternative_code": "V",
        "description": "Payment Medium Brand 1: Visa",
    },
    "payment_medium_type": {
        "id": "0EC912D6358341B4BAE55CFA70FE0F2D",
        "name": "Credit Card",
        "alternative_code": "CC",
        "description": "Payment Medium Type 1: Credit Card",
    },
    "products_set": [
        {
            "id": ID,
            "quantity": 2,
            "net_amount": Decimal("14.15"),
            "vat_amount": Decimal("1.04"),
            "total_amount": Decimal("15.19"),
            **nothing("intended_product_identifier", "intended_product_value"),
            "product": {
                "id": "E0B2C4D6F8A01B3C5D7E9F1A2B4C6D8E",
                "code": "FREDESPR001",
                "alternative_code": "FE1",
                "description": "Freddo espresso",
                **nothing("priority_level", "global_rate"),
                "product_type": {
                    "id": "COFFEE",
                    "name": "Coffee",
                    "alternative_code": "COFFEE",
                    "classification": "PHYSICALGOODS",
                    "physical_good_type": "NONTRACEABLE",
                    "composition_method": "FLAT",
                    "used_for_provisioning": False,
                    **nothing("description", "service_type", "udr_type", "meter_reading_type"),
                },
            },
        }
    ],
    "award_reward_transactions_set": [award("3.54", 71), award("5", 100), award("2.5", 50)],
    "spend_reward_transactions_set": [spend("SPEND_INSTANTLY", 5), spend("SPEND_ON_REQUEST", 10)],
    "spend_requests_set": [INSTANTLY, ON_REQUEST],
}
"""What is answered to `PURCHASE`, field by field."""

OTHERWISE: Mapping[str, tuple[str, Any]] = {
    "requested_spend_amount": ("in points", None),
    "requested_spend_alternative_amount": ("in points", 300),
    "total_additional_spend_alternative_amount": ("in points", 300),
    "disable_instant_spend": ("automatic", True),
    "process_immediately": ("automatic", None),
    "total_instant_spend_amount": ("automatic", 0),
    "total_automatic_spend_amount": ("automatic", 3),
    "total_automatic_spend_alternative_amount": ("automatic", 300),
    "total_spend_amount": ("automatic", 3),
    "instant_spend_request": ("automatic", None),
    "automatic_spend_request": ("automatic", AUTOMATICALLY),
    "spend_reward_transactions_set": ("automatic", [spend("SPEND_AUTOMATICALLY", 3, **ROBOTS)]),
    "spend_requests_set": ("automatic", [AUTOMATICALLY]),
}
"""Fields that no one purchase can show in full: what they hold in the answer to another one."""


@pytest.fixture(scope="module")
def posted(lasting: tuple[Functions, DynamoTable]) -> Mapping[str, Any]:
    """Return the answer to each purchase, all posted once."""
    warm, table = lasting
    bring(table, CLASSIFICATION, CARD, SCHEME, INSTANT, UNIT, INVOICE, ROBOT, SAVINGS)
    functions = Functions(api_key=warm.api_key)
    issued = functions.call("issue_token", headers={"api_key": functions.api_key}, context={}).body["data"]["token"]
    bodies = {"full": PURCHASE, "in points": IN_POINTS, "automatic": AUTOMATIC}

    def call(name: str, body: Mapping[str, Any]) -> Any:
        answer = functions.call(name, {**body, "token": issued}, context={})
        assert answer.status == 200, answer.body
        return answer.body["data"]

    answers = {name: call("classic_create_purchase", body) for name, body in bodies.items()}
    created = call("classic_create_spend", SPENDING)["purchase_customer_event"]
    shown = call("classic_show_purchase", {"customer_event_identifier": {"id": created["id"]}})
    return {**answers, "create spend": created, "create spend, shown": shown}


def test_each_of_the_contracts_69_fields_is_answered_and_no_other(posted: Mapping[str, Any]) -> None:
    assert len(FIELDS) == 69
    assert set(FIELDS) == set(fields_of(5, "### Response")) == set(posted["full"])


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_holds_what_it_should(posted: Mapping[str, Any], name: str) -> None:
    assert posted["full"][name] == FIELDS[name]


@pytest.mark.parametrize("name", OTHERWISE)
def test_a_field_holds_something_else_in_the_answer_to_another_purchase(posted: Mapping[str, Any], name: str) -> None:
    purchase, value = OTHERWISE[name]

    assert posted[purchase][name] == value


@pytest.mark.parametrize("name", FIELDS)
def test_what_create_spend_posts_is_what_create_posts(posted: Mapping[str, Any], name: str) -> None:
    otherwise = {"external_system_reference_number": "POS-9", "terminal_identifier": None}
    told = otherwise.get(name, FIELDS[name])

    assert posted["create spend, shown"][name] == told
    if name in CreatedPurchase.__annotations__:
        assert posted["create spend"][name] == told


def test_create_spend_answers_nothing_else(posted: Mapping[str, Any]) -> None:
    assert set(posted["create spend"]) == set(CreatedPurchase.__annotations__)
