"""The states of vouchers."""

from enum import StrEnum


class VoucherState(StrEnum):
    """State of a voucher that an offer gave; VOIDED where its purchase was taken back."""

    ISSUED = "ISSUED"
    VOIDED = "VOIDED"
