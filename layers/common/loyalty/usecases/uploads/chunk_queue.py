"""The queue of chunks to be posted, which the splitter fills with one message for each chunk."""

from msgspec import Struct

from loyalty.store.queue import Message, Queue
from loyalty.store.uploads import Piece, Segment, Upload


class ChunkQueue(Struct, frozen=True):
    """The queue that chunks are posted from. The chunks of a shard are a message group, so they arrive in order."""

    queue: Queue

    def take_chunks(self, upload: Upload, segment: Segment) -> None:
        """Send a message for each chunk of a segment; see `split_upload.ChunkTaker`. The message's id
        identifies a chunk that was sent before."""
        self.queue.send([_message(upload, segment.location, piece) for piece in segment.pieces])


def _message(upload: Upload, location: str, piece: Piece) -> Message:
    body = {
        "upload": upload.id,
        "chunk": piece.chunk,
        "location": location,
        "start": piece.start,
        "length": piece.length,
    }
    return Message(f"{upload.id}-{piece.chunk}", f"{upload.id}-{piece.shard}", body)
