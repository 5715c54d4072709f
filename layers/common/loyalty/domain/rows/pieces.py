"""A file as pieces of bytes that follow each other."""

from collections.abc import Iterable, Iterator


def take_bytes(pieces: Iterator[bytes], size: int) -> bytes:
    """Take the first pieces that have at least `size` bytes together; fewer, if there are no more."""
    head = b""
    for piece in pieces:
        head += piece
        if len(head) >= size:
            break
    return head


def skip_bytes(pieces: Iterable[bytes], size: int) -> Iterator[bytes]:
    """Return what is left of `pieces` behind their first `size` bytes."""
    for piece in pieces:
        yield piece[size:]
        size = max(0, size - len(piece))
