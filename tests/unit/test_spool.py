"""Rows that are sharded by a name, on disk or in memory."""

from pathlib import Path

import pytest

from loyalty.store import spool as module
from loyalty.store.spool import Spool

NAMES = [f"N{number % 20}" for number in range(200)]


def rows(spool: Spool) -> list[list[bytes]]:
    return [list(spool.rows(number)) for number in range(len(spool))]


def filled(folder: Path | None) -> Spool:
    spool = Spool(folder, "kind", 7)
    for number, name in enumerate(NAMES):
        spool.add(name, f"{name} {number}\n".encode())
    return spool


def test_all_rows_of_a_name_are_in_one_shard_in_their_order_on_disk_as_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_memory = filled(None)
    monkeypatch.setattr(module, "MAX_BUFFERED", 20)
    on_disk = filled(tmp_path)

    assert rows(on_disk) == rows(in_memory)
    assert sorted(row for shard in rows(on_disk) for row in shard) == sorted(
        f"{name} {number}\n".encode() for number, name in enumerate(NAMES)
    )
    homes = {
        name: {place for place, shard in enumerate(rows(on_disk)) for row in shard if row.split()[0] == name.encode()}
        for name in NAMES
    }
    assert all(len(of_name) == 1 for of_name in homes.values())


def test_what_several_writers_put_there_is_read_once_it_is_flushed_until_it_is_removed(tmp_path: Path) -> None:
    ours, theirs = Spool(tmp_path, "kind", 1, writers=2), Spool(tmp_path, "kind", 1, writers=2)
    ours.add("A", b"ours\n", writer=0)
    theirs.add("A", b"theirs\n", writer=1)
    assert list(ours.rows(0)) == [b"ours\n"]

    theirs.flush(writer=1)
    assert list(ours.rows(0)) == [b"theirs\n", b"ours\n"]

    ours.remove(0)
    assert list(ours.rows(0)) == []
    assert list(tmp_path.iterdir()) == []


def test_a_few_rows_stay_in_memory(tmp_path: Path) -> None:
    spool = filled(tmp_path)

    assert sum(map(len, rows(spool))) == len(NAMES)
    assert list(tmp_path.iterdir()) == []
