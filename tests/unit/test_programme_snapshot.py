"""The programme counts as a whole: containers have all of an import, or nothing of it."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from loyalty import exactjson
from loyalty.domain.errors import Code, Refused
from loyalty.domain.identity import Origin, derived_id
from loyalty.domain.programme.directory import HANDOVER
from loyalty.domain.records.said import Said
from loyalty.store import keys
from loyalty.store.backoff import Backoff
from loyalty.store.catalogue import Catalogue
from loyalty.store.chunk_marks import fence
from loyalty.store.ledger import read_event
from loyalty.store.memory_table import MemoryTable
from loyalty.store.programme_snapshot import (
    MAX_PARTS,
    PART_BYTES,
    ProgrammeSnapshot,
    ProgrammeVersion,
    publication,
    read_records,
    read_snapshot,
    read_version,
)
from loyalty.store.table import MAX_TRANSACTION_BYTES
from loyalty.store.uploads import Upload
from loyalty.store.writes import Delete, Put, Update, Write
from loyalty.usecases.reference.import_records import ImportSummary, import_records
from loyalty.usecases.reference.import_rows import import_rows

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(seconds=61)
EUR = {"type": "currency", "id": "EUR", "code": "EUR", "role": "SYSTEM"}
SCHEME = {"type": "reward_scheme", "id": "S", "name": "Sales"}
CONTACT = {"type": "contact", "id": "C"}
ACCOUNT = {"type": "account", "id": "A", "number": "1", "contact": "C"}
BALANCE = {"type": "opening_balance", "id": "B", "account": "A", "amount": 5, "performed_on": "2025-12-31T00:00:00"}
OFFER = {"type": "reward_offer", "scheme": "S", "award": {"method": "PERCENTAGE", "value": 1.50}}

Record = dict[str, Any]


class Watched(MemoryTable):
    """A table whose transactions can be disturbed: `before` is called with the number of each, and its writes."""

    def __init__(self) -> None:
        super().__init__()
        self.transactions = 0
        self.before: Callable[[int, Sequence[Write]], None] = lambda *_: None

    def transact(self, writes: Sequence[Write], backoff: Backoff | None = None) -> None:
        self.transactions += 1
        self.before(self.transactions, writes)
        super().transact(writes, backoff)


class Killed(Exception):  # noqa: N818 - what has happened
    """The import is no more."""


@pytest.fixture
def table() -> Watched:
    table = Watched()
    bring(table, EUR, SCHEME, *offers("OLD", 3))
    return table


def offers(name: str, how_many: int) -> list[Record]:
    return [{**OFFER, "id": f"{name}-{number}", "name": f"{name} {number}"} for number in range(how_many)]


def bring(table: MemoryTable, *records: Record, now: datetime = NOW) -> ImportSummary:
    return import_records([exactjson.dumps(record).encode() for record in records], table=table, now=now)


def written(table: MemoryTable) -> set[str]:
    return {str(record["id"]) for record in read_records(table)[1]}


def ids(catalogue: Catalogue, now: datetime = NOW) -> set[str | None]:
    return set(catalogue.programme(now).offers.ids)


def kill_at(table: Watched, transaction: int) -> None:
    def die(number: int, _: Sequence[Write]) -> None:
        if number == transaction:
            raise Killed

    table.transactions, table.before = 0, die


def test_an_import_that_dies_anywhere_leaves_all_of_the_programme_as_it_was_and_repeated_it_counts_whole(
    table: Watched,
) -> None:
    old, new = {f"OLD-{number}" for number in range(3)}, {f"NEW-{number}" for number in range(500)}
    warm = Catalogue(table)
    warm.programme(NOW)

    deaths = 0
    for transaction in range(1, 99):
        kill_at(table, transaction)
        try:
            bring(table, *offers("NEW", 500))
            break
        except Killed:
            deaths += 1
            assert ids(Catalogue(table)) == old
            assert ids(warm, NOW + deaths * MINUTE) == old
        table.before = lambda *_: None

    assert deaths > 1
    assert ids(Catalogue(table)) == old | new
    assert ids(warm, NOW + (deaths + 1) * MINUTE) == old | new


def test_nothing_of_the_first_import_counts_before_all_of_it_does() -> None:
    table = Watched()
    kill_at(table, 7)
    with pytest.raises(Killed):
        bring(table, EUR, SCHEME, *offers("NEW", 500))

    assert len(read_records(table)[1]) > 90
    with pytest.raises(Refused) as refused:
        Catalogue(table).programme(NOW)
    assert refused.value.problems[0].code is Code.RETRY_LATER


def test_an_import_that_dies_while_it_publishes_counts_once_it_is_repeated(
    table: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = table.put

    def die(_: Put) -> bool:
        raise Killed

    monkeypatch.setattr(table, "put", lambda it: die(it) if it.key.sk == "SNAPSHOT" else put(it))
    with pytest.raises(Killed):
        bring(table, *offers("NEW", 1))
    monkeypatch.undo()

    assert "NEW-0" not in ids(Catalogue(table))
    assert bring(table, *offers("NEW", 1)).unchanged == 1
    assert "NEW-0" in ids(Catalogue(table))


def test_imports_at_the_same_time_lose_nothing_of_each_other(table: Watched) -> None:
    """The second one runs as a whole right before the first one would publish."""

    def interrupt(_: int, writes: Sequence[Write]) -> None:
        if isinstance(writes[0], Update) and writes[0].key == keys.PROGRAMME_VERSION:
            table.before = lambda *_: None
            bring(table, *offers("SECOND", 2))

    table.before = interrupt
    bring(table, *offers("FIRST", 2))

    found = ids(Catalogue(table))
    assert {"FIRST-0", "FIRST-1", "SECOND-0", "SECOND-1", "OLD-0"} <= found


def test_what_others_write_again_and_again_is_published_by_whoever_comes_to_it(table: Watched) -> None:
    names = count()

    def interrupt(_: int, writes: Sequence[Write]) -> None:
        if isinstance(writes[0], Update) and writes[0].key == keys.PROGRAMME_VERSION:
            kill_at(table, 3)  # once it has written its record
            with pytest.raises(Killed):
                bring(table, {**SCHEME, "name": f"Sales {next(names)}"})
            table.before = interrupt

    table.before = interrupt
    with pytest.raises(Refused) as refused:
        bring(table, *offers("NEW", 1))
    assert refused.value.problems[0].code is Code.RETRY_LATER

    table.before = lambda *_: None
    bring(table, *offers("NEW", 1))
    assert "NEW-0" in ids(Catalogue(table))


@pytest.mark.parametrize("damage", ["a part is gone", "a part is another"])
def test_a_snapshot_that_is_not_whole_is_passed_over_and_the_next_import_makes_another(
    table: Watched, damage: str
) -> None:
    [key] = read_version(table, consistent=True).part_keys
    table.transact([Delete(key) if damage == "a part is gone" else Put(key, {"part": b"other"})])

    assert ids(Catalogue(table)) == {"OLD-0", "OLD-1", "OLD-2"}

    bring(table, SCHEME)
    version = read_version(table, consistent=True)
    assert read_snapshot(table, version)


def test_a_table_of_an_older_version_is_read_record_by_record_until_an_import_publishes_it(table: Watched) -> None:
    older = as_an_older_version_writes(table, {"type": "reward_offer", "id": "OLDER"})
    assert "OLDER" in ids(Catalogue(table))
    assert not read_version(table, consistent=True).snapshot

    kill_at(table, 2)
    with pytest.raises(Killed):
        bring(table, *offers("NEW", 1), *offers("MORE", 99))
    table.before = lambda *_: None
    assert ids(Catalogue(table)) == {"OLD-0", "OLD-1", "OLD-2", older}

    bring(table, *offers("NEW", 1))
    assert {older, "NEW-0"} <= ids(Catalogue(table))


def as_an_older_version_writes(table: MemoryTable, name: Record) -> str:
    """Import an offer as versions did that knew of no snapshots: they put the version's item whole."""
    _, records = read_records(table)
    [record] = [one for one in records if one["id"] == "OLD-0"]
    own = {**record, **name, "name": name["id"]}
    item = {"target": own["id"], "record": exactjson.dumps(own)}
    table.transact([Put(keys.programme(own["type"], own["id"]), item), Put(keys.PROGRAMME_VERSION, {"version": 7})])
    return str(own["id"])


def test_an_older_version_that_imports_into_a_table_with_a_snapshot_is_noticed(table: Watched) -> None:
    warm = Catalogue(table)
    warm.programme(NOW)
    older = as_an_older_version_writes(table, {"type": "reward_offer", "id": "OLDER"})

    assert older in ids(warm, NOW + MINUTE)


def test_a_code_that_an_import_took_away_that_broke_off_is_contested_from_when_that_counts(table: Watched) -> None:
    former, other = ({"type": "business_unit", "id": one, "name": one, "code": one} for one in ("A", "B"))
    handover = [former | {"code": "NEW"}, other | {"code": "A"}]
    bring(table, former, other)
    kill_at(table, 3)
    with pytest.raises(Killed):
        bring(table, *handover)
    table.before = lambda *_: None
    assert [record["lost_on"] for record in read_records(table)[1] if record.get("value") == "A"]

    later = NOW + timedelta(days=30)
    assert Catalogue(table).directory(later).find("business_unit", "code", "A") == "A"
    bring(table, *handover, now=later)

    directory = Catalogue(table).directory(later)
    assert directory.find("business_unit", "code", "A") == "B"
    assert directory.contested("business_unit", "code", "A", later) == {"A"}
    bring(table, EUR | {"suffix_symbol": "EUR"}, now=later + HANDOVER)
    assert not Catalogue(table).directory(later).contested("business_unit", "code", "A", later + HANDOVER)


def test_the_programme_counts_before_something_that_counts_at_once_names_it(table: Watched) -> None:
    usd = {"type": "currency", "id": "USD", "code": "USD"}
    account = {"type": "account", "id": "A", "number": "1", "contact": "C", "currency": "USD"}
    seen = []

    def look(_: int, writes: Sequence[Write]) -> None:
        if any(write.key == keys.account("A") for write in writes):
            seen.append("USD" in Catalogue(table).programme(NOW).currencies)

    table.before = look
    assert not bring(table, usd, {"type": "contact", "id": "C"}, account, *offers("NEW", 1)).refused
    assert seen == [True]


def test_records_that_count_at_once_publish_nothing_of_an_import_that_broke_off(table: Watched) -> None:
    kill_at(table, 3)
    with pytest.raises(Killed):
        bring(table, *offers("NEW", 1))
    table.before = lambda *_: None

    assert not bring(table, CONTACT, ACCOUNT, BALANCE).refused

    assert "NEW-0" in written(table)
    assert "NEW-0" not in ids(Catalogue(table))


POINTS = [
    {"type": "currency", "id": "PTS", "code": "PTS", "role": "ALTERNATIVE", "exponent": 0},
    {"type": "currency_rate", "id": "R", "currency": "PTS", "rate": 100, "from_date": "2010-01-01T00:00:00"},
]


@pytest.mark.parametrize("chunks", [[[CONTACT, ACCOUNT, *POINTS, BALANCE]], [[CONTACT, ACCOUNT, *POINTS], [BALANCE]]])
def test_an_opening_balance_rests_on_what_its_own_file_brings_of_the_programme(
    table: Watched, chunks: list[list[Record]]
) -> None:
    upload = Upload("U", "", (), "x.jsonl", "", NOW)

    for number, records in enumerate(chunks):
        rows = enumerate(Said(dict(record)) for record in records)
        assert all(not row.problems for row in import_rows(rows, table=table, now=NOW, fence=fence(upload, number)))

    event = read_event(table, derived_id(Origin.OPENING_BALANCE, "B"))
    assert event
    assert event.entry.movement.alternative_amount == 500


def test_an_opening_balance_brings_a_first_import_that_broke_off_to_count() -> None:
    """As nothing counts yet, and the balance has to."""
    table = Watched()
    kill_at(table, 5)
    with pytest.raises(Killed):
        bring(table, EUR, SCHEME, *offers("NEW", 1))
    table.before = lambda *_: None
    assert "EUR" in written(table)
    assert not read_version(table, consistent=True).is_published

    assert not bring(table, CONTACT, ACCOUNT, BALANCE).refused


def test_products_count_at_once_and_leave_the_snapshot_as_it_is(table: Watched) -> None:
    before = read_version(table, consistent=True)
    warm = Catalogue(table)
    programme = warm.programme(NOW)

    bring(table, {"type": "product", "id": "P", "code": "P"})

    after = read_version(table, consistent=True)
    assert (after.snapshot, after.is_published) == (before.snapshot, True)
    assert warm.programme(NOW + MINUTE).version != programme.version
    assert warm.programme(NOW + MINUTE).offers is programme.offers


def test_an_import_that_changes_nothing_writes_no_snapshot(table: Watched) -> None:
    before = read_version(table, consistent=True)
    bring(table, EUR, SCHEME, *offers("OLD", 3))
    assert read_version(table, consistent=True) == before


def test_parts_of_the_snapshot_before_are_removed(table: Watched) -> None:
    [before] = read_version(table, consistent=True).part_keys
    bring(table, *offers("NEW", 1))
    assert table.get(before) is None


def test_what_is_removed_of_a_snapshot_of_as_many_parts_as_there_may_be_fits_into_a_transaction() -> None:
    before = ProgrammeVersion(version=1, changes=1, snapshot="0" * 32, parts=MAX_PARTS, published=1)

    removed = [write for write in publication(before, ProgrammeSnapshot.of([EUR])) if isinstance(write, Delete)]

    assert 0 < len(removed) * PART_BYTES < MAX_TRANSACTION_BYTES - PART_BYTES


def test_a_snapshot_of_several_parts_says_the_same(table: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loyalty.store.programme_snapshot.PART_BYTES", 300)
    bring(table, *offers("NEW", 300))

    version = read_version(table, consistent=True)
    assert version.parts > 1
    found = read_snapshot(table, version)
    assert found
    assert sorted(map(dict, found), key=str) == sorted(map(dict, read_records(table)[1]), key=str)
