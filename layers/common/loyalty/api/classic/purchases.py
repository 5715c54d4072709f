"""A purchase customer event as the classic API tells it (contract, operation 5): each of its fields, null where it has
no value; alternative amounts only where there is an alternative currency (row 21)."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from loyalty.api.classic import records
from loyalty.api.classic.requests import UDF_FIELDS
from loyalty.domain.identity import part_id
from loyalty.domain.money import ZERO
from loyalty.usecases.gather import Gathered

_KEPT = (
    "description",
    "payment_medium_identifier",
    "external_system",
    "external_system_reference_number",
    "terminal_identifier",
    *UDF_FIELDS,
)
_TOTALS = {
    "total_spend": None,
    "total_instant_spend": "SPEND_INSTANTLY",
    "total_automatic_spend": "SPEND_AUTOMATICALLY",
    "total_additional_spend": "SPEND_ON_REQUEST",
}
"""Total by name, and the method whose spends it sums; all of them for None."""


def render_purchase(gathered: Gathered) -> dict[str, Any]:
    """The complete event."""
    event, directory = gathered.event, gathered.directory
    entry, document = event.entry, event.document
    details, ids = document.get("details", {}), document.get("ids", {})
    unit = gathered.record("unit", document.get("unit_id"))
    performer = gathered.record("business_unit", document.get("outlet_id") or entry.merchant_id)
    return {
        "id": entry.event_id,
        "number": document["number"],
        "type": "PURCHASE",
        "life_cycle_state": "POSTED",
        "performed_on": dated(entry.performed_on),
        "reference_number": entry.reference_number,
        **{name: details.get(name) for name in _KEPT},
        "process_immediately": details.get("process_immediately"),
        "disable_instant_spend": bool(details.get("disable_instant_spend")),
        **_line_totals(document["lines"]),
        **_requested(document.get("requested")),
        **_awarded(document.get("awards", ())),
        **_spent(document.get("spends", ())),
        "classification": records.named(gathered.record("classification", ids.get("classification"))),
        "accounts_receivable": _account(gathered),
        "performed_by_unit": records.unit(unit),
        "performed_by_business_unit": records.business_unit(performer, directory),
        "performed_by_tap": records.tap(gathered.record("tap", document.get("tap_id")), unit, directory),
        "authorized_by_access_token": _access_token(gathered),
        "log_information": _log_information(gathered),
        "invoice": records.invoice(gathered.record("invoice", ids.get("invoice"))),
        "currency": _currency(gathered),
        "payment_medium_brand": records.payment_medium(
            gathered.record("payment_medium_brand", ids.get("payment_medium_brand"))
        ),
        "payment_medium_type": records.payment_medium(
            gathered.record("payment_medium_type", ids.get("payment_medium_type"))
        ),
        "products_set": [_line(line, place, gathered) for place, line in enumerate(document["lines"])],
        "award_reward_transactions_set": [
            _award(award, place, gathered) for place, award in enumerate(document.get("awards", ()))
        ],
        "spend_reward_transactions_set": [
            _spend(spend, place, gathered) for place, spend in enumerate(document.get("spends", ()))
        ],
        **_spend_requests(gathered),
    }


def dated(moment: datetime) -> str:
    """A date in the classic form: `YYYY-MM-DDThh:mm:ss`, UTC, no zone (row 17)."""
    return moment.replace(tzinfo=None, microsecond=0).isoformat()


def _line_totals(lines: Iterable[list[Any]]) -> dict[str, Decimal]:
    lines = list(lines)
    names = {"net_amount": 3, "vat_amount": 4, "total_amount": 5}
    return {name: sum((line[place] for line in lines), ZERO) for name, place in names.items()}


def _requested(requested: list[Any] | None) -> dict[str, Any]:
    amount, alternative = requested or (None, None)
    return {"requested_spend_amount": amount, "requested_spend_alternative_amount": alternative}


def _awarded(awards: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Totals of awards, in the participant's currency (Q2)."""
    return _total("total_awarded", [award["amounts"] for award in awards])


def _spent(spends: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    totals: dict[str, Any] = {}
    for name, method in _TOTALS.items():
        totals |= _total(name, [spend["amounts"] for spend in spends if method in (None, spend["method"])])
    return totals


def _total(name: str, amounts: list[list[Any]]) -> dict[str, Any]:
    total = {f"{name}_amount": sum((wallet for _, wallet, _ in amounts), ZERO)}
    alternatives = [alternative for _, _, alternative in amounts if alternative is not None]
    return total | ({f"{name}_alternative_amount": sum(alternatives, ZERO)} if alternatives else {})


def _account(gathered: Gathered) -> Any:
    return records.account(*_owned(gathered))


def _owned(gathered: Gathered) -> tuple[Any, Any]:
    """The account and the contact that owns it."""
    account = gathered.record("account", gathered.event.entry.account_id)
    return account, gathered.record("contact", gathered.event.document.get("contact_id"))


def _access_token(gathered: Gathered) -> Any:
    """The token that the customer was recognized by, or else authorized by."""
    token = gathered.record("access_token", gathered.event.document.get("ids", {}).get("access_token"))
    classification = gathered.record("classification", token.get("classification") if token else None)
    return records.access_token(token, classification)


def _log_information(gathered: Gathered) -> dict[str, Any]:
    partner = gathered.record("partner", gathered.event.partner_id)
    return records.log_information(dated(gathered.event.entry.posted_on), partner, gathered.directory)


def _currency(gathered: Gathered) -> Any:
    """The currency of the event's amounts: the organisation's."""
    return records.currency(gathered.record("currency", gathered.programme.system_currency.id))


def _line(line: list[Any], place: int, gathered: Gathered) -> dict[str, Any]:
    product_id, _, quantity, net, vat, total = line
    return {
        "id": part_id(gathered.event.entry.event_id, "LINE", place),
        "quantity": quantity,
        "net_amount": net,
        "vat_amount": vat,
        "total_amount": total,
        "intended_product_identifier": None,
        "intended_product_value": None,
        "product": records.product(gathered.record("product", product_id), gathered.directory),
    }


def _award(award: Mapping[str, Any], place: int, gathered: Gathered) -> dict[str, Any]:
    account, owner = _owned(gathered)
    _, wallet, alternative = award["amounts"]
    rendered = {
        "id": part_id(gathered.event.entry.event_id, "AWARD", place),
        "number": award["number"],
        "amount": wallet,
        "life_cycle_state": "POSTED",
        "contribution_percentage": None,
        "initiated_currency": _currency(gathered),
        "currency_rate_period": _rate_period(gathered),
        "accounts_receivable": records.account(account, owner),
        "rewards_participant": records.participant(account, owner),
    }
    return rendered if alternative is None else rendered | {"alternative_amount": alternative}


def _spend(spend: Mapping[str, Any], place: int, gathered: Gathered) -> dict[str, Any]:
    account, owner = _owned(gathered)
    amount = spend["amounts"][1]
    return {
        "id": part_id(gathered.event.entry.event_id, "SPEND", place),
        "number": spend["number"],
        "total_amount": amount,
        "net_amount": amount,
        "vat_amount": ZERO,
        "life_cycle_state": "POSTED",
        "spend_method": spend["method"],
        "currency_rate_period": _rate_period(gathered),
        "accounts_receivable": records.account(account, owner),
        "rewards_participant": records.participant(account, owner),
    }


def _spend_requests(gathered: Gathered) -> dict[str, Any]:
    """The older fields, which release 17 replaced by the spends themselves (row 37)."""
    spends = list(enumerate(gathered.event.document.get("spends", ())))
    requests = [_spend_request(spend, place, gathered) for place, spend in spends]
    by_method = {spend["method"]: requests[place] for place, spend in spends}
    return {
        "instant_spend_request": by_method.get("SPEND_INSTANTLY"),
        "automatic_spend_request": by_method.get("SPEND_AUTOMATICALLY"),
        "spend_requests_set": requests,
    }


def _spend_request(spend: Mapping[str, Any], place: int, gathered: Gathered) -> dict[str, Any]:
    document, entry = gathered.event.document, gathered.event.entry
    system, _, alternative = spend["amounts"]
    # What nobody asked for is dated when it was processed, not when the purchase was performed (row 26).
    on = entry.performed_on if spend["method"] == "SPEND_ON_REQUEST" else entry.posted_on
    performer = gathered.record("business_unit", document.get("outlet_id") or entry.merchant_id)
    rendered = {
        "id": part_id(entry.event_id, "SPEND_REQUEST", place),
        "number": spend["request_number"],
        "type": "SPEND_REQUEST",
        "life_cycle_state": "POSTED",
        "performed_on": dated(on),
        "description": None,
        "process_immediately": document.get("details", {}).get("process_immediately"),
        "spend_amount": system,
        "instant_spend": spend["method"] == "SPEND_INSTANTLY",
        "automatic_spend": spend["method"] == "SPEND_AUTOMATICALLY",
        "reduction_method": "FRONT_END_REDUCTION",
        "initiated_currency": _currency(gathered),
        "classification": None,
        "accounts_receivable": _account(gathered),
        "performed_by_unit": records.unit(gathered.record("unit", document.get("unit_id"))),
        "performed_by_business_unit": records.business_unit(performer, gathered.directory),
        "log_information": _log_information(gathered),
        "spend_reward_transaction": _spend(spend, place, gathered),
        "currency": _currency(gathered),
    }
    return rendered if alternative is None else rendered | {"spend_alternative_amount": alternative}


def _rate_period(gathered: Gathered) -> Any:
    """The rate between the system currency and the wallet's, where they differ."""
    account = gathered.record("account", gathered.event.entry.account_id)
    currency_id = account.get("currency") if account else None
    rate = gathered.programme.rate_in_force(currency_id, gathered.event.entry.performed_on) if currency_id else None
    period = gathered.record("currency_rate", rate.id) if rate else None
    return records.rate_period(period, gathered.record("currency", currency_id))
