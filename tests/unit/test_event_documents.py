"""Documents of events: what is written is read as it was, to the last digit; so is what earlier versions wrote."""

import zlib
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty import exactjson
from loyalty.domain.events.documents import (
    AskedSpend,
    PostedAward,
    PostedLine,
    PostedSpend,
    PostedVoucher,
    PurchaseDocument,
    ReturnedQuantity,
    ReversalDocument,
)
from loyalty.domain.ledger.uses import UNRECORDED, Use
from loyalty.domain.ledger.wallet import EventType
from loyalty.domain.pricing.exchange import Amounts
from loyalty.domain.pricing.plan import Share, Verdict
from loyalty.domain.pricing.spends import SpendMethod
from loyalty.domain.programme.award_rules import AwardCurrency, Method
from loyalty.domain.programme.spend_settings import ReductionMethod
from loyalty.domain.purchases.purchase import RowOrigin
from loyalty.store import event_documents
from loyalty.store.event_documents import document_text, packed, read_document, stored_tree

MONEY = st.decimals(min_value=-(10**12), max_value=10**12, places=4)
TEXT = st.text(st.characters(codec="utf-8"), max_size=8)
BY_ID = st.dictionaries(TEXT, MONEY, max_size=3)
AMOUNTS = st.builds(Amounts, MONEY, MONEY, st.none() | MONEY)
USES = st.lists(st.builds(Use, TEXT, TEXT, st.integers(-9, 9), MONEY, TEXT, st.none() | st.integers(0, 9))).map(tuple)
GIVEN: dict[str, Any] = {
    "offer_id": TEXT,
    "offer_name": TEXT,
    "method": st.sampled_from(Method),
    "value": MONEY,
    "currency": st.sampled_from(AwardCurrency),
    "base": MONEY,
    "amounts": AMOUNTS,
    "shares": st.lists(st.builds(Share, st.integers(0, 999), MONEY), max_size=3).map(tuple),
}
AWARDS = st.builds(PostedAward, number=TEXT, expires=st.none() | TEXT, instant=st.booleans(), **GIVEN)
VOUCHERS = st.builds(PostedVoucher, id=TEXT, voucher_type_id=TEXT, voucher_type_name=TEXT, **GIVEN)
SPENDS = st.builds(
    PostedSpend, number=TEXT, request_number=TEXT, method=st.sampled_from(SpendMethod), amounts=AMOUNTS, lots=BY_ID
)
DETAILS = st.dictionaries(
    TEXT, TEXT | st.booleans() | st.integers(-(10**12), 10**12) | MONEY.filter(lambda one: one % 1)
)
PURCHASES = st.builds(
    PurchaseDocument,
    number=TEXT,
    contact_id=st.none() | TEXT,
    identity=st.lists(TEXT, max_size=3).map(tuple),
    upload=st.none() | st.builds(RowOrigin, TEXT, st.integers(1)),
    ids=st.dictionaries(TEXT, TEXT, max_size=3),
    details=DETAILS,
    lines=st.lists(st.builds(PostedLine, TEXT, TEXT, *[MONEY] * 4), max_size=3).map(tuple),
    requested=st.none() | st.builds(AskedSpend, st.none() | MONEY, st.none() | MONEY),
    reduction_method=st.sampled_from(ReductionMethod),
    awards=st.lists(AWARDS, max_size=2).map(tuple),
    vouchers=st.lists(VOUCHERS, max_size=2).map(tuple),
    spends=st.lists(SPENDS, max_size=2).map(tuple),
    budgets=BY_ID,
    counted_code=st.none() | TEXT,
    uses=USES,
    why=st.lists(st.builds(Verdict, TEXT, st.none() | TEXT), max_size=3).map(tuple),
)
REVERSALS = st.builds(
    ReversalDocument,
    reverses=TEXT,
    lines=st.lists(st.builds(ReturnedQuantity, st.integers(0, 999), MONEY), max_size=3).map(tuple),
    waived=MONEY,
    completes=st.none() | st.booleans(),
    uses=USES,
    budgets=BY_ID,
    counted_codes=st.lists(TEXT, max_size=2).map(tuple),
    settled=BY_ID,
    outstanding=BY_ID,
    forgiven=BY_ID,
)


@given(PURCHASES)
def test_a_purchase_is_read_as_it_was_written(document: PurchaseDocument) -> None:
    assert read_document(EventType.PURCHASE, packed(document_text(document))) == document


@given(REVERSALS, st.sampled_from([EventType.CANCELLATION, EventType.RETURN]))
def test_a_reversal_is_read_as_it_was_written(document: ReversalDocument, kind: EventType) -> None:
    assert read_document(kind, packed(document_text(document))) == document


@pytest.mark.parametrize("kind", [EventType.EXPIRY, EventType.ADJUSTMENT])
def test_an_event_whose_entry_tells_all_has_no_document(kind: EventType) -> None:
    assert read_document(kind, packed(document_text(None))) is None


def test_what_comes_to_nothing_is_not_written() -> None:
    text = zlib.decompress(packed(document_text(PurchaseDocument(number="1")))).decode()

    assert text == '{"number":"1"}'


def test_that_a_reversal_completes_nothing_is_written_all_the_same() -> None:
    document = ReversalDocument(reverses="E", lines=(), waived=Decimal(0), completes=False)

    assert '"completes":false' in zlib.decompress(packed(document_text(document))).decode()


def test_uses_of_the_first_version_have_neither_currency_nor_limits() -> None:
    found = stored(EventType.PURCHASE, {"number": "1", "uses": [["OFFER", "2026-01", 1, Decimal("2.50")]]})

    assert found.uses == (Use("OFFER", "2026-01", 1, Decimal("2.50"), UNRECORDED, None, None),)


def test_a_reversal_of_the_first_version_tells_nothing_of_limits() -> None:
    found = stored(EventType.CANCELLATION, {"reverses": "E", "lines": [], "waived": 0})

    assert not found.tells_of_limits


def test_the_one_promo_code_of_an_earlier_version_counts_like_those_of_later_ones() -> None:
    found = stored(EventType.RETURN, {"reverses": "E", "lines": [[0, 1]], "waived": 0, "counted_code": "SPRING"})

    assert found.codes == ("SPRING",)
    assert found.tells_of_limits


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_is_not_written(amount: str) -> None:
    with pytest.raises(ValueError, match="malformed"):
        packed(document_text(PurchaseDocument(number="1", budgets={"B": Decimal(amount)})))


def test_a_text_may_say_that_something_is_no_number() -> None:
    document = PurchaseDocument(number="1", details={"description": "NaN or Infinity"})

    assert read_document(EventType.PURCHASE, packed(document_text(document))) == document


MAX_TEXT_BYTES = 1000
TEXT_OF_ONE = document_text(PurchaseDocument(number="1"))
KINDS_OF_DAMAGE = {
    "something behind it": packed(TEXT_OF_ONE) + b"x",
    "another one behind it": packed(TEXT_OF_ONE) * 2,
    "an end that is missing": packed(TEXT_OF_ONE)[:-1],
    "more than any event has": packed(TEXT_OF_ONE[:-1] + b" " * MAX_TEXT_BYTES + b"}"),
}


@pytest.mark.parametrize("damage", KINDS_OF_DAMAGE)
def test_what_is_no_whole_document_is_not_read(damage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_documents, "MAX_TEXT_BYTES", MAX_TEXT_BYTES)
    for read in (partial(read_document, EventType.PURCHASE), stored_tree):
        with pytest.raises(ValueError, match="no document"):
            read(KINDS_OF_DAMAGE[damage])


def test_the_largest_document_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_documents, "MAX_TEXT_BYTES", MAX_TEXT_BYTES)
    text = TEXT_OF_ONE[:-1] + b" " * (MAX_TEXT_BYTES - len(TEXT_OF_ONE)) + b"}"

    assert read_document(EventType.PURCHASE, packed(text)) == PurchaseDocument(number="1")


def stored(kind: EventType, document: dict[str, Any]) -> Any:
    """Return what is read of a document that an earlier version stored."""
    return read_document(kind, zlib.compress(exactjson.dumps(document).encode()))
