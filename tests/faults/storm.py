"""A storm for chunks of uploads: they come several times over, to workers that are killed at any moment."""

import os
import random
import signal
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

from cli.target import Target
from loyalty import exactjson
from loyalty.api.triggers.row_reader import read_row
from loyalty.domain.access.partner import Partner
from loyalty.domain.purchases.purchase import PurchaseRequest
from loyalty.store.client import CONFIG
from loyalty.store.dynamo_table import DynamoTable
from loyalty.store.uploads import Upload
from loyalty.usecases.engine import Engine
from loyalty.usecases.uploads.post_chunk import ChunkPoster, Delivery
from loyalty.usecases.uploads.row_body import RowBody

KILLER, FAULT = "KILLER", "FAULT"
"""In reference numbers: rows that kill whoever reads them, and rows that meet a fault of ours."""

MAX_RECEIVES = 8
LETHAL_RECEIVES = 2
"""Deliveries in which a worker may be killed by chance; later only by what it reads, or good rows would die too."""

DEADLY = 0.02
"""How likely a worker is killed before a call to AWS, and after it."""

HIDDEN_SECONDS = 600
"""For how long nobody else gets a message that was received: longer than all of this takes."""

PROCESSES = get_context("forkserver")
PROCESSES.set_forkserver_preload([__name__])


def work(feed: Connection, target: Target, seed: int) -> None:
    """A worker's process: posts the chunks that come, until it is killed."""
    chance, receives = random.Random(seed), 0
    table = DynamoTable(target.client("dynamodb", CONFIG), target.table)
    files, closings = target.open_results(), target.open_queue(target.close_queue_url)
    poster = ChunkPoster(Engine.on(table, pause=lambda _: None), files, closings, read, lambda *_: None)

    def maybe_die(**_: Any) -> None:
        if receives <= LETHAL_RECEIVES and chance.random() < DEADLY:
            os.kill(os.getpid(), signal.SIGKILL)

    for client in (table.client, files.client, closings.client):
        for moment in ("before-send", "after-call"):
            client.meta.events.register(moment, maybe_die)
    while True:
        body, receives = feed.recv()
        delivery = Delivery.of(body, receives, MAX_RECEIVES)
        feed.send(poster.post(delivery, datetime.now(UTC)))


def read(row: RowBody, partner: Partner, upload: Upload) -> PurchaseRequest:
    """As rows are read, but for the poison in them."""
    request = read_row(row, partner, upload)
    if KILLER in str(request.reference_number):
        os.kill(os.getpid(), signal.SIGKILL)
    if FAULT in str(request.reference_number):
        raise ZeroDivisionError
    return request


@dataclass
class Storm:
    """What hands a queue's messages to workers, as Lambda does: one that a worker was killed over, or did not finish,
    is shown again; one that was received too often is dead."""

    target: Target
    queue_url: str
    workers: int
    seed: int
    kills: Counter[str] = field(default_factory=Counter)
    deliveries: Counter[str] = field(default_factory=Counter)

    def rage(self) -> None:
        """Until the queue has no message left."""
        with ThreadPoolExecutor(self.workers) as pool:
            list(pool.map(self._feed, range(self.workers)))

    def _feed(self, number: int) -> None:
        sqs, seeds = self.target.client("sqs"), random.Random(self.seed + number)
        while self._is_left(sqs):
            with _worker(self.target, seeds.random()) as feed:
                while self._is_left(sqs) and self._survived(sqs, feed):
                    pass

    def _survived(self, sqs: Any, feed: Connection) -> bool:
        """Hand a message over, if one is to be had; answers whether the worker is good for another one."""
        answer = sqs.receive_message(
            QueueUrl=self.queue_url,
            MaxNumberOfMessages=1,
            VisibilityTimeout=HIDDEN_SECONDS,
            WaitTimeSeconds=1,
            MessageSystemAttributeNames=["ApproximateReceiveCount"],
        )
        if not answer.get("Messages"):
            return True
        [message] = answer["Messages"]
        handle = {"QueueUrl": self.queue_url, "ReceiptHandle": message["ReceiptHandle"]}
        self.deliveries[message["MessageId"]] += 1
        try:
            feed.send((exactjson.loads(message["Body"]), int(message["Attributes"]["ApproximateReceiveCount"])))
            done = feed.recv()
        except (EOFError, ConnectionError):
            self.kills[message["MessageId"]] += 1
            sqs.change_message_visibility(**handle, VisibilityTimeout=0)
            return False
        if done:
            sqs.delete_message(**handle)
        else:
            sqs.change_message_visibility(**handle, VisibilityTimeout=0)
        return True

    def _is_left(self, sqs: Any) -> bool:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        told = sqs.get_queue_attributes(QueueUrl=self.queue_url, AttributeNames=names)["Attributes"]
        return any(int(told[name]) for name in names)


@contextmanager
def _worker(target: Target, seed: float) -> Iterator[Connection]:
    ours, theirs = PROCESSES.Pipe()
    process = PROCESSES.Process(target=work, args=(theirs, target, seed), daemon=True)
    process.start()
    theirs.close()
    yield ours
    process.kill()
    process.join()
