"""Every key of the table, and nothing else. docs/access-patterns.md says which function uses which.

A key is a partition (`pk`) and a place in it (`sk`); `#` ends the name of a partition's kind.
"""

import hashlib
import zlib
from typing import NamedTuple

from loyalty.domain.identity import given_id, split_id

JOURNAL_INDEX = "journal"
EXPIRY_INDEX = "expiry"
EXPIRY_SHARDS = tuple("01234567")


class Key(NamedTuple):
    """Where an item lies."""

    pk: str
    sk: str


def event(event_id: str) -> Key:
    """Return a posted event; or, where an event has an id of its own, the pointer that keeps its reference number
    unique.

    The partition is that of what callers know events by; in it, each merchant has a place for the event that it gave
    this id, and no other event ever lies there (decision 28).
    """
    told, merchant_id = split_id(event_id)
    return Key(events_known_as(told), f"{_EVENT}#{merchant_id}" if merchant_id else _EVENT)


def events_known_as(told_id: str) -> str:
    """Return the partition of the events that callers know by an id."""
    return f"{_EVENT}#{told_id}"


def event_id(key: Key) -> str:
    """Return the id of the event that lies there."""
    told, merchant_id = key.pk.removeprefix(f"{_EVENT}#"), key.sk.removeprefix(_EVENT)[1:]
    return given_id(merchant_id, told) if merchant_id else told


def is_event(key: Key) -> bool:
    """Return whether an event, or a pointer to one, lies there."""
    return key.pk.startswith(f"{_EVENT}#")


_EVENT = "EVENT"


def account(account_id: str) -> Key:
    """Return an account's record, beside its wallet."""
    return Key(f"ACCOUNT#{account_id}", "ACCOUNT")


def account_id(pk: str) -> str:
    """Return the account's id in the partition key of its items."""
    return pk.removeprefix("ACCOUNT#")


def wallet(account_id: str) -> Key:
    """Return an account's wallet; absent until its first event."""
    return Key(f"ACCOUNT#{account_id}", "WALLET")


def counter(kind: str, record_id: str) -> Key:
    """Return the counter of what all accounts together have used: an offer's budget, a promo code."""
    return Key(f"USED#{kind}#{record_id}", "USED")


def counter_subject(key: Key) -> str:
    """Return what a counter is of: `reward_offer#<id>` or `promo_code#<id>`."""
    return key.pk.removeprefix("USED#")


def voucher(voucher_id: str) -> Key:
    """Return a voucher that an offer gave."""
    return Key(f"VOUCHER#{voucher_id}", "VOUCHER")


def reference_number(partner_id: str, number: str) -> Key:
    """Return what leads from a partner's reference number to the purchase that has it, where only one has."""
    return Key(f"REFERENCE#{partner_id}#{number}", "REFERENCE")


def alias(kind: str, by: str, value: str) -> Key:
    """Return what a unique field's value leads to, such as an account by its number."""
    return Key(f"ALIAS#{kind}.{by}#{value}", "ALIAS")


def alias_kind(key: Key) -> str:
    """Return the type of the record that an alias leads to."""
    return key.pk.removeprefix("ALIAS#").partition(".")[0]


def token(authentication_code: str) -> Key:
    """Return an access token by what the customer shows."""
    return Key(f"TOKEN#{authentication_code}", "TOKEN")


def one_time_password(password_hash: str) -> Key:
    """Return a one-time password that was given out, by its SHA-256 in hex; the digits themselves are stored
    nowhere."""
    return Key(f"OTP#{password_hash}", "OTP")


def contact_password(password_hash: str) -> Key:
    """Return the same of a password that stands for a contact, and no access token."""
    return Key(f"OTP#{password_hash}", "CONTACT_OTP")


def is_one_time_password(key: Key) -> bool:
    """Return whether a one-time password lies there."""
    return key.sk in ("OTP", "CONTACT_OTP")


def stood_for(key: Key, target: str) -> Key:
    """Return where that lies which a one-time password stands for: the name of a contact's primary account, or an
    access token."""
    return alias("account", "contact", target) if key.sk == "CONTACT_OTP" else record("access_token", target)


def pass_code_tries(token_id: str, pass_code_hash: str) -> Key:
    """Return how often an access token's pass code was tried; another pass code has other counts."""
    return Key(f"TRIES#{token_id}", pass_code_hash[:16])


def guessed_passwords(partner_id: str, window: str) -> Key:
    """Return how many wrong one-time passwords a partner has shown in a window of time."""
    return Key(f"TRIES#OTP#{partner_id}", window)


def programme(kind: str, record_id: str) -> Key:
    """Return a record of the reward programme."""
    return Key("PROGRAMME", f"{kind}#{record_id}")


PROGRAMME_VERSION = Key("PROGRAMME", "VERSION")
"""The key of the item that each import changes at random, so that containers notice."""


TABLE = Key("PROGRAMME", "table#IDENTITY")
"""What tells this table from others: a record beside the programme's, so that it is read with them."""


def programme_part(snapshot_id: str, number: int) -> Key:
    """Return a part, from 0, of a snapshot of the programme."""
    return Key(f"PROGRAMME#{snapshot_id}#{number}", "SNAPSHOT")


def is_programme_part(key: Key) -> bool:
    """Return whether a part of a snapshot of the programme lies there."""
    return key.sk == "SNAPSHOT"


NUMBERS = Key("NUMBERS", "NUMBERS")
"""The counters that numbers of records are leased from."""


def former_name(kind: str, record_id: str, value: str) -> Key:
    """Return a name that a record of the programme had; hashed, as it may be longer than what is left of a key."""
    return programme("former_name", f"{kind}#{record_id}#{hashlib.sha256(value.encode()).hexdigest()[:32]}")


def record(kind: str, record_id: str) -> Key:
    """Return a record of reference data of which there may be many: product, contact, access token ..."""
    return Key(f"{kind.upper()}#{record_id}", kind.upper())


def partner_key(partner_id: str, slot: int) -> Key:
    """One of the places for a partner's active API keys."""
    return Key(f"PARTNER#{partner_id}", f"KEY#{slot}")


def revoked_key(partner_id: str, key_id: str) -> Key:
    """Return the mark of an API key that was active once."""
    return Key(f"REVOKED_KEY#{partner_id}#{key_id}", "REVOKED_KEY")


def login(username: str) -> Key:
    """Return a login by its username, which is hashed as it may be longer than what is left of a key."""
    return Key(f"LOGIN#{_username_hash(username)}", "LOGIN")


def partner_login(partner_id: str, username: str) -> Key:
    """Return what a partner's login may do, beside its API keys."""
    return Key(f"PARTNER#{partner_id}", f"LOGIN#{_username_hash(username)}")


def revoked_login(partner_id: str, username: str) -> Key:
    """Return the mark of a login that was active once."""
    return Key(f"REVOKED_LOGIN#{partner_id}#{_username_hash(username)}", "REVOKED_LOGIN")


def login_attempts(holder: str, window: str) -> Key:
    """Return how often the holder of an address has tried to log in, in a window of time."""
    return Key(f"TRIES#LOGIN#{holder}", window)


def _username_hash(username: str) -> str:
    return hashlib.sha256(username.encode()).hexdigest()


def expiry_shard(account_id: str) -> str:
    """Return the partition of the expiry index that a wallet is in as long as some of it expires.

    There are several, so that the wallets of a large programme do not all meet in one.
    """
    return EXPIRY_SHARDS[zlib.crc32(account_id.encode()) % len(EXPIRY_SHARDS)]


def api_key(key_hash: str) -> Key:
    """Return an API key by the SHA-256 of its text, in hex; the text itself is stored nowhere. Logins lie there as
    well, each by what names it in tokens (`logins.Login.key_hash`)."""
    return Key(f"KEY#{key_hash}", "KEY")


def signing_key(month: str) -> Key:
    """Return the secret that signs the auth tokens of a month, `YYYY-MM`."""
    return Key("SIGNING_KEY", month)


def released_token(token_id: str) -> Key:
    """Return the mark of an auth token that its holder gave back."""
    return Key(f"RELEASED_TOKEN#{token_id}", "RELEASED_TOKEN")


def upload(upload_id: str) -> Key:
    """Return an upload: what it is, and how far it has got."""
    return Key(f"UPLOAD#{upload_id}", "UPLOAD")


def upload_counts(upload_id: str) -> Key:
    """Return the key of the counts of an upload's chunks. It is apart from the upload itself, so that splitting and
    posting do not conflict."""
    return Key(f"UPLOAD#{upload_id}", "COUNTS")


def segment(upload_id: str, number: int) -> Key:
    """Return a segment of an upload's file, from 1: which chunks it was split into."""
    return Key(f"UPLOAD#{upload_id}", f"SEGMENT#{number:06}")


def listed_upload(created_on: str, upload_id: str) -> Key:
    """Return an upload in the list of all, which is in the order of time."""
    return Key("UPLOADS", f"{created_on}#{upload_id}")


def dry_run_item(name: str, key: Key) -> Key:
    """Return where a dry run keeps what it would have written to `key`."""
    return Key(f"DRY_RUN#{name}#{key.pk}", f"DRY_RUN#{key.sk}")


def chunk_mark(upload_id: str, chunk: int) -> Key:
    """Return what tells that a chunk of an upload was counted."""
    return Key(f"UPLOAD#{upload_id}", f"CHUNK#{chunk:08}")
