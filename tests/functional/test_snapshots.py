"""Functions that start from a snapshot: a clone answers as any other process does, and shares nothing with another
clone that has to be its own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import jwt
import pytest

from bench.stub import Answer, Call, hand_on, serve
from cli.target import REPOSITORY
from loyalty import exactjson
from loyalty.store import keys
from loyalty.store.dynamo_table import DynamoTable
from tests.cards import bring
from tests.functional.conftest import METHOD_ARN, Functions, example
from tests.unit.test_versions import FROM_SNAPSHOTS

DYNAMODB = "https://dynamodb.eu-west-1.amazonaws.com/"
EXAMPLES = {
    "create_purchase": "create_v5_1",
    "preview_purchase": "create_v5_1",
    "classic_create_purchase": "create_1",
    "classic_create_spend": "create_spend_1",
    "classic_preview_purchase": "preview_1",
}
PREVIEWING = {"preview_purchase", "classic_preview_purchase"}


class Snapshot(NamedTuple):
    """A process of which a snapshot is taken: what it has asked for until then, and how many sockets it has open."""

    process: "subprocess.Popen[str]"
    calls: list[Call]
    sockets: int

    def clones(self) -> list[dict[str, Any]]:
        """Return what the clones tell, of which each handles a call; from here on, `calls` are theirs."""
        self.calls.clear()
        assert self.process.stdin
        assert self.process.stderr
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return [exactjson.loads(line) for line in self.process.stderr]


@contextmanager
def snapshot(function: str, events: list[dict[str, Any]]) -> Iterator[Snapshot]:
    """A function that has started, over moto's DynamoDB; each of its clones is to handle one of `events`."""
    calls: list[Call] = []

    def answer(call: Call) -> Answer:
        calls.append(call)
        return hand_on(call, DYNAMODB)

    app = str(REPOSITORY / "functions" / function / "app.py")
    with (
        serve(answer) as url,
        subprocess.Popen(
            [sys.executable, "-m", "tests.clones", app, json.dumps(events)],
            cwd=REPOSITORY,
            env=os.environ | {"AWS_ENDPOINT_URL": url},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        assert process.stderr
        ready = process.stderr.readline()
        assert ready.startswith("{"), ready + process.stderr.read()
        yield Snapshot(process, calls, json.loads(ready)["sockets"])
        assert process.wait() == 0


def calls_of(functions: Functions, name: str) -> list[dict[str, Any]]:
    """Return two calls of a function that differ in their reference number."""
    if name == "authorizer":
        return 2 * [{"type": "REQUEST", "methodArn": METHOD_ARN, "headers": {"api_key": functions.api_key}}]
    body = example(f"{EXAMPLES[name]}.request")
    if name.startswith("classic"):
        issued = functions.call("issue_token", headers={"api_key": functions.api_key}, context={})
        body["token"] = issued.body["data"]["token"]
    context = functions.authorize(functions.api_key)["context"]
    return [
        {
            "headers": {},
            "requestContext": {"authorizer": context},
            "body": exactjson.dumps({**body, "reference_number": f"CLONE-{number}"}),
        }
        for number in range(2)
    ]


def test_the_functions_that_may_start_from_a_snapshot_are_tried() -> None:
    assert {f"{''.join(part.title() for part in name.split('_'))}Function" for name in [*EXAMPLES, "authorizer"]} == (
        FROM_SNAPSHOTS
    )


@pytest.mark.parametrize("name", EXAMPLES)
def test_clones_have_the_programme_and_share_no_number_no_id_no_wait_and_no_moment(
    name: str, functions: Functions
) -> None:
    with snapshot(name, calls_of(functions, name)) as taken:
        loaded = [call.operation for call in taken.calls]
        one, other = taken.clones()

    assert (loaded, taken.sockets) == (["GetItem", "BatchGetItem"], 0)
    assert [clone["answer"]["statusCode"] for clone in (one, other)] == [200, 200]
    assert not {*one["numbers"]} & {*other["numbers"]}
    assert one["waits"] != other["waits"]
    # Each has looked whether the programme is the newest, and has read none.
    asked = [(call.operation, exactjson.loads(call.body)) for call in taken.calls]
    assert sum(body.get("Key", {}).get("sk") == {"S": keys.PROGRAMME_VERSION.sk} for _, body in asked) == 2
    assert not any(f"{keys.PROGRAMME_VERSION.pk}#" in str(body) for _, body in asked)
    # By its token DynamoDB knows a transaction that is sent again: a clone's must not pass for another's.
    tokens = [body["ClientRequestToken"] for operation, body in asked if operation == "TransactWriteItems"]
    assert len({*tokens}) == len(tokens) == (0 if name in PREVIEWING else 2)
    invocations = [call.headers["amz-sdk-invocation-id"] for call in taken.calls]
    assert len({*invocations}) == len(invocations)


def test_clones_of_the_authorizer_issue_tokens_of_their_own(functions: Functions) -> None:
    with snapshot("authorizer", calls_of(functions, "authorizer")) as taken:
        clones = taken.clones()
    tokens = [clone["answer"]["context"]["token"] for clone in clones]
    ids = {jwt.decode(token, options={"verify_signature": False})["jti"] for token in tokens}

    assert taken.sockets == 0
    assert len(ids) == 2
    # What a snapshot has read of secrets, it has forgotten.
    assert sum("SIGNING_KEY" in str(call.body) for call in taken.calls) == 2


def test_a_clone_prices_under_the_programme_of_its_own_time(functions: Functions, demo: DynamoTable) -> None:
    """However old the snapshot is that it is of."""
    offer = {"type": "reward_offer", "id": "NEW", "name": "New", "scheme": "SALES"}
    before = functions.call("preview_purchase", example("create_v5_1.request")).body

    with snapshot("preview_purchase", calls_of(functions, "preview_purchase")) as taken:
        bring(demo, {**offer, "award": {"method": "FIXED", "value": 3}})
        clones = taken.clones()
    names = [[award["offer_id"] for award in told["awards"]] for told in (before, *map(body_of, clones))]

    assert "NEW" not in names[0]
    assert {*names[1]} == {*names[2]} == {*names[0], "NEW"}


def test_a_snapshot_is_taken_of_a_stack_that_has_no_programme_yet(functions: Functions, demo: DynamoTable) -> None:
    """As there is none when a stack is made, and a version that cannot start fails the deployment."""
    for item in list(demo.partition("PROGRAMME")):
        demo.client.delete_item(TableName=demo.name, Key={"pk": {"S": item["pk"]}, "sk": {"S": item["sk"]}})

    with snapshot("create_purchase", calls_of(functions, "create_purchase")) as taken:
        clones = taken.clones()

    assert [clone["answer"]["statusCode"] for clone in clones] == [503, 503]


def body_of(clone: dict[str, Any]) -> dict[str, Any]:
    """Return what a clone has answered."""
    body: dict[str, Any] = exactjson.loads(clone["answer"]["body"])
    return body
