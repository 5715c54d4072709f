"""Every error that a caller can meet: its HTTP status, what causes it, and what to do. docs/errors.md is written from
this (`loyalty errors`)."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from loyalty.domain.errors import Code


@dataclass(frozen=True, slots=True)
class Explained:
    """An error code's status, cause and cure, in Markdown whose links are those of docs/."""

    status: HTTPStatus
    cause: str
    cure: str


ERRORS: Mapping[Code, Explained] = {
    Code.MANDATORY: Explained(
        HTTPStatus.BAD_REQUEST,
        "A mandatory field is absent or null, or none of several was given of which one is needed.",
        "Send it.",
    ),
    Code.INVALID: Explained(
        HTTPStatus.BAD_REQUEST,
        "No proper JSON (a bad encoding, NaN, Infinity, a name twice in an object, nesting without end) or no object; "
        "a text that was damaged on its way, as it has U+FFFD; a parameter that says two things; a field of "
        "the wrong type, form or size or, in the newest API, one that does not exist; a total that is not net plus "
        "tax; places that do not belong together; an account that is not active; a promo code that is not in force or "
        "used up; an access token of another account; goods to be returned that the purchase does not have (any more), "
        "or whose purchase is cancelled; `limit`, `next` or `explain` out of range.",
        "Mend what is named.",
    ),
    Code.EXCLUSIVE: Explained(
        HTTPStatus.BAD_REQUEST, "Two fields were given of which only one may be.", "Leave one out."
    ),
    Code.INVALID_TOKEN: Explained(
        HTTPStatus.UNAUTHORIZED,
        "No key in the deployment's header; or, from classic routes, a key or token that is missing, unknown, revoked, "
        "given back, altered or expired.",
        "Send a valid one; check the header's name.",
    ),
    Code.NOT_PERMITTED: Explained(
        HTTPStatus.FORBIDDEN,
        "The key is unknown or revoked, or lacks the scope. Or a pass code, or one-time passwords, were wrong too "
        "often.",
        "Ask the operator for a key, or for the scope. After wrong pass codes or one-time passwords, wait until when "
        "the description says.",
    ),
    Code.NOT_FOUND: Explained(
        HTTPStatus.NOT_FOUND,
        "What a field or the path names does not exist, or belongs to others; an access token is not effective, its "
        "pass code is another, a one-time password is used up, too old, another partner's, or of a token that is "
        "blocked or moved.",
        "Check the name; have it imported. For a one-time password, ask for another.",
    ),
    Code.DUPLICATE: Explained(
        HTTPStatus.CONFLICT,
        "Another purchase was posted under this identity: an id or reference number, in the classic API an external "
        "reference or an idempotency key; or another return of the purchase under this reference number. In bulk, an "
        "entry's own id is another entry's too. Or a purchase was to be shown, cancelled or returned by a reference "
        "number, or an id, that several have.",
        "A new purchase or return: give it another one. The same one: send it as it was. To show or cancel one: name "
        "its id or number; where several merchants gave the same id, the parameter `merchant` as well.",
    ),
    Code.LIMIT_EXCEEDED: Explained(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "The body is too large, or a purchase uses more budgets and vouchers than fit into a transaction.",
        "Send fewer lines, or fewer purchases at once.",
    ),
    Code.INSUFFICIENT_BALANCE: Explained(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "The wallet held less than the requested spend. Or an award that a cancellation or a return takes back is "
        "spent already, and the merchant's `clawback` setting is `REFUSE`.",
        "Ask for less: a preview or `GET /wallets/{account}` says how much there is. A purchase whose award is spent: "
        "once the wallet holds as much again.",
    ),
    Code.SPEND_LIMIT: Explained(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "Spending is not allowed here, or the requested spend is below the smallest, above the largest, or more than "
        "is to be paid.",
        "Ask for what is allowed; the description says the limit.",
    ),
    Code.CURRENCY_MISMATCH: Explained(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "The currency that was named is not that of the outlet or merchant; points are asked for where there are none; "
        "there is no rate for the day of the purchase.",
        "Mend it, or have the rate imported.",
    ),
    Code.INTERNAL: Explained(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "A fault of ours.",
        "Send the same again (a classic purchase [with an identity](api.md#sending-a-classic-purchase-again)); if it "
        "stays, tell the operator when it was.",
    ),
    Code.RETRY_LATER: Explained(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The storage or this wallet is very busy, or no programme was imported yet. Nothing was posted.",
        "Send the same again after `Retry-After` seconds, with growing pauses.",
    ),
}
