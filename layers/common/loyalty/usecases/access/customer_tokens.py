"""Customer tokens: an access token's code, its identifier with the pass code, or a one-time password."""

import secrets
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TypeVar

from msgspec.structs import replace

from loyalty.domain.access.guesses import AT_ONE_TIME_PASSWORDS
from loyalty.domain.access.pass_codes import LEFT_OUT, is_pass_code
from loyalty.domain.errors import Code, Problem, Refused, not_found
from loyalty.domain.purchases.purchase import Reference
from loyalty.store import customer_tokens, keys
from loyalty.store.attributes import Item
from loyalty.store.customer_tokens import CustomerToken, OneTimePassword
from loyalty.store.customers import customer_key, shows_password
from loyalty.store.guesses import count_guess, guessed_passwords
from loyalty.store.table import Table, in_flight

PASSWORD_LIFETIME = timedelta(minutes=5)
SMALLEST_PASSWORD, LARGEST_PASSWORD = 10**11, 10**12 - 1
"""Twelve digits, the first not 0, so that a password is the same as a number and as text."""

MAX_DRAWS = 3
"""The most passwords to draw until one is unused: each is in use with a probability of the passwords in use in 900
billion."""


_NO_HASH = "-"
"""In the place of a pass code's hash, which no pass code has."""

CODE_LEFT_OUT = Problem(
    Code.INVALID,
    "Pass codes and one-time passwords are not accepted in files. Post this purchase with a call of the API.",
)


class GuessRefused(Refused):
    """A pass code or a one-time password was not taken. To try again would count again."""


def is_guess(shown: Reference) -> bool:
    """Return whether showing this counts where it is wrong."""
    return shown.pass_code is not None or shows_password(shown)


class ShownTokens:
    """The tokens that a partner shows in one call.

    A pass code that is shown again in the call is hashed once. Nor is it counted again where that would change nothing:
    if it was right, and none that was wrong has come in between; or if the token's pass code is locked.
    """

    def __init__(self, partner_id: str, table: Table, now: datetime) -> None:
        self.partner_id, self.table, self.now = partner_id, table, now
        self._verdicts = dict[tuple[str, str, str], bool]()
        self._right_last = dict[str, tuple[str, str]]()
        self._locked_until = dict[tuple[str, str], datetime]()

    def token(self, label: str, shown: Reference, item: Item | None) -> CustomerToken:
        """Return the effective token that `shown` names; `item` is what was found at its key, `label` what it is called
        if it is not found. A pass code is checked, unless it was before, and that counts even if nothing else
        comes of the request, as a wrong one-time password does.

        Raises:
            Refused: NOT_FOUND, if there is no such token; INVALID, if its pass code or password was left out.
            GuessRefused: NOT_FOUND, if there is none or its pass code is another, which a caller cannot tell apart;
                NOT_PERMITTED, if the partner was wrong too often.
        """
        if shown.before and shown.before.problem:
            raise GuessRefused(replace(shown.before.problem, pointer=shown.pointer))
        if not shown.before and LEFT_OUT in (shown.value, shown.pass_code):
            raise Refused(replace(CODE_LEFT_OUT, pointer=shown.pointer))
        token = customer_tokens.access_token_in(item, self.now)
        if shown.pass_code is not None and not shown.before:
            if self._is_right(token, shown, shown.pass_code) and token:
                return token
            raise GuessRefused(not_found(label, shown.value, shown.pointer))
        if token:
            return token
        if not shows_password(shown) or shown.before:
            raise Refused(not_found(label, describe_token(shown), shown.pointer))
        at = guessed_passwords(self.partner_id, self.now)
        if locked_until := count_guess(self.table, at, {AT_ONE_TIME_PASSWORDS: 1}, self.partner_id, self.now):
            raise _lockout("Too many one-time passwords were wrong, so none is accepted", locked_until, shown)
        raise GuessRefused(not_found(label, describe_token(shown), shown.pointer))

    def _is_right(self, token: CustomerToken | None, shown: Reference, pass_code: str) -> bool:
        """Return whether it is the token's pass code. The try is counted before it is looked at, so that many at once
        are no more than many one by one; and that bounds the work, as a hash is slow on purpose. If there is no such
        token, or it has no pass code, the try is counted and hashed as well, so that neither a lock nor the time
        reveals that."""
        token_id, hashed = (token.id, token.pass_code) if token and token.pass_code else (shown.value, _NO_HASH)
        if self._right_last.get(token_id) == (hashed, pass_code):
            return True
        locked_until = self._locked_until.get((token_id, hashed)) or customer_tokens.count_try(
            self.table, token_id, hashed, self.partner_id, self.now
        )
        if locked_until:
            self._locked_until[token_id, hashed] = locked_until
            raise _lockout("The pass code was wrong too often, so it is locked", locked_until, shown)
        compared = (token_id, hashed, pass_code)
        if compared not in self._verdicts:
            self._verdicts[compared] = is_pass_code(pass_code, token_id, hashed)
        if self._verdicts[compared]:
            customer_tokens.forget_tries(self.table, token_id, hashed, self.now)
            self._right_last[token_id] = hashed, pass_code
        else:
            self._right_last.pop(token_id, None)
        return self._verdicts[compared]


Verdict = TypeVar("Verdict")


def check_side_by_side(
    shown: Mapping[int, Reference | None], tokens: ShownTokens, check: Callable[[int, ShownTokens], Verdict]
) -> dict[int, Verdict]:
    """Return what `check` finds for each place of a call: those that show a pass code of one token in their order, with
    what was found of that token so far, those of different tokens side by side. Hashing keeps a processor busy without
    Python's lock, and each guess waits for the table."""
    by_token: dict[keys.Key | None, list[int]] = defaultdict(list)
    for place, reference in shown.items():
        tries_code = reference and reference.pass_code is not None and not reference.before
        by_token[customer_key(reference) if reference and tries_code else None].append(place)

    def in_order(places: list[int]) -> list[tuple[int, Verdict]]:
        own = ShownTokens(tokens.partner_id, tokens.table, tokens.now)
        return [(place, check(place, own)) for place in places]

    with in_flight(len(by_token)) as over:
        found = dict(one for of_token in over(in_order, by_token.values()) for one in of_token)
    return {place: found[place] for place in shown}


def describe_token(shown: Reference) -> str:
    """Return what a message calls a token by: its name, but no one-time password."""
    return "one-time password" if shows_password(shown) else shown.value


def _lockout(why: str, until: datetime, shown: Reference) -> GuessRefused:
    description = f"{why} before {until:%Y-%m-%d %H:%M} UTC. Try again then."
    return GuessRefused(Problem(Code.NOT_PERMITTED, description, shown.pointer))


def issue_one_time_password(shown: Reference, partner_id: str, *, table: Table, now: datetime) -> tuple[str, datetime]:
    """Return a password that stands for the token that is shown, for one purchase of the partner, and until when.

    Raises:
        Refused: as `ShownTokens.token`; RETRY_LATER.
    """
    item = table.get(customer_key(shown), consistent=True)
    token = ShownTokens(partner_id, table, now).token("Access Token", shown, item)
    return draw_password(partner_id, now, lambda drawn: customer_tokens.put_one_time_password(table, drawn, token))


def draw_password(partner_id: str, now: datetime, put: Callable[[OneTimePassword], bool]) -> tuple[str, datetime]:
    """Return a password that `put` found unused, and until when it is good."""
    expires_on = now + PASSWORD_LIFETIME
    for _ in range(MAX_DRAWS):
        password = str(SMALLEST_PASSWORD + secrets.randbelow(LARGEST_PASSWORD - SMALLEST_PASSWORD + 1))
        if put(OneTimePassword(password, partner_id, expires_on)):
            return password, expires_on
    raise Refused(Problem(Code.RETRY_LATER, "No unused one-time password was found. Ask for one again."))
