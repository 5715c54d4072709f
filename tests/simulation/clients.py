"""The clients that a process reaches the cloud with: each call takes time, others go on meanwhile, and faults strike.

botocore's own retries are part of a client, as the engine configures it (`loyalty.store.client.CONFIG`): standard
mode, so many attempts in all, the errors that botocore itself holds for passing, its waits between attempts. What the
engine sees is what is left after the last one. The token by which DynamoDB knows a transaction again is the same for
all attempts of a call, and another for the next call, as botocore has it. Not modelled: botocore's quota of retries,
which only ends them earlier.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
    ResponseStreamingError,
)
from botocore.retries.standard import ThrottledRetryableChecker, TransientRetryableChecker

from loyalty.store.client import CONFIG, FILES_CONFIG
from tests.simulation.dynamo import DynamoService, Sight, refused
from tests.simulation.expressions import Unmodelled
from tests.simulation.faults import Fault, Faults
from tests.simulation.objects import ObjectService
from tests.simulation.queues import QueueService
from tests.simulation.scheduler import Killed, Scheduler, current_process

ATTEMPTS: int = CONFIG.retries["max_attempts"]  # type: ignore[attr-defined]  # botocore's stubs do not know it

_TRANSIENT: Any = TransientRetryableChecker
_THROTTLES: Any = ThrottledRetryableChecker
_PASSING = frozenset([*_TRANSIENT._TRANSIENT_ERROR_CODES, *_THROTTLES._THROTTLED_ERROR_CODES])
_PASSING_STATUSES = frozenset(_TRANSIENT._TRANSIENT_STATUS_CODES)

LATENCY = (0.002, 0.02)
"""Seconds that a call takes at least and at most."""

SLOW_SECONDS = (1.0, 2.9)
LATE_SECONDS = (0.1, 12.0)
LAG_SECONDS = (0.01, 3.0)

LITTLE_TIME = 25.0
"""Seconds that are left of a function's time when it is nearly out: less than any keeps for what it has begun."""

_URL = "https://service.test"
_THROTTLED = {
    "dynamodb": ("ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded"),
    "s3": ("SlowDown",),
    "sqs": ("RequestThrottled", "ThrottlingException"),
    "lambda": ("TooManyRequestsException",),
}
_INTERNAL = {
    "dynamodb": (("InternalServerError", 500), ("ServiceUnavailable", 503)),
    "s3": (("InternalError", 500), ("ServiceUnavailable", 503)),
    "sqs": (("InternalError", 500), ("ServiceUnavailable", 503)),
    "lambda": (("ServiceException", 500),),
}
_THROTTLED_STATUSES = {"s3": 503, "lambda": 429}

Operation = Callable[[Mapping[str, Any]], Any]


@dataclass
class Network:
    """What lies between processes and the cloud."""

    scheduler: Scheduler
    faults: Faults
    chance: random.Random
    trace: Callable[[str], None] | None = None

    def tell(self, what: str, about: Any = "") -> None:
        """Put a line into the trace, if there is one: when it is, who calls, what, and all that it is about."""
        if self.trace:
            process = current_process()
            self.trace(f"{self.scheduler.now!r} {process.name if process else '-'} {what} {about!r}")

    def sleep(self, span: tuple[float, float]) -> None:
        """Wait for a while between two bounds."""
        self.scheduler.sleep(self.chance.uniform(*span))


class Client:
    """A service's client. Operations are asked for as boto3 has them, by keyword."""

    def __init__(self, service: str, operations: Mapping[str, Operation], network: Network, timeout: float) -> None:
        self._service = service
        self._operations = operations
        self._network = network
        self._timeout = timeout

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_") or name not in self._operations:
            raise AttributeError(name)
        call = partial(self._call, name)
        setattr(self, name, call)
        return call

    def _call(self, name: str, **request: Any) -> Any:
        if name == "transact_write_items":
            request.setdefault("ClientRequestToken", f"{self._network.chance.getrandbits(64):016x}")
        fault = self._network.faults.of(name)
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._attempt(name, request, fault)
            except (ClientError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError) as error:
                if attempt == ATTEMPTS or not _passes(error):
                    raise
            self._network.scheduler.sleep(self._network.chance.random() * 2 ** (attempt - 1))
            fault = self._network.faults.next(name, fault)
        raise AssertionError

    def _attempt(self, name: str, request: Mapping[str, Any], fault: Fault | None) -> Any:
        network, operation = self._network, self._operations[name]
        network.sleep(LATENCY)
        network.tell(f"{name} {fault or 'answered'}", request)
        if process := current_process():
            process.calls_left -= 1
            if process.calls_left < 0:
                self._kill()
        return operation(request) if fault is None else _MET[fault](self, name, request)

    # ---------------------------------------------------------------- faults

    def _lost(self, name: str, _: Any) -> Any:
        del name
        if self._network.chance.random() < 0.5:
            raise EndpointConnectionError(endpoint_url=_URL)
        self._network.scheduler.sleep(float(CONFIG.connect_timeout))  # type: ignore[attr-defined]
        raise ConnectTimeoutError(endpoint_url=_URL)

    def _answer_lost(self, name: str, request: Any) -> Any:
        self._operations[name](request)
        self._network.scheduler.sleep(self._timeout)
        raise ReadTimeoutError(endpoint_url=_URL)

    def _late(self, name: str, request: Any) -> Any:
        def take_effect() -> None:
            try:
                self._operations[name](request)
            except ClientError:
                self._network.tell(f"{name} refused late")
            else:
                self._network.tell(f"{name} took effect late")

        self._network.scheduler.at(self._timeout + self._network.chance.uniform(*LATE_SECONDS), take_effect)
        self._network.scheduler.sleep(self._timeout)
        raise ReadTimeoutError(endpoint_url=_URL)

    def _throttled(self, name: str, _: Any) -> Any:
        code = self._network.chance.choice(_THROTTLED[self._service])
        raise refused(name, code, "too many", _THROTTLED_STATUSES.get(self._service, 400))

    def _internal(self, name: str, _: Any) -> Any:
        code, status = self._network.chance.choice(_INTERNAL[self._service])
        raise refused(name, code, "of the service", status)

    def _killed_before(self, *_: Any) -> Any:
        self._kill()

    def _killed_after(self, name: str, request: Any) -> Any:
        self._operations[name](request)
        self._kill()

    def _slow(self, name: str, request: Any) -> Any:
        self._network.sleep(SLOW_SECONDS)
        return self._operations[name](request)

    def _short_of_time(self, name: str, request: Any) -> Any:
        answer, process = self._operations[name](request), current_process()
        if process and process.deadline < float("inf"):
            self._network.scheduler.sleep(max(0.0, process.deadline - self._network.scheduler.now - LITTLE_TIME))
        return answer

    def _out_of_time(self, name: str, request: Any) -> Any:
        answer, process = self._operations[name](request), current_process()
        if process is None:
            raise Unmodelled("faults outside of any process: be quiet there")
        self._network.scheduler.sleep(process.deadline - self._network.scheduler.now)
        return answer

    def _conflict(self, name: str, request: Any) -> Any:
        if name != "transact_write_items":
            raise refused(name, "TransactionConflictException", "Transaction is ongoing for the item")
        return self._held(request, "TransactionConflict")

    def _cancelled_throttled(self, _: str, request: Any) -> Any:
        codes = ("ProvisionedThroughputExceeded", "ThrottlingError")
        return self._held(request, self._network.chance.choice(codes))

    def _held(self, request: Mapping[str, Any], code: str) -> Any:
        chance = self._network.chance

        def held(count: int) -> dict[int, str]:
            return dict.fromkeys(sorted(chance.sample(range(count), chance.randint(1, min(count, 3)))), code)

        return self._operations["transact_write_items"]({**request, "": held})

    def _in_progress(self, name: str, _: Any) -> Any:
        raise refused(name, "TransactionInProgressException", "The transaction with the given token is in progress")

    def _unprocessed(self, name: str, request: Any) -> Any:
        chance = self._network.chance
        return self._operations[name]({**request, "": lambda count: chance.randint(1, count)})

    def _broken_body(self, name: str, request: Any) -> Any:
        answer = self._operations[name](request)
        answer["Body"].breaks = ResponseStreamingError(error="broken off")
        return answer

    def _unsent(self, name: str, request: Any) -> Any:
        return self._operations[name]({**request, "": lambda: self._network.chance.random() < 0.5})

    def _kill(self) -> None:
        process = current_process()
        if process is None:
            raise Unmodelled("faults outside of any process: be quiet there")
        process.dead = True
        raise Killed


_MET: Mapping[Fault, Callable[[Client, str, Any], Any]] = {
    Fault.REQUEST_LOST: Client._lost,
    Fault.ANSWER_LOST: Client._answer_lost,
    Fault.EFFECT_LATE: Client._late,
    Fault.THROTTLED: Client._throttled,
    Fault.INTERNAL_ERROR: Client._internal,
    Fault.KILLED_BEFORE: Client._killed_before,
    Fault.KILLED_AFTER: Client._killed_after,
    Fault.SLOW: Client._slow,
    Fault.SHORT_OF_TIME: Client._short_of_time,
    Fault.OUT_OF_TIME: Client._out_of_time,
    Fault.CONFLICT: Client._conflict,
    Fault.CANCELLED_THROTTLED: Client._cancelled_throttled,
    Fault.IN_PROGRESS: Client._in_progress,
    Fault.UNPROCESSED: Client._unprocessed,
    Fault.BROKEN_BODY: Client._broken_body,
    Fault.UNSENT: Client._unsent,
}


def _passes(error: Exception) -> bool:
    """Return whether botocore tries again."""
    if not isinstance(error, ClientError):
        return True
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    return error.response["Error"]["Code"] in _PASSING or status in _PASSING_STATUSES


def dynamo_client(service: DynamoService, network: Network) -> Client:
    """Return a client of the table."""
    faults, chance = network.faults, network.chance

    def lag() -> float:
        return chance.uniform(*LAG_SECONDS) if faults.strikes(Fault.LATE_INDEX) else 0.0

    usual = Sight(versions=lambda: faults.strikes(Fault.STALE), lag=lag)

    def operation(work: Callable[[Any, Sight], Any], request: Mapping[str, Any]) -> Any:
        if "" not in request:
            return work(request, usual)
        plain = {name: value for name, value in request.items() if name}
        return work(plain, Sight(usual.versions, usual.lag, request[""], request[""]))

    operations = {
        name: partial(operation, getattr(service, name))
        for name in (
            "get_item",
            "batch_get_item",
            "query",
            "scan",
            "put_item",
            "update_item",
            "transact_write_items",
        )
    }
    return Client("dynamodb", operations, network, float(CONFIG.read_timeout))  # type: ignore[attr-defined]


def s3_client(service: ObjectService, network: Network) -> Client:
    """Return a client of all buckets. Forms and links are signed without a call."""
    operations: dict[str, Operation] = {
        name: getattr(service, name)
        for name in (
            "put_object",
            "get_object",
            "head_object",
            "create_multipart_upload",
            "upload_part",
            "complete_multipart_upload",
        )
    }
    client = Client("s3", operations, network, float(FILES_CONFIG.read_timeout))  # type: ignore[attr-defined]
    client.__dict__["generate_presigned_post"] = _form
    client.__dict__["generate_presigned_url"] = _link
    return client


def _form(bucket: str, key: str, *, Conditions: Any, ExpiresIn: int) -> Any:  # noqa: N803 - boto3's names
    return {"url": f"{_URL}/{bucket}", "fields": {"key": key, "until": str(ExpiresIn), "for": str(Conditions)}}


def _link(operation: str, *, Params: Mapping[str, str], ExpiresIn: int) -> str:  # noqa: N803 - boto3's names
    return f"{_URL}/{Params['Bucket']}/{Params['Key']}?{operation}&{ExpiresIn}"


def sqs_client(service: QueueService, network: Network) -> Client:
    """Return a client of all queues."""

    def send(request: Mapping[str, Any]) -> Any:
        plain = {name: value for name, value in request.items() if name}
        return service.send_message_batch(plain, *([request[""]] if "" in request else []))

    operations: dict[str, Operation] = {
        "send_message_batch": send,
        "receive_message": service.receive_message,
        "delete_message": service.delete_message,
        "change_message_visibility": service.change_message_visibility,
    }
    return Client("sqs", operations, network, float(CONFIG.read_timeout))  # type: ignore[attr-defined]


def lambda_client(invoke: Operation, network: Network) -> Client:
    """Return a client of Lambda."""
    return Client("lambda", {"invoke": invoke}, network, float(CONFIG.read_timeout))  # type: ignore[attr-defined]
