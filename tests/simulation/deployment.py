"""What the template deploys, as the simulation needs it: functions, their routes and triggers, queues and buckets."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any

from loyalty import exactjson
from tests.template import TEMPLATE, read_template, resolved

STACK = "loyalty-sim"
KNOWN = {
    "AWS::StackName": STACK,
    "AWS::AccountId": "000000000000",
    "Table": f"{STACK}-table",
    "ResultBucket": f"{STACK}-results-000000000000",
    "UploadBucket": f"{STACK}-uploads-000000000000",
    "ChunkQueue": "https://sqs.test/chunks.fifo",
    "CloseQueue": "https://sqs.test/closings.fifo",
    "DeadChunkQueue": "https://sqs.test/dead-chunks.fifo",
    "DeadCloseQueue": "https://sqs.test/dead-closings.fifo",
    "FailedCallQueue": "https://sqs.test/failed-calls",
}
"""What names of the template are here."""

USUAL_VISIBILITY = 30
"""Seconds, where a queue says nothing."""


@dataclass(frozen=True)
class Route:
    """A route of the API."""

    method: str
    path: re.Pattern[str]
    authorized: bool


@dataclass(frozen=True)
class Function:
    """A function of the template.

    Attributes:
        name: Its folder under `functions/`.
        called: How Lambda knows it.
        seconds: How long a call may take.
        environment: The variables that are set for it alone, and for all.
        code: Its app.py, compiled once.
        routes: Where the API calls it.
        prefix: Of the keys of objects that it is told of, None where it is told of none.
        again: How often a call that nobody waits for is tried again.
        scheduled: What each of its schedules calls it with.
    """

    name: str
    called: str
    seconds: int
    environment: Mapping[str, str]
    code: CodeType
    routes: tuple[Route, ...]
    prefix: str | None
    again: int
    scheduled: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Source:
    """What hands messages of a queue to a function, at most so many at a time."""

    function: str
    queue: str
    at_a_time: int


@dataclass(frozen=True)
class QueueSettings:
    """A queue of the template.

    Attributes:
        url: Its address.
        is_fifo: Whether messages of a group arrive in order, and of equal ones but one.
        visibility: Seconds for which nobody else gets a message that was received.
        receives_max: Deliveries until a message is a dead letter, infinite where it never is.
        dead: The address of where dead letters go, None where nothing does.
        deduplicates_by_group: Whether messages of different groups are never equal.
        kept_seconds: How long a message is kept.
    """

    url: str
    is_fifo: bool
    visibility: float
    receives_max: float
    dead: str | None
    deduplicates_by_group: bool
    kept_seconds: float


@dataclass(frozen=True)
class Deployment:
    """All that the template deploys."""

    functions: Mapping[str, Function]
    sources: tuple[Source, ...]
    queues: Mapping[str, QueueSettings]
    table: Mapping[str, Any]
    remembered_seconds: int
    """For how long API Gateway remembers what an authorizer has answered; 0 where it does not."""
    unauthorized: tuple[int, Mapping[str, str], str]
    """What API Gateway answers where the authorizer has failed: status, headers, body."""


@cache
def deployment() -> Deployment:
    """Return what the template deploys."""
    template = read_template()
    resources = template["Resources"]
    of_type = {
        kind: {name: one["Properties"] for name, one in resources.items() if one["Type"] == f"AWS::{kind}"}
        for kind in ("Serverless::Function", "Lambda::EventSourceMapping", "SQS::Queue")
    }
    functions = [_function(template, one) for one in of_type["Serverless::Function"].values()]
    sources = [_source(template, one) for one in of_type["Lambda::EventSourceMapping"].values()]
    queues = [_queue(template, KNOWN[name], one) for name, one in of_type["SQS::Queue"].items()]
    auth = resources["Api"]["Properties"]["Auth"]
    authorizer = auth["Authorizers"][_value(template, auth["DefaultAuthorizer"])]
    return Deployment(
        {function.name: function for function in functions},
        tuple(sources),
        {queue.url: queue for queue in queues},
        resources["Table"]["Properties"],
        int(authorizer["Identity"]["ReauthorizeEvery"]),
        _answer(resources["Api"]["Properties"]["GatewayResponses"]["AUTHORIZER_CONFIGURATION_ERROR"]),
    )


def _answer(told: Mapping[str, Any]) -> tuple[int, Mapping[str, str], str]:
    headers = {name: value.strip("'") for name, value in told["ResponseParameters"]["Headers"].items()}
    return int(told["StatusCode"]), headers, told["ResponseTemplates"]["application/json"]


def _function(template: Mapping[str, Any], told: Mapping[str, Any]) -> Function:
    name = Path(told["CodeUri"]).name
    shared = template["Globals"]["Function"]
    called = _value(template, told["FunctionName"]) if "FunctionName" in told else f"{STACK}-{name}"
    variables = {**shared["Environment"]["Variables"], **told.get("Environment", {}).get("Variables", {})}
    path = TEMPLATE.parent / "functions" / name / "app.py"
    events = list(told.get("Events", {}).values())
    s3 = next((event["Properties"] for event in events if event["Type"] == "S3"), None)
    return Function(
        name,
        called,
        int(_value(template, told.get("Timeout", shared["Timeout"]))),
        _environment(template, variables) | {"AWS_LAMBDA_FUNCTION_NAME": called},
        compile(path.read_text(), str(path), "exec"),
        tuple(_route(event["Properties"]) for event in events if event["Type"] == "Api"),
        s3["Filter"]["S3Key"]["Rules"][0]["Value"] if s3 else None,
        told.get("EventInvokeConfig", {}).get("MaximumRetryAttempts", 2),
        tuple(exactjson.loads(event["Properties"]["Input"]) for event in events if event["Type"] == "Schedule"),
    )


def _environment(template: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, str]:
    values = {name: _value(template, value) for name, value in variables.items()}
    return {name: value for name, value in values.items() if value}


def _route(told: Mapping[str, Any]) -> Route:
    pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", told["Path"])
    return Route(told["Method"], re.compile(pattern), told.get("Auth", {}).get("Authorizer") != "NONE")


def _source(template: Mapping[str, Any], told: Mapping[str, Any]) -> Source:
    assert told["BatchSize"] == 1, "the simulation hands over one message at a time"
    function = template["Resources"][told["FunctionName"]["Ref"]]["Properties"]
    queue = told["EventSourceArn"]["Fn::GetAtt"].partition(".")[0]
    at_a_time = int(_value(template, told["ScalingConfig"]["MaximumConcurrency"]))
    return Source(Path(function["CodeUri"]).name, KNOWN[queue], at_a_time)


def _queue(template: Mapping[str, Any], url: str, told: Mapping[str, Any]) -> QueueSettings:
    redrive = told.get("RedrivePolicy")
    return QueueSettings(
        url,
        bool(told.get("FifoQueue")),
        float(_value(template, told.get("VisibilityTimeout", USUAL_VISIBILITY))),
        int(_value(template, redrive["maxReceiveCount"])) if redrive else math.inf,
        KNOWN[redrive["deadLetterTargetArn"]["Fn::GetAtt"].partition(".")[0]] if redrive else None,
        told.get("DeduplicationScope") == "messageGroup",
        float(told["MessageRetentionPeriod"]),
    )


def _value(template: Mapping[str, Any], told: Any) -> str:
    match told:
        case {"Fn::FindInMap": [name, row, column]}:
            return str(template["Mappings"][name][row][column])
        case {"Ref": str(name)} if name in template["Parameters"]:
            return str(template["Parameters"][name]["Default"])
    return resolved(told, KNOWN)
