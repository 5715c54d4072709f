"""S3 in memory, as its client is asked."""

import hashlib
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.simulation.dynamo import refused
from tests.simulation.expressions import Unmodelled

MIN_PART_BYTES = 5 * 1024 * 1024

Request = Mapping[str, Any]


@dataclass(frozen=True)
class Stored:
    """A version of an object."""

    data: bytes
    etag: str
    version: str
    notes: Mapping[str, str]


@dataclass
class Bucket:
    """Objects by key, the versions of each in their order; `written` hears of a key and a version."""

    name: str
    versioned: bool
    written: Callable[[str, Stored], None] = lambda *_: None
    objects: dict[str, list[Stored]] = field(default_factory=dict)
    parts: dict[str, dict[int, tuple[bytes, str]]] = field(default_factory=dict)
    """Parts that are not joined yet, by upload id."""
    names: int = 0


class Body(io.BytesIO):
    """What an object says, while it is read; `breaks` off before the end, if it is to."""

    breaks: Exception | None = None

    def read(self, size: int | None = -1) -> bytes:
        """Return so many bytes.

        Raises:
            Exception: the connection broke off.
        """
        if self.breaks:
            raise self.breaks
        return super().read(size)


@dataclass
class ObjectService:
    """All buckets."""

    buckets: Mapping[str, Bucket]

    def put_object(self, request: Request) -> Any:
        bucket = self._bucket(request, "Key", "Body", "Metadata")
        stored = self._store(bucket, request["Key"], request["Body"], request.get("Metadata", {}))
        return {"ETag": stored.etag, **({"VersionId": stored.version} if bucket.versioned else {})}

    def get_object(self, request: Request) -> Any:
        bucket = self._bucket(request, "Key", "Range", "VersionId")
        stored = _found(bucket, request, "GetObject", "NoSuchKey")
        data, told = stored.data, _told(bucket, stored)
        if "Range" in request:
            unit, _, span = request["Range"].partition("=")
            first, _, last = span.partition("-")
            if unit != "bytes" or not first.isdigit():
                raise Unmodelled(f"the range {request['Range']}")
            start, end = int(first), min(int(last) if last else len(data) - 1, len(data) - 1)
            if start >= len(data):
                raise refused("GetObject", "InvalidRange", "The requested range is not satisfiable", 416)
            told["ContentRange"] = f"bytes {start}-{end}/{len(data)}"
            data = data[start : end + 1]
        return {**told, "ContentLength": len(data), "Body": Body(data)}

    def head_object(self, request: Request) -> Any:
        bucket = self._bucket(request, "Key", "VersionId")
        stored = _found(bucket, request, "HeadObject", "404")
        return {**_told(bucket, stored), "ContentLength": len(stored.data)}

    def create_multipart_upload(self, request: Request) -> Any:
        bucket = self._bucket(request, "Key")
        bucket.names += 1
        upload_id = f"parts-{bucket.names}"
        bucket.parts[upload_id] = {}
        return {"UploadId": upload_id}

    def upload_part(self, request: Request) -> Any:
        bucket = self._bucket(request, "Key", "UploadId", "PartNumber", "Body")
        parts = _parts(bucket, request, "UploadPart")
        parts[request["PartNumber"]] = (request["Body"], _etag(request["Body"]))
        return {"ETag": _etag(request["Body"])}

    def complete_multipart_upload(self, request: Request) -> Any:
        bucket = self._bucket(request, "Key", "UploadId", "MultipartUpload")
        operation, parts = "CompleteMultipartUpload", _parts(bucket, request, "CompleteMultipartUpload")
        named = [(part["PartNumber"], part["ETag"]) for part in request["MultipartUpload"]["Parts"]]
        if any(parts.get(place, (b"", ""))[1] != etag for place, etag in named):
            raise refused(operation, "InvalidPart", "One or more of the specified parts could not be found")
        if any(len(parts[place][0]) < MIN_PART_BYTES for place, _ in named[:-1]):
            raise refused(operation, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size")
        self._store(bucket, request["Key"], b"".join(parts[place][0] for place, _ in named), {})
        del bucket.parts[request["UploadId"]]
        return {}

    def _bucket(self, request: Request, *known: str) -> Bucket:
        if not request.keys() <= {"Bucket", *known}:
            raise Unmodelled(f"parameters that are not known: {sorted(request)}")
        return self.buckets[request["Bucket"]]

    def _store(self, bucket: Bucket, key: str, data: bytes, notes: Mapping[str, str]) -> Stored:
        bucket.names += 1
        versions = bucket.objects.setdefault(key, [])
        if not bucket.versioned:
            versions.clear()
        versions.append(Stored(data, _etag(data), f"v{bucket.names}", notes))
        bucket.written(key, versions[-1])
        return versions[-1]


def _etag(data: bytes) -> str:
    return f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'


def _told(bucket: Bucket, stored: Stored) -> dict[str, Any]:
    version = {"VersionId": stored.version} if bucket.versioned else {}
    return {"ETag": stored.etag, "Metadata": dict(stored.notes), **version}


def _found(bucket: Bucket, request: Request, operation: str, missing: str) -> Stored:
    versions = bucket.objects.get(request["Key"], [])
    wanted = request.get("VersionId")
    found = [stored for stored in versions if wanted is None or stored.version == wanted]
    if not found:
        code = "NoSuchVersion" if wanted and missing != "404" else missing
        raise refused(operation, code, "The specified key does not exist.", 404)
    return found[-1]


def _parts(bucket: Bucket, request: Request, operation: str) -> dict[int, tuple[bytes, str]]:
    if request["UploadId"] not in bucket.parts:
        raise refused(operation, "NoSuchUpload", "The specified multipart upload does not exist", 404)
    return bucket.parts[request["UploadId"]]
