"""The nightly expiry as it is deployed: each row is the account of a wallet that is due."""

from collections.abc import Sequence
from datetime import UTC, datetime
from os import environ

from loyalty.store.client import connect
from loyalty.usecases.engine import Engine
from loyalty.usecases.ledger.expire_lots import expire_lots

engine = Engine.on(connect(environ["TABLE_NAME"]))


def post(rows: Sequence[str]) -> int:
    """Post the expiry of each wallet; return how many were moved."""
    return expire_lots(engine, rows, now=datetime.now(UTC), time_left=lambda: 900.0).wallets
