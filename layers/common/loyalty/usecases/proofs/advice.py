"""What to do about a rule that does not hold."""

from collections.abc import Mapping

from loyalty.domain.ledger.rules import NUMBERED
from loyalty.domain.proofs.chain_audit import AS_POSTED, FORM_KNOWN, HASHED_ON, HEAD_KEPT, PERSON_AS_POSTED
from loyalty.usecases.proofs.legible import READABLE, STAYS
from loyalty.usecases.proofs.verify_counterparts import NAMES_LEAD, POINTERS_LEAD, VOUCHERS_KEPT
from loyalty.usecases.proofs.verify_counters import COUNTERS_COUNT, WITHIN
from loyalty.usecases.proofs.verify_keys import TWICE
from loyalty.usecases.proofs.verify_numbers import NOT_GIVEN_AGAIN
from loyalty.usecases.proofs.verify_programme import AS_WRITTEN
from loyalty.usecases.proofs.verify_records import OWN_ITEM
from loyalty.usecases.proofs.verify_references import COUNTED
from loyalty.usecases.proofs.verify_wallets import IN_EXPIRY_INDEX

_COMPARE = "Compare it with an export or a restored copy of before, and put back what differs."
_AS_FOUND = "Put the item right as `found` tells, once you know from a copy of before which side was changed."

BY_HAND = f"No call of the engine leads to this: find out who else may write to the table. {_COMPARE}"

_ADVICE: Mapping[str, str] = {
    NUMBERED: f"If something was posted meanwhile, verify again, as the index may be late. Else: {_COMPARE}",
    AS_POSTED: f"The event, or the one before it, was changed, replaced or put in by hand. {_COMPARE}",
    PERSON_AS_POSTED: f"What names a person was changed, or erased in part: finish erasing it, or: {_COMPARE}",
    HASHED_ON: "If an older version posted it, deploy one version everywhere. If none did, its hash was taken out.",
    FORM_KNOWN: "A newer version wrote it: prove the table with that version.",
    HEAD_KEPT: f"The wallet was set back, or its last events were taken out. {_COMPARE}",
    READABLE: "Put the item back from a copy of before. Until then, calls that read it fail.",
    TWICE: "Somebody has changed the export, as no table has two items there: prove the table, or a new export.",
    STAYS: "Remove `expires_at` from the item. Once it is deleted, put it back from a copy of before.",
    IN_EXPIRY_INDEX: "Post anything to this wallet, which writes both attributes anew; until then it expires too late.",
    VOUCHERS_KEPT: _AS_FOUND,
    AS_WRITTEN: "If a record was changed by hand, put it right. Then import any record of the programme, to publish "
    "all of it.",
    NAMES_LEAD: f"{_AS_FOUND} Until then, callers may reach somebody else under this name.",
    POINTERS_LEAD: _AS_FOUND,
    OWN_ITEM: f"{_AS_FOUND} Until then, callers may reach somebody else by this id.",
    COUNTED: "Set `used` and `event_id` as `found` tells, while nothing is posted under this reference number.",
    COUNTERS_COUNT: "Set `used` to what the journal says, or remove the counter if no event used it, while nothing is "
    "posted that does.",
    NOT_GIVEN_AGAIN: "Set the counter above the number that `found` tells, then deploy anew: containers keep what they "
    "have leased.",
    WITHIN: "Nothing, if the limit was lowered since. If it never was higher: who else may write to the table?",
}


def advice_for(rule: str) -> str:
    """Return what to do where a rule does not hold."""
    return _ADVICE.get(rule, BY_HAND)
