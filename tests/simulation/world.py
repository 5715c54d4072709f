"""The stack of the template in one process: functions in containers, the table, buckets, queues, the API before it."""

import logging
import os
import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, quote_plus, urlsplit

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from loyalty import exactjson
from loyalty.api.logs import logger
from loyalty.domain.errors import Refused
from loyalty.store import client as store_client
from loyalty.store import dynamo_table
from loyalty.store.dynamo_table import DynamoTable
from loyalty.store.files import Files
from loyalty.store.lambda_function import LambdaFunction
from loyalty.store.queue import Queue
from loyalty.usecases.proofs import audit
from loyalty.usecases.proofs.legible import legible
from loyalty.usecases.proofs.verify_wallets import SeenEvent
from loyalty.usecases.uploads.dead_letters import DeadLetters, FailedCalls, Lane
from tests.simulation.clients import Network, dynamo_client, lambda_client, s3_client, sqs_client
from tests.simulation.deployment import KNOWN, Function, Route, Source, deployment
from tests.simulation.dynamo import DynamoService, refused
from tests.simulation.expressions import Unmodelled
from tests.simulation.faults import Fault, Faults, Rates
from tests.simulation.objects import Bucket, ObjectService, Stored
from tests.simulation.queues import Held, MessageQueue, QueueService
from tests.simulation.readings import once, once_legible, unpacked
from tests.simulation.scheduler import Killed, Process, Scheduler, run_in
from tests.simulation.surroundings import stand_in_for_time, surroundings

BEGINS_AT = 1_768_478_400.0
"""15 January 2026, noon."""

GATEWAY_SECONDS = 29.0
"""How long API Gateway waits for a function."""

GIVEN_UP_SECONDS = (0.01, 5.0)
NOTIFIED_SECONDS = (0.05, 1.0)
LATE_SECONDS = (60.0, 900.0)
FATAL_CALLS = (1, 25)
"""Calls that a process makes until the message that it has taken kills it."""

FATAL_AGAIN = 0.8
"""How likely what has killed one process kills the next."""

AGAIN_AFTER = (60.0, 120.0, 240.0)
"""Until Lambda tries a call again that nobody waits for."""

AWS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "eu-west-1"}


class CallEnded(Exception):  # noqa: N818 - reads as what it says
    """A call of a function has not come to an answer."""


@dataclass(frozen=True)
class Answer:
    """What a caller of the API has got; status 0, where that is nothing."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    text: str = ""

    @property
    def body(self) -> Any:
        """Return what the body says."""
        return exactjson.loads(self.text)


@dataclass
class Context:
    """What Lambda tells a function of its call."""

    scheduler: Scheduler
    process: Process
    function_name: str
    memory_limit_in_mb = 1024
    invoked_function_arn = "arn:aws:lambda:eu-west-1:000000000000:function:function"
    aws_request_id = "00000000-0000-0000-0000-000000000000"

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self.process.deadline - self.scheduler.now) * 1000))


@dataclass
class Container:
    """One process of a function, warm once it has been called: what it has learnt is gone with it."""

    process: Process
    handler: Callable[[Any, Any], Any]


@dataclass(frozen=True)
class Failure:
    """A fault of the engine's own, as its log has it."""

    step: int
    message: str
    kind: str
    trace: str


class _Log(logging.Handler):
    """Hears what is logged as an error; nothing is written."""

    def __init__(self, world: "World") -> None:
        super().__init__(logging.ERROR)
        self._world = world

    def emit(self, record: logging.LogRecord) -> None:
        fault = record.exc_info[1] if record.exc_info else None
        self._world.logged[f"{record.msg}: {type(fault).__name__}"] += 1
        if record.msg == "failed" and not hasattr(record, "status") and not _is_of_the_cloud(fault):
            trace = logging.Formatter().formatException(record.exc_info) if record.exc_info else ""
            self._world.failures.append(Failure(self._world.scheduler.steps, record.msg, type(fault).__name__, trace))


def _is_of_the_cloud(fault: BaseException | None) -> bool:
    """Return whether a fault is one of those that are put into the world: the engine leaves some of them to Lambda."""
    if isinstance(fault, ClientError):
        return fault.response["Error"]["Code"] not in ("ValidationException", "IdempotentParameterMismatchException")
    return isinstance(fault, BotoCoreError | Refused)


class World:
    """All of it, by one seed."""

    def __init__(
        self,
        seed: int,
        rates: Rates,
        trace: Callable[[str], None] | None = None,
        faults: Faults | None = None,
    ) -> None:
        self.seed = seed
        self.scheduler = Scheduler(BEGINS_AT)
        self.faults = faults or Faults(rates, random.Random(f"faults {seed}"))
        self.chance = random.Random(f"world {seed}")
        self.deployment = deployment()
        self.failures: list[Failure] = []
        self.logged: Counter[str] = Counter()
        self.calls: Counter[str] = Counter()
        self.network = Network(self.scheduler, self.faults, random.Random(f"network {seed}"), trace)

        def now() -> float:
            return self.scheduler.now

        self.dynamo = DynamoService(KNOWN["Table"], self.deployment.table, now)
        uploads, results = KNOWN["UploadBucket"], KNOWN["ResultBucket"]
        self.buckets = {
            uploads: Bucket(uploads, versioned=True, written=self._notify),
            results: Bucket(results, versioned=False),
        }
        self.queues = {url: MessageQueue(one, now) for url, one in self.deployment.queues.items()}
        for url, settings in self.deployment.queues.items():
            self.queues[url].dead = self.queues[settings.dead] if settings.dead else None
        self._objects = ObjectService(self.buckets)
        self.clients = {
            "dynamodb": dynamo_client(self.dynamo, self.network),
            "s3": s3_client(self._objects, self.network),
            "sqs": sqs_client(QueueService(self.queues), self.network),
            "lambda": lambda_client(self._invoked, self.network),
        }
        self._idle: dict[str, list[Container]] = defaultdict(list)
        self._at_work: Counter[str] = Counter()
        self._polls: dict[str, float] = {}
        self._allowed: dict[str, tuple[float, Mapping[str, Any]]] = {}
        for source in self.deployment.sources:
            self.queues[source.queue].arrived = partial(self._poll_in, source)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Let the engine find this world around it, while the block runs."""
        log, inner = _Log(self), logger._logger
        with pytest.MonkeyPatch.context() as patch, surroundings(self.scheduler, self.seed):
            for name, value in AWS.items():
                patch.setenv(name, value)
            for function in self.deployment.functions.values():
                for name, value in function.environment.items():
                    patch.setenv(name, value)
            patch.setattr(store_client, "_client", lambda service, _: self.clients[service])
            patch.setattr(store_client, "pass_as_is", lambda _: None)
            patch.setattr(dynamo_table, "unpack", unpacked)
            patch.setattr(audit, "legible", once_legible(legible))
            patch.setattr(SeenEvent, "of", once(SeenEvent.of))
            patch.setattr(inner, "handlers", [log])
            patch.setattr(inner, "level", logging.ERROR)
            inner.manager._clear_cache()  # type: ignore[attr-defined]  # of who listens to which levels
            yield
        inner.manager._clear_cache()  # type: ignore[attr-defined]

    # ---------------------------------------------------------------- the operators' side

    @property
    def table(self) -> DynamoTable:
        """The table, as an operator's command has it."""
        return DynamoTable(self.clients["dynamodb"], KNOWN["Table"])  # type: ignore[arg-type]

    def files(self, name: str) -> Files:
        """Return a bucket, by its name in the template."""
        return Files(self.clients["s3"], KNOWN[name])  # type: ignore[arg-type]

    def queue(self, name: str) -> Queue:
        """Return a queue, by its name in the template."""
        return Queue(self.clients["sqs"], KNOWN[name])  # type: ignore[arg-type]

    def function(self, called: str) -> LambdaFunction:
        """Return a function, by how Lambda knows it."""
        return LambdaFunction(self.clients["lambda"], called.rpartition(":")[2])  # type: ignore[arg-type]

    @contextmanager
    def calm(self) -> Iterator[None]:
        """No faults while the block runs."""
        before, self.faults.quiet = self.faults.quiet, True
        try:
            yield
        finally:
            self.faults.quiet = before

    def time(self) -> datetime:
        """Return what time it is."""
        return datetime.fromtimestamp(self.scheduler.now, UTC)

    def put_file(self, bucket: str, key: str, data: bytes, notes: Mapping[str, str] | None = None) -> str:
        """Put a file into a bucket, as whoever has it does; return its version."""
        answer = self._objects.put_object({"Bucket": bucket, "Key": key, "Body": data, "Metadata": notes or {}})
        return str(answer["VersionId"])

    def fetched(self, link: str) -> bytes:
        """Return the file that a link leads to."""
        bucket, _, key = urlsplit(link).path.removeprefix("/").partition("/")
        return self._objects.get_object({"Bucket": bucket, "Key": key})["Body"].read()  # type: ignore[no-any-return]

    def dead_letters(self) -> DeadLetters:
        """Return the queues of what failed, and how it is taken up again."""
        return DeadLetters(
            Lane(self.queue("ChunkQueue"), self.queue("DeadChunkQueue")),
            Lane(self.queue("CloseQueue"), self.queue("DeadCloseQueue")),
            FailedCalls(self.queue("FailedCallQueue"), lambda called, event: self.function(called).call_later(event)),
        )

    def advance(self, seconds: float) -> None:
        """Let time pass in which nothing happens, but what is past goes; containers that nobody needs go as well."""
        self.scheduler.advance(seconds)
        if seconds > 600:
            self._idle.clear()
        self.dynamo.end(lambda: self.chance.random() < 0.5)

    # ---------------------------------------------------------------- the API

    def request(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        """Call the API, as a partner does."""
        serve = partial(self._served, method, path, body, headers or {})
        self.network.tell(f"{method} {path}", body)
        if self.faults.strikes(Fault.GIVEN_UP):
            self.scheduler.start(serve)
            self.network.sleep(GIVEN_UP_SECONDS)
            return Answer(0)
        answer = serve()
        self.network.tell(f"{method} {path} {answer.status}", answer.text)
        return Answer(0) if self.faults.strikes(Fault.RESPONSE_LOST) else answer

    def _served(self, method: str, address: str, body: Any, headers: Mapping[str, str]) -> Answer:
        path, _, query = address.partition("?")
        served = next(self._serving(method, path), None)
        if served is None:
            return Answer(403, {}, '{"message":"Missing Authentication Token"}')
        function, route, found = served
        authorizer: Mapping[str, Any] = {}
        if route.authorized:
            allowed = self._authorized(method, path, headers)
            if isinstance(allowed, Answer):
                return allowed
            authorizer = allowed
        event = {
            "httpMethod": method,
            "path": path,
            "headers": dict(headers),
            "pathParameters": found.groupdict() or None,
            "queryStringParameters": dict(parse_qsl(query)) or None,
            "requestContext": {"authorizer": dict(authorizer)},
            "body": body if body is None or isinstance(body, str) else exactjson.dumps(body),
            "isBase64Encoded": False,
        }
        began = self.scheduler.now
        try:
            told = self.invoke(function, event)
        except CallEnded:
            return Answer(502, {}, '{"message":"Internal server error"}')
        if self.scheduler.now - began > GATEWAY_SECONDS:
            return Answer(504, {}, '{"message":"Endpoint request timed out"}')
        return Answer(told["statusCode"], told["headers"], told["body"])

    def _serving(self, method: str, path: str) -> Iterator[tuple[Function, Route, re.Match[str]]]:
        for function in self.deployment.functions.values():
            for route in function.routes:
                if route.method == method and (found := route.path.fullmatch(path)):
                    yield function, route, found

    def _authorized(self, method: str, path: str, headers: Mapping[str, str]) -> Mapping[str, Any] | Answer:
        """Return what the authorizer hands on, as it said within the last minutes or says now; or why there is no
        way."""
        functions = self.deployment.functions
        key = headers.get(functions["authorizer"].environment["API_KEY_HEADER"])  # all that its clients send
        if not key:
            return Answer(401)
        until, said = self._allowed.get(key, (0.0, {}))
        if self.scheduler.now >= until:
            arn = f"arn:aws:execute-api:eu-west-1:000000000000:api/dev/{method}{path}"
            try:
                said = self.invoke(functions["authorizer"], {"methodArn": arn, "headers": dict(headers)})
            except CallEnded:
                return Answer(*self.deployment.unauthorized)
            self._allowed[key] = (self.scheduler.now + self.deployment.remembered_seconds, said)
        [statement] = said["policyDocument"]["Statement"]
        return said["context"] if statement["Effect"] == "Allow" else Answer(403)

    # ---------------------------------------------------------------- Lambda

    def invoke(self, function: Function, event: Mapping[str, Any], calls: float = float("inf")) -> Any:
        """Call a function, in a container of its own for so long; its process makes so many `calls` until it is killed.

        Raises:
            CallEnded: it has failed, or its process is gone.
        """
        self.calls[function.name] += 1
        container = self._container(function)
        process = container.process
        process.deadline, process.calls_left = self.scheduler.now + function.seconds, calls
        context = Context(self.scheduler, process, function.called)
        try:
            answer = run_in(process, partial(container.handler, event, context))
        except Killed as killed:
            if self.scheduler.now >= process.deadline:
                self.faults.counted[Fault.OUT_OF_TIME] += 1
            raise CallEnded from killed
        except Exception as failure:
            self._idle[function.name].append(container)
            raise CallEnded from failure
        if process.dead:
            raise Unmodelled("a process went on after its end")
        self._idle[function.name].append(container)
        return answer

    def invoke_later(self, function: Function, event: Mapping[str, Any], after: float = 0.0) -> None:
        """Call a function without waiting for it; again where it fails; what fails for good is kept in a queue."""

        def call() -> None:
            for wait in (*AGAIN_AFTER[: function.again], None):
                try:
                    self.invoke(function, event)
                except CallEnded:
                    if wait is not None:
                        self.scheduler.sleep(wait)
                else:
                    return
            about = {"requestContext": {"functionArn": f"arn:aws:lambda:{function.called}"}, "requestPayload": event}
            self.queues[KNOWN["FailedCallQueue"]].send(exactjson.dumps(about))

        for _ in range(2 if self.faults.strikes(Fault.INVOKED_TWICE, function.name) else 1):
            self.scheduler.start(call, after)

    def call_by_the_clock(self, name: str) -> None:
        """Make the calls of a function's schedules, side by side."""
        function = self.deployment.functions[name]
        for event in function.scheduled:
            self.invoke_later(function, event)

    def _invoked(self, request: Mapping[str, Any]) -> Any:
        if request.keys() != {"FunctionName", "InvocationType", "Payload"} or request["InvocationType"] != "Event":
            raise Unmodelled(f"a call of a function with {sorted(request)}")
        for function in self.deployment.functions.values():
            if function.called == request["FunctionName"]:
                self.invoke_later(function, exactjson.loads(request["Payload"]))
                return {"StatusCode": 202}
        raise refused("Invoke", "ResourceNotFoundException", "Function not found", 404)

    def _container(self, function: Function) -> Container:
        idle = self._idle[function.name]
        if idle and not self.faults.strikes(Fault.COLD_START):
            return idle.pop(self.chance.randrange(len(idle)))
        os.environ.update(function.environment)
        namespace: dict[str, Any] = {"__name__": f"functions.{function.name}.app"}
        exec(function.code, namespace)
        stand_in_for_time(namespace, self.scheduler)
        return Container(Process(function.name), namespace["handler"])

    # ---------------------------------------------------------------- triggers

    def _notify(self, key: str, stored: Stored) -> None:
        """Tell functions of an object that was written, once at least."""
        record = {"s3": {"object": {"key": quote_plus(key, safe="/"), "versionId": stored.version}}}
        for function in self.deployment.functions.values():
            if function.prefix and key.startswith(function.prefix):
                for _ in range(2 if self.faults.strikes(Fault.NOTIFIED_TWICE, function.name) else 1):
                    span = LATE_SECONDS if self.faults.strikes(Fault.NOTIFIED_LATE, function.name) else NOTIFIED_SECONDS
                    self.invoke_later(function, {"Records": [record]}, self.chance.uniform(*span))

    def _poll_in(self, source: Source, seconds: float) -> None:
        self.scheduler.at(seconds + self.chance.uniform(0.01, 0.1), lambda: self._poll(source))

    def _poll(self, source: Source) -> None:
        """Hand over messages, as many as there are hands."""
        queue, function = self.queues[source.queue], self.deployment.functions[source.function]
        while self._at_work[source.queue] < source.at_a_time:
            received = queue.receive(1)
            if not received:
                self._poll_when_due(source)
                return
            self._at_work[source.queue] += 1
            self.scheduler.start(partial(self._deliver, source, function, received[0]))

    def _poll_when_due(self, source: Source) -> None:
        seconds = self.queues[source.queue].next_in()
        due = None if seconds is None else self.scheduler.now + seconds
        if due is not None and not self.scheduler.now < self._polls.get(source.queue, 0.0) <= due:
            self._polls[source.queue] = due
            self.scheduler.at(due - self.scheduler.now, lambda: self._poll(source))

    def _deliver(self, source: Source, function: Function, message: Held) -> None:
        receipt, queue = message.receipt, self.queues[source.queue]
        try:
            if self.faults.strikes(Fault.DELIVERED_LATE, function.name):
                return  # it is received again, once it is visible
            if message.fatal:
                message.fatal = self.chance.random() < FATAL_AGAIN
            elif self.faults.strikes(Fault.FATAL_MESSAGE, function.name):
                message.fatal = True
            calls = self.chance.randint(*FATAL_CALLS) if message.fatal else float("inf")
            answer = self.invoke(function, {"Records": [_record(message)]}, calls)
            if not answer["batchItemFailures"] and not self.faults.strikes(Fault.DELIVERED_TWICE, function.name):
                queue.remove(receipt)
        except CallEnded:
            pass  # it is received again, once it is visible
        finally:
            self._at_work[source.queue] -= 1
            self._poll(source)


def _record(message: Held) -> dict[str, Any]:
    return {
        "messageId": message.id,
        "receiptHandle": message.receipt,
        "body": message.body,
        "attributes": {
            "ApproximateReceiveCount": str(message.receives),
            "MessageGroupId": message.group,
            "MessageDeduplicationId": message.deduplication_id,
        },
    }
