"""Handling of scheduled calls: functions get the time, and the log shows what they did."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from loyalty.api.faults import log_faults
from loyalty.api.http.http_handler import Handler
from loyalty.api.logs import logger, tell_of_call

TimeLeft = Callable[[], float]


def schedule_handler(done: str, action: Callable[[dict[str, Any], datetime, TimeLeft], dict[str, Any]]) -> Handler:
    """Return a Lambda handler around `action`, which is told what the schedule says, when it is, and by the last
    argument how many seconds it may still take. What it answers is logged under the name `done`. Whatever is raised is
    logged, and Lambda's to try again."""

    @log_faults()
    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        tell_of_call(context)
        did = action(event, datetime.now(UTC), lambda: context.get_remaining_time_in_millis() / 1000)
        logger.info(done, extra=did)
        return did

    return handler
