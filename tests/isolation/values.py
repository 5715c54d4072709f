"""What fields are given: a name of something that is one's own, or another's in one way or another."""

import base64
from collections.abc import Mapping

from tests.isolation import kinds
from tests.isolation.fields import Field
from tests.isolation.kinds import Kind
from tests.isolation.reference import PASS_CODE, name

Known = dict[tuple[Kind, str], str]
"""What is called by names that it gets as it is made, by its kind and whose it is."""

PASSWORDS = {"own": "100000000001", "others": "200000000002"}

_WHOSE = {kinds.OWN: "own", kinds.ELSEWHERE: "elsewhere", kinds.TWICE: "twice", kinds.SWITCHED_OFF: "others-off"}
_RECORDS: Mapping[Kind, str] = {
    kinds.MERCHANT: "merchant",
    kinds.MERCHANT_OF_PURCHASE: "merchant",
    kinds.OUTLET: "outlet",
    kinds.BUSINESS_UNIT: "merchant",
    kinds.UNIT: "unit",
    kinds.TAP: "tap",
    kinds.PROMO_CODE: "promo_code",
    kinds.AUTHORIZING: "access_token",
    kinds.WALLET: "account",
    kinds.PRODUCT: "product",
    kinds.RETURNED: "product",
    kinds.CLASSIFICATION: "classification",
    kinds.CURRENCY: "currency",
    kinds.BRAND: "payment_medium_brand",
    kinds.TYPE: "payment_medium_type",
    kinds.INVOICE: "invoice",
}
_OTHER_RECORDS = {kinds.OUTLET_OF_OTHERS: "outlet", kinds.MERCHANT_OF_OTHERS: "merchant"}
_BY = {
    "account": "number",
    "cim": "authentication_code",
    "contact_id": "id",
    "currency_code": "code",
    "merchant": "id",
    "organisation_id": "id",
    "product_sku": "code",
    "promo_code": "code",
    "unit": "id",
}
_PATTERNS: Mapping[Kind, str] = {
    kinds.GIVEN_ID: "given-{}",
    kinds.REFERENCE: "reference-{}",
    kinds.RETURN_REFERENCE: "return-{}",
    kinds.FILED: "filed-{}",
    kinds.RECURRING: "filed-{}",
    kinds.KEY_OF_CALL: "key-{}",
    kinds.ENTRY: "entry-{}",
    kinds.USERNAME: "login-{}",
}


def value(field: Field, kind: Kind, label: str, known: Known) -> str:
    """Return what a field is given to name something of a kind that is whose the label says."""
    whose = _WHOSE.get(label, "others")
    if (kind, label) in known:
        return _credential(field, known[kind, label])
    if kind in _PATTERNS:
        return _PATTERNS[kind].format(whose)
    if label == kinds.MADE_UP:
        return _credential(field, "made.up.token")
    if kind is kinds.PASSWORD:
        return PASSWORDS[whose]
    if kind is kinds.PASS_CODE:
        return _with_code(label)
    if kind in (kinds.EXTERNAL, kinds.UNPOSTED):
        of_fields = {"external_system": "system", "external_system_reference_number": "external", "id": "given"}
        return f"{of_fields.get(field.last, 'reference')}-{whose}"
    of = _OTHER_RECORDS.get(label) or _RECORDS.get(kind) or _customer(field)
    return name(of, _BY.get(field.last, field.last), whose)


def _credential(field: Field, text: str) -> str:
    if field.place != "header/Authorization":
        return text
    basic = base64.b64encode(f"{text}:".encode()).decode()
    return f"Basic {basic}" if field.route.name == "issue_token" else f"Bearer {text}"


def _with_code(label: str) -> str:
    """Return an access token's identifier, and a pass code."""
    of, whose = ("access_token", "identifier"), "own" if label == kinds.OWN else "others"
    match label:
        case kinds.WRONG_CODE:
            return f"{name(*of, whose)} 1357"
        case kinds.WITHOUT_CODE:
            return f"{name(*of, f'{whose}-bare')} {PASS_CODE}"
    return f"{name(*of, whose)} {PASS_CODE}"


def _customer(field: Field) -> str:
    """Return the record that a field names the customer by."""
    if field.last == "contact_id" or field.name.endswith(("/contact/id", "issue_contact_otp/path/id")):
        return "contact"
    if field.last in ("cim", "authentication_code", "identifier"):
        return "access_token"
    return "participant" if "rewards_participant" in field.place else "account"
