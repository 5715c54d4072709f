"""Checks of a record beyond single fields: whether it fits to other records, and to its previous version."""

from loyalty.domain.errors import Code, Problem, Refused
from loyalty.domain.programme.award_rules import AwardCurrency
from loyalty.usecases.reference.programme_names import ProgrammeNames
from loyalty.usecases.reference.record_of_row import Record

_FIXED = {
    "account": ("currency",),
    "business_unit": ("parent_business_unit",),
    "currency": ("role", "exponent"),
    "voucher_type": ("value_options",),
}
"""Fields that stay as they were first imported: ids of events are derived from them, or balances are kept in them."""


def check_sense(record: Record, old: Record | None, programme: ProgrammeNames) -> None:
    """Check that a record makes sense as the successor of `old`.

    Raises:
        Refused: INVALID.
    """
    parent = programme.record("business_unit", record.get("parent_business_unit"))
    if parent and ("parent_business_unit" in parent or parent["id"] == record["id"]):
        description = f"{parent['id']} is not a merchant. The parent of an outlet must be a merchant."
        raise Refused(Problem(Code.INVALID, description, "/parent_business_unit"))
    voucher_type = programme.record("voucher_type", record.get("voucher_type"))
    if voucher_type and ("award" in record) == ("value" in voucher_type):
        description = (
            "An offer of vouchers needs an award if their value is VARIABLE, and must have none if it is FIXED."
        )
        raise Refused(Problem(Code.INVALID, description, "/award"))
    if old and _award_currency(old) != _award_currency(record):
        description = (
            "Limits and budgets are counted in this currency, so it cannot be changed. Give this offer another id."
        )
        raise Refused(Problem(Code.INVALID, description, "/award/currency"))
    changed = [name for name in _FIXED.get(record["type"], ()) if old and old.get(name) != record.get(name)]
    if changed:
        reason = "This cannot be changed, as posted events depend on it."
        raise Refused(*(Problem(Code.INVALID, reason, f"/{name}") for name in changed))


def _award_currency(record: Record) -> AwardCurrency:
    """Return the currency of an offer's award; vouchers without one are in the system currency, as all else is."""
    return AwardCurrency((record.get("award") or {}).get("currency", AwardCurrency.SYSTEM))
