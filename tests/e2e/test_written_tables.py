"""Money that released versions moved, moved back on the emulator, whose transactions are real."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial

import pytest

from cli.target import Target
from loyalty.domain.ledger.wallet import EventType
from loyalty.domain.purchases.purchase import Reference
from loyalty.store import ledger
from loyalty.store.dynamo_table import DynamoTable
from loyalty.store.events import EventState
from loyalty.usecases.engine import Engine
from loyalty.usecases.proofs.verify_journal import verify_journal
from loyalty.usecases.reversals.take_back import cancel_purchase
from tests.customers import EVERYTHING
from tests.tables.written import NAMES, Written
from tests.template import create_table


@pytest.mark.parametrize("name", NAMES)
def test_each_purchase_is_cancelled_once_whoever_else_cancels_it(stack: Target, name: str) -> None:
    client, now = stack.open_table().client, datetime.now(UTC)
    create_table(client, f"written-{name}")
    table = DynamoTable(client, f"written-{name}")
    Written.read(name).load(table)
    purchases = [event for event in ledger.scan_events(table) if event.entry.type is EventType.PURCHASE]
    standing = [event.entry.told_id for event in purchases if event.state is EventState.POSTED]
    cancel = partial(cancel_purchase, Engine.on(table), partner=EVERYTHING, now=now)

    with ThreadPoolExecutor(6) as threads:
        named = [Reference("id", told_id, "") for told_id in standing for _ in range(2)]
        postings = list(threads.map(cancel, named))

    assert sum(not posting.replayed for posting in postings) == len(standing) > 0
    assert verify_journal(table).deviations == []
