"""What a partner is told of the programme, by every route: of others' merchants and of drafts, exactly what it would be
told if there were none."""

from dataclasses import replace
from typing import Any

import pytest

from loyalty import exactjson
from loyalty.domain.access.partner import Scope
from loyalty.store.dynamo_table import DynamoTable
from loyalty.usecases.access.api_keys import KeyRequest, create_key
from loyalty.usecases.engine import Engine
from tests.cards import CAMPAIGN, PROMO_CODE, bring
from tests.functional.conftest import NOW, Answer, Functions, example
from tests.moto_table import fill, kept

ROUTES = ("preview_purchase", "classic_preview_purchase", "create_purchase", "classic_create_purchase")
EK, MRA = "EK123456", "MRA"
PRICEY = {"minimum_total_amount": 1000}
LIMITS = {"per_account_amount": 1, "period": "P1D", "budget": 1}
NOT_EFFECTIVE = {"life_cycle_state": "NOT_EFFECTIVE"}
FUTURE = {"effective_from": "2150-01-01T00:00:00"}
PARTNER = {"type": "partner", "id": "PARTNER", "name": "Partner"}
MRA_TILL = {"type": "tap", "id": "MRA-TILL", "name": "A till of others", "business_unit": MRA}
EK_TILL = {"type": "tap", "id": "EK-TILL", "name": "A till", "business_unit": EK}


def scheme(scheme_id: str, **fields: Any) -> dict[str, Any]:
    return {"type": "reward_scheme", "id": scheme_id, "name": scheme_id, **fields}


def campaign(campaign_id: str, **fields: Any) -> dict[str, Any]:
    return CAMPAIGN | {"id": campaign_id, "name": campaign_id, **fields}


def offer(offer_id: str, scheme: str = "SALES", **fields: Any) -> dict[str, Any]:
    """Return an offer of 1 on each purchase."""
    award = {"method": "FIXED", "value": 1}
    return {"type": "reward_offer", "id": offer_id, "name": offer_id, "scheme": scheme, "award": award, **fields}


FOREIGN = [
    MRA_TILL,
    scheme("OF-OTHERS", merchants=[MRA]),
    offer("AT-OTHERS", conditions={"business_units": [MRA]}),
    offer("AT-AN-OUTLET-OF-OTHERS", conditions={"business_units": ["MRA-1"]}, limits=LIMITS),
    offer("AT-A-TILL-OF-OTHERS", conditions={"taps": ["MRA-TILL"]}),
    offer("OF-A-SCHEME-OF-OTHERS", scheme="OF-OTHERS", limits=LIMITS),
    offer("HERE-OF-A-SCHEME-OF-OTHERS", scheme="OF-OTHERS", conditions={"business_units": [EK]}),
    offer("HERE-AT-A-TILL-OF-OTHERS", conditions={"business_units": [EK, MRA], "taps": ["MRA-TILL"]}),
]
DRAFTS = [
    scheme("SCHEME-OFF", **NOT_EFFECTIVE),
    scheme("SCHEME-TO-BE", **FUTURE),
    campaign("CAMPAIGN-OFF", **NOT_EFFECTIVE),
    campaign("CAMPAIGN-TO-BE", **FUTURE),
    offer("OFF", **NOT_EFFECTIVE),
    offer("TO-BE", **FUTURE, limits=LIMITS),
    offer("OF-A-SCHEME-OFF", scheme="SCHEME-OFF", limits=LIMITS),
    offer("OF-A-SCHEME-TO-BE", scheme="SCHEME-TO-BE"),
    offer("OF-A-CAMPAIGN-OFF", conditions={"promotion_campaign": "CAMPAIGN-OFF"}),
    offer("OF-A-CAMPAIGN-TO-BE", conditions={"promotion_campaign": "CAMPAIGN-TO-BE"}),
]
OWN = [
    EK_TILL,
    scheme("OF-US-TOO", merchants=[MRA, EK]),
    campaign("SUMMER"),
    offer("EVERYWHERE", conditions=PRICEY),
    offer("HERE", conditions={"business_units": [EK], **PRICEY}),
    offer("HERE-AND-AT-OTHERS", scheme="OF-US-TOO", conditions=PRICEY),
    offer("AT-ANOTHER-TILL", conditions={"taps": ["EK-TILL"]}),
    offer("OF-A-CAMPAIGN", conditions={"promotion_campaign": "SUMMER"}),
    offer("OVER", effective_to="2016-01-01T00:00:00"),
]
WHY_OWN = {
    "OFFER-5PC": None,
    "OFFER-WELCOME": None,
    "EVERYWHERE": "minimum_total_amount",
    "HERE": "minimum_total_amount",
    "HERE-AND-AT-OTHERS": "minimum_total_amount",
    "AT-ANOTHER-TILL": "taps",
    "OF-A-CAMPAIGN": "promotion_campaign",
    "OVER": "effective",
}


class Desk:
    """Calls of a partner, under whatever programme there is."""

    def __init__(self, table: DynamoTable, functions: Functions, patch: pytest.MonkeyPatch) -> None:
        self.table = table
        self._functions = functions
        self._patch = patch
        bring(table, PARTNER)

    def import_records(self, *records: dict[str, Any]) -> None:
        """Import records, and let all containers know."""
        bring(self.table, *records)
        for name in (*ROUTES, "show_purchase"):
            self._patch.setattr(self._functions.module(name), "engine", Engine.on(self.table))

    def of(self, merchant: str) -> Functions:
        """Return the functions, with a key of the partner for one merchant, or `*`."""
        key, _ = create_key(KeyRequest("PARTNER", [merchant], list(Scope), request=merchant), table=self.table, now=NOW)
        return replace(self._functions, api_key=key)

    def told(self, merchant: str, *records: dict[str, Any]) -> list[Answer]:
        """Return what the holder of a key for a merchant is told of a purchase under the demo programme with these
        records: by previews, and, once it is posted, by what shows it. All is left as it was."""
        before = kept(self.table)
        self.import_records(*records, PARTNER)
        functions = self.of(merchant)
        answers = [answered(functions, name, explain=True) for name in ROUTES[:3]]
        event = {"id": answers[-1].body["id"]}
        answers.append(functions.call("show_purchase", path=event, query={"explain": "true"}))
        assert [answer.status for answer in answers] == [200] * 4
        answers[-1].body["posted_on"] = None
        fill(self.table, before)
        return answers


def answered(functions: Functions, name: str, place: str = EK, *, explain: bool = False, **fields: Any) -> Answer:
    """Return what a purchase at a merchant is answered by a route of either API."""
    if not name.startswith("classic"):
        body = example("create_v5_1.request") | {"merchant_tap": {"code": place}} | fields
        if place != EK:
            body |= {"outlet_tap": None}
        return functions.call(name, body | ({"explain": True} if explain and name.startswith("preview") else {}))
    issued = functions.call("issue_token", headers={"api_key": functions.api_key}, context={})
    body = {
        **example("preview_2.request"),
        **issued.body["data"],
        "accounts_receivable_identifier": {"access_token_identifier": {"authentication_code": "4A30966F684B0269AD91"}},
        "performed_by_unit_identifier": None,
        "performed_by_business_unit_identifier": {"code": place},
        "products_set": [
            {"product_identifier": {"code": "FREDESPR001"}, "net_amount": 20, "vat_amount": 0, "total_amount": 20}
        ],
    }
    return functions.call(name, body | fields, context={})


def why(answer: Answer) -> dict[str, str | None]:
    return {verdict["offer_id"]: verdict["failed"] for verdict in answer.body["why"]}


@pytest.fixture
def desk(demo: DynamoTable, functions: Functions, monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(demo, functions, monkeypatch)


@pytest.mark.parametrize("records", [FOREIGN, DRAFTS], ids=["others", "drafts"])
def test_an_offer_bound_to_others_merchants_and_a_draft_are_told_of_as_if_there_were_none(
    desk: Desk, records: list[dict[str, Any]]
) -> None:
    assert desk.told(EK, *records) == desk.told(EK)


def test_an_offer_of_the_partners_merchants_is_told_with_what_kept_it_from_applying(desk: Desk) -> None:
    previewed, _, _, shown = desk.told(EK, *OWN)

    assert why(previewed) == WHY_OWN
    assert why(shown) == WHY_OWN


def test_a_key_for_all_merchants_is_told_of_the_offers_of_all_but_of_no_drafts(desk: Desk) -> None:
    previewed, *_ = answers = desk.told("*", *FOREIGN, *DRAFTS)

    assert {record["id"] for record in FOREIGN if record["type"] == "reward_offer"} < why(previewed).keys()
    assert answers == desk.told("*", *FOREIGN)


@pytest.mark.parametrize("records", [FOREIGN, DRAFTS, OWN], ids=["others", "drafts", "own"])
def test_what_is_left_untold_changes_no_price_so_that_a_preview_is_what_posting_does(
    desk: Desk, records: list[dict[str, Any]]
) -> None:
    previewed, _, _, shown = desk.told(EK, *records)

    for name in ("awards", "spends", "net_amount", "tax_amount", "total_amount"):
        assert previewed.body[name] == shown.body[name]
    assert [award["offer_id"] for award in shown.body["awards"]] == ["OFFER-5PC", "OFFER-WELCOME"]


def test_where_there_is_nothing_to_tell_that_is_told(desk: Desk) -> None:
    desk.import_records({"type": "business_unit", "id": "NEW", "name": "New", "code": "NEW"})

    assert answered(desk.of("NEW"), "preview_purchase", "NEW", explain=True).body["why"] == []


CODES: dict[str, tuple[dict[str, Any], dict[str, Any], int]] = {
    "IN-FORCE": ({}, {}, 200),
    "USED-UP": ({"maximum_uses": 1}, {}, 400),
    "OFF": (NOT_EFFECTIVE, {}, 400),
    "OVER": ({"effective_to": "2016-01-01T00:00:00"}, {}, 400),
    "OF-A-CAMPAIGN-OFF": ({}, NOT_EFFECTIVE, 400),
    "OF-A-CAMPAIGN-TO-BE": ({}, FUTURE, 400),
}
"""By promo code: what its record and its campaign's say, and the answer to a purchase with it at its own merchant."""


def bound_code(code: str, *, at: str, fields: dict[str, Any], of: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a promo code that an offer at a merchant is there for."""
    conditions = {"promotion_campaign": f"C-{code}", "business_units": [at]}
    named = {"id": f"PC-{code}", "code": code, "promotion_campaign": f"C-{code}"}
    return [campaign(f"C-{code}", **of), PROMO_CODE | named | fields, offer(f"O-{code}", conditions=conditions)]


@pytest.mark.parametrize("name", ROUTES)
def test_a_promo_code_of_anothers_merchant_is_answered_as_one_that_does_not_exist(desk: Desk, name: str) -> None:
    for code, (fields, of, _) in CODES.items():
        desk.import_records(*bound_code(code, at=EK, fields=fields, of=of))
    ours, others = desk.of(EK), desk.of(MRA)
    assert answered(ours, "create_purchase", reference_number="THE-ONE-USE", promo_code="USED-UP").status == 200

    absent = answered(others, name, MRA, promo_code="ABSENT")

    assert absent.status == 404
    for code, (_, _, status) in CODES.items():
        assert answered(ours, name, reference_number=code, promo_code=code).status == status
        foreign = answered(others, name, MRA, promo_code=code)
        told = exactjson.dumps([foreign.status, foreign.headers, foreign.body]).replace(code, "ABSENT")
        assert told == exactjson.dumps([absent.status, absent.headers, absent.body])


def test_a_promo_code_is_not_used_up_by_whoever_guesses_it_at_another_merchant(desk: Desk) -> None:
    desk.import_records(*bound_code("ONCE", at=EK, fields={"maximum_uses": 1}, of={}))

    assert answered(desk.of(MRA), "create_purchase", MRA, promo_code="ONCE").status == 404
    assert answered(desk.of(EK), "create_purchase", promo_code="ONCE").status == 200


def test_what_was_posted_with_a_promo_code_is_known_again_once_the_code_is_anothers(desk: Desk) -> None:
    desk.import_records(*bound_code("MOVED", at=EK, fields={}, of={}))
    posted = answered(desk.of(EK), "create_purchase", promo_code="MOVED")
    desk.import_records(*bound_code("MOVED", at=MRA, fields={}, of={}))

    again = answered(desk.of(EK), "create_purchase", promo_code="MOVED")

    assert (again.status, again.body) == (200, posted.body)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert answered(desk.of(EK), "create_purchase", promo_code="MOVED", reference_number="NEW").status == 404


def test_a_promo_code_of_several_merchants_is_taken_at_each_of_them(desk: Desk) -> None:
    at_others = bound_code("SHARED", at=MRA, fields={}, of={})[-1] | {"id": "AT-MRA", "name": "At MRA"}
    desk.import_records(*bound_code("SHARED", at=EK, fields={}, of={}), at_others)

    for merchant in (EK, MRA):
        assert answered(desk.of(merchant), "preview_purchase", merchant, promo_code="SHARED").status == 200
