"""The log of calls: codes and places of refusals, and the causes of failures."""

from collections.abc import Iterable, Iterator
from http import HTTPStatus
from traceback import format_tb
from types import TracebackType
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

from loyalty.domain.errors import Refused
from loyalty.store.sdk_errors import sdk_failure

MAX_TOLD = 8
"""Problems of a refusal that its line has: with all around them, they fit into 2 KB."""

MAX_TRACE = 6000
"""Characters of a traceback that its line has: of a longer one, the beginning and the end."""

MAX_CAUSES = 10
"""Faults that a traceback goes back through."""

_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class _Formatter(LambdaPowertoolsFormatter):
    """Tells of a fault what it is, and where it and what led to it were raised, but not what they say: that may be what
    was sent."""

    def formatException(self, ei: _ExcInfo) -> str:  # noqa: N802 - logging's name
        causes = [f"{''.join(format_tb(one.__traceback__))}{type(one).__name__}" for one in _causes_of(ei[1])]
        trace = "\n\n".join(reversed(causes))
        half = MAX_TRACE // 2
        return trace if len(trace) <= MAX_TRACE else f"{trace[:half]}\n...\n{trace[-half:]}"


def _causes_of(fault: BaseException | None) -> Iterator[BaseException]:
    """Return a fault, what led to it, what led to that."""
    for _ in range(MAX_CAUSES):
        if fault is None:
            return
        yield fault
        fault = fault.__cause__ or (None if fault.__suppress_context__ else fault.__context__)


logger = Logger(logger_formatter=_Formatter(serialize_stacktrace=False))


def tell_of_call(context: Any) -> None:
    """Let all lines from now on tell of the call with this context of Lambda's, and of none before it: its function and
    its id, and nothing of what was sent, which may be tokens, passwords and cards."""
    logger.structure_logs(
        function_name=context.function_name,
        function_memory_size=context.memory_limit_in_mb,
        function_arn=context.invoked_function_arn,
        function_request_id=context.aws_request_id,
    )


def log_refused(refused: Refused, status: int) -> None:
    """Log that a call was refused; where that is no fault of the caller's, as an error, with what led to it.

    Descriptions repeat what was sent, and that may be a card or a phone number: they are not logged, and of a 5xx
    nothing but the SDK's own part of the traceback.
    """
    about = {"status": status, "problems": _describe_problems(refused)}
    if status < HTTPStatus.INTERNAL_SERVER_ERROR:
        logger.info("refused", extra=about)
    else:
        logger.error("failed", extra={**about, **sdk_failure(refused)}, exc_info=refused.__cause__)


def log_put_off(refused: Refused, **about: Any) -> None:
    """Log that work is to be done once more, as it was refused this time, with what led to that, and what it is
    `about`."""
    told = {**about, "problems": _describe_problems(refused), **sdk_failure(refused)}
    logger.error("put off", extra=told, exc_info=refused.__cause__)


def log_put_off_within(outcomes: Iterable[Any]) -> None:
    """Log which entries of a call that is answered all the same are to be sent again, as they were refused this time: a
    line for each thing that led to that, with how many they are, and the places of the first, from 0."""
    places: dict[Refused, list[int]] = {}
    for place, outcome in enumerate(outcomes):
        if isinstance(outcome, Refused) and outcome.is_for_now:
            places.setdefault(outcome, []).append(place)
    for refused, of_it in places.items():
        log_put_off(refused, entries=len(of_it), places=of_it[:MAX_TOLD])


def log_fault(fault: Exception, **about: Any) -> None:
    """Log what a call failed with, what led to that, and what it was `about`."""
    told = {"problems": _describe_problems(fault)} if isinstance(fault, Refused) else {}
    logger.error("failed", extra={**about, **told, **sdk_failure(fault)}, exc_info=fault)


def _describe_problems(refused: Refused) -> list[str]:
    """Return the codes and places of the first problems; and how many there are."""
    told = [f"{problem.code} {problem.place}".rstrip() for problem in refused.problems[:MAX_TOLD]]
    more = len(refused.problems) - MAX_TOLD
    return [*told, f"and {more} more"] if more > 0 else told
