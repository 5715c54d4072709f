"""What no single field of a record tells: whether it fits among the others, and on what was there."""

from loyalty.domain.errors import Code, Problem, Refused
from loyalty.usecases.programme_names import ProgrammeNames
from loyalty.usecases.record_said import Record

_FIXED = {
    "account": ("currency",),
    "business_unit": ("parent_business_unit",),
    "currency": ("role", "exponent"),
    "voucher_type": ("value_options",),
}
"""What stays as it was first imported: ids of events are derived from it, and balances are kept in it."""


def check_sense(record: Record, old: Record | None, programme: ProgrammeNames) -> None:
    """Let only a record pass that makes sense in the place of `old`.

    Raises:
        Refused: INVALID.
    """
    parent = programme.record("business_unit", record.get("parent_business_unit"))
    if parent and ("parent_business_unit" in parent or parent["id"] == record["id"]):
        description = f"{parent['id']} is no merchant; outlets belong to merchants."
        raise Refused(Problem(Code.INVALID, description, "/parent_business_unit"))
    voucher_type = programme.record("voucher_type", record.get("voucher_type"))
    if voucher_type and ("award" in record) == ("value" in voucher_type):
        description = "An offer of vouchers has an award if their value is VARIABLE, and none if it is FIXED."
        raise Refused(Problem(Code.INVALID, description, "/award"))
    changed = [name for name in _FIXED.get(record["type"], ()) if old and old.get(name) != record.get(name)]
    if changed:
        reason = "This cannot be changed: events rest on it."
        raise Refused(*(Problem(Code.INVALID, reason, f"/{name}") for name in changed))
