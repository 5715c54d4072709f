"""The programme's records in a compact form: by type, and of each type field by field. Nothing of a record is decoded
before it is looked at, but for those fields that all records are found by."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cached_property, lru_cache
from itertools import islice
from typing import Any, Self, TypeVar

from msgspec import Raw, Struct
from msgspec.json import Decoder, Encoder

MAX_BLOCK = 256
"""Records of a block: looking at one of them finds where the values of all begin, a tenth of a millisecond for each
256."""

Value = TypeVar("Value")


class _Block(Struct, frozen=True, array_like=True):
    """Records of a type that have the same fields, beside `type`; `columns` are the arrays of the fields' values."""

    kind: str
    size: int
    fields: tuple[str, ...]
    columns: tuple[Raw, ...]


class RecordsOfType(Iterable[Mapping[str, Any]]):
    """Records of one type, each made when it is asked for."""

    def __init__(self, kind: str, blocks: Sequence[_Block]) -> None:
        self._kind = kind
        self._blocks = blocks
        self._values: dict[int, list[list[Raw]]] = {}
        self._made: dict[int, Mapping[str, Any]] = {}

    def column(self, name: str, kind: type[Value]) -> list[Value | None]:
        """Return a field of all records, in their order; None where a record does not have it."""
        decoder: Decoder[list[Value | None]] = _column_decoder(kind)  # type: ignore[arg-type]
        found = list[Value | None]()
        for block in self._blocks:
            if name in block.fields:
                found += decoder.decode(block.columns[block.fields.index(name)])
            else:
                found += [None] * block.size
        return found

    @cached_property
    def places(self) -> Mapping[str, int]:
        """The place of each record, by its id."""
        return {str(record_id): place for place, record_id in enumerate(self.column("id", str))}

    def __len__(self) -> int:
        return len(self._places_of_blocks)

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        return map(self.__getitem__, range(len(self)))

    def __getitem__(self, place: int) -> Mapping[str, Any]:
        if place not in self._made:
            block, row = self._places_of_blocks[place]
            self._made[place] = self._decode(block, row)
        return self._made[place]

    @cached_property
    def _places_of_blocks(self) -> list[tuple[int, int]]:
        return [(number, row) for number, block in enumerate(self._blocks) for row in range(block.size)]

    def _decode(self, number: int, row: int) -> Mapping[str, Any]:
        block = self._blocks[number]
        if number not in self._values:
            self._values[number] = [_RAW_COLUMN.decode(column) for column in block.columns]
        values = (_VALUE.decode(column[row]) for column in self._values[number])
        return {"type": self._kind, **dict(zip(block.fields, values, strict=True))}


class ProgrammeRecords(Iterable[Mapping[str, Any]]):
    """All records of a programme, by type."""

    def __init__(self, text: bytes) -> None:
        """Take up records in the form of `text`."""
        blocks: dict[str, list[_Block]] = defaultdict(list)
        for block in _BLOCKS.decode(text):
            blocks[block.kind].append(block)
        self._by_type = {kind: RecordsOfType(kind, found) for kind, found in blocks.items()}

    @classmethod
    def of(cls, records: Iterable[Mapping[str, Any]]) -> Self:
        """Return `records` in this form."""
        return records if isinstance(records, cls) else cls(compact(records))

    def of_type(self, kind: str) -> RecordsOfType:
        """Return the records of a type."""
        return self._by_type.get(kind) or RecordsOfType(kind, ())

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        for records in self._by_type.values():
            yield from records


def compact(records: Iterable[Mapping[str, Any]]) -> bytes:
    """Return records in the compact form: the same text for the same records, in whichever order they come."""
    alike: dict[tuple[str, tuple[str, ...]], list[Mapping[str, Any]]] = defaultdict(list)
    for record in records:
        alike[record["type"], tuple(sorted(name for name in record if name != "type"))].append(record)
    blocks = []
    for (kind, fields), found in sorted(alike.items(), key=lambda pair: pair[0]):
        found.sort(key=lambda record: (record["id"], str(record.get("value"))))  # a unit may have lost several codes
        left = iter(found)
        while part := list(islice(left, MAX_BLOCK)):
            blocks.append((kind, len(part), fields, [[record[name] for record in part] for name in fields]))
    return _ENCODER.encode(blocks)


@lru_cache
def _column_decoder(kind: Any) -> Decoder[list[Any]]:
    return Decoder(list[kind | None], float_hook=Decimal)


_ENCODER = Encoder(decimal_format="number")
_BLOCKS = Decoder(list[_Block])
_RAW_COLUMN = Decoder(list[Raw])
_VALUE = Decoder(float_hook=Decimal)
