"""Posts the chunks of uploads, as their queue delivers them."""

from os import environ

from loyalty.api.logs import log_fault
from loyalty.api.triggers.row_reader import read_row
from loyalty.api.triggers.sqs_handler import SqsDelivery, sqs_handler
from loyalty.store.client import connect, connect_files, connect_queue
from loyalty.usecases.engine import Engine
from loyalty.usecases.uploads.post_chunk import ChunkPoster, Delivery

table = connect(environ["TABLE_NAME"])
poster = ChunkPoster(
    engine=Engine.on(table),
    files=connect_files(environ["RESULT_BUCKET"]),
    closings=connect_queue(environ["CLOSE_QUEUE_URL"]),
    read=read_row,
    report=lambda row, fault: log_fault(fault, row=row),
)


def post(received: SqsDelivery) -> bool:
    delivery = Delivery.of(received.body, received.receives, received.receives_max)
    return poster.post(delivery, received.now)


handler = sqs_handler(post, connect_queue(environ["CHUNK_QUEUE_URL"]), int(environ["MAX_RECEIVES"]))
