"""A purchase on its way: what tells it from others, and what is written of it, all of it and nothing else."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from loyalty.domain.access.partner import Partner
from loyalty.domain.errors import Code, Problem, Refused, not_found
from loyalty.domain.events.documents import AskedSpend, PostedLine, PurchaseDocument
from loyalty.domain.fingerprint import FORM, Fingerprint
from loyalty.domain.identity import Identity, Origin, derived_id, given_id, part_id
from loyalty.domain.ledger.wallet import EventType, JournalEntry, Wallet
from loyalty.domain.programme.spend_settings import ReductionMethod
from loyalty.domain.purchases.account import LifeCycle
from loyalty.domain.purchases.promo_code import PromoCode
from loyalty.domain.purchases.purchase import RequestedSpend, RowOrigin
from loyalty.store import keys
from loyalty.store.customers import Customer
from loyalty.store.events import Event
from loyalty.store.keys import Key
from loyalty.store.ledger import Effect, PreparedEvent
from loyalty.store.writes import Add, Delete, Put
from loyalty.usecases.ledger.post_events import PostedEvent
from loyalty.usecases.purchases.purchase_draft import PurchaseDraft
from loyalty.usecases.purchases.resolution import Resolved
from loyalty.usecases.purchases.shared_limits import budget_key, promo_code_key
from tests.book import Book
from tests.builders import AT, account, line, offer, programme, purchase

CODE = PromoCode("CODE", "CODE", "SUMMER", maximum_uses=2)
KNOWN = programme(
    {"type": "voucher_type", "id": "V", "name": "Coffee", "value_options": "VARIABLE"},
    offer("AWARD", method="FIXED", value="5", limits={"budget": 8, "per_account": 3}),
    offer("GIFT", method="FIXED", value="2", voucher_type="V", limits={"budget": 9}),
)
CUSTOMER = Customer(replace(account(), contact_id="C1"), Wallet("A1", version=4, balance=Decimal(30)))
IDENTITIES = {
    Origin.GIVEN: Identity(Origin.GIVEN, ("OWN",)),
    Origin.REFERENCE: Identity(Origin.REFERENCE),
    Origin.EXTERNAL: Identity(Origin.EXTERNAL, ("P", "POS", "7")),
    Origin.KEY: Identity(Origin.KEY, ("P", "K")),
    Origin.ROW: Identity(Origin.ROW, ("P", "ROW")),
    Origin.CONTENT: Identity(Origin.CONTENT, ("P", "C0FFEE", "ENTRY")),
    Origin.NUMBER: Identity(Origin.NUMBER),
}
OF_REFERENCE_NUMBER = derived_id(Origin.REFERENCE, "SHOP", "R-1")
OF_NUMBER = derived_id(Origin.NUMBER, "1")
UNUSED = defaultdict[Key, Decimal](Decimal)
OTHER = Fingerprint.of_fields({"other": 1})


def draft(origin: Origin = Origin.REFERENCE, *, request: Mapping[str, Any] = {}, **fields: Any) -> PurchaseDraft:
    """Return the draft of a purchase of 20 that asks to spend 3; `request` are other fields of what was asked for."""
    bought = purchase(line("20", quantity="2", tax="1"), spend="3", promo_code=CODE, outlet="DESK", tap_id="TAP")
    made = Book(KNOWN, CUSTOMER.account, CUSTOMER.wallet).purchase_draft(bought)
    asked = replace(made.request, identity=IDENTITIES[origin], reference_number="R-1", **request)
    resolved = Resolved(bought, "A1", {"invoice": "I"}, "UNIT", {}, None)
    return replace(made, **{"request": asked, "resolved": resolved, "now": AT + timedelta(minutes=5), **fields})


def prepared(of: PurchaseDraft) -> PreparedEvent:
    return of.prepare(CUSTOMER, UNUSED)


def posted(origin: Origin = Origin.REFERENCE, **fields: Any) -> Event:
    return prepared(draft(origin, **fields)).event


@pytest.mark.parametrize("origin", IDENTITIES)
def test_a_purchase_has_the_id_of_its_identity_and_claims_that_of_its_reference_number_where_it_gives_its_own(
    origin: Origin,
) -> None:
    one, own = draft(origin), IDENTITIES[origin].event_id("SHOP", "R-1", "1")

    assert one.event_id == own
    assert one.known_id == (None if origin is Origin.NUMBER else own)
    assert one.claimed_ids == ({own, OF_REFERENCE_NUMBER} if origin is Origin.GIVEN else {own})


@pytest.mark.parametrize(
    ("origin", "pointer"),
    [
        (Origin.GIVEN, OF_REFERENCE_NUMBER),
        (Origin.REFERENCE, None),
        (Origin.EXTERNAL, OF_NUMBER),
        (Origin.KEY, OF_NUMBER),
        (Origin.ROW, None),
        (Origin.CONTENT, OF_NUMBER),
        (Origin.NUMBER, None),
    ],
)
def test_the_id_that_callers_may_know_a_purchase_by_as_well_leads_to_it(origin: Origin, pointer: str | None) -> None:
    assert posted(origin).pointer == pointer


@pytest.mark.parametrize("origin", IDENTITIES)
def test_what_an_identity_is_made_of_is_kept_where_the_event_does_not_have_it_anyway(origin: Origin) -> None:
    kept = {one: IDENTITIES[one].parts for one in (Origin.EXTERNAL, Origin.KEY, Origin.ROW)}
    kept[Origin.CONTENT] = ("ENTRY",)

    assert posted(origin).purchase_document.identity == kept.get(origin, ())


def test_a_purchase_has_one_number_however_often_it_is_priced() -> None:
    one, other = draft(Origin.NUMBER), draft(Origin.NUMBER)
    other.numbers.take("purchase", 4)

    assert [prepared(one).event.purchase_document.number for _ in range(2)] == ["1", "1"]
    assert prepared(other).event.purchase_document.number == "5"


def test_everything_that_was_asked_for_and_what_came_of_it_is_on_the_event() -> None:
    details, row = {"description": "gift"}, RowOrigin("U", 7)
    one = draft(Origin.GIVEN, request={"row": row}, filed=True)
    one = replace(one, resolved=one.resolved._replace(details=details))

    made = prepared(one)

    event, document = made.event, made.event.purchase_document
    assert event == Event(
        entry=JournalEntry(
            account_id="A1",
            sequence=5,
            event_id=given_id("SHOP", "OWN"),
            type=EventType.PURCHASE,
            performed_on=AT,
            posted_on=AT + timedelta(minutes=5),
            reference_number="R-1",
            merchant_id="SHOP",
            movement=event.entry.movement,
            balance=Decimal(32),
            alternative_balance=None,
        ),
        origin=Origin.GIVEN,
        fingerprint=one.request.fingerprint.digest,
        form=FORM,
        partner_id="P",
        document=PurchaseDocument(
            number="1",
            contact_id="C1",
            upload=row,
            outlet_id="DESK",
            unit_id="UNIT",
            tap_id="TAP",
            ids={"invoice": "I"},
            details=details,
            lines=(PostedLine("P", "P", Decimal(2), Decimal(20), Decimal(1), Decimal(21)),),
            requested=AskedSpend(Decimal(3), None),
            reduction_method=ReductionMethod.FRONT_END,
            awards=document.awards,
            vouchers=document.vouchers,
            spends=document.spends,
            budgets={"AWARD": Decimal(5), "GIFT": Decimal(2)},
            counted_code="CODE",
            uses=event.entry.movement.uses,
            why=document.why,
        ),
        pointer=OF_REFERENCE_NUMBER,
        filed=True,
    )
    assert [(award.number, award.offer_id, award.amounts.system) for award in document.awards] == [
        ("1", "AWARD", Decimal(5))
    ]
    [voucher] = document.vouchers
    assert (voucher.id, voucher.offer_id) == (part_id(event.entry.event_id, "VOUCHER", 0), "GIFT")
    [spend] = document.spends
    assert (spend.number, spend.request_number, spend.amounts.system, spend.lots) == ("1", "1", Decimal(3), {})
    assert [verdict.failed for verdict in document.why] == [None, None]
    assert [use.subject for use in document.uses] == ["AWARD"]
    assert made.wallet == CUSTOMER.wallet.moved(event.entry.movement)


def test_the_lots_that_a_spend_takes_from_are_kept_to_be_given_back() -> None:
    wallet = Wallet("A1", version=1, balance=Decimal(30), booked={"2026-02": Decimal(2), "2026-03": Decimal(5)})

    [spend] = draft().prepare(replace(CUSTOMER, wallet=wallet), UNUSED).event.purchase_document.spends

    assert spend.lots == {"2026-02": 2, "2026-03": 1}


def test_who_takes_spends_off_the_price_is_kept_where_there_are_any_or_were_asked_for() -> None:
    settings = {"type": "spend_settings", "id": "S", "reduction_method": "BACK_END_REDUCTION"}
    silent = Book(programme(settings), CUSTOMER.account, CUSTOMER.wallet).purchase_draft(purchase(line("20")))
    asked = replace(silent, request=replace(silent.request, unspent_request=True))
    spending = replace(silent, resolved=silent.resolved._replace(purchase=purchase(line("20"), spend="3")))

    drafts = {"silent": silent, "asked": asked, "spending": spending}
    kept = {name: prepared(one).event.purchase_document for name, one in drafts.items()}

    assert {name: (one.reduction_method, one.unspent_request, len(one.spends)) for name, one in kept.items()} == {
        "silent": (ReductionMethod.FRONT_END, None, 0),
        "asked": (ReductionMethod.BACK_END, "1", 0),
        "spending": (ReductionMethod.BACK_END, None, 1),
    }


def test_what_is_written_beside_a_purchase_is_what_it_draws_on_gives_and_is_found_by() -> None:
    password = keys.one_time_password("0" * 64)
    resolved = draft().resolved._replace(one_time_password=password)

    made = prepared(draft(Origin.GIVEN, resolved=resolved, filed=True))

    event_id = given_id("SHOP", "OWN")
    voucher_id = part_id(event_id, "VOUCHER", 0)
    voucher = {
        "account_id": "A1",
        "event_id": event_id,
        "state": "ISSUED",
        "voucher_type_id": "V",
        "value": Decimal(2),
    }
    assert made.effects == (
        Effect(Add(budget_key("AWARD"), Decimal(5), Decimal(8))),
        Effect(Add(budget_key("GIFT"), Decimal(2), Decimal(9))),
        Effect(Add(promo_code_key("CODE"), 1, 2)),
        Effect(Put(keys.voucher(voucher_id), voucher)),
        Effect(
            Delete(password, condition="attribute_exists(pk)"),
            not_found("Account", "one-time password", "/contact_id"),
        ),
        Effect(Add(keys.reference_number("P", "R-1"), 1, attributes={"event_id": event_id})),
    )


def test_a_purchase_that_is_not_filed_and_shows_no_password_is_found_by_nothing_and_uses_none_up() -> None:
    made = prepared(draft())

    assert not made.event.filed
    assert [type(effect.write) for effect in made.effects] == [Add, Add, Add, Put]


def test_a_code_that_all_accounts_may_use_as_often_as_they_like_is_not_counted() -> None:
    resolved = draft().resolved
    uncounted = replace(CODE, maximum_uses=None)

    made = prepared(draft(resolved=resolved._replace(purchase=replace(resolved.purchase, promo_code=uncounted))))

    assert made.event.purchase_document.counted_code is None
    assert not [effect for effect in made.effects if effect.write.key == promo_code_key("CODE")]


@pytest.mark.parametrize("state", [state for state in LifeCycle if state is not LifeCycle.ACTIVE])
def test_an_account_that_is_not_active_buys_nothing(state: LifeCycle) -> None:
    inactive = replace(CUSTOMER, account=replace(CUSTOMER.account, life_cycle_state=state))

    with pytest.raises(Refused) as refused:
        draft().prepare(inactive, UNUSED)

    assert refused.value.problems == (Problem(Code.INVALID, f"The account is {state}.", "/contact_id"),)


def test_what_is_to_be_told_hears_of_the_event_before_it_is_posted() -> None:
    heard: list[PostedEvent] = []

    made = prepared(draft(before_posting=heard.append))

    assert heard == [PostedEvent(made.event, replayed=False)]


SHOP_ONLY, OTHERS = Partner("P", frozenset(), frozenset({"SHOP"})), Partner("P", frozenset(), frozenset({"OTHER"}))


@pytest.mark.parametrize(
    ("partner", "fingerprint", "posted_as"),
    [(SHOP_ONLY, None, True), (SHOP_ONLY, OTHER, False), (OTHERS, None, False)],
)
def test_a_purchase_is_posted_as_an_event_of_an_equal_request_that_its_partner_may_see(
    partner: Partner, fingerprint: Fingerprint | None, posted_as: bool
) -> None:
    request = {"fingerprint": fingerprint} if fingerprint else {}

    assert draft(partner=partner, request=request).is_posted_as(posted()) == posted_as


@pytest.mark.parametrize("origin", IDENTITIES)
@pytest.mark.parametrize("of", IDENTITIES)
@pytest.mark.parametrize("merchant", ["SHOP", "OTHER"])
def test_what_is_one_among_a_merchants_is_another_where_the_merchant_or_the_kind_is(
    origin: Origin, of: Origin, merchant: str
) -> None:
    event = posted(of)
    event = replace(event, entry=replace(event.entry, merchant_id=merchant))
    of_merchant = {Origin.GIVEN, Origin.REFERENCE}

    same = draft(origin).has_identity_of(event)

    assert same == (not of_merchant & {origin, of} or (origin is of and merchant == "SHOP"))


@pytest.mark.parametrize(
    ("origin", "field"),
    [
        (Origin.GIVEN, "/purchases/3/id"),
        (Origin.REFERENCE, "/purchases/3/reference_number"),
        (Origin.NUMBER, "/purchases/3/reference_number"),
        (Origin.EXTERNAL, "/purchases/3/external_system_reference_number"),
        (Origin.KEY, ""),
        (Origin.ROW, ""),
        (Origin.CONTENT, ""),
    ],
)
def test_a_duplicate_is_told_where_the_request_says_what_identifies_it(origin: Origin, field: str) -> None:
    description = "Another purchase with different content is already posted under this identity."
    one = draft(origin, request={"pointer": "/purchases/3"})

    assert one.duplicate_of(None) == one.duplicate_of(posted()) == Problem(Code.DUPLICATE, description, field)


def in_a_file(upload_id: str, number: int) -> dict[str, Any]:
    return {"request": {"row": RowOrigin(upload_id, number)}}


def test_the_duplicate_of_a_row_is_told_where_the_other_one_came_from() -> None:
    row = draft(**in_a_file("U", 9))
    told = {
        name: row.duplicate_of(posted(Origin.GIVEN, **fields)).description
        for name, fields in {"call": {}, "file": in_a_file("U", 2), "other file": in_a_file("V", 2)}.items()
    }

    assert told["file"].startswith("Row 2 of this file has the same reference number or id and was posted as OWN,")
    assert told["call"] == told["other file"]
    assert told["call"].startswith("This reference number or id is already posted as OWN, with different content.")


def test_where_the_other_purchase_is_unknown_or_not_to_be_seen_it_is_not_told_where_it_came_from() -> None:
    rival = posted(Origin.GIVEN, **in_a_file("U", 2))

    told = {
        draft(partner=partner, **fields).duplicate_of(other).description
        for partner, fields, other in (
            (OTHERS, in_a_file("U", 9), rival),
            (SHOP_ONLY, {}, rival),
            (SHOP_ONLY, in_a_file("U", 9), None),
        )
    }

    assert len(told) == 1
    assert "OWN" not in told.pop()


def test_a_spend_in_points_is_kept_as_it_was_asked_for() -> None:
    spend = RequestedSpend(None, Decimal(250), "/spend_request")
    one = draft(request={"spend": spend})

    assert posted(request={"spend": spend}).purchase_document.requested == AskedSpend(None, Decimal(250))
    assert one.request.spend == spend


def test_awards_and_spends_are_kept_with_numbers_of_their_own() -> None:
    two = programme(*(offer(name, method="FIXED", value="5") for name in ("A", "B")))
    one = draft(programme=two)
    one.numbers.take("award", 4)

    document = prepared(one).event.purchase_document

    assert [(award.offer_id, award.number) for award in document.awards] == [("A", "5"), ("B", "6")]
    assert [(spend.number, spend.request_number) for spend in document.spends] == [("1", "1")]
