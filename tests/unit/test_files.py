"""Reading files: whatever breaks off is read again, and whoever answers more than was asked for is understood."""

import io
from collections.abc import Iterator
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from loyalty.domain.errors import Code, Refused
from loyalty.store.files import MAX_READS, Files

DATA = bytes(range(100))


class Broken(io.BytesIO):
    """An answer that breaks off."""

    def read(self, _: int | None = None) -> bytes:
        raise ReadTimeoutError(endpoint_url="https://s3")


class S3:
    """Answers ranges of DATA; the first answers break off, or are errors. `whole` ignores the range."""

    def __init__(self, *failures: str, whole: bool = False) -> None:
        self.failures: Iterator[str] = iter(failures)
        self.whole = whole

    def get_object(self, *, Bucket: str, Key: str, Range: str, VersionId: str = "") -> dict[str, Any]:  # noqa: N803
        assert (Bucket, Key, VersionId) == ("bucket", "key", "v")
        match next(self.failures, None):
            case None:
                pass
            case "broken":
                return {"Body": Broken(), "ContentRange": "bytes"}
            case code:
                raise ClientError({"Error": {"Code": code}}, "GetObject")
        if self.whole:
            return {"Body": io.BytesIO(DATA)}
        start, end = Range.removeprefix("bytes=").split("-")
        return {"Body": io.BytesIO(DATA[int(start) : int(end) + 1 if end else None]), "ContentRange": "bytes"}


def read(s3: S3, start: int = 10, length: int | None = 20) -> bytes:
    return Files(cast(Any, s3), "bucket").read("key", start, length, "v")


@pytest.mark.parametrize("whole", [False, True])
def test_a_part_of_a_file_is_read(whole: bool) -> None:
    assert read(S3(whole=whole)) == DATA[10:30]
    assert read(S3(whole=whole), 90, 20) == DATA[90:]
    assert read(S3(whole=whole), 5, None) == DATA[5:]


def test_an_answer_that_breaks_off_is_asked_for_again() -> None:
    assert read(S3("broken", "broken")) == DATA[10:30]


@pytest.mark.parametrize(
    ("failures", "code"),
    [
        (["broken"] * MAX_READS, Code.RETRY_LATER),
        (["SlowDown"], Code.RETRY_LATER),
        (["503"], Code.RETRY_LATER),
        (["NoSuchKey"], Code.NOT_FOUND),
        (["NoSuchVersion"], Code.NOT_FOUND),
    ],
)
def test_what_keeps_a_file_from_being_read_is_told_by_its_code(failures: list[str], code: Code) -> None:
    with pytest.raises(Refused) as refused:
        read(S3(*failures))

    assert refused.value.problems[0].code is code


def test_what_is_our_own_fault_passes_through() -> None:
    with pytest.raises(ClientError):
        read(S3("AccessDenied"))
