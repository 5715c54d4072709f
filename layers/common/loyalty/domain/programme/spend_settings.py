"""What an organisation allows wallets to pay, and what a customer wants paid without asking."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Self


class ReductionMethod(StrEnum):
    """Who takes an instant or automatic spend off the price (contract, preview)."""

    FRONT_END = "FRONT_END_REDUCTION"
    BACK_END = "BACK_END_REDUCTION"


@dataclass(frozen=True, slots=True)
class SpendSettings:
    """Whether a wallet may pay, and how much each spend may take (system currency; None means no limit)."""

    allow_spending: bool = True
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    reduction_method: ReductionMethod = ReductionMethod.FRONT_END

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Self:
        """The settings of a `spend_settings` record."""
        return cls(
            allow_spending=record["allow_spending"],
            minimum=decimal_in(record, "minimum_spend_amount_per_transaction"),
            maximum=decimal_in(record, "maximum_spend_amount_per_transaction"),
            reduction_method=ReductionMethod(record["reduction_method"]),
        )


@dataclass(frozen=True, slots=True)
class AutomaticSpend:
    """When a wallet pays by itself; amounts in the system currency, None means no limit.

    `merchants` are ids of business units, each standing for all below it too; an empty set stands for everywhere.
    """

    minimum_wallet_balance: Decimal | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    merchants: frozenset[str] = frozenset()

    @classmethod
    def of(cls, account: Mapping[str, Any]) -> Self | None:
        """What an `account` record sets in `automatic_spend`; None where that is missing or not enabled."""
        setting = account.get("automatic_spend") or {}
        if not setting.get("enabled"):
            return None
        return cls(
            minimum_wallet_balance=decimal_in(setting, "minimum_wallet_balance"),
            minimum=decimal_in(setting, "minimum_amount"),
            maximum=decimal_in(setting, "maximum_amount"),
            merchants=frozenset(setting.get("merchants") or ()),
        )


def decimal_in(record: Mapping[str, Any], name: str) -> Decimal | None:
    """An amount that a record may have; it may have been read back as an int."""
    return None if record.get(name) is None else Decimal(record[name])
