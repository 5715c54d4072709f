"""Accounts: whose wallet it is, and what it pays without being asked."""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any, Self

from msgspec import Struct

from loyalty.domain.money import decimal_in


class LifeCycle(StrEnum):
    """State of an account (contract, accounts receivable)."""

    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    TERMINATED = "TERMINATED"


class AutomaticSpend(Struct, frozen=True):
    """When a wallet pays by itself; amounts in the system currency, None means no limit.

    `merchants` are ids of business units, each standing for all below it too; an empty set stands for everywhere.
    """

    minimum_wallet_balance: Decimal | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    merchants: frozenset[str] = frozenset()

    @classmethod
    def of(cls, account: Mapping[str, Any]) -> Self | None:
        """Return what an `account` record sets in `automatic_spend`; None if that is missing or not enabled."""
        setting = account.get("automatic_spend") or {}
        if not setting.get("enabled"):
            return None
        return cls(
            minimum_wallet_balance=decimal_in(setting, "minimum_wallet_balance"),
            minimum=decimal_in(setting, "minimum_amount"),
            maximum=decimal_in(setting, "maximum_amount"),
            merchants=frozenset(setting.get("merchants") or ()),
        )


class Account(Struct, frozen=True):
    """The owner of a wallet.

    Attributes:
        id: its id.
        number: its number.
        name: its name, if it has one.
        contact_id: the id of its contact, if it has one.
        life_cycle_state: whether it accepts purchases.
        currency_id: the wallet's currency; None for the system currency.
        classification_id: its classification, if it has one.
        automatic_spend: what the wallet pays without a request; None if it pays on request only.
    """

    id: str
    number: str
    name: str | None
    contact_id: str | None
    life_cycle_state: LifeCycle
    currency_id: str | None
    classification_id: str | None
    automatic_spend: AutomaticSpend | None = None
