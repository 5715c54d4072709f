"""Unpacking gzip as a stream, in bounded memory and up to a bound."""

import zlib
from collections.abc import Iterable, Iterator

from loyalty.domain.errors import Code, Problem, Refused

MAX_UNPACKED_BYTES = 20 * 10**9
"""The most bytes of one unpacked file: it is split in a few minutes. gzip packs zeros a thousandfold, so 20 MB may hold
this much."""

PIECE_BYTES = 262_144
"""Unpacked at a time."""

NOT_GZIP = Problem(Code.INVALID, "The name of the file ends in .gz, but the file is not compressed by gzip.")
DAMAGED = Problem(Code.INVALID, "The compressed file is damaged here.")
CUT_SHORT = Problem(Code.INVALID, "The compressed file is cut short: it ends in the middle.")

_GZIP = 16 + zlib.MAX_WBITS
_SIGN = b"\x1f\x8b"


def unpack(blocks: Iterable[bytes], most: int = MAX_UNPACKED_BYTES) -> Iterator[bytes]:
    """Return what `blocks` of one or several gzip members hold, in pieces.

    Raises:
        Refused: they are no gzip, are cut short, or hold more than `most` bytes. What came before was good.
    """
    member, size = zlib.decompressobj(_GZIP), 0
    for block in blocks:
        if size == 0 and not _SIGN.startswith(block[: len(_SIGN)]):
            raise Refused(NOT_GZIP)
        piece = b""
        while block or len(piece) == PIECE_BYTES:  # a full piece may not be all that came of the block
            if member.eof:
                block = block.lstrip(b"\0")  # some writers pad
                if not block:
                    break
                member = zlib.decompressobj(_GZIP)
            try:
                piece = member.decompress(block, PIECE_BYTES)
            except zlib.error as error:
                raise Refused(DAMAGED) from error
            block = member.unused_data if member.eof else member.unconsumed_tail
            size += len(piece)
            if size > most:
                raise Refused(Problem(Code.LIMIT_EXCEEDED, f"The file holds more than {most} bytes."))
            if piece:
                yield piece
    if not member.eof:
        raise Refused(CUT_SHORT)
