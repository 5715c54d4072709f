"""What the log has of calls: of what is refused, codes and places; of what fails, what led to it."""

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools import Logger

from loyalty.domain.errors import Refused
from loyalty.store.sdk_errors import sdk_failure

MAX_TOLD = 8
"""Problems of a refusal that its line has: with all around them, they fit into 2 KB."""

logger = Logger()


def log_refused(refused: Refused, status: int) -> None:
    """Log that a call was refused; where that is no fault of the caller's, as an error, with what led to it.

    Descriptions repeat what was sent, and that may be a card or a phone number: they are not logged, and of a 5xx
    nothing but the SDK's own part of the traceback.
    """
    about = {"status": status, "problems": _told(refused)}
    if status < HTTPStatus.INTERNAL_SERVER_ERROR:
        logger.info("refused", extra=about)
    else:
        logger.error("failed", extra={**about, **sdk_failure(refused)}, exc_info=refused.__cause__)


def log_put_off(refused: Refused) -> None:
    """Log that work is to be done once more, as it was refused this time, with what led to that."""
    logger.error("put off", extra={"problems": _told(refused), **sdk_failure(refused)}, exc_info=refused.__cause__)


def log_fault(fault: Exception, **about: Any) -> None:
    """Log what a call failed with, what led to that, and what it was `about`."""
    logger.error("failed", extra={**about, **sdk_failure(fault)}, exc_info=fault)


def _told(refused: Refused) -> list[str]:
    """The codes and places of the first problems; and how many there are."""
    told = [f"{problem.code} {problem.place}".rstrip() for problem in refused.problems[:MAX_TOLD]]
    more = len(refused.problems) - MAX_TOLD
    return [*told, f"and {more} more"] if more > 0 else told
