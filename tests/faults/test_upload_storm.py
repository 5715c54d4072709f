"""A file of 3,000 rows in a storm: each row is posted once, or fails as it has to, and nothing else happens."""

import json
import random
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, cast
from uuid import uuid4

import pytest
from msgspec.structs import replace

from cli.target import Target
from loyalty import exactjson
from loyalty.domain.rows.chunk import read_chunk
from loyalty.store import keys
from loyalty.store.dynamo_table import DynamoTable
from loyalty.store.queue import Message, Queue
from loyalty.store.uploads import Upload, UploadState, add_upload, read_upload
from loyalty.usecases.proofs.verify_journal import verify_journal
from loyalty.usecases.uploads.chunk_queue import ChunkQueue
from loyalty.usecases.uploads.make_result import result_key
from loyalty.usecases.uploads.show_upload import view_of
from loyalty.usecases.uploads.split_upload import Workplace, split_upload
from tests.customers import customer
from tests.faults.storm import FAULT, KILLER, MAX_RECEIVES, Storm

ROWS, CUSTOMERS, OPENING = 3000, 60, 1000
BAD: dict[str, dict[str, Any]] = {
    "nobody": {"cim": "CIM-nobody"},
    "unknown product": {"products": [{"product_sku": "NONE", "net_amount": 1, "tax_amount": 0, "total_amount": 1}]},
    "no sum": {"products": [{"product_sku": "Bronze", "net_amount": 1, "tax_amount": 1, "total_amount": 1}]},
    "too much": {"spend_request": {"amount": 900000}},
    "unknown field": {"colour": "red"},
}


def rows(chance: random.Random) -> list[dict[str, Any]]:
    """Purchases of coffee, which earn 5 %, and of other things, which are paid for from the wallet in part; some of
    them bad, some poison."""
    found = []
    for number in range(ROWS):
        net = Decimal(chance.randrange(500, 5000)) / 100
        coffee = chance.random() < 0.5
        body: dict[str, Any] = {
            "cim": f"CIM-storm-{chance.randrange(CUSTOMERS)}",
            "reference_number": f"STORM-{number}",
            "performed_on": 1_700_000_000 + number,
            "merchant_tap": {"code": "EK123456" if coffee else "MRA"},
            "products": [
                {
                    "product_sku": "FREDESPR001" if coffee else "Bronze",
                    "net_amount": net,
                    "tax_amount": 0,
                    "total_amount": net,
                }
            ],
        }
        if not coffee:
            body["spend_request"] = {"amount": Decimal(chance.randrange(100, 500)) / 100}
        if number % 50 == 7:
            body |= BAD[chance.choice(list(BAD))]
            body["reference_number"] += "-BAD"
        if number % 500 == 123:
            body["reference_number"] += f"-{KILLER if number % 1000 == 123 else FAULT}"
        found.append(body)
    return found


def is_poison(body: dict[str, Any]) -> bool:
    return KILLER in body["reference_number"] or FAULT in body["reference_number"]


def name_of(body: dict[str, Any]) -> str:
    name: str = body["reference_number"]
    return name


def expected(body: dict[str, Any]) -> str:
    return "posted" if is_good(body) else "failed" if is_poison(body) else "refused"


def is_good(body: dict[str, Any]) -> bool:
    return not is_poison(body) and not body["reference_number"].endswith("BAD")


def recounted(bodies: list[dict[str, Any]]) -> dict[str, Decimal]:
    """Return what the wallets hold after these purchases, reckoned by hand."""
    balances: dict[str, Decimal] = defaultdict(lambda: Decimal(OPENING))
    for body in bodies:
        earned = Decimal(0)
        if body["merchant_tap"]["code"] == "EK123456":
            earned = (body["products"][0]["net_amount"] / 20).quantize(Decimal("0.01"), ROUND_HALF_UP)
        balances[body["cim"].replace("CIM", "A")] += earned - body.get("spend_request", {}).get("amount", 0)
    return dict(balances)


def queue_with_dead_letters(target: Target) -> tuple[str, str]:
    """Return a queue of the storm's own, as the template's is."""
    sqs, name = target.client("sqs"), uuid4().hex
    dead = sqs.create_queue(QueueName=f"{name}-dead.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": MAX_RECEIVES})
    attributes: Any = {"FifoQueue": "true", "RedrivePolicy": redrive}
    return sqs.create_queue(QueueName=f"{name}.fifo", Attributes=attributes)["QueueUrl"], dead


@dataclass
class Shuffled:
    """In place of the queue that the splitter sends to: keeps what is sent."""

    kept: list[Message] = field(default_factory=list)

    def send(self, messages: Sequence[Message]) -> None:
        self.kept += messages

    def copies(self, chance: random.Random) -> list[Message]:
        """Return each message one to five times: the first ones of a group in order, the others at any time after, and
        the groups all mixed up."""
        groups: dict[str, list[Message]] = defaultdict(list)
        for message in self.kept:
            groups[message.group].append(message)
        for messages in groups.values():
            for message in list(messages):
                for copy in range(chance.randint(0, 4)):
                    place = chance.randint(messages.index(message) + 1, len(messages))
                    messages.insert(place, replace(message, id=f"{message.id}-{copy}"))
        turns = [group for group, messages in groups.items() for _ in messages]
        chance.shuffle(turns)
        return [groups[group].pop(0) for group in turns]


def split(stack: Target, table: DynamoTable, bodies: list[dict[str, Any]]) -> tuple[str, Shuffled]:
    """Have a file cut into many small chunks; answers the upload's id, and their messages."""
    upload_id, data = uuid4().hex.upper(), b"".join(exactjson.dumps(body).encode() + b"\n" for body in bodies)
    key, shuffled = f"storm/{upload_id}.jsonl", Shuffled()
    stack.open_uploads().write(key, data)
    upload = Upload(
        id=upload_id,
        partner_id="DEMO",
        merchants=("*",),
        name="storm.jsonl",
        key=key,
        created_on=datetime.now(UTC),
        state=UploadState.SPLITTING,
        content=upload_id,
        size=len(data),
        shards=8,
    )
    add_upload(table, upload)
    at = Workplace(table, stack.open_uploads(), stack.open_results(), ChunkQueue(cast(Queue, shuffled)))
    assert split_upload(upload, at, attempt="1", out_of_time=lambda: False)
    return upload_id, shuffled


def result_of(stack: Target, table: DynamoTable, upload_id: str) -> list[dict[str, Any]]:
    """Return the rows of the result, once the deployed function has made it."""
    upload = read_upload(table, upload_id)
    assert upload
    for _ in range(120):
        if view_of(upload, table=table, now=datetime.now(UTC)).state is UploadState.DONE:
            return [json.loads(line) for line in stack.open_results().read(result_key(upload)).splitlines()]
        time.sleep(0.5)
    raise AssertionError("the upload is still open")


def dead_rows(stack: Target, url: str) -> list[set[str]]:
    """For each dead letter, the reference numbers of its rows."""
    letters, queue = [], stack.open_queue(url)
    for taken in queue.receive(60):
        queue.remove(taken.receipt)
        body = taken.message.body
        entries = read_chunk(stack.open_results().read(body["location"], body["start"], body["length"])).entries
        letters.append({json.loads(entry.rows[0])["reference_number"] for entry in entries})
    return letters


def posted_in(table: DynamoTable) -> set[str]:
    """Return the reference numbers that the journal has of this storm."""
    events = (item for item in table.scan() if item["sk"] == "EVENT")
    return {number for event in events if (number := event.get("reference_number", "")).startswith("STORM-")}


def balances(table: DynamoTable) -> dict[str, Decimal]:
    items = table.get_many([keys.wallet(f"A-storm-{number}") for number in range(CUSTOMERS)], consistent=True)
    return {keys.account_id(key.pk): item["balance"] for key, item in items.items()}


def test_each_row_is_posted_once_or_fails_as_it_has_to_whatever_the_weather(
    stack: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    """3,000 rows in some 65 chunks, each delivered one to five times in any order that the queue allows, to workers of
    which a hundred are killed on the way."""
    seed, table = random.SystemRandom().randrange(10**6), stack.open_table()
    print(f"seed {seed}")  # noqa: T201 - seen if it fails
    chance = random.Random(seed)
    monkeypatch.setattr("loyalty.domain.rows.chunk.MAX_ENTRIES", 50)
    for number in range(CUSTOMERS):
        customer(table, f"storm-{number}", OPENING)
    bodies = rows(chance)
    upload_id, sent = split(stack, table, bodies)
    queue, dead = queue_with_dead_letters(stack)
    for message in sent.copies(chance):
        stack.open_queue(queue).send([message])

    storm = Storm(stack, queue, workers=3, seed=seed)
    storm.rage()

    good, poison = [body for body in bodies if is_good(body)], {name_of(body) for body in bodies if is_poison(body)}
    outcomes = [(row["reference_number"], row["status"]) for row in result_of(stack, table, upload_id)]
    assert outcomes == [(name_of(body), expected(body)) for body in bodies]
    assert posted_in(table) == {name_of(body) for body in good}
    assert balances(table) == recounted(good)
    assert verify_journal(table).deviations == []
    letters = dead_rows(stack, dead)
    assert all(letter & poison for letter in letters)
    assert set().union(*letters) & poison == poison
    assert sum(storm.kills.values()) > 50
