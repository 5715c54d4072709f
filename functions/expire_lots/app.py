"""Once a day: what was to be spent by the end of a month that is over expires."""

from dataclasses import asdict
from datetime import datetime
from os import environ
from typing import Any

from loyalty.api.logs import log_put_off
from loyalty.api.schedule import TimeLeft, scheduled
from loyalty.store.client import connect
from loyalty.store.programme import Catalogue
from loyalty.usecases.expire_lots import expire_lots

table = connect(environ["TABLE_NAME"])
catalogue = Catalogue(table)


def expire(now: datetime, time_left: TimeLeft) -> dict[str, Any]:
    return asdict(expire_lots(table=table, catalogue=catalogue, now=now, time_left=time_left, report=log_put_off))


handler = scheduled("expired", expire)
