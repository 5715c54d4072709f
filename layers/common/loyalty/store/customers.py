"""Customers: from what a caller shows of one to the account and its wallet."""

from collections.abc import Callable, Collection, Mapping
from functools import partial

from msgspec import Struct

from loyalty import exactjson
from loyalty.domain.fields import MAX_CODE
from loyalty.domain.ledger.wallet import Wallet
from loyalty.domain.purchases.account import Account, AutomaticSpend, LifeCycle
from loyalty.domain.purchases.purchase import Reference
from loyalty.store import keys
from loyalty.store.attributes import Item
from loyalty.store.customer_tokens import contact_password_key, one_time_password_key
from loyalty.store.events import wallet_of
from loyalty.store.table import Table

ONE_TIME_PASSWORD = "token.one_time_password"  # noqa: S105 - a way of naming a customer
CONTACT_PASSWORD = "contact.one_time_password"  # noqa: S105 - another


class Customer(Struct, frozen=True):
    """An account and its wallet, read in one go and so of one moment."""

    account: Account
    wallet: Wallet


def customer_key(reference: Reference) -> keys.Key:
    """Return where a customer's account id is to be found, for each way of naming one; for a token that was proven
    before, where that is."""
    if reference.before and reference.before.token_id:
        return keys.record("access_token", reference.before.token_id)
    return _CUSTOMER_KEYS[reference.by](reference.value)


def shows_token(reference: Reference) -> bool:
    """Return whether a customer was named by an access token."""
    return reference.by.startswith("token.")


def shows_password(reference: Reference) -> bool:
    """Return whether a customer was named, or authorized, by a one-time password."""
    return reference.by in (ONE_TIME_PASSWORD, CONTACT_PASSWORD)


def read_customer(table: Table, account_id: str) -> Customer | None:
    """Return the account and its wallet, read consistently: 1 RCU as long as both fit in 4 KB."""
    items = {item["sk"]: item for item in table.partition(keys.account(account_id).pk, consistent=True)}
    if "ACCOUNT" not in items:
        return None
    return Customer(_account(items["ACCOUNT"]), wallet_of(account_id, items.get("WALLET")))


def read_customers(table: Table, account_ids: Collection[str]) -> dict[str, Customer]:
    """Return those of the accounts that exist, with their wallets, read consistently; an account and its wallet may be
    of different moments where there are several."""
    if len(account_ids) == 1:
        found = {account_id: read_customer(table, account_id) for account_id in account_ids}
        return {account_id: customer for account_id, customer in found.items() if customer}
    wanted = [key for account_id in account_ids for key in (keys.account(account_id), keys.wallet(account_id))]
    items = table.get_many(wanted, consistent=True)
    customers = {}
    for account_id in account_ids:
        if account := items.get(keys.account(account_id)):
            wallet = wallet_of(account_id, items.get(keys.wallet(account_id)))
            customers[account_id] = Customer(_account(account), wallet)
    return customers


def account_ids(table: Table, names: Collection[Reference]) -> dict[Reference, str]:
    """Return the account ids that customers' names lead to, for the names that lead to one; eventually consistent."""
    at = {name: customer_key(name) for name in names if _may_exist(name.value)}
    found = table.get_many(at.values())
    return {name: found[key]["account_id"] for name, key in at.items() if "account_id" in found.get(key, ())}


def _may_exist(name: str) -> bool:
    """Return whether the name is one that a key could be made of."""
    return 0 < len(name) <= MAX_CODE and not any("\ud800" <= character <= "\udfff" for character in name)


def find_customer(table: Table, account: str) -> Customer | None:
    """Return the customer whose account has this id or, failing that, this number."""
    found = read_customer(table, account)
    if found is None and (alias := table.get(keys.alias("account", "number", account))):
        found = read_customer(table, alias["account_id"])
    return found


_CUSTOMER_KEYS: Mapping[str, Callable[[str], keys.Key]] = {
    "token.authentication_code": keys.token,
    "token.identifier": partial(keys.alias, "access_token", "identifier"),
    ONE_TIME_PASSWORD: one_time_password_key,
    CONTACT_PASSWORD: contact_password_key,
    "contact_id": partial(keys.alias, "account", "contact"),
    "account.id": keys.account,
    "account.number": partial(keys.alias, "account", "number"),
    "account.name": partial(keys.alias, "account", "name"),
    "participant.id": partial(keys.alias, "account", "participant.id"),
    "participant.number": partial(keys.alias, "account", "participant.number"),
}
"""By way of naming: an access token, a contact (whose primary account it is), an account, or the rewards participant
that the account is enrolled as."""


def _account(item: Item) -> Account:
    record = exactjson.loads(item["record"])
    return Account(
        id=record["id"],
        number=record["number"],
        name=record.get("name"),
        contact_id=record.get("contact"),
        life_cycle_state=LifeCycle(record["life_cycle_state"]),
        currency_id=record.get("currency"),
        classification_id=record.get("classification"),
        automatic_spend=AutomaticSpend.of(record),
    )
