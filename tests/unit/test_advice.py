"""What is said to do about a rule that does not hold."""

import pytest

from loyalty.domain.ledger.rules import NUMBERED
from loyalty.domain.proofs.audit import PURCHASES_COUNTED
from loyalty.domain.proofs.chain_audit import AS_POSTED, FORM_KNOWN, HASHED_ON, HEAD_KEPT, PERSON_AS_POSTED
from loyalty.usecases.proofs.advice import BY_HAND, advice_for
from loyalty.usecases.proofs.legible import READABLE
from loyalty.usecases.proofs.verify_counterparts import NAMES_LEAD, POINTERS_LEAD, VOUCHERS_KEPT
from loyalty.usecases.proofs.verify_counters import COUNTERS_COUNT, WITHIN
from loyalty.usecases.proofs.verify_keys import TWICE
from loyalty.usecases.proofs.verify_numbers import NOT_GIVEN_AGAIN
from loyalty.usecases.proofs.verify_programme import AS_WRITTEN
from loyalty.usecases.proofs.verify_records import OWN_ITEM
from loyalty.usecases.proofs.verify_references import COUNTED
from loyalty.usecases.proofs.verify_wallets import IN_EXPIRY_INDEX

OF_THEIR_OWN = {
    NUMBERED: "verify again",
    AS_POSTED: "put in by hand",
    PERSON_AS_POSTED: "finish erasing",
    HASHED_ON: "one version everywhere",
    FORM_KNOWN: "prove the table with that version",
    HEAD_KEPT: "set back",
    READABLE: "Put the item back",
    TWICE: "or a new export",
    IN_EXPIRY_INDEX: "Post anything to this wallet",
    VOUCHERS_KEPT: "Put the item right",
    AS_WRITTEN: "import any record",
    NAMES_LEAD: "under this name",
    POINTERS_LEAD: "Put the item right",
    OWN_ITEM: "by this id",
    COUNTED: "Set `used` and `event_id`",
    COUNTERS_COUNT: "what the journal says",
    NOT_GIVEN_AGAIN: "Set the counter above",
    WITHIN: "if the limit was lowered",
}


@pytest.mark.parametrize("rule", OF_THEIR_OWN)
def test_what_has_a_cure_of_its_own_is_told_with_it(rule: str) -> None:
    assert OF_THEIR_OWN[rule] in advice_for(rule)
    assert advice_for(rule) != BY_HAND


@pytest.mark.parametrize("rule", [PURCHASES_COUNTED, "any other rule"])
def test_where_nothing_leads_to_it_somebody_wrote_to_the_table(rule: str) -> None:
    assert advice_for(rule) == BY_HAND
    assert "who else may write to the table" in BY_HAND
