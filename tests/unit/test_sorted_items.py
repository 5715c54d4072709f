"""How items of a table are sorted by what they are proven with, and how far a proof is told to be."""

import gzip
import hashlib
from base64 import b64encode
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from loyalty.store import keys, spool
from loyalty.store.attributes import Foreign, pack, unpack
from loyalty.store.export import DataFile, TableExport, attributes_in
from loyalty.store.keys import Key
from loyalty.usecases.proofs.sharded_proof import SortedItems, first_hash, row_of
from loyalty.usecases.proofs.verify_export import shards_for, verify_export
from loyalty.usecases.proofs.verify_journal import verify_journal
from loyalty.usecases.proofs.workspace import Tell, Work, Workspace
from tests.exports import write_export
from tests.tables.kept import items_of
from tests.whole_table import WholeTable

EVENT: dict[str, Any] = {"account_id": "A", "sequence": Decimal(1)}
KINDS: dict[str, list[tuple[Key, dict[str, Any]]]] = {
    "account": [(keys.wallet("A"), {}), (keys.account("A"), {}), (keys.event("E"), EVENT)],
    "name": [
        (keys.event("P"), {"event_id": "E"}),
        (keys.voucher("V"), {}),
        (keys.token("T"), {}),
        (keys.alias("account", "number", "N"), {}),
        (keys.reference_number("P", "R"), {}),
    ],
    "rest": [
        (keys.event("RESERVED"), {"expires_at": Decimal(1)}),
        (keys.counter("reward_offer", "O"), {}),
        (keys.NUMBERS, {}),
        (keys.programme("tap", "T"), {}),
        (keys.upload("U"), {}),
    ],
}
"""By the spool: what goes there."""


def item(key: Key, attributes: dict[str, Any]) -> dict[str, Any]:
    return {**key._asdict(), **attributes}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("writer", [0, 2])
def test_each_kind_of_item_is_put_where_it_is_proven_by_each_writer_in_a_file_of_its_own(
    kind: str, writer: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "MAX_BUFFERED", 0)
    items = SortedItems(Workspace(tmp_path, shards=1, processes=2))

    for one in KINDS[kind]:
        items.sort(item(*one), row_of(item(*one)), writer)

    assert [file.name for file in tmp_path.iterdir()] == [f"{kind}-00000-{writer}"]
    spools = {"account": items.accounts, "name": items.names, "rest": items.rest}
    rows = [unpack(attributes_in(row)) for row in spools[kind].rows(0)]
    assert rows == [item(*one) for one in KINDS[kind]]


def test_what_is_still_at_hand_can_be_read_by_others_once_it_is_flushed(tmp_path: Path) -> None:
    room = Workspace(tmp_path, shards=1, processes=1)
    items, others = SortedItems(room), SortedItems(room)
    for kinds in KINDS.values():
        items.sort(item(*kinds[0]), row_of(item(*kinds[0])), 1)

    items.flush(1)

    for spooled in (others.accounts, others.names, others.rest):
        assert len(list(spooled.rows(0))) == 1


def test_no_two_pieces_of_work_write_to_the_same_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "MAX_BUFFERED", 0)
    packed, folder, written = items_of("tills.items"), tmp_path / "room", list[int]()
    folder.mkdir()

    def run(works: Sequence[Work], tell: Tell) -> list[Any]:
        results, grown = [], list[str]()
        for work in works:
            before = {file.name: file.stat().st_size for file in folder.iterdir()}
            results.append(work(tell))
            grown += [file.name for file in folder.iterdir() if file.stat().st_size > before.get(file.name, 0)]
        assert len(grown) == len(set(grown))
        written.append(len(grown))
        return results

    exported = TableExport.of(write_export((packed[start::3] for start in range(3)), tmp_path / "export"))
    assert verify_export(exported, Workspace(folder, 4, 3, run)).deviations == []
    assert [count > 0 for count in written] == [True, True, False]


def test_events_are_with_their_account_even_if_that_cannot_be_read() -> None:
    items = SortedItems(Workspace(shards=50))
    for account_id in ("A", "B", None, Decimal(1)):
        event = item(keys.event(f"E{account_id}"), EVENT | {"account_id": account_id})
        for one in (event, item(keys.wallet(str(account_id)), {}), item(keys.account(str(account_id)), {})):
            items.sort(one, row_of(one), 0)

    together = [len(list(items.accounts.rows(number))) for number in range(50)]
    assert sorted(filter(None, together)) == [3, 3, 3, 3]


def test_an_item_is_told_as_a_line_of_an_export() -> None:
    told = item(keys.event("E"), EVENT | {"note": Foreign({"a": {"N": "1"}}), "hash": b"x"})

    assert row_of(told).count(b"\n") == 1
    assert row_of(told).endswith(b"\n")
    assert unpack(attributes_in(row_of(told))) == told | {"note": Foreign({"a": {"N": "1"}})}


def test_the_first_hash_is_the_earliest_that_was_met() -> None:
    hashed = item(keys.event("E"), EVENT | {"hash": b"x", "posted_on": Decimal(7)})

    assert first_hash(None, hashed) == 7
    assert first_hash(9, hashed) == 7
    assert first_hash(5, hashed) == 5
    for other in (
        hashed | {"hash": None},
        hashed | {"hash": "x"},
        hashed | {"posted_on": "7"},
        {name: value for name, value in hashed.items() if name != "posted_on"},
        hashed | keys.account("A")._asdict(),
    ):
        assert (first_hash(None, other), first_hash(9, other)) == (None, 9)


def test_the_last_line_of_a_file_need_not_end(tmp_path: Path) -> None:
    table = WholeTable(map(unpack, items_of("tills.items")))
    rows = [row_of(one) for one in table.written()]
    files = []
    for number, part in enumerate((rows[:100], rows[100:])):
        path = tmp_path / f"{number}.gz"
        path.write_bytes(gzip.compress(b"".join(part).removesuffix(b"\n")))
        checksum = b64encode(hashlib.md5(path.read_bytes(), usedforsecurity=False).digest()).decode()
        files.append(DataFile(path, len(part), checksum))

    assert verify_export(TableExport(tuple(files))) == verify_journal(table)


@pytest.mark.parametrize("order", [1, -1])
def test_an_event_needs_a_hash_once_any_process_has_met_one_a_while_before(order: int, tmp_path: Path) -> None:
    events = {one["account_id"]: one for one in map(unpack, items_of("tills.items")) if one.get("sequence") == 1}
    first, later, bare = (dict(events[account_id]) for account_id in ("A-CAT", "A-DEE", "A-EVE"))
    posted_on = first["posted_on"]
    later["posted_on"], bare["posted_on"] = posted_on + 2000, posted_on + 1000
    for name in ("hash", "hash_form", "personal", "salt"):
        del bare[name]
    files = [[pack(first), pack(bare)], [pack(later)]][::order]

    exported = TableExport.of(write_export(files, tmp_path / "export"))

    told = "number 1 has none, and was posted 1000 s after the table's first event with one"
    for processes in (1, 2):
        found = verify_export(exported, Workspace(processes=processes)).deviations
        assert [one.account_id for one in found if one.found == told] == ["A-EVE"]


def test_items_are_proven_in_as_many_shards_as_keep_each_small() -> None:
    assert [shards_for(items) for items in (0, 19_999, 20_000, 45_000)] == [1, 1, 2, 3]


@pytest.mark.parametrize("is_table", [True, False])
def test_how_far_a_proof_is_is_told_from_the_beginning_of_each_part(is_table: bool, tmp_path: Path) -> None:
    told_as = items_of("tills.items")
    told: list[tuple[str, int, int | None]] = []
    room = Workspace(shards=3, processes=2)

    if is_table:
        verify_journal(WholeTable(map(unpack, told_as)), room, progress=lambda *one: told.append(one))
    else:
        exported = TableExport.of(write_export([told_as[:9], told_as[9:]], tmp_path / "export"))
        verify_export(exported, room, progress=lambda *one: told.append(one))

    total = None if is_table else len(told_as)
    assert told == [
        *(("reading", done, total) for done in range(len(told_as) + 1)),
        *(("proving shards of wallets", done, 3) for done in range(4)),
        *(("proving shards of names", done, 3) for done in range(4)),
    ]
