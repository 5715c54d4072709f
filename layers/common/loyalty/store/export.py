"""An export of the table to S3 (a full one, in DynamoDB JSON), as its folder was copied from there."""

import gzip
import hashlib
import re
import zlib
from base64 import b64encode
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar

from msgspec import Meta, Struct, field, json

from loyalty.store.attributes import Item, is_kept, unpack

Told = TypeVar("Told")

_BLOCK = 1 << 20

MAX_LINE_BYTES = 16_000_000
"""Bytes of a line, however an item of 400 KB is written."""


class NotAnExport(Exception):  # noqa: N818 - reads as what it says
    """A folder is no whole export: with what is missing or damaged, and what to do."""


class DataFile(Struct, frozen=True):
    """A file of an export: how many items it has to have, and its MD5 in base64, as the manifest tells."""

    path: Path
    items: int
    checksum: str


Count = Annotated[int, Meta(ge=0)]


class _Summary(Struct, frozen=True):
    """What `manifest-summary.json` tells of an export."""

    items: Count = field(name="itemCount")
    format: str = field(name="outputFormat", default="DYNAMODB_JSON")
    kind: str = field(name="exportType", default="FULL_EXPORT")


class _ListedFile(Struct, frozen=True):
    """What a line of `manifest-files.json` tells of a file."""

    key: Annotated[str, Meta(pattern=r"^[^\0]*[^\0/.]$")] = field(name="dataFileS3Key")
    items: Count = field(name="itemCount")
    checksum: str = field(name="md5Checksum")

    @property
    def name(self) -> str:
        """The name of the file itself."""
        return self.key.rpartition("/")[2]


_FULL = ("DYNAMODB_JSON", "FULL_EXPORT")


class TableExport(Struct, frozen=True):
    """The items of a table at one moment."""

    files: tuple[DataFile, ...]

    @classmethod
    def of(cls, folder: Path) -> Self:
        """Return the export in a folder.

        Raises:
            NotAnExport: it is not all there, or no full export in DynamoDB JSON.
        """
        summary = _summary(folder / "manifest-summary.json")
        if (summary.format, summary.kind) != _FULL:
            raise NotAnExport(f"the export is {summary.kind} in {summary.format}; make a {_FULL[1]} in {_FULL[0]}")
        listed = _read(folder / "manifest-files.json", _ListedFile)
        export = cls(tuple(DataFile(folder / "data" / one.name, one.items, one.checksum) for one in listed))
        if export.count != summary.items:
            told = f"{export.count} items, but manifest-summary.json tells {summary.items}"
            raise NotAnExport(f"the files of {folder / 'manifest-files.json'} have {told}; copy the export again")
        if len({file.path for file in export.files}) < len(export.files):
            raise NotAnExport(f"{folder / 'manifest-files.json'} has a file twice; copy the export again")
        return export

    @property
    def count(self) -> int:
        """The number of its items."""
        return sum(file.items for file in self.files)


def items_in(file: DataFile) -> Iterator[tuple[bytes, Item]]:
    """Return every item of a file with its line of JSON, and hold the file against the manifest.

    Raises:
        NotAnExport: the file is damaged.
    """
    _require_whole(file)
    count = 0
    for line in _lines_in(file.path):
        count += 1
        try:
            yield line, _item_in(line)
        except ValueError as error:
            raise NotAnExport(f"{file.path}, line {count}, is no item ({error}); copy it again") from error
    if count != file.items:
        raise NotAnExport(f"{file.path} has {count} items, but the manifest tells {file.items}; copy it again")


def _lines_in(file: Path) -> Iterator[bytes]:
    try:
        with gzip.open(file) as lines:
            while line := lines.readline(MAX_LINE_BYTES):
                if len(line) == MAX_LINE_BYTES:
                    raise NotAnExport(f"{file} has a line of more than {MAX_LINE_BYTES} bytes; copy it again")
                yield line
    except (OSError, EOFError, zlib.error) as error:
        raise NotAnExport(f"{file} cannot be unzipped ({error}); copy it again") from error


def attributes_in(line: bytes) -> dict[str, dict[str, Any]]:
    """Return the attributes in a line of an export, as DynamoDB tells them."""
    return _LINES.decode(line)["Item"]


_LINES = json.Decoder(dict[str, dict[str, Annotated[dict[str, Any], Meta(min_length=1, max_length=1)]]])
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?(E[+-]?[0-9]+)?", re.ASCII | re.IGNORECASE)
_IN_JSON: Mapping[str, type] = {
    **dict.fromkeys(("S", "N", "B"), str),
    **dict.fromkeys(("BOOL", "NULL"), bool),
    **dict.fromkeys(("L", "SS", "NS", "BS"), list),
    "M": dict,
}
"""What a value of each of DynamoDB's types is in JSON."""


def _garbled_in(told: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the attributes that are not told as DynamoDB tells those of their types."""
    return [
        name
        for name, typed in told.items()
        for kind, value in typed.items()
        if (kind == "N" and not _NUMBER.fullmatch(value)) or type(value) is not _IN_JSON[kind]
    ]


def _item_in(line: bytes) -> Item:
    """Return the item in a line.

    Raises:
        ValueError: it is none; with what is wrong.
    """
    try:
        told = attributes_in(line)
        item = unpack(told)
        garbled = _garbled_in(told)
    except KeyError as lacking:
        raise ValueError(f"{lacking} is missing, or no type of DynamoDB's") from lacking
    except (ArithmeticError, AttributeError, TypeError) as error:
        raise ValueError(f"a value is not of its type: {error}") from error
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if garbled:
        raise ValueError(f"{garbled[0]} is not told as DynamoDB tells values of its type")
    if beyond := [name for name, value in item.items() if isinstance(value, Decimal) and not is_kept(value)]:
        raise ValueError(f"{beyond[0]} is no number that DynamoDB keeps")
    if not (isinstance(item.get("pk"), str) and isinstance(item.get("sk"), str)):
        raise ValueError("it has no key")
    return item


def _summary(file: Path) -> _Summary:
    found = _read(file, _Summary)
    if len(found) != 1:
        raise NotAnExport(f"{file} has {len(found)} lines, but must have one; copy the export again")
    return found[0]


def _read(manifest: Path, form: type[Told]) -> list[Told]:
    """Return the objects of a manifest, one in each line."""
    try:
        return json.Decoder(form).decode_lines(manifest.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        why = error.strerror if isinstance(error, OSError) else error  # whose text would name the file once more
        found = f"{manifest} cannot be read ({why}); copy the whole folder of the export, as S3 has it"
        raise NotAnExport(found) from error


def _require_whole(file: DataFile) -> None:
    digest = hashlib.md5(usedforsecurity=False)
    try:
        with file.path.open("rb") as data:
            while block := data.read(_BLOCK):
                digest.update(block)
    except OSError as error:
        raise NotAnExport(f"{file.path} cannot be read ({error.strerror}); copy the export again") from error
    if b64encode(digest.digest()).decode() != file.checksum:
        raise NotAnExport(f"{file.path} is not what the manifest tells (MD5); copy it again")
