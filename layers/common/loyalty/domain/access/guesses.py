"""Guesses at what customers and partners keep secret: how many are allowed, and until when none is where they are used
up (decisions 28 and 35)."""

import hashlib
from datetime import UTC, datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from msgspec import Struct

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Allowance(Struct, frozen=True):
    """The most guesses in a window of time, which is the same for all: `of_each` that guesses at one thing, or that one
    guesses at; or else of all together."""

    most: int
    window: timedelta
    of_each: bool = True

    def counter(self, each: str, now: datetime) -> str:
        """Return the name of what a guess counts on; `each` is a partner's id, or a login's username."""
        place = (now - EPOCH) // self.window
        whose = hashlib.sha256(each.encode()).hexdigest()[:16] if self.of_each else "all"
        return f"guesses_{self.window // timedelta(minutes=1)}_{place}_{whose}"

    def ends(self, now: datetime) -> datetime:
        """When the window is over."""
        return EPOCH + ((now - EPOCH) // self.window + 1) * self.window


AT_A_PASS_CODE = (
    Allowance(5, timedelta(minutes=15)),
    Allowance(20, timedelta(days=1)),
    Allowance(50, timedelta(days=1), of_each=False),
)
"""A right one makes up for all before it. What a partner has in a day is less than half of what all have, so that none
alone, nor two, lock a customer out everywhere."""

AT_ONE_TIME_PASSWORDS = Allowance(100, timedelta(minutes=15))
"""At all of a partner's, as a wrong one does not tell whose it was to be. Of twelve digits, so many find none."""

AT_A_LOGIN = Allowance(5, timedelta(minutes=15))
AT_ALL_LOGINS = Allowance(100, timedelta(minutes=15), of_each=False)
"""Of one address: wrong ones at each login, where a right password makes up for all before it; and attempts at all of
them, where it takes back its own. No address's guesses count for another, so whoever guesses locks nobody else out.
Passwords are drawn, and cannot be guessed: what has to be bounded is the work, as each attempt is hashed."""

IPV6_NETWORK = 64
"""Bits of an IPv6 address that tell its holder from others, who has all addresses that begin so."""


def holder_of(address: str) -> str:
    """Return what tells the holder of an address from others: an IPv4 address, or the network of an IPv6 one;
    `nobody` for what is no address."""
    try:
        found = ip_address(address)
    except ValueError:
        return "nobody"
    if isinstance(found, IPv6Address):
        mapped = found.ipv4_mapped
        return str(mapped or ip_network((found, IPV6_NETWORK), strict=False).network_address)
    return str(found)
