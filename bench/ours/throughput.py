"""Many purchases at once: bodies of the newest API, read and posted a batch at a time, as a queue's worker does."""

from datetime import UTC, datetime
from os import environ

from loyalty import exactjson
from loyalty.api.purchases import read_purchase
from loyalty.domain.access import Partner
from loyalty.store.client import connect
from loyalty.store.numbers import Numbers
from loyalty.store.programme import Catalogue
from loyalty.usecases.post_purchase import post_purchases
from loyalty.usecases.posting import Posting

table = connect(environ["TABLE_NAME"])
catalogue = Catalogue(table)
numbers = Numbers(table)
partner = Partner("DEMO", frozenset(), frozenset({"*"}))


def post(rows: list[str]) -> int:
    """Post the purchase of each row; answers how many were new."""
    now = datetime.now(UTC)
    requests = [read_purchase(exactjson.loads_strictly(row), now) for row in rows]
    outcomes = post_purchases(requests, partner, table=table, catalogue=catalogue, numbers=numbers, now=now)
    return sum(isinstance(outcome, Posting) and not outcome.replayed for outcome in outcomes)
