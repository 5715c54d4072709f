"""Files in a bucket: a thin class over the low-level client. Errors of the SDK become the engine's own in one place."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from botocore.exceptions import ClientError, HTTPClientError, IncompleteReadError
from msgspec import Struct

from loyalty.domain.errors import Code, Problem, Refused, not_found
from loyalty.store.sdk_errors import refuse_if_busy

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MAX_READS = 3
"""Tries to read a part of a file. The SDK repeats requests, but not the reading of an answer that breaks off."""

_MISSING = frozenset({"404", "NoSuchKey", "NoSuchUpload", "NoSuchVersion"})
_BUSY = Problem(Code.RETRY_LATER, "The file storage is busy. Try again.")
_RETRYABLE = frozenset(
    {"500", "503", "InternalError", "RequestTimeout", "ServiceUnavailable", "SlowDown", "ThrottlingException"}
)


class StoredFile(Struct, frozen=True):
    """A file as it lies there: `etag` is the same for the same bytes, put in the same way; `notes` are what whoever put
    it there wrote on it, by lower-case name."""

    key: str
    version: str
    size: int
    etag: str
    notes: dict[str, str]


def read_notification(event: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Return the keys and versions of the files that a notification of S3 tells of, the version empty where it tells
    none; of any other event, nothing."""
    for record in event.get("Records", ()):
        told = record["s3"]["object"]
        yield unquote_plus(told["key"]), told.get("versionId", "")


class Form(Struct, frozen=True):
    """A form to send a file with, as `multipart/form-data` by POST: the fields before the file."""

    url: str
    fields: Mapping[str, str]


class Files:
    """A bucket.

    Every method raises `Refused` with NOT_FOUND where there is no such file, and with RETRY_LATER where S3 is busy or
    out of reach for longer than the client's own retries last; other errors of the SDK are faults on our side and pass
    through.
    """

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self.client = client
        self.bucket = bucket

    def look_at(self, key: str, version: str | None = None) -> StoredFile:
        """Return what is known of a file without reading it; its current version, unless one is named."""
        request: Any = {"Bucket": self.bucket, "Key": key, **_version(version)}
        with _as_domain_errors(key):
            found = self.client.head_object(**request)
        return StoredFile(
            key,
            found.get("VersionId", version or ""),
            found["ContentLength"],
            found["ETag"].strip('"'),
            {name.lower(): note for name, note in found["Metadata"].items()},
        )

    def read(self, key: str, start: int = 0, length: int | None = None, version: str | None = None) -> bytes:
        """`length` bytes from `start` on, or as many as there are; there has to be one at least."""
        end = None if length is None else start + length
        until = "" if end is None else end - 1
        request: Any = {"Bucket": self.bucket, "Key": key, "Range": f"bytes={start}-{until}", **_version(version)}
        tries = 0
        while True:
            tries += 1
            with _as_domain_errors(key):
                try:
                    found = self.client.get_object(**request)
                    if "ContentRange" in found:
                        return found["Body"].read()
                    return found["Body"].read(end)[start:]  # a server may give the whole, as emulators do of versions
                except (HTTPClientError, IncompleteReadError):
                    if tries == MAX_READS:
                        raise

    def write(self, key: str, data: bytes) -> None:
        """Write a file whole."""
        with _as_domain_errors(key):
            self.client.put_object(Bucket=self.bucket, Key=key, Body=data)

    def read_if_there(self, key: str) -> bytes | None:
        """Return a file, None if there is none."""
        try:
            return self.read(key)
        except Refused as refused:
            if refused.problems[0].code is not Code.NOT_FOUND:
                raise
        return None

    def begin_parts(self, key: str) -> str:
        """Begin to write a file in parts; return what names them until they are joined, or a day has gone by."""
        with _as_domain_errors(key):
            return self.client.create_multipart_upload(Bucket=self.bucket, Key=key)["UploadId"]

    def write_part(self, key: str, parts: str, number: int, data: bytes) -> str:
        """Write a part, which replaces an earlier one of the same number; return its ETag. All parts except the last
        one must have 5 MiB."""
        part: Any = {"Bucket": self.bucket, "Key": key, "UploadId": parts, "PartNumber": number, "Body": data}
        with _as_domain_errors(key):
            return self.client.upload_part(**part)["ETag"]

    def join_parts(self, key: str, parts: str, etags: Sequence[str]) -> None:
        """Make the file of the parts, from number 1 on, that have these ETags. The file is there from then on."""
        told: Any = [{"PartNumber": number, "ETag": etag} for number, etag in enumerate(etags, start=1)]
        with _as_domain_errors(key):
            self.client.complete_multipart_upload(
                Bucket=self.bucket, Key=key, UploadId=parts, MultipartUpload={"Parts": told}
            )

    def form(self, key: str, bytes_max: int, seconds: int) -> Form:
        """Return what lets its holder write this one file within the time, of so many bytes at most."""
        conditions = [["content-length-range", 0, bytes_max]]
        form = self.client.generate_presigned_post(self.bucket, key, Conditions=conditions, ExpiresIn=seconds)
        return Form(form["url"], form["fields"])

    def link(self, key: str, seconds: int) -> str:
        """Return what lets its holder read a file within the time."""
        place = {"Bucket": self.bucket, "Key": key}
        return self.client.generate_presigned_url("get_object", Params=place, ExpiresIn=seconds)


def _version(version: str | None) -> dict[str, str]:
    return {"VersionId": version} if version else {}


@contextmanager
def _as_domain_errors(key: str) -> Iterator[None]:
    with refuse_if_busy(_BUSY, _RETRYABLE):
        try:
            yield
        except ClientError as error:
            if error.response["Error"]["Code"] in _MISSING:
                raise Refused(not_found("StoredFile", key)) from error
            raise
