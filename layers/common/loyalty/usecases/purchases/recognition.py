"""Whose purchase it is: from what a request says of the customer to the account and the access token that was shown."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from msgspec import Struct

from loyalty.domain.access.partner import Partner
from loyalty.domain.errors import Code, Problem, Refused, not_found
from loyalty.domain.programme.directory import Directory
from loyalty.domain.purchases.purchase import PurchaseRequest, Reference
from loyalty.store import keys
from loyalty.store.attributes import Item
from loyalty.store.customer_tokens import CustomerToken
from loyalty.store.customers import CONTACT_PASSWORD, customer_key, shows_password, shows_token
from loyalty.store.guesses import guessed_passwords
from loyalty.usecases.access.customer_tokens import ShownTokens, is_guess

_PAID_WITH = ("payment_medium_brand", "payment_medium_type")


class Recognized(Struct, frozen=True):
    """The account, and the token that the customer was recognized by in this call, or else authorized by before it.

    `one_time_password` is where the password lies that was shown, if one was.
    """

    account_id: str
    token: CustomerToken | None
    in_this_call: bool
    one_time_password: keys.Key | None

    def usual_ids(self, directory: Directory) -> dict[str, str]:
        """Return the token's id, by record type; and those of what is paid with where the request does not say, as the
        classification of a token that the customer was recognized by names it (contract, operation 5).

        Raises:
            NotInProgramme: the token names a classification that is newer than the directory.
        """
        if self.token is None:
            return {}
        classification_id = self.token.classification_id if self.in_this_call else None
        classification = directory.named_record("classification", classification_id) if classification_id else {}
        paid_with = {kind: classification[kind] for kind in _PAID_WITH if kind in classification}
        return {"access_token": self.token.id, **paid_with}


def keys_to_recognize(request: PurchaseRequest, partner: Partner, now: datetime) -> Iterator[keys.Key]:
    """Return where to look for what `recognize` needs."""
    for shown in _shown_references(request):
        yield customer_key(shown)
        if shows_password(shown):
            yield guessed_passwords(partner.id, now)


def guess_of(request: PurchaseRequest) -> Reference | None:
    """Return what `recognize` may count a guess for, None if there is nothing."""
    return next(filter(is_guess, _shown_references(request)), None)


def account_named(request: PurchaseRequest, items: Mapping[keys.Key, Item]) -> str | None:
    """Return the id of the account that the customer's name leads to, whatever is shown with it; `items` are those at
    `keys_to_recognize`."""
    return items.get(customer_key(request.customer), {}).get("account_id")


def lacks_password(request: PurchaseRequest, items: Mapping[keys.Key, Item]) -> bool:
    """Return whether `recognize` would count a one-time password as a wrong guess; `items` are those at
    `keys_to_recognize`."""
    passwords = [shown for shown in _shown_references(request) if shows_password(shown) and not shown.before]
    return any(customer_key(shown) not in items for shown in passwords)


def recognize(request: PurchaseRequest, items: Mapping[keys.Key, Item], tokens: ShownTokens) -> Recognized:
    """Whose purchase it is; `items` are those at `keys_to_recognize`.

    Raises:
        Refused: NOT_FOUND, if there is no such account or token; INVALID, if the token that authorized the
            customer is another account's.
        GuessRefused: as `ShownTokens.token`.
    """
    customer, authorization = request.customer, _authorization(request)
    find = tokens.token
    if shows_token(customer):
        token = find("Account", customer, items.get(customer_key(customer)))
        return Recognized(token.account_id, token, True, _one_time_password(customer))
    if customer.by == CONTACT_PASSWORD:  # which stands for no token
        contact = find("Account", customer, items.get(customer_key(customer)))
        return Recognized(contact.account_id, None, True, _one_time_password(customer))
    account_id = account_named(request, items)
    if account_id is None:
        raise Refused(not_found("Account", customer.value, customer.pointer))
    if authorization is None:
        return Recognized(account_id, None, False, None)
    token = find("Access Token", authorization, items.get(customer_key(authorization)))
    if token.account_id != account_id:
        description = "This access token belongs to another account."
        raise Refused(Problem(Code.INVALID, description, authorization.pointer))
    return Recognized(account_id, token, False, _one_time_password(authorization))


def _shown_references(request: PurchaseRequest) -> list[Reference]:
    """Return what names or authorizes the customer."""
    return [shown for shown in (request.customer, _authorization(request)) if shown]


def _authorization(request: PurchaseRequest) -> Reference | None:
    """Return the token that authorized the customer; it gives way to one that names the customer in this very call."""
    return None if shows_token(request.customer) else request.authorized_by


def _one_time_password(shown: Reference) -> keys.Key | None:
    return customer_key(shown) if shows_password(shown) and not shown.before else None
