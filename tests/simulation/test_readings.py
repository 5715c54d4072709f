"""What is read of an item is kept beside it: it is what reading it anew gives, and nobody can spoil it for others."""

from typing import Any

import pytest

from loyalty.store.attributes import pack, unpack
from tests.simulation.dynamo import Kept
from tests.simulation.readings import once, unpacked

ITEM: dict[str, Any] = {"pk": "P", "sk": "S", "used": 7, "data": b"bytes", "open": True}


def test_what_is_read_of_an_item_is_what_is_kept() -> None:
    kept = Kept(pack(ITEM))

    assert unpacked(kept) == unpacked(kept) == unpack(kept)


@pytest.mark.parametrize("item", [ITEM, ITEM | {"names": ["a", "b"]}], ids=["plain", "with a list"])
def test_who_changes_what_was_read_changes_it_for_nobody_else(item: dict[str, Any]) -> None:
    kept = Kept(pack(item))
    first: Any = unpacked(kept)

    first["used"] = 8
    first.get("names", []).append("c")

    assert unpacked(kept) == unpack(kept)


def test_each_version_of_an_item_is_read_once() -> None:
    seen = []
    read = once(lambda item: seen.append(item["used"]))
    before, after = Kept(pack(ITEM)), Kept(pack(ITEM | {"used": 8}))

    for kept in (before, before, after, before):
        read(unpacked(kept))

    assert seen == [7, 8]
