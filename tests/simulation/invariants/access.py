"""What opens doors: keys of partners, and one-time passwords of customers."""

from collections.abc import Iterator, Mapping
from typing import Any

from loyalty import exactjson
from loyalty.store.credentials import active_keys, hash_of
from loyalty.store.keys import api_key
from tests.simulation.invariants.registry import Seen, invariant
from tests.simulation.operations import Told
from tests.simulation.world import GATEWAY_SECONDS

ISSUE = "/access_tokens/one_time_passwords/issue"


@invariant
def each_partner_has_the_one_key_that_it_calls_with(seen: Seen) -> Iterator[str]:
    """Each partner has one active key, the one that its software calls with: none is left of a call whose answer was
    lost, and none that was revoked."""
    known = {hash_of(text): partner for partner, text in seen.load.api_keys.items()}
    for partner, text in seen.load.api_keys.items():
        active = [key.key_hash for key in active_keys(seen.world.table, partner)]
        if active != [hash_of(text)]:
            yield f"{partner} has {len(active)} active keys, not the one that it calls with"
    opening = {pk for pk in seen.world.dynamo.partitions if pk.startswith("KEY#")}
    surplus = opening - {api_key(one).pk for one in known}
    if surplus:
        yield f"{len(surplus)} keys open doors that nobody has: {sorted(surplus)}"


@invariant
def one_time_passwords_end_with_their_card(seen: Seen) -> Iterator[str]:
    """A one-time password lets nobody in once its card is blocked, or another customer's than when it was issued; a
    purchase that it let in before is told again."""
    issued: dict[str, Told] = {}
    for told in seen.load.told:
        if told.answer.status == 200 and told.path == ISSUE:
            issued[told.answer.body["data"]["one_time_password"]] = told
    cards = {one.text: f"T-{one.wallet}" for one in seen.load.passwords}
    for told in seen.fresh:
        password = _shown_password(told)
        if told.answer.status != 200 or password not in issued or not told.path.endswith("/create"):
            continue
        event_id = told.answer.body["data"]["id"]
        versions = _versions(seen, cards[password])
        at_issue = {one["account"] for one in _between(versions, issued[password].began, issued[password].ended)}
        posted = seen.judge.committed[event_id]
        meanwhile = [one for began in _asked(seen, told, posted) for one in _between(versions, began, posted)]
        account = seen.judge.events[event_id].entry.account_id
        if not any(one["life_cycle_state"] == "EFFECTIVE" and one["account"] in at_issue for one in meanwhile):
            yield f"{event_id} was let in by a password of {cards[password]}, which was {meanwhile}"
        if account not in at_issue:
            yield f"{event_id} moves {account}, and the password was issued for {sorted(at_issue)}"


def _shown_password(told: Told) -> str:
    shown = told.body.get("accounts_receivable_identifier") if isinstance(told.body, Mapping) else None
    token = (shown or {}).get("access_token_identifier") or {}
    return str(token.get("one_time_password", ""))


def _asked(seen: Seen, told: Told, posted: float) -> list[float]:
    """Return when the calls came in that may have posted what a call was told: the same ones, under way at that moment.
    A later one repeats the answer, whatever has become of the card since."""
    return [
        one.began
        for one in seen.load.told
        if one.began <= posted <= one.ended + GATEWAY_SECONDS  # a try that was given up may go on for so long
        and (one.before or one.answer.status == 200)
        and (one.partner, one.path, one.body) == (told.partner, told.path, told.body)
    ]


def _versions(seen: Seen, card: str) -> list[tuple[float, Any]]:
    """Return the records that a card has had, each with when it was committed."""
    return [
        (at, record)
        for at, _, item in seen.written
        if item is not None and "record" in item and f'"{card}"' in item["record"]["S"]
        if (record := exactjson.loads(item["record"]["S"]))["type"] == "access_token" and record["id"] == card
    ]


def _between(versions: list[tuple[float, Any]], since: float, until: float) -> list[Any]:
    """Return the records of a time: the last one before it, and all that came in it."""
    before = [record for at, record in versions if at <= since]
    return [*before[-1:], *(record for at, record in versions if since < at <= until)]
