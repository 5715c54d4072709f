"""Words that are stored with events and records, and told to callers: they stay what they are."""

from enum import StrEnum

import pytest

from loyalty.domain.identity import Origin
from loyalty.domain.ledger.uses import UNRECORDED
from loyalty.domain.ledger.vouchers import VoucherState
from loyalty.domain.ledger.wallet import LASTING, Clawback, EventType
from loyalty.domain.ledger.windows import FOR_EVER, LimitPeriod
from loyalty.domain.pricing.spends import SpendMethod
from loyalty.domain.programme.award_rules import AwardCurrency, Base, Method, Rounding
from loyalty.domain.programme.spend_settings import ReductionMethod
from loyalty.store.events import EventState
from loyalty.usecases.reversals.settlement import UNTOLD


def test_what_has_no_lot_no_period_no_currency_and_no_purchase_is_kept_under_an_empty_name() -> None:
    assert LASTING == FOR_EVER == UNRECORDED == UNTOLD == ""


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (AwardCurrency, "SYSTEM ALTERNATIVE"),
        (Base, "NET TOTAL"),
        (Clawback, "REFUSE WITHIN_BALANCE ALLOW_NEGATIVE"),
        (EventState, "POSTED CANCELLED"),
        (EventType, "PURCHASE ADJUSTMENT CANCELLATION RETURN EXPIRY"),
        (LimitPeriod, "P1D P1W P1M P1Y"),
        (Method, "PERCENTAGE FIXED PER_UNIT PER_STEP TIERED"),
        (
            Origin,
            "GIVEN REFERENCE EXTERNAL KEY ROW CONTENT NUMBER OPENING_BALANCE CANCELLATION RETURN EXPIRY",
        ),
        (ReductionMethod, "FRONT_END_REDUCTION BACK_END_REDUCTION"),
        (Rounding, "HALF_UP HALF_EVEN DOWN UP"),
        (SpendMethod, "SPEND_ON_REQUEST SPEND_INSTANTLY SPEND_AUTOMATICALLY"),
        (VoucherState, "ISSUED VOIDED"),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else None,
)
def test_a_word_is_the_one_that_earlier_versions_stored(words: type[StrEnum], expected: str) -> None:
    assert " ".join(word.value for word in words) == expected
