"""What the log has of calls: of refusals, nothing of what was sent; of failures, what led to them."""

import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from traceback import format_exception
from typing import Any

import pytest
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError, ConnectTimeoutError

from cli.docs.routes import ROUTES
from loyalty.api.faults import CallFailed
from loyalty.api.logs import MAX_TOLD, MAX_TRACE, logger
from loyalty.store.dynamo_table import DynamoTable
from tests.functional.conftest import METHOD_ARN, ROOT, Functions, LambdaContext, example
from tests.refusals import REQUEST_ID, Fault, conflict, refusal

CARD = "4111111111111111"
Log = Callable[[], list[str]]

BODIES: dict[str, Any] = {
    "create_upload": {"name": "x.csv"},
    "return_products": {"reference_number": "R", "products": [{"line": 0}]},
    "classic_show_purchase": {"customer_event_identifier": {"id": "X"}},
    "classic_list_purchases": {"accounts_receivable_identifier": {"id": "X"}},
    "classic_show_award": {
        "award_reward_transaction_identifier": {"id": "X"},
        "customer_event_identifier": {"id": "X"},
    },
    "classic_cancel_purchase": {"customer_event_identifier": {"id": "X"}},
    "issue_one_time_password": {"access_token_identifier": {"authentication_code": "X"}},
    "sign_in": {"username": "X", "password": "X", "organisation": "X"},
}
"""Of routes of which the contract has no example."""

OF_FILES = {
    "close_upload": "close_upload",
    "post_batch": "post_batch",
    "split_upload": {"upload": "U1"},
    "import_reference": {"upload": "U1"},
    "expire_lots": {},
}
"""Functions that nobody waits for, with what each is called with: an event, or the name of one in events/."""


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Log:
    """The lines that were logged so far; nothing waits before it is tried again."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    stream = io.StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", stream)
    return lambda: stream.getvalue().splitlines()


def call(functions: Functions, name: str, body: Any = None) -> int:
    """Call a route with a good token and a good body, or with another one; answers its status."""
    route = next(route for route in ROUTES if route.name == name)
    examples = [*route.examples, *route.requests]
    own = example(f"{examples[0]}.request") if examples else BODIES.get(name)
    path = {one["name"]: "X" for one in route.parameters if one["in"] == "path"}
    token = functions.authorize(functions.api_key)["context"]["token"]
    headers = {"authorization": f"Bearer {token}"} if name != "issue_token" else {"api_key": functions.api_key}
    return functions.call(name, own if body is None else body, path=path, headers=headers).status


def timed_out(_: AWSRequest) -> Any:
    raise ConnectTimeoutError(endpoint_url="table")


@contextmanager
def outage(client: Any, fault: Fault, operation: str = "*") -> Iterator[None]:
    """Let nothing that a client sends, or nothing of an operation, come to an answer but a fault."""
    sent = f"before-send.dynamodb.{operation}"

    def before_send(request: AWSRequest, **_: Any) -> Any:
        answered = fault(request)
        request.url = "https://nobody.test"  # moto is asked all the same, and is to have nothing to do with it
        return answered

    client.meta.events.register_first(sent, before_send)
    try:
        yield
    finally:
        client.meta.events.unregister(sent, before_send)


@pytest.mark.parametrize("name", [route.name for route in ROUTES if route.takes and route.name != "issue_token"])
def test_a_refusal_is_a_short_line_without_a_word_of_what_was_sent(
    lasting: tuple[Functions, DynamoTable], log: Log, name: str
) -> None:
    shapes: list[Any] = [
        {f"{CARD}{number}": CARD for number in range(20_000)},
        {"products": [{CARD: number} for number in range(900)], "purchase_customer_events_set": [{CARD: 1}] * 900},
        {"products": [{"product_sku": {CARD: 1}}], "cim": CARD * 100, CARD * 20_000: 1},
        {CARD: {CARD: ["Caf\ufffd"]}},
        CARD,
    ]
    texts = [json.dumps(shape) for shape in shapes] + [f'{{"{CARD}": 1, "{CARD}": 2}}', f'{{"{CARD}": {CARD}']
    for text in texts:
        assert 400 <= call(lasting[0], name, text) < 500

    lines = log()
    assert [json.loads(line)["message"] for line in lines] == ["refused"] * len(texts)
    for line in lines:
        assert len(line.encode()) <= 2048
        assert CARD not in line


@pytest.mark.parametrize("name", sorted([*(route.name for route in ROUTES), *OF_FILES]))
def test_no_setting_has_a_call_written_down(
    functions: Functions, log: Log, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("POWERTOOLS_LOGGER_LOG_EVENT", "true")
    sent = {"headers": {"authorization": f"Bearer {CARD}"}, "body": CARD, "Records": [{"body": CARD}], "upload": CARD}

    with suppress(CallFailed):
        Functions(functions.api_key).module(name).handler(sent, LambdaContext())

    assert CARD not in "".join(log())


def test_a_refusal_tells_the_places_that_are_ours(lasting: tuple[Functions, DynamoTable], log: Log) -> None:
    call(lasting[0], "create_purchase", {**example("create_v5_1.request"), f"spend {CARD}": 1, "reference_number": 7})

    [line] = map(json.loads, log())
    assert line["problems"] == ["InvalidAPIValueException /reference_number", "InvalidAPIValueException /*"]


@pytest.mark.parametrize("name", [route.name for route in ROUTES])
@pytest.mark.parametrize(
    ("fault", "code", "request_id"),
    [
        (refusal("ThrottlingException", message="slow down"), "ThrottlingException", REQUEST_ID),
        (refusal("AccessDeniedException", message=CARD), "AccessDeniedException", REQUEST_ID),
        (timed_out, "ConnectTimeoutError", ""),
    ],
)
def test_every_5xx_is_logged_as_an_error_with_what_led_to_it(
    functions: Functions, log: Log, name: str, fault: Fault, code: str, request_id: str
) -> None:
    functions.authorize(functions.api_key)
    with outage(functions.module(name).table.client, fault):
        status = call(functions, name)

    told = [json.loads(line) for line in log() if json.loads(line)["level"] == "ERROR"]
    assert status >= 500
    assert [(one["sdk_code"], one.get("sdk_request_id", "")) for one in told] == [(code, request_id)]
    assert told[0]["sdk_operation"] in ("GetItem", "BatchGetItem", "Query", "PutItem", "TransactWriteItems")
    assert told[0]["function_request_id"] == LambdaContext.aws_request_id
    assert told[0]["message"] == "failed"


def fault_of_ours(*_: Any, depth: int = 50, **__: Any) -> Any:
    """Fail as deep inside as a body is nested, with what was sent in each message."""
    try:
        if depth:
            fault_of_ours(depth=depth - 1)
        raise KeyError(CARD * 10_000)
    except KeyError as error:
        raise ValueError(f"{CARD} is wrong") from error


def test_a_fault_of_ours_is_logged_with_where_it_was_and_without_a_word_of_what_was_sent(
    functions: Functions, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = functions.module("create_purchase")
    monkeypatch.setattr(module, "read_purchase", fault_of_ours)

    assert call(functions, "create_purchase") == 500

    [line] = log()
    told = json.loads(line)
    assert CARD not in line
    assert (told["message"], told["exception_name"]) == ("failed", "ValueError")
    assert "in fault_of_ours" in told["exception"]
    assert len(told["exception"]) < MAX_TRACE + 10


@pytest.mark.parametrize("name", ["authorizer", "split_upload", "expire_lots"])
def test_what_lambda_is_told_of_a_failed_call_is_the_kind_of_the_fault(
    functions: Functions, log: Log, name: str
) -> None:
    """Lambda logs what a handler raises, and keeps it with a call that failed for good."""
    module = functions.module(name)
    event: Any = {"upload": "U1", "headers": {"api_key": "lk_x"}, "methodArn": METHOD_ARN}
    denied = outage(module.table.client, refusal("AccessDeniedException", message=CARD))
    with denied, pytest.raises(CallFailed) as failed:
        module.handler(event, LambdaContext())

    assert str(failed.value) == "ClientError"
    assert CARD not in "".join(format_exception(failed.value))
    assert CARD not in str(log())


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (refusal("ThrottlingException", message="slow down"), "ThrottlingException"),
        (conflict, "TransactionCanceledException"),
    ],
)
def test_entries_of_a_bulk_call_that_are_put_off_are_logged_with_what_led_to_it(
    functions: Functions, log: Log, fault: Fault, code: str
) -> None:
    body = example("bulk_1.request")
    [first, *_] = body["purchase_customer_events_set"]
    entries = [first | {"request_unique_identifier": f"{CARD}{number}"} for number in range(MAX_TOLD + 2)]
    with outage(functions.module("classic_bulk_create").table.client, fault, "TransactWriteItems"):
        assert call(functions, "classic_bulk_create", body | {"purchase_customer_events_set": entries}) == 200

    [line] = map(json.loads, log())
    assert (line["level"], line["message"], line["sdk_code"]) == ("ERROR", "put off", code)
    assert (line["sdk_operation"], line["sdk_request_id"]) == ("TransactWriteItems", REQUEST_ID)
    assert (line["entries"], line["places"]) == (MAX_TOLD + 2, list(range(MAX_TOLD)))
    assert CARD not in str(line)


@pytest.mark.parametrize("name", OF_FILES)
def test_what_nobody_waits_for_logs_what_it_failed_with_just_so(functions: Functions, log: Log, name: str) -> None:
    event: Any = OF_FILES[name]
    if isinstance(event, str):
        event = json.loads((ROOT / "events" / f"{event}.json").read_text())
    throttled = outage(functions.module(name).table.client, refusal("ThrottlingException", message="slow down"))
    with throttled, suppress(CallFailed, ClientError):  # there is no such message in the queue
        functions.run(name, event)

    told = [json.loads(line) for line in log() if json.loads(line)["level"] == "ERROR"]
    assert (told[0]["sdk_code"], told[0]["sdk_request_id"]) == ("ThrottlingException", REQUEST_ID)


def test_the_authorizer_logs_what_it_failed_with_and_nothing_of_a_key_that_it_denies(
    functions: Functions, log: Log
) -> None:
    functions.authorize("unknown")
    event = {"type": "REQUEST", "methodArn": METHOD_ARN, "headers": {"api_key": functions.api_key}}
    with outage(functions.module("authorizer").table.client, timed_out), pytest.raises(CallFailed):
        functions.module("authorizer").handler(event, None)

    [line] = map(json.loads, log())
    assert (line["level"], line["sdk_code"], line["sdk_operation"]) == ("ERROR", "ConnectTimeoutError", "GetItem")
    assert functions.api_key not in str(line)
