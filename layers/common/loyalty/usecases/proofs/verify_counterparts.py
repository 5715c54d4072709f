"""Proving what lies beside events and records: pointers, vouchers, and names. Each is there because something else says
so, and says the same."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal

from msgspec import Struct

from loyalty import exactjson
from loyalty.domain.ledger.vouchers import VoucherState
from loyalty.domain.ledger.wallet import EventType
from loyalty.domain.money import plain
from loyalty.domain.proofs.audit import Deviation
from loyalty.domain.reversals.proration import sold_lines, weighted
from loyalty.domain.reversals.returns import all_of, come_back
from loyalty.store import keys
from loyalty.store.attributes import Item, key_of
from loyalty.store.events import Event, EventState, is_event
from loyalty.store.keys import Key
from loyalty.store.reference import SEVERAL, items_of, record_key, shared_name_keys
from loyalty.store.table import Table
from loyalty.usecases.proofs.legible import legible
from loyalty.usecases.proofs.verify_wallets import SeenEvent

MAX_READINGS = 5
"""How often an item is read again that is written while what it is there for is read."""

VOUCHERS_KEPT = "each voucher that a purchase gave is there, and is void once what it was for was taken back"
NAMES_LEAD = "a name leads to the record that has it"
POINTERS_LEAD = "a given id and its reference number refer to each other"


class Claim(Struct, frozen=True):
    """What an event or a record (`owner`) says to lie at `key`; or, where `shared`, that several have this name."""

    key: Key
    says: Item
    owner: Key
    shared: bool = False

    def holds_for(self, item: Item | None) -> bool:
        """Return whether the item that was found there says the same."""
        return {**self.says, **self.key._asdict()} == item


def claims_of_event(event: Event) -> Iterator[Claim]:
    """Return what an event says to lie elsewhere."""
    owner = keys.event(event.entry.event_id)
    if event.pointer:
        yield Claim(keys.event(event.pointer), {"event_id": event.entry.event_id}, owner)
    if event.entry.type is EventType.PURCHASE and event.purchase_document.vouchers:
        lines = sold_lines(event.purchase_document)
        is_cancelled = event.state is EventState.CANCELLED
        back = all_of(lines) if is_cancelled else come_back(lines, event.taken_back.lines)
        for voucher in event.purchase_document.vouchers:
            says = {
                "account_id": event.entry.account_id,
                "event_id": event.entry.event_id,
                "state": VoucherState.VOIDED if weighted(voucher).is_whole(back) else VoucherState.ISSUED,
                "voucher_type_id": voucher.voucher_type_id,
                "value": voucher.amounts.system,
            }
            yield Claim(keys.voucher(voucher.id), says, owner)


def claims_of_record(item: Item) -> Iterator[Claim]:
    """Return the names that a record says to lead to it."""
    record = exactjson.loads(item["record"])
    shared = shared_name_keys(record)
    for key, says in items_of(record).items():
        if "record" not in says:
            present = {name: value for name, value in says.items() if value is not None}
            yield Claim(key, present, key_of(item), key in shared)


class Counterparts:
    """What a scan has shown of such items, and of those that they are there for; as far as both do not agree yet."""

    def __init__(self) -> None:
        self._claims: dict[Key, list[Claim]] = defaultdict(list)
        self._items: dict[Key, Item] = {}
        self._shared: set[Key] = set()

    def claim(self, claims: Iterable[Claim]) -> None:
        """Take in what an event or a record says."""
        for claim in claims:
            if claim.shared and claim.key in self._shared:
                continue
            if claim.holds_for(self._items.get(claim.key)):
                del self._items[claim.key]
            else:
                self._claims[claim.key].append(claim)

    def take(self, item: Item) -> None:
        """Sort an item in that has to be there for something."""
        key = key_of(item)
        claims = self._claims.pop(key, [])
        agreeing = [claim for claim in claims if claim.holds_for(item)][:1]
        if item.get("target") == SEVERAL["target"]:
            self._shared.add(key)
            agreeing = [claim for claim in claims if claim.shared]
        elif not agreeing:
            self._items[key] = item
        if left := [claim for claim in claims if claim not in agreeing]:
            self._claims[key] = left

    @property
    def suspects(self) -> list[Key]:
        """Where what was found is not what was said."""
        return sorted(self._items.keys() | self._claims.keys())

    def deviations(self, table: Table) -> Iterator[Deviation]:
        """Return what does not hold of the suspects, from a closer look at each."""
        for key in self.suspects:
            for _ in range(MAX_READINGS):
                item = table.get(key, consistent=True)
                found = list(self._closer(table, key, item).listed())
                if not found or table.get(key, consistent=True) == item:
                    break
            yield from found

    def _closer(self, table: Table, key: Key, item: Item | None) -> "Counterparts":
        """Return what is seen of one key: the item there, and what its owners say by now."""
        closer = Counterparts()
        owners = {claim.owner for claim in self._claims.get(key, ())} | (_owners(legible(item)[0]) if item else set())
        for owner in table.get_many(owners, consistent=True).values():
            closer.claim(claim for claim in _claims_of(owner) if claim.key == key)
        if item:
            closer.take(legible(item)[0])
        return closer

    def listed(self) -> Iterator[Deviation]:
        """Return where what was found is not what was said."""
        for key in self.suspects:
            item, claims = self._items.get(key), self._claims.get(key, [])
            found = told(item) if item else "another one's" if key in self._shared else "nothing is there"
            for claim in claims:
                event_id = keys.event_id(claim.owner) if keys.is_event(claim.owner) else None
                account_id = claim.says.get("account_id")
                yield Deviation(
                    account_id, event_id, _rule(key), f"{key.pk}: {found}, but has to be {told(claim.says)}"
                )
            if item and not claims:
                account_id, event_id = item.get("account_id"), item.get("event_id")
                yield Deviation(account_id, event_id, _rule(key), f"{key.pk}: {found}, which nothing else says")


def _claims_of(owner: Item) -> Iterable[Claim]:
    try:
        if is_event(owner):
            return list(claims_of_event(SeenEvent.of(legible(owner)[0]).event))
        return list(claims_of_record(owner))
    except Exception:  # noqa: BLE001 - the owner cannot be read, which is a deviation already (`Audit.take`)
        return ()


def _owners(item: Item) -> set[Key]:
    """Return what an item may be there for, as it says itself."""
    key = key_of(item)
    if key.sk in ("TOKEN", "ALIAS"):
        kind = "access_token" if key.sk == "TOKEN" else keys.alias_kind(key)
        return {record_key(kind, item["target"])} if "target" in item else set()
    return {keys.event(item["event_id"])} if "event_id" in item else set()


def _rule(key: Key) -> str:
    return {"VOUCHER": VOUCHERS_KEPT, "ALIAS": NAMES_LEAD, "TOKEN": NAMES_LEAD}.get(key.sk, POINTERS_LEAD)


def told(item: Item) -> str:
    """Return what an item says, but for a pass code's hash."""
    says = {
        name: plain(value) if isinstance(value, Decimal) else value
        for name, value in item.items()
        if name not in ("pk", "sk", "pass_code")
    }
    return ", ".join(f"{name} {value}" for name, value in sorted(says.items()))
