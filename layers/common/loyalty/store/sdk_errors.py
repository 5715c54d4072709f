"""The one place where errors of the SDK become the engine's own."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004
    HTTPClientError,
    IncompleteReadError,
)

from loyalty.domain.errors import Problem, Refused
from loyalty.store.attributes import Item, unpack

_IN_USE = frozenset({"ProvisionedThroughputExceeded", "ThrottlingError", "TransactionConflict"})
"""Reasons of a cancelled transaction that say nothing of its conditions."""


class ConditionFailed(Exception):  # noqa: N818 - reads as what it says
    """Nothing was written, as conditions did not hold.

    `found` are the items that they did not hold for, by the places of their writes, from 0 (None if there is no item,
    or if DynamoDB does not return it). The conditions of the writes at `untold` are unknown, as their items were in
    use.
    """

    def __init__(self, found: Mapping[int, Item | None], untold: Collection[int] = ()) -> None:
        super().__init__(f"conditions of the writes {sorted(found)}")
        self.found = found
        self.untold = frozenset(untold)


class InUse(Exception):  # noqa: N818 - reads as what it says
    """Nothing was written, as others are at work on the items. The same write may go through in a moment."""


@contextmanager
def refuse_if_busy(busy: Problem, codes: Collection[str]) -> Iterator[None]:
    """Refuse with `busy` where a service is out of reach, or answers with one of these codes, for longer than the
    client's own retries last; other errors pass through."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] in codes:
            raise Refused(busy) from error
        raise
    except (ConnectionError, HTTPClientError, IncompleteReadError) as error:
        raise Refused(busy) from error


@contextmanager
def write_failures() -> Iterator[None]:
    """Tell what kept DynamoDB from writing: a condition (`ConditionFailed`) or others (`InUse`); what else it answers
    passes through."""
    try:
        yield
    except ClientError as error:
        match error.response["Error"]["Code"]:
            case "ConditionalCheckFailedException":
                raise ConditionFailed({0: None}) from error
            case "TransactionConflictException":
                raise InUse from error
            case "TransactionCanceledException":
                _cancelled(error)
        raise


def remember_operations(client: Any) -> None:
    """Have errors of a client's connection know the operation, as those that a service answers do."""
    client.meta.events.register("needs-retry", _remember_operation)


def _remember_operation(operation: Any, caught_exception: Any, **_: Any) -> None:
    if caught_exception is not None:
        caught_exception.operation_name = operation.name


def sdk_failure(fault: BaseException | None) -> Mapping[str, str]:
    """Return what the SDK met where that led to a fault: its code, the operation, and the request's id where the
    service answered; nothing where it did not."""
    while fault is not None:
        match fault:
            case ClientError():
                request_id = fault.response.get("ResponseMetadata", {}).get("RequestId", "")
                code = fault.response["Error"]["Code"]
                return {"sdk_code": code, "sdk_operation": fault.operation_name, "sdk_request_id": request_id}
            case BotoCoreError():
                return {"sdk_code": type(fault).__name__, "sdk_operation": getattr(fault, "operation_name", "")}
        fault = fault.__cause__ or fault.__context__
    return {}


def _cancelled(error: ClientError) -> None:
    reasons: Any = dict(enumerate(error.response["CancellationReasons"]))
    in_use = {place for place, reason in reasons.items() if reason.get("Code") in _IN_USE}
    failed = {place: reason for place, reason in reasons.items() if reason.get("Code") == "ConditionalCheckFailed"}
    if failed:
        found = {place: unpack(reason["Item"]) if reason.get("Item") else None for place, reason in failed.items()}
        raise ConditionFailed(found, in_use) from error
    if in_use:
        raise InUse from error
