"""The table itself: what each field names, whose that is, and what is answered where it is another's."""

from dataclasses import dataclass, replace
from enum import StrEnum
from fnmatch import fnmatchcase

from tests.isolation.fields import Field

OK = "OK"
NOT_FOUND = "NotFoundAPIValueException"
INVALID = "InvalidAPIValueException"
DUPLICATE = "DuplicateAPIValueException"
MISMATCH = "CurrencyMismatchException"
NO_TOKEN = "InvalidTokenException"

OWN = "own"
OTHERS = "another partner's"
ELSEWHERE = "the partner's own, by a key for other merchants"
TWICE = "the partner's own, two by a key for other merchants"
CLASSIC = "another partner's, of the classic API"
GIVEN = "another partner's, by an id that it gave"
RETURN = "another partner's return"
OUTLET_OF_OTHERS = "an outlet of another partner's merchant"
MERCHANT_OF_OTHERS = "another partner's merchant"
AT_THEIRS = "another partner's, with a purchase of theirs"
SWITCHED_OFF = "another partner's, switched off"
MADE_UP = "made up"
REVOKED = "another partner's, revoked"
WRONG_CODE = "a token with another pass code"
WITHOUT_CODE = "a token without a pass code"


class Whose(StrEnum):
    """Whose things of a kind are."""

    ISOLATED = "isolated"
    SHARED = "shared"
    BEARER = "its holder's"
    NOTHING = "names nothing"


@dataclass(frozen=True)
class Kind:
    """Something that fields name.

    Attributes:
        name: What it is.
        whose: Whether another's is answered as one that does not exist.
        why: Whose it is, or why it is nobody's.
        own: The code that one's own is answered with.
        others: The code that another's is answered with, where it is shared.
        absent: The code that one is answered with that does not exist; another's too, where it is isolated.
        of: In which ways one is another's.
    """

    name: str
    whose: Whose
    why: str
    own: str = OK
    others: str = OK
    absent: str = NOT_FOUND
    of: tuple[str, ...] = (OTHERS,)


def _isolated(name: str, why: str, *of: str, own: str = OK, absent: str = NOT_FOUND) -> Kind:
    return Kind(name, Whose.ISOLATED, why, own=own, absent=absent, of=of or (OTHERS,))


def _shared(name: str, why: str, *, others: str = OK) -> Kind:
    return Kind(name, Whose.SHARED, why, others=others)


def _nothing(name: str, why: str) -> Kind:
    return Kind(name, Whose.NOTHING, why, of=())


MERCHANT = _isolated("merchant", "the keys' that are made for it", OTHERS, OUTLET_OF_OTHERS)
OUTLET = _isolated("outlet", "its merchant's", OTHERS, MERCHANT_OF_OTHERS)
BUSINESS_UNIT = _isolated("business unit", "the merchant's that it is, or belongs to", OTHERS, OUTLET_OF_OTHERS)
UNIT = _isolated("unit", "its business unit's")
TAP = _isolated("tap", "its business unit's")
PROMO_CODE = _isolated(
    "promo code", "the merchants' that the offers of its campaign are bound to", OTHERS, SWITCHED_OFF
)
PURCHASE = _isolated("purchase", "its merchant's", OTHERS, GIVEN, ELSEWHERE, CLASSIC, RETURN)
PURCHASE_NUMBER = _isolated("purchase number", "its merchant's", OTHERS, ELSEWHERE)
FILED = _isolated("filed reference number", "its partner's, and its merchant's", OTHERS, ELSEWHERE, TWICE)
MERCHANT_OF_PURCHASE = _isolated("merchant of a purchase", "the keys' that are made for it", OTHERS, AT_THEIRS)
GIVEN_ID = _isolated("given id", "its merchant's, so others' are free", OTHERS, GIVEN, own=DUPLICATE, absent=OK)
REFERENCE = _isolated("reference number", "its merchant's, so others' are free", own=DUPLICATE, absent=OK)
RETURN_REFERENCE = _isolated("reference number of a return", "its purchase's", own=DUPLICATE, absent=OK)
RECURRING = _isolated("recurring reference number", "its partner's, and may recur", OTHERS, ELSEWHERE, absent=OK)
KEY_OF_CALL = _isolated("idempotency key", "its partner's, so others' are free", own=DUPLICATE, absent=OK)
ENTRY = _isolated("entry of a bulk call", "its call's", own=DUPLICATE, absent=OK)
EXTERNAL = _isolated("external reference", "its partner's, so others' are free", own=DUPLICATE, absent=OK)
UNPOSTED = _isolated("identity in a preview", "nobody's, as a preview posts nothing", absent=OK)
UPLOAD = _isolated("upload", "its partner's, and its merchants'", OTHERS, ELSEWHERE)
PASSWORD = _isolated("one-time password", "the partner's that it was given out to")
PASS_CODE = _isolated("pass code", "its customer's", WRONG_CODE, WITHOUT_CODE)
AWARD = _isolated("award", "its purchase's")
AWARD_NUMBER = _isolated("award number", "its purchase's")
RETURNED = _isolated("product of a purchase", "its purchase's", absent=INVALID)
USERNAME = _isolated("username", "its login's, and wrong without its password", absent=NO_TOKEN)
PASSWORD_OF_LOGIN = _isolated("password of a login", "its login's", absent=NO_TOKEN)
API_KEY = _isolated("API key", "its holder's", REVOKED, absent=NO_TOKEN)

AUTH_TOKEN = Kind("auth token", Whose.BEARER, "who has it is its partner", absent=NO_TOKEN, of=(MADE_UP,))

CUSTOMER = _shared("customer", "customers are the programme's: whoever serves one has to find the wallet")
AUTHORIZING = replace(CUSTOMER, name="token that authorized a customer", others=INVALID)
WALLET = _shared("wallet", "wallets are the programme's, and a key with `wallets:read` reads any")
PRODUCT = _shared("product", "products are the programme's, at no merchant's alone")
CLASSIFICATION = _shared("classification", "classifications are the programme's")
CURRENCY = _shared("currency", "currencies are the programme's", others=MISMATCH)
BRAND = _shared("payment medium brand", "brands are the programme's")
TYPE = _shared("payment medium type", "types are the programme's")
INVOICE = _shared("invoice", "invoices are the customers', and lead to nothing")

AMOUNT = _nothing("amount", "an amount, a quantity or a place in a list")
FLAG = _nothing("setting", "how to answer, or what to do")
KEPT = _nothing("text", "kept and answered as it is, and not looked up")
MOMENT = _nothing("moment", "a date")
PAGE = _nothing("page", "a place in a wallet's journal, which is shared")
ORGANISATION = _nothing("organisation", "held against what the login's own partner has, if that names one")
FILE = _nothing("file name", "any number of files may have it")

FIELDS = {
    "*/body/merchant_tap/*": MERCHANT,
    "*/body/outlet_tap/*": OUTLET,
    "*/performed_by_business_unit_identifier/*": BUSINESS_UNIT,
    "*/body/organisation_id": BUSINESS_UNIT,
    "*/body/organisation/id": BUSINESS_UNIT,
    "*/performed_by_unit_identifier/*": UNIT,
    "*/performed_by_tap_identifier/*": TAP,
    "*/promo_code": PROMO_CODE,
    "*/query/merchant": MERCHANT_OF_PURCHASE,
    "*_purchase/path/id": PURCHASE,
    "return_products/path/id": PURCHASE,
    "*/customer_event_identifier/id": PURCHASE,
    "*/customer_event_identifier/number": PURCHASE_NUMBER,
    "*/customer_event_identifier/reference_number": FILED,
    "*/award_reward_transaction_identifier/id": AWARD,
    "*/award_reward_transaction_identifier/number": AWARD_NUMBER,
    "create_purchase/body/id": GIVEN_ID,
    "create_purchase/body/reference_number": REFERENCE,
    "preview_purchase/body/id": UNPOSTED,
    "*preview_purchase/body/reference_number": UNPOSTED,
    "*preview_purchase/body/external_system*": UNPOSTED,
    "return_products/body/reference_number": RETURN_REFERENCE,
    "return_products/body/products/[*]/product_sku": RETURNED,
    "classic_create_purchase/body/reference_number": RECURRING,
    "*_event/reference_number": RECURRING,
    "*_set/[*]/reference_number": RECURRING,
    "*/header/Idempotency-Key": KEY_OF_CALL,
    "*/request_unique_identifier": ENTRY,
    "classic_create_*/external_system*": EXTERNAL,
    "classic_bulk_create/*/external_system*": EXTERNAL,
    "*_upload/path/id": UPLOAD,
    "*/one_time_password": PASSWORD,
    "*/body/contact/otp": PASSWORD,
    "*/pass_code": PASS_CODE,
    "sign_in/body/username": USERNAME,
    "sign_in/body/password": PASSWORD_OF_LOGIN,
    "sign_in/body/organisation": ORGANISATION,
    "sign_in/body/unit": UNIT,
    "issue_token/body/unit": UNIT,
    "get_token/query/unit": UNIT,
    "*/header/api_key": API_KEY,
    "issue_token/header/Authorization": API_KEY,
    "get_token/header/Authorization": API_KEY,
    "issue_contact_otp/header/Authorization": AUTH_TOKEN,
    "[cprs]*/header/Authorization": AUTH_TOKEN,
    "issue_one_time_password/header/Authorization": AUTH_TOKEN,
    "*/body/token": AUTH_TOKEN,
    "*/query/token": AUTH_TOKEN,
    "*/body/cim": CUSTOMER,
    "*/body/contact_id": CUSTOMER,
    "*/body/contact/id": CUSTOMER,
    "issue_contact_otp/path/id": CUSTOMER,
    "*/accounts_receivable_identifier/[in]*": CUSTOMER,
    "*/rewards_participant_identifier/[in]*": CUSTOMER,
    "*_identifier/access_token_identifier/authentication_code": CUSTOMER,
    "*_identifier/access_token_identifier/identifier": CUSTOMER,
    "issue_one_time_password/body/access_token_identifier/authentication_code": CUSTOMER,
    "issue_one_time_password/body/access_token_identifier/identifier": CUSTOMER,
    "*/authorized_by_access_token_identifier/authentication_code": AUTHORIZING,
    "*/authorized_by_access_token_identifier/identifier": AUTHORIZING,
    "show_*/path/account": WALLET,
    "[cp]*/product_sku": PRODUCT,
    "*/product_identifier/*": PRODUCT,
    "*/classification/*": CLASSIFICATION,
    "*classification_identifier/*": CLASSIFICATION,
    "*/currency_code": CURRENCY,
    "*/intended_currency_identifier/*": CURRENCY,
    "*/payment_medium_brand_identifier/*": BRAND,
    "*/payment_medium_type_identifier/*": TYPE,
    "*/invoice_identifier/*": INVOICE,
    "*_amount": AMOUNT,
    "*/transaction_amounts/*": AMOUNT,
    "*/spend_request/amount": AMOUNT,
    "*/quantity": AMOUNT,
    "*/line": AMOUNT,
    "*/explain": FLAG,
    "*/reduction_method": FLAG,
    "*/dry_run": FLAG,
    "*/fields_set": FLAG,
    "*/header/Prefer": FLAG,
    "*/process_immediately": FLAG,
    "*/disable_instant_spend": FLAG,
    "*/description": KEPT,
    "*/payment_medium_identifier": KEPT,
    "*/terminal_identifier": KEPT,
    "*/udf_*": KEPT,
    "*/performed_on*": MOMENT,
    "*/query/limit": PAGE,
    "*/query/next": PAGE,
    "create_upload/body/name": FILE,
}
"""What fields name, by patterns of their names. Each field has just one."""


KNOWN = {
    (FILED, TWICE): "answered 409, as what counts the purchases with a reference number does not say at which merchants"
}
"""What is not answered as one that does not exist, though it should be, and why."""


def kinds_of(field: Field) -> list[Kind]:
    """Return what the patterns say that a field names: one kind, unless the table is out of date."""
    return [kind for pattern, kind in FIELDS.items() if fnmatchcase(field.name, pattern)]
