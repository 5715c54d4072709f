"""Each night, for each shard of the expiry index: what was to be spent by the end of a month that is over expires."""

from datetime import datetime
from os import environ
from typing import Any

from loyalty.api.logs import log_put_off
from loyalty.api.triggers.schedule_handler import TimeLeft, schedule_handler
from loyalty.store.client import connect
from loyalty.usecases.engine import Engine
from loyalty.usecases.ledger.expire_lots import due_accounts, expire_lots

table = connect(environ["TABLE_NAME"])
engine = Engine.on(table)


def expire(event: dict[str, Any], now: datetime, time_left: TimeLeft) -> dict[str, Any]:
    due = due_accounts(table, now, event.get("shard"))
    return expire_lots(engine, due, now=now, time_left=time_left, report=log_put_off)._asdict()


handler = schedule_handler("expired", expire)
