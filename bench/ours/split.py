"""Splitting a file as it is deployed, but for the clients of AWS: the places that it works on are in the process."""

from tests.simulated import Ended, Repeated
from tests.simulated import split as split_all

BLOCKS_A_CALL = 1000
"""After which it hands over, some 260 MB."""


def split(name: str, source: Repeated) -> int:
    """Split a file; return how many rows it has."""
    upload, _, _ = split_all(name, source, Ended(), looks=BLOCKS_A_CALL)
    assert not upload.fault
    return upload.rows
