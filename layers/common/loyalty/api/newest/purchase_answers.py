"""The newest API's purchases as they are answered: once they are posted, and as a preview."""

from collections.abc import Iterable
from decimal import Decimal
from typing import NotRequired

from typing_extensions import TypedDict

from loyalty.api.newest.answers import (
    AmountsAnswer,
    AwardAnswer,
    LineAnswer,
    MovementAnswer,
    NamedAnswer,
    PreviewAnswer,
    PurchaseAnswer,
    ReversedAnswer,
    SpendAnswer,
    VerdictAnswer,
)
from loyalty.domain.events.documents import PostedAward, PostedLine, PostedSpend
from loyalty.domain.ledger.wallet import JournalEntry
from loyalty.domain.money import ZERO
from loyalty.domain.pricing.exchange import Amounts
from loyalty.domain.pricing.plan import Verdict
from loyalty.domain.pricing.spends import Spend
from loyalty.domain.programme.directory import Directory
from loyalty.domain.reversals.reversal import TakenBack
from loyalty.store.events import Event
from loyalty.usecases.purchases.preview_purchase import Preview


def render_purchase(event: Event, directory: Directory, why: Iterable[Verdict] | None = None) -> PurchaseAnswer:
    """Return the posted event in this API's names, with what it awarded and spent, the balance after it, and what
    became of it since; and with why offers applied or did not, where that is to be told.

    `awarded`, `spent` and `balance` are in the wallet's currency; the totals and the amounts of lines in the system
    currency. Alternative amounts are there only where there is an alternative currency (contract, row 21).
    """
    entry, document, taken_back = event.entry, event.purchase_document, event.taken_back
    lines = [_line(place, line, taken_back.lines.get(place, ZERO)) for place, line in enumerate(document.lines)]
    return {
        "id": entry.told_id,
        "reference_number": entry.reference_number,
        "life_cycle_state": event.state,
        "performed_on": int(entry.performed_on.timestamp()),
        "posted_on": int(entry.posted_on.timestamp()),
        "account_id": entry.account_id,
        "merchant_tap": _unit(entry.merchant_id, directory),
        "outlet_tap": _unit(document.outlet_id, directory),
        "classification": _classification(document.ids.get("classification"), directory),
        "payment_medium_identifier": document.details.get("payment_medium_identifier"),
        "products": lines,
        "net_amount": sum((line["net_amount"] for line in lines), ZERO),
        "tax_amount": sum((line["tax_amount"] for line in lines), ZERO),
        "total_amount": sum((line["total_amount"] for line in lines), ZERO),
        "awards": [_award(award) for award in document.awards],
        "spends": [_spend(spend) for spend in document.spends],
        "reversed": _reversed(taken_back),
        "wallet_version": entry.sequence,
        **render_movement(entry),
        **_why(why),
    }


def _reversed(taken_back: TakenBack) -> ReversedAnswer:
    told: ReversedAnswer = {"awarded": taken_back.awarded, "spent": taken_back.spent, "waived": taken_back.waived}
    if taken_back.settled:
        told["settled"] = taken_back.settled
    return told


def render_preview(preview: Preview, why: Iterable[Verdict] | None = None) -> PreviewAnswer:
    """Return the plan, what could still be requested to be spent on the purchase, and why offers apply or do not, where
    that is to be told."""
    plan = preview.plan
    return {
        "net_amount": plan.totals.net,
        "tax_amount": plan.totals.tax,
        "total_amount": plan.totals.total,
        "awards": [_award(PostedAward.of(award)) for award in plan.awards],
        "spends": [_spend(spend) for spend in plan.spends],
        "allow_spending": plan.settings.allow_spending,
        "available_spend": plan.available,
        "minimum_spend": plan.settings.minimum,
        "maximum_spend": plan.settings.maximum,
        "balance": preview.customer.wallet.balance,
        **_why(why),
    }


def render_movement(entry: JournalEntry) -> MovementAnswer:
    """Return what an event did to the wallet and the balance after it, with the alternative amounts where there are
    any."""
    movement = entry.movement
    rendered: MovementAnswer = {
        "awarded": movement.awarded,
        "spent": movement.spent,
        "amount": movement.amount,
        "balance": entry.balance,
    }
    if movement.alternative_awarded is not None:
        rendered["alternative_awarded"] = movement.alternative_awarded
        rendered["alternative_spent"] = movement.alternative_spent
        rendered["alternative_amount"] = movement.alternative_amount
        rendered["alternative_balance"] = entry.alternative_balance
    return rendered


def _unit(business_unit_id: str | None, directory: Directory) -> NamedAnswer | None:
    record = directory.record("business_unit", business_unit_id)
    return {"id": record["id"], "code": record.get("code")} if record else None


def _classification(classification_id: str | None, directory: Directory) -> NamedAnswer | None:
    record = directory.record("classification", classification_id)
    return {"id": record["id"], "code": record.get("code") or record.get("alternative_code")} if record else None


class _Why(TypedDict):
    why: NotRequired[list[VerdictAnswer]]


def _why(verdicts: Iterable[Verdict] | None) -> _Why:
    return {} if verdicts is None else {"why": [_verdict(verdict) for verdict in verdicts]}


def _verdict(verdict: Verdict) -> VerdictAnswer:
    return {"offer_id": verdict.offer_id, "applies": verdict.failed is None, "failed": verdict.failed}


def _line(place: int, line: PostedLine, returned: Decimal) -> LineAnswer:
    return {
        "line": place,
        "product_sku": line.product_code,
        "quantity": line.quantity,
        "returned_quantity": returned,
        "net_amount": line.net,
        "tax_amount": line.tax,
        "total_amount": line.total,
    }


def _award(award: PostedAward) -> AwardAnswer:
    return {
        "offer_id": award.offer_id,
        "offer_name": award.offer_name,
        "method": award.method,
        "value": award.value,
        "currency": award.currency,
        "base": award.base,
        **_amounts(award.amounts),
    }


def _spend(spend: PostedSpend | Spend) -> SpendAnswer:
    return {"method": spend.method, **_amounts(spend.amounts)}


def _amounts(amounts: Amounts) -> AmountsAnswer:
    rendered: AmountsAnswer = {"amount": amounts.system, "wallet_amount": amounts.wallet}
    if amounts.alternative is not None:
        rendered["alternative_amount"] = amounts.alternative
    return rendered
