"""The classic preview (contract, operation 4)."""

from typing import Any

from loyalty.api.classic import records
from loyalty.domain.spends import SpendMethod
from loyalty.usecases.gather import Owner
from loyalty.usecases.preview_purchase import Preview


def render_preview(preview: Preview, owner: Owner) -> dict[str, Any]:
    """What posting would do, in the system currency (Q2).

    Every listed field is there, but for alternative amounts where there is no alternative currency (rows 21 and 32).
    """
    plan = preview.plan
    participant = records.participant(owner.account, owner.contact)
    contact = records.contact(owner.contact)
    data = {
        "total_award_amount": plan.awarded,
        "total_instant_spend_amount": plan.spent(SpendMethod.INSTANTLY),
        "total_automatic_spend_amount": plan.spent(SpendMethod.AUTOMATICALLY),
        "total_additional_spend_amount": plan.available,
        "minimum_spend_amount_per_transaction": plan.settings.minimum,
        "maximum_spend_amount_per_transaction": plan.settings.maximum,
        "reduction_method": plan.settings.reduction_method,
        "rewards_participant_id": participant and participant["id"],
        "rewards_participant_name": contact and contact["name"],
        "wallet_balance": preview.customer.wallet.balance,
        "allow_spending": plan.settings.allow_spending,
        "voucher_types_set": [],
        "applied_reward_offers_set": [
            {"id": award.offer_id, "name": award.offer_name, "scheme_name": award.scheme_name} for award in plan.awards
        ],
    }
    if plan.alternative_awarded is not None:
        data["total_award_alternative_amount"] = plan.alternative_awarded
    if preview.alternative_balance is not None:
        data["wallet_alternative_balance"] = preview.alternative_balance
    return data
