"""The classic preview (contract, operation 4)."""

from loyalty.api.classic import records
from loyalty.api.classic.answers import PreviewedPurchase
from loyalty.domain.pricing.spends import SpendMethod
from loyalty.domain.programme.directory import Directory
from loyalty.usecases.purchases.event_records import AccountOwner
from loyalty.usecases.purchases.preview_purchase import Preview


def render_preview(preview: Preview, owner: AccountOwner, directory: Directory) -> PreviewedPurchase:
    """Return what posting would do, in the system currency (Q2).

    Every listed field is there, but for alternative amounts where there is no alternative currency (rows 21 and 32).
    """
    plan = preview.plan
    participant = records.participant(owner.account, None)
    contact = records.contact(owner.contact)
    voucher_types = dict.fromkeys(award.voucher_type.id for award in plan.vouchers if award.voucher_type)
    data: PreviewedPurchase = {
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
        "voucher_types_set": [
            records.voucher_type(record)
            for voucher_type in voucher_types
            if (record := directory.record("voucher_type", voucher_type))
        ],
        "applied_reward_offers_set": [
            {"id": award.offer_id, "name": award.offer.name, "scheme_name": award.offer.scheme.name}
            for award in (*plan.awards, *plan.vouchers)
        ],
    }
    if plan.alternative_awarded is not None:
        data["total_award_alternative_amount"] = plan.alternative_awarded
    if preview.alternative_balance is not None:
        data["wallet_alternative_balance"] = preview.alternative_balance
    return data
