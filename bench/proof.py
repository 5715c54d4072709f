"""Proving an export: `python -m bench.proof [EVENTS]`, a million where nothing is said. An export is generated from one
purchase that was really posted, twenty of them to a wallet; it is then proven by `loyalty verify`, of which the time
and the largest memory of a process are told, and what its temporary files take on disk at most.

Ten million take 0.7 GB of disk for the export and 1.2 GB for temporary files, all in TMPDIR.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.setting import DEMO, EXAMPLE, ROOT
from bench.usage import usage
from loyalty import exactjson
from loyalty.api.newest.purchase_requests import read_purchase
from loyalty.domain.access.partner import Partner
from loyalty.domain.identity import Origin, derived_id
from loyalty.domain.ledger.chain import SALT_BYTES, linked, root
from loyalty.domain.money import ZERO
from loyalty.store import keys
from loyalty.store.attributes import Item, key_of, pack, pack_key
from loyalty.store.events import link_attributes, stored_content
from loyalty.store.reference import items_of
from loyalty.usecases.engine import Engine
from loyalty.usecases.purchases.post_purchase import post_purchase
from loyalty.usecases.reference.import_records import import_records
from tests.exports import write_export
from tests.functional.conftest import aws

EVENTS_OF_A_WALLET = 20
MEASURED = f"""
import json, resource, subprocess, sys
command = [{str(ROOT / ".venv/bin/loyalty")!r}, "verify", "--export", sys.argv[1], "--json"]
output = subprocess.run(command, stdout=subprocess.PIPE, text=True).stdout
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([output, used.ru_utime + used.ru_stime, used.ru_maxrss]))
"""
"""Runs in a process of its own: a child's largest memory counts from what its parent had when it was started."""

LOOK_EVERY = 2.0
"""Seconds between two looks at what temporary files take."""

TOLD_EVERY = 100_000
"""Events after which the generator tells how many there are."""

ITEMS_OF_A_FILE = 200_000


def _posted() -> tuple[list[Item], Item, Item]:
    """Return what a table has beside accounts, a purchase that was posted there, and its account's record."""
    with aws() as table:
        now = datetime.now(UTC)
        import_records(DEMO.read_bytes().splitlines(), table=table, now=now)
        body = {**exactjson.loads(EXAMPLE.read_text()), "spend_request": None}
        partner = Partner("DEMO", frozenset(), frozenset("*"))
        posted = post_purchase(Engine.on(table), read_purchase(body, now), partner, now=now)
        event = table.get(keys.event(posted.event.entry.event_id))
        account = table.get(keys.account(posted.event.entry.account_id))
        assert event
        assert account
        programme = [
            item for item in table.scan() if item["pk"].startswith("PROGRAMME") or key_of(item) == keys.NUMBERS
        ]
    return programme, event, exactjson.loads(account["record"])


def _items(programme: list[Item], event: Item, record: Item, wallets: int) -> Iterator[Any]:
    yield from map(pack, programme)
    [table_id] = [item["target"] for item in programme if item["sk"] == keys.TABLE.sk]
    for number in range(wallets):
        if number * EVENTS_OF_A_WALLET % TOLD_EVERY == 0:
            print(f"{number * EVENTS_OF_A_WALLET:,} events generated", file=sys.stderr)
        own = {
            **record,
            "id": f"{number:032X}",
            "number": f"N{number}",
            "name": f"Name {number}",
            "contact": f"C{number}",
        }
        own.pop("participant", None)
        for key, item in items_of(own).items():
            yield pack_key(key) | pack(item)
        yield from _wallet(event, own["id"], table_id)


def _wallet(event: Item, account_id: str, table_id: str) -> Iterator[Any]:
    amount, head, balance = event["awarded"] - event["spent"], root(table_id, account_id, 0, ZERO), ZERO
    for sequence in range(1, EVENTS_OF_A_WALLET + 1):
        reference, balance = f"{account_id}-{sequence}", balance + amount
        key = keys.event(derived_id(Origin.REFERENCE, event["merchant_id"], reference))
        said = {"account_id": account_id, "sequence": sequence, "reference_number": reference, "balance": balance}
        item = {**event, **key._asdict(), **said}
        link = linked(stored_content(item), head, bytes(SALT_BYTES))
        head = link.digest
        yield pack({**item, **link_attributes(link)})
    wallet: Item = {"version": EVENTS_OF_A_WALLET, "balance": balance, "purchases": EVENTS_OF_A_WALLET, "head": head}
    yield pack_key(keys.wallet(account_id)) | pack(wallet)


def main() -> None:
    """Generate an export, have it proven, and print what that took."""
    parser = usage(__doc__)
    parser.add_argument("events", nargs="?", type=int, default=1_000_000)
    events = parser.parse_args().events
    with TemporaryDirectory(prefix="loyalty-bench-") as folder:
        programme, event, record = _posted()
        wallets = events // EVENTS_OF_A_WALLET
        made = write_export(_files(_items(programme, event, record, wallets)), Path(folder) / "export")
        aside = Path(folder) / "aside"
        aside.mkdir()
        start = time.perf_counter()
        with (Path(folder) / "told.json").open("w+") as told:
            command = [sys.executable, "-c", MEASURED, str(made)]
            proof = subprocess.Popen(command, stdout=told, env=os.environ | {"TMPDIR": str(aside)})
            most = _most_on_disk(proof, aside)
            seconds = time.perf_counter() - start
            told.seek(0)
            output, cpu, kilobytes = json.load(told)
        exported = sum(file.stat().st_size for file in made.rglob("*") if file.is_file())
    answer = json.loads(output)
    assert not answer["deviations"], answer["deviations"][:3]
    print(f"{answer['events']:,} events of {answer['wallets']:,} wallets: {seconds:.0f} s, {cpu:.0f} s CPU,")
    print(f"{answer['events'] / cpu:,.0f} events a CPU second, {kilobytes / 1024:.0f} MB at most in a process,")
    print(f"{most / 1e6:,.0f} MB of temporary files at most, for an export of {exported / 1e6:,.0f} MB")


def _most_on_disk(proof: subprocess.Popen[bytes], folder: Path) -> int:
    """Return how many bytes the files in a folder took at most until a process ended."""
    most = 0
    while proof.poll() is None:
        time.sleep(LOOK_EVERY)
        most = max(most, sum(_size(file) for file in folder.rglob("*")))
    return most


def _size(file: Path) -> int:
    """Return the bytes of a file, which may be gone by now."""
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0


def _files(items: Iterator[Any]) -> Iterator[Iterator[Any]]:
    """Return the items in files, the last of which may be short."""
    for first in items:
        yield chain([first], islice(items, ITEMS_OF_A_FILE - 1))


if __name__ == "__main__":
    main()
