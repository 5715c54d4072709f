"""Exports of a table to S3, as DynamoDB makes them."""

import gzip
import hashlib
import json
from base64 import b64encode
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from loyalty.store.dynamo_table import DynamoTable


def export(table: DynamoTable, folder: Path, files: int = 2) -> Path:
    """Write what a table holds as a full export of some files."""
    pages = table.client.get_paginator("scan").paginate(TableName=table.name)
    items = [item for page in pages for item in page["Items"]]
    return write_export((items[start::files] for start in range(files)), folder)


def write_export(files: Iterable[Iterable[Any]], folder: Path) -> Path:
    """Write items, as DynamoDB tells them, as an export with these files."""
    (folder / "data").mkdir(parents=True)
    manifest, total = [], 0
    for number, items in enumerate(files):
        data, count = folder / "data" / f"{number:03}.json.gz", 0
        with gzip.open(data, "wt", compresslevel=1) as lines:
            for item in items:
                lines.write(json.dumps({"Item": item}, default=_base64, separators=(",", ":")) + "\n")
                count += 1
        checksum = b64encode(hashlib.md5(data.read_bytes(), usedforsecurity=False).digest()).decode()
        key = f"AWSDynamoDB/01/data/{data.name}"
        manifest.append({"itemCount": count, "md5Checksum": checksum, "etag": "-", "dataFileS3Key": key})
        total += count
    summary = {
        "version": "2023-08-01",
        "itemCount": total,
        "outputFormat": "DYNAMODB_JSON",
        "exportType": "FULL_EXPORT",
    }
    (folder / "manifest-summary.json").write_text(json.dumps(summary))
    (folder / "manifest-files.json").write_text("".join(f"{json.dumps(entry)}\n" for entry in manifest))
    return folder


def _base64(value: bytes) -> str:
    return b64encode(value).decode()
