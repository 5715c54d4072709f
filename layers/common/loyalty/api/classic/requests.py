"""The bodies of the classic API's operations (contract, operations 2 to 5), without their token.

Each operation has the fields that its table lists; what the table does not list is ignored (row 7). Business unit and
tap are the exception: they are taken wherever a unit is (row 34).
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field

from loyalty.api.classic.deprecation import Deprecated
from loyalty.api.classic.fields import (
    BasketFields,
    ClassicCall,
    EventFields,
    PurchaseFields,
    PurchaseUserDefinedFields,
    SpendAmounts,
    SpendRequest,
    Truth,
)
from loyalty.api.classic.identifiers import (
    AccessTokenIdentifier,
    AwardIdentifier,
    BusinessUnitIdentifier,
    ClassicModel,
    CurrencyIdentifier,
    CustomerEventIdentifier,
    InvoiceIdentifier,
    KnownTokenIdentifier,
    NamedAccount,
    NamedIdentifier,
    NamedParticipant,
    one_customer,
)
from loyalty.domain.errors import Code as ErrorCode
from loyalty.domain.errors import Problem
from loyalty.domain.fields import MAX_CODE, Code, PlaceTime
from loyalty.domain.validation import at_most_one

MAX_ENTRIES = 1000
"""Entries of one bulk call (contract, operation 2)."""

MAX_LINES_IN_BULK = 50_000
"""Lines of all entries of one bulk call: more than its body has room for, unless they are good for nothing but to keep
a function busy."""


class ClassicCreatePurchase(ClassicCall, PurchaseFields, EventFields, BasketFields, PurchaseUserDefinedFields):
    """The body of `POST /customer_events/purchases/create` (contract, operation 5)."""

    process_immediately: Annotated[Truth | None, Deprecated("R15.0.0")] = None
    external_system: Code | None = None
    authorized_by_access_token_identifier: KnownTokenIdentifier | None = None
    invoice_identifier: InvoiceIdentifier | None = None
    intended_currency_identifier: CurrencyIdentifier | None = None
    promo_code: Code | None = None
    disable_instant_spend: Truth | None = None
    terminal_identifier: Code | None = None
    spend_request: SpendRequest | None = None


class ClassicPreviewPurchase(ClassicCall, PurchaseFields, EventFields, BasketFields):
    """The body of `POST /customer_events/purchases/preview` (contract, operation 4).

    Its table has no promo code, but a preview without it could not show what a purchase with it brings.
    """

    spend_request_classification_identifier: NamedIdentifier | None = None
    promo_code: Code | None = None
    disable_instant_spend: Truth | None = None


class BulkEntry(ClassicModel):
    """The field that tells an entry of the bulk call from the others. Only the answer uses it, so nothing that is kept
    of the entry has it."""

    request_unique_identifier: Annotated[Code, Field(exclude=True)]


class BulkPurchase(BulkEntry, PurchaseFields, EventFields, BasketFields, PurchaseUserDefinedFields):
    """An entry of `purchase_customer_events_set` (contract, operation 2).

    Its table has no currency, which stands beside the set; an entry that names its own means that. As it is only held
    against the currency of whoever performed it, it is left out of whatever is kept of the entry.
    """

    intended_currency_identifier: Annotated[CurrencyIdentifier | None, Field(exclude=True)] = None
    external_system: Code | None = None
    invoice_identifier: InvoiceIdentifier | None = None
    spend_request: SpendRequest | None = None


class BulkCreate(ClassicCall):
    """The body of `POST /customer_events/bulk/purchases/create` (contract, operation 2), as far as it stands or falls
    whole: entries that could not be told apart in the answer are refused together (Q12)."""

    intended_currency_identifier: CurrencyIdentifier | None = None
    purchase_customer_events_set: Annotated[list[BulkEntry], Field(min_length=1, max_length=MAX_ENTRIES)]

    @classmethod
    def broken_rules(cls, raw: Mapping[str, Any], at: str = "") -> Iterator[Problem]:
        """Entries with the same id, or more lines than there is room for; and what is broken in its parts."""
        yield from super().broken_rules(raw, at)
        given, pointer = raw.get("purchase_customer_events_set"), f"{at}/purchase_customer_events_set"
        entries = [entry if isinstance(entry, dict) else {} for entry in given] if isinstance(given, list) else []
        sets = [entry.get("products_set") for entry in entries]
        if sum(len(lines) for lines in sets if isinstance(lines, list)) > MAX_LINES_IN_BULK:
            yield Problem(ErrorCode.LIMIT_EXCEEDED, f"The entries have more than {MAX_LINES_IN_BULK} lines.", pointer)
        seen: set[str] = set()
        for place, entry in enumerate(entries):
            own_id = entry.get("request_unique_identifier")
            if isinstance(own_id, str) and own_id in seen:
                description = f"Another entry of this call has the identifier {own_id[:MAX_CODE]}."
                yield Problem(ErrorCode.DUPLICATE, description, f"{pointer}/{place}/request_unique_identifier")
            elif isinstance(own_id, str):
                seen.add(own_id)


class CreateSpendPurchase(PurchaseFields, BasketFields, PurchaseUserDefinedFields):
    """The purchase of operation 3 (contract, `create_spend_purchase`): what operation 5 takes, but for what both events
    of operation 3 share."""

    since: ClassVar[Mapping[str, int]] = dict.fromkeys(
        (*PurchaseFields.model_fields, *PurchaseUserDefinedFields.model_fields, "invoice_identifier", "promo_code"), 1
    )
    invoice_identifier: InvoiceIdentifier | None = None
    promo_code: Code | None = None
    disable_instant_spend: Truth | None = None


class CreateSpendRequest(SpendAmounts):
    """The spend request of operation 3 (contract, `create_spend_spend_request`). Without an amount nothing is spent
    (rows 30 and 31)."""

    classification_identifier: NamedIdentifier | None = None

    @classmethod
    def broken_rules(cls, raw: Mapping[str, Any], at: str = "") -> Iterator[Problem]:
        """Both amounts; and what is broken in its parts."""
        yield from at_most_one(raw, at, "spend_amount", "spend_alternative_amount")
        yield from super().broken_rules(raw, at)


class CreateSpend(ClassicCall, EventFields):
    """The body of `POST /customer_events/purchases/create_spend` (contract, operation 3)."""

    deprecated_by: ClassVar[str] = "R17.0.0"
    process_immediately: Annotated[Truth | None, Deprecated("R15.0.0")] = None
    external_system: Code | None = None
    authorized_by_access_token_identifier: AccessTokenIdentifier | None = None
    intended_currency_identifier: CurrencyIdentifier | None = None
    purchase_customer_event: CreateSpendPurchase
    spend_request_customer_event: CreateSpendRequest


class NamePurchase(ClassicCall):
    """The body of the calls that are about one posted purchase: `POST /customer_events/purchases/show` and `/cancel`;
    the query of the one that shows it by GET."""

    customer_event_identifier: CustomerEventIdentifier


class NameAward(NamePurchase):
    """The body, or the query, of `/reward_transactions/awards/show`: an award, and the purchase that gave it."""

    award_reward_transaction_identifier: AwardIdentifier


class ListPurchases(ClassicCall):
    """The query of `GET /customer_events/purchases/list`, without its page. Dates are those of `performed_on`; the
    second one is not part of the time."""

    accounts_receivable_identifier: NamedAccount | None = None
    rewards_participant_identifier: NamedParticipant | None = None
    performed_by_business_unit_identifier: BusinessUnitIdentifier | None = None
    performed_on_from: PlaceTime | None = None
    performed_on_to: PlaceTime | None = None

    @classmethod
    def broken_rules(cls, raw: Mapping[str, Any], at: str = "") -> Iterator[Problem]:
        """It names no customer, or two; and what is broken in its parts."""
        yield from one_customer(raw, at)
        yield from super().broken_rules(raw, at)


class IssueOneTimePassword(ClassicCall):
    """The body of `POST /access_tokens/one_time_passwords/issue`."""

    access_token_identifier: KnownTokenIdentifier
