"""Keys and tokens: changed, revoked and released while calls are under way, and calls without a good one."""

from msgspec.structs import replace

from loyalty.usecases.access.api_keys import create_key, revoke_key, rotate_key
from tests.simulation.operations import baskets
from tests.simulation.operations.caller import Caller, operation
from tests.simulation.operations.load import KEYS

OVERLAP = (0.5, 20.0)
"""Seconds between a partner's first call with another key and the end of the one before."""

REFUSED_AFTER = 61.0
"""Seconds after which no function takes a token that was released."""


@operation(5)
def change_key(caller: Caller) -> int:
    """Have the partner call with another key, made for it or in the place of its own, and revoke the one before, while
    others of its calls are under way."""
    partner, table = caller.partner, caller.world.table
    if partner in caller.load.rotating:
        return 1
    caller.load.rotating.add(partner)
    before, request = caller.load.api_keys[partner], f"change {caller.load.name()}"
    key_id = before.split("_")[1]
    if caller.happens(0.5):
        [asked] = [replace(one, request=request) for one in KEYS if one.partner_id == partner]
        text, _ = caller.operate("create key", partner, lambda: create_key(asked, table=table, now=caller.world.time()))
    else:
        text, _ = caller.operate(
            "rotate key",
            partner,
            lambda: rotate_key(partner, key_id, table=table, now=caller.world.time(), request=request),
        )
    caller.load.api_keys[partner] = text

    def revoke(other: Caller) -> None:
        other.operate("revoke key", partner, lambda: revoke_key(partner, key_id, table=table, now=other.world.time()))
        other.load.revoked.append((partner, before))
        other.load.rotating.remove(partner)

    caller.later(caller.chance.uniform(*OVERLAP), revoke)
    return 2


@operation(3)
def call_without_a_good_key(caller: Caller) -> int:
    """Ask for a wallet without a key, with none that there ever was, or with one that was revoked."""
    path, load = f"/wallets/N-{caller.wallet()}", caller.load
    keys = [("", ""), ("", "lk_none_none"), *load.revoked[-2:]]
    partner, key = caller.chance.choice(keys)
    caller.ask("GET", path, None, {"api_key": key} if key else {}, partner)
    return 1


@operation(3)
def release_token(caller: Caller) -> int:
    """Give a token back, and call with it all the same: at once, or when nobody takes it any more."""
    bearer = {"Authorization": f"Bearer {caller.new_token(caller.partner)}"}
    caller.ask("POST", "/authentication/token/release", {}, bearer, caller.partner)
    body = {"customer_event_identifier": {"number": "1"}}
    caller.later(
        caller.chance.choice((0.0, REFUSED_AFTER)),
        lambda other: other.ask("POST", "/customer_events/purchases/show", body, bearer, other.partner),
    )
    return 2


@operation(2)
def call_classic_without_a_token(caller: Caller) -> int:
    """Post a purchase of the classic API with what is no token."""
    body = {"accounts_receivable_identifier": baskets.account(caller)}
    caller.ask("POST", "/customer_events/purchases/create", body, {"Authorization": "Bearer none"})
    return 1
