"""What a reading of the table, or of a part of it, has shown."""

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import Protocol

from msgspec.structs import replace

from loyalty import exactjson
from loyalty.domain.proofs.audit import Deviation
from loyalty.domain.proofs.chain_audit import TableChains
from loyalty.domain.records import RECORD_TYPES
from loyalty.store import keys
from loyalty.store.attributes import Item, key_of
from loyalty.store.events import is_event
from loyalty.store.keys import Key
from loyalty.store.table import JournalTable
from loyalty.usecases.proofs.event_rules import broken_rules
from loyalty.usecases.proofs.legible import damage, legible
from loyalty.usecases.proofs.verify_counterparts import Claim, claims_of_event, claims_of_record
from loyalty.usecases.proofs.verify_counters import Counters
from loyalty.usecases.proofs.verify_numbers import LargestNumbers
from loyalty.usecases.proofs.verify_programme import ProgrammeItems
from loyalty.usecases.proofs.verify_records import record_deviations
from loyalty.usecases.proofs.verify_references import filed_under
from loyalty.usecases.proofs.verify_reversals import Reversals
from loyalty.usecases.proofs.verify_untold import Untold
from loyalty.usecases.proofs.verify_wallets import SeenEvent, Wallets


class Claims(Protocol):
    """Hears what events and records say to lie beside them (`Counterparts`)."""

    def claim(self, claims: Iterable[Claim]) -> None: ...


class Filing(Protocol):
    """Hears what is filed under reference numbers (`References`)."""

    def file(self, key: Key, event_id: str, *, certain: bool) -> None: ...


class Audit:
    """What was seen of accounts so far. What other items are there for, and what all accounts share, is handed on.

    Attributes:
        events: how many there are.
        chains: the table's identity, and when its first event with a hash was posted, as far as these were seen.
        items_at_odds: what does not hold of an item by itself.
        wallets: each with its events and its account.
        reversals: purchases, and what took them back.
        counters: what all accounts used together.
        numbers: the largest numbers that events tell, and what numbers are leased from.
        untold: what older versions did not record.
        programme: records and snapshot of the programme.
    """

    def __init__(
        self,
        counterparts: Claims,
        references: Filing,
        counters: Counters,
        numbers: LargestNumbers,
        chains: TableChains,
    ) -> None:
        self.events = 0
        self.chains = chains
        self.items_at_odds: list[Deviation] = []
        self.wallets = Wallets()
        self.reversals = Reversals()
        self.counters = counters
        self.numbers = numbers
        self.untold = Untold()
        self.programme = ProgrammeItems()
        self._counterparts = counterparts
        self._references = references

    @property
    def has_accounts_at_odds(self) -> bool:
        """Whether something of an account does not add up, once all of it was seen."""
        return bool(self._suspects or self.wallets.without_account or self.reversals.suspects)

    def accounts_at_odds(self, table: JournalTable, settle: Callable[[float], None]) -> Iterator[Deviation]:
        """Return what does not hold of accounts, from a closer look at the table."""
        yield from self.wallets.deviations(table, self._suspects, self.chains, settle)
        yield from self.reversals.deviations(table)

    @cached_property
    def _suspects(self) -> list[str]:
        return self.wallets.suspects(self.chains)

    def take(self, item: Item) -> None:
        """Sort in what can be read of an item; what cannot is a deviation."""
        whole, wrong = legible(item)
        try:
            self._sort(whole, is_event=is_event(item))
        except Exception as error:  # noqa: BLE001 - whatever it is
            wrong = wrong or [type(error).__name__]
        self.items_at_odds += [damage(item, found) for found in wrong]

    def _sort(self, item: Item, *, is_event: bool) -> None:
        if is_event:
            self.events += 1
            self._event(SeenEvent.of(item))
        elif item["sk"] == "USED":
            self.counters.take_counter(item)
        elif key_of(item) == keys.NUMBERS:
            self.numbers.take_counters(item)
        elif item["sk"] == "WALLET":
            self.wallets.take_wallet(item)
        else:
            self._record(item)

    def _record(self, item: Item) -> None:
        self.programme.take(item)
        if item["sk"] == "ACCOUNT":
            self.wallets.take_account(item)
        elif key_of(item) == keys.TABLE:
            self.chains = replace(self.chains, table_id=item.get("target"))
        if "record" not in item:
            return
        record = exactjson.loads(item["record"])
        self.items_at_odds += record_deviations(item, record)
        self.counters.take_limit(record)
        if record["type"] in RECORD_TYPES:
            self._counterparts.claim(claims_of_record(item))

    def _event(self, seen: SeenEvent) -> None:
        event = seen.event
        self.wallets.take(seen)
        self._counterparts.claim(claims_of_event(event))
        if filed := filed_under(event):
            self._references.file(filed[0], event.entry.event_id, certain=filed[1])
        self.reversals.take(event)
        self.counters.take(event)
        self.numbers.take(event)
        self.untold.take(event)
        # Last, as an event of which that cannot be told counts all the same.
        for rule, found in broken_rules(event):
            self.items_at_odds.append(Deviation(event.entry.account_id, event.entry.event_id, rule, found))
