"""An export of the table to S3 (a full one, in DynamoDB JSON), as its folder was copied from there."""

import gzip
import hashlib
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from msgspec import DecodeError, json

from loyalty import exactjson

_BLOCK = 1 << 20


class NotAnExport(Exception):  # noqa: N818 - reads as what it says
    """A folder is no whole export: with what is missing or damaged, and what to do."""


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file of an export: how many items it has to have, and its MD5 in base64, as the manifest tells."""

    path: Path
    items: int
    checksum: str


@dataclass(frozen=True, slots=True)
class TableExport:
    """The items of a table at one moment."""

    files: tuple[DataFile, ...]

    @classmethod
    def of(cls, folder: Path) -> Self:
        """Return the export in a folder.

        Raises:
            NotAnExport: it is not all there, or no full export in DynamoDB JSON.
        """
        (summary,) = _manifest(folder / "manifest-summary.json")
        kind = (summary.get("outputFormat", "DYNAMODB_JSON"), summary.get("exportType", "FULL_EXPORT"))
        if kind != ("DYNAMODB_JSON", "FULL_EXPORT"):
            raise NotAnExport(f"the export is {kind[1]} in {kind[0]}; make a FULL_EXPORT in DYNAMODB_JSON")
        return cls(tuple(_data_file(folder, entry) for entry in _manifest(folder / "manifest-files.json")))

    @property
    def count(self) -> int:
        """How many items it has."""
        return sum(file.items for file in self.files)

    def lines(self) -> Iterator[bytes]:
        """Return every item, each a line of JSON, and hold every file against the manifest.

        Raises:
            NotAnExport: a file is damaged.
        """
        for file in self.files:
            _require_whole(file)
            count = 0
            with gzip.open(file.path) as lines:
                for line in lines:
                    count += 1
                    yield line
            if count != file.items:
                raise NotAnExport(f"{file.path} has {count} items, but the manifest tells {file.items}; copy it again")


def attributes_in(line: bytes) -> dict[str, dict[str, Any]]:
    """Return the attributes in a line of an export, as DynamoDB tells them.

    Raises:
        NotAnExport: it is no item.
    """
    try:
        return _LINES.decode(line)["Item"]
    except (DecodeError, KeyError) as error:
        raise NotAnExport(f"a line is no item: {line[:80]!r}; copy the export again") from error


_LINES = json.Decoder(dict[str, dict[str, dict[str, Any]]])


def _manifest(file: Path) -> list[dict[str, Any]]:
    """Return the objects of a manifest, one in each line."""
    try:
        return [dict(exactjson.loads(line)) for line in file.read_text().splitlines()]
    except (OSError, ValueError, TypeError) as error:
        found = f"{file} cannot be read ({error}); copy the whole folder of the export, as S3 has it"
        raise NotAnExport(found) from error


def _data_file(folder: Path, entry: dict[str, Any]) -> DataFile:
    try:
        name = entry["dataFileS3Key"].rpartition("/")[2]
        return DataFile(folder / "data" / name, int(entry["itemCount"]), entry["md5Checksum"])
    except KeyError as lacking:
        raise NotAnExport(f"manifest-files.json lacks {lacking}; copy it again, as S3 has it") from lacking


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
