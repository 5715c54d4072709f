"""Every error that a caller can meet: its HTTP status, what causes it, and what to do. docs/errors.md is written from
this (`loyalty errors`)."""

from collections.abc import Mapping
from http import HTTPStatus

from msgspec import Struct

from loyalty.domain.errors import Code


class Explained(Struct, frozen=True):
    """An error code's status, the name that the vendor's newest API has or would have for it, its cause and its cure,
    both in Markdown whose links are those of docs/."""

    status: HTTPStatus
    vendor_name: str
    cause: str
    cure: str


ERRORS: Mapping[Code, Explained] = {
    Code.MANDATORY: Explained(
        HTTPStatus.BAD_REQUEST,
        "CRM.EXCEPTIONS.MANDATORYVALUEMISSINGEXCEPTION",
        "A mandatory field is absent or null, or none of several alternative fields is given.",
        "Send the field that is named.",
    ),
    Code.INVALID: Explained(
        HTTPStatus.BAD_REQUEST,
        "CRM.EXCEPTIONS.INVALIDVALUEEXCEPTION",
        "The body is not valid JSON (a bad encoding, NaN, Infinity, a name twice in an object, nesting that is too "
        "deep) or not an object; a text has U+FFFD, so it was damaged on its way; a parameter has two values; a field "
        "has the wrong type, form or size or, in the newest API, does not exist, if that matters; a total is not net "
        "plus tax; places "
        "do not belong together; the account is not active; the promo code is not in force or is used up; the access "
        "token belongs to another account; the purchase does not have, or no longer has, the goods to be returned, or "
        "is cancelled; `limit`, `next` or `explain` is out of range.",
        "Correct what is named.",
    ),
    Code.EXCLUSIVE: Explained(
        HTTPStatus.BAD_REQUEST,
        "CRM.EXCEPTIONS.MUTUALLYEXCLUSIVEVALUESEXCEPTION",
        "Two fields are given that exclude each other.",
        "Leave one out.",
    ),
    Code.INVALID_TOKEN: Explained(
        HTTPStatus.UNAUTHORIZED,
        "CRM.EXCEPTIONS.INVALIDTOKENEXCEPTION",
        "The deployment's header has no key, and there is no token in its place; a token is missing, returned, altered "
        "or expired, or its key or login was revoked; on classic routes, the key is missing, unknown or revoked, or "
        "the username, password or organisation of a login is wrong.",
        "Send a valid one; check the name of the header. With a token, log in again.",
    ),
    Code.NOT_PERMITTED: Explained(
        HTTPStatus.FORBIDDEN,
        "CRM.EXCEPTIONS.NOTPERMITTEDEXCEPTION",
        "The key is unknown or revoked, or lacks the scope. Or a pass code, one-time passwords, or logins from this "
        "address were wrong too often.",
        "Ask the operator for a key, or for the scope. After wrong pass codes, one-time passwords or logins, wait "
        "until the time in the description.",
    ),
    Code.NOT_FOUND: Explained(
        HTTPStatus.NOT_FOUND,
        "CRM.EXCEPTIONS.NOTFOUNDEXCEPTION",
        "What a field or the path names does not exist, or belongs to others (a login's `unit`, too); an access token "
        "is not effective; its pass code is wrong; a one-time password is used up, too old, another partner's, or "
        "belongs to a token that is blocked or moved.",
        "Check the name, or have it imported. For a one-time password, ask for another.",
    ),
    Code.DUPLICATE: Explained(
        HTTPStatus.CONFLICT,
        "CRM.EXCEPTIONS.DUPLICATEVALUEEXCEPTION",
        "Another purchase is already posted under this identity (an id or reference number; in the classic API an "
        "external reference or an idempotency key), or another return of the purchase under this reference number. In "
        "a bulk call, two entries have the same id. Or several purchases have the reference number, or the id, of the "
        "one to be shown, cancelled or returned.",
        "A new purchase or return: give it another identity. The same one: send it unchanged. To show or cancel one: "
        "name its id or number; if several merchants gave the same id, add the parameter `merchant`.",
    ),
    Code.LIMIT_EXCEEDED: Explained(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "CRM.EXCEPTIONS.LIMITEXCEEDEDEXCEPTION",
        "The body is too large; or a purchase uses more budgets and vouchers than fit into a transaction, or takes "
        "more storage than one purchase may; or its account has used more limited offers, or keeps something of more "
        "purchases, than a wallet can remember; or an award, spend or balance would have more than 34 digits before "
        "the point.",
        "Send fewer lines, or fewer purchases in one call; where the description says so, post the purchase for "
        "another account, or with smaller amounts.",
    ),
    Code.INSUFFICIENT_BALANCE: Explained(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "CRM.EXCEPTIONS.CANNOTSPENDAMOUNTWALLETBALANCENOTENOUGHEXCEPTION",
        "The wallet holds less than the requested spend. Or a cancellation or return takes back an award that is "
        "already spent, and the merchant's `clawback` setting is `REFUSE`.",
        "Ask for less: a preview or `GET /wallets/{account}` shows how much there is. For a cancellation or return, "
        "try again once the wallet holds enough.",
    ),
    Code.SPEND_LIMIT: Explained(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "CRM.EXCEPTIONS.CANNOTSPENDAMOUNTOUTSIDELIMITSEXCEPTION",
        "Spending is not allowed here, or the requested spend is below the minimum, above the maximum, or more than is "
        "left to pay.",
        "Ask for an amount that is allowed; the description gives the limit.",
    ),
    Code.CURRENCY_MISMATCH: Explained(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "CRM.EXCEPTIONS.CURRENCYMISMATCHEXCEPTION",
        "The named currency is not that of the outlet or merchant; points are requested, but the programme has none; "
        "there is no rate for the day of the purchase.",
        "Correct the currency, or have the rate imported.",
    ),
    Code.INTERNAL: Explained(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "CRM.EXCEPTIONS.INTERNALEXCEPTION",
        "A fault on our side.",
        "Send the same request again (a classic purchase only [with an "
        "identity](api.md#sending-a-classic-purchase-again)). If the error stays, tell the operator when it occurred.",
    ),
    Code.RETRY_LATER: Explained(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "CRM.EXCEPTIONS.RETRYLATEREXCEPTION",
        "The storage or this wallet is very busy, the merchant's code is changing hands, or no programme is imported "
        "yet. Nothing was posted.",
        "Send the same request again after `Retry-After` seconds, with growing pauses.",
    ),
}


def is_final(code: Code) -> bool:
    """Return whether a caller can do nothing but change what it asks for, so that another status than the error's own
    misleads nobody: not where it should log in again (401), or send the same request again (5xx)."""
    status = ERRORS[code].status
    return status != HTTPStatus.UNAUTHORIZED and status < HTTPStatus.INTERNAL_SERVER_ERROR
