"""A table that somebody damages by hand, and what its proof finds then."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from loyalty import exactjson
from loyalty.domain.proofs.audit import Deviation
from loyalty.store import keys
from loyalty.store.attributes import Item, key_of, pack_key
from loyalty.store.dynamo_table import DynamoTable
from loyalty.store.export import TableExport
from loyalty.store.keys import Key
from loyalty.store.writes import Delete, Put
from loyalty.usecases.proofs.sharded_proof import Verification
from loyalty.usecases.proofs.verify_export import verify_export
from loyalty.usecases.proofs.verify_journal import verify_journal
from loyalty.usecases.proofs.workspace import Workspace
from tests.exports import export

ACCOUNT_ID = "ACC0FFEEACC0FFEEACC0FFEEACC0FFEE"


@dataclass(frozen=True, slots=True)
class Damaged:
    """The table, and what damage is done with."""

    table: DynamoTable
    folder: Path

    def item(self, **attributes: Any) -> Item:
        """Return the one item that has these attributes."""
        [found] = [item for item in self.table.scan() if attributes.items() <= item.items()]
        return found

    def event(self, reference_number: str, event_type: str = "PURCHASE") -> Item:
        return self.item(reference_number=reference_number, event_type=event_type)

    def voucher(self, name: str) -> Item:
        return self.item(sk="VOUCHER", event_id=keys.event_id(key_of(self.event(name))))

    def wallet(self) -> Item:
        return self.item(pk=f"ACCOUNT#{ACCOUNT_ID}", sk="WALLET")

    def change(self, item: Item, **attributes: Any) -> None:
        self.put(key_of(item), {**item, **attributes})

    def put(self, key: Key, item: Item) -> None:
        present = {name: value for name, value in item.items() if name not in ("pk", "sk") and value is not None}
        self.table.put(Put(key, present))

    def tell(self, item: Item, name: str, value: Any) -> None:
        """Give an item an attribute as DynamoDB tells it, of whichever kind."""
        self.table.client.update_item(
            TableName=self.table.name,
            Key=pack_key(key_of(item)),
            UpdateExpression="SET #name = :value",
            ExpressionAttributeNames={"#name": name},
            ExpressionAttributeValues={":value": value},
        )

    def remove(self, item: Item) -> None:
        self.table.transact([Delete(key_of(item))])

    def rewrite(self, item: Item, change: Callable[[Any], None]) -> None:
        """Change what an event's document says."""
        document = self.document(item)
        change(document)
        self.change(item, document=zlib.compress(exactjson.dumps(document).encode()))

    def document(self, item: Item) -> Any:
        """Return what an event's document says."""
        return exactjson.loads(zlib.decompress(item["document"]))

    def verified(self) -> Verification:
        """Prove the table, and an export of it, which have to be found the same."""
        of_table = verify_journal(self.table, settle=lambda _: None)
        made = export(self.table, Path(mkdtemp(dir=self.folder)) / "export")
        folder = Path(mkdtemp(dir=self.folder))
        of_export = verify_export(TableExport.of(made), Workspace(folder, shards=3, processes=2))
        assert of_export == of_table
        return of_table

    def found(self) -> list[Deviation]:
        return self.verified().deviations


def rules(found: list[Deviation]) -> set[str]:
    return {deviation.rule for deviation in found}
