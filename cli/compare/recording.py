"""Recorded calls: files of JSON Lines and HAR files, read as a stream, however large they are."""

import gzip
import re
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import IO, Any, cast

from cli.compare.address import Address
from cli.console import CommandFailure, err, why
from cli.progress import reading
from loyalty import exactjson

LONGEST_LINE = 32 * 1024 * 1024
"""Bytes of one recorded call that are read: an answer to a thousand entries has one."""

_NAME = re.compile(r".+\.(jsonl|har)(\.gz)?", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """A call as the vendor answered it.

    Attributes:
        place: the line of the file, or the entry of the HAR file, from 1.
        method: its method, in capitals.
        address: where it went.
        request: its body; None if it had none.
        status: the HTTP status of the answer.
        response: the body of the answer.
        headers: headers of the request by name, in lower case.
        at: when it was made, as far as the file tells.
    """

    place: int
    method: str
    address: Address
    request: Any
    status: int
    response: Any
    headers: Mapping[str, str] = field(default_factory=dict)
    at: datetime | None = None


class BadRecord(ValueError):  # noqa: N818 - it is a finding, handed on among the calls
    """A line or an entry is no recorded call; says in which field (a JSON pointer), and why. It quotes no value."""

    def __init__(self, pointer: str, reason: str, place: int = 0) -> None:
        super().__init__(f"{pointer or '/'}: {reason}")
        self.pointer, self.reason, self.place = pointer, reason, place


def recorded_calls(path: Path) -> Iterator[RecordedCall | BadRecord]:
    """Read the calls of a file in its order, showing how far that has got.

    Raises:
        CommandFailure: the file cannot be read, or not to its end.
    """
    from cli.compare.har import har_calls

    found = _NAME.fullmatch(path.name)
    if not found:
        raise CommandFailure(f"the name of {path} must end in .jsonl or .har, or in one of these and .gz")
    read = har_calls if found[1].lower() == "har" else _lines
    with _opened(path, packed=bool(found[2])) as stream:
        yield from read(stream)


@contextmanager
def _opened(path: Path, *, packed: bool) -> Iterator[IO[bytes]]:
    start = perf_counter()
    try:
        with reading(path, f"Comparing {path.name}") as raw:
            yield cast(IO[bytes], gzip.GzipFile(fileobj=raw)) if packed else raw
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise CommandFailure(f"{path} cannot be read to its end: {why(error)}") from error
    err.print(f"[green]✓[/] Calls compared [dim]{perf_counter() - start:.1f} s[/]")


def _lines(stream: IO[bytes]) -> Iterator[RecordedCall | BadRecord]:
    for place, line in enumerate(iter(lambda: stream.readline(LONGEST_LINE + 1), b""), start=1):
        try:
            if len(line) > LONGEST_LINE:
                while line and not line.endswith(b"\n"):
                    line = stream.readline(LONGEST_LINE)
                raise BadRecord("", f"This line is longer than {LONGEST_LINE} bytes.")
            if line.strip():
                yield _call(json_in(line, ""), place)
        except BadRecord as bad:
            bad.place = place
            yield bad


def _call(record: Any, place: int) -> RecordedCall:
    if not isinstance(record, dict):
        raise BadRecord("", "This must be an object with path, request, status and response.")
    for name in ("path", "status", "response"):
        if name not in record:
            raise BadRecord(f"/{name}", "This is missing.")
    request = record.get("request")
    method = record.get("method") or ("GET" if request is None else "POST")
    if not isinstance(method, str):
        raise BadRecord("/method", "This must be text, such as POST.")
    return RecordedCall(
        place,
        method.upper(),
        address_in(record["path"], "/path"),
        checked_body(request, "/request"),
        status_in(record["status"], "/status"),
        checked_body(record["response"], "/response"),
        headers_in(record.get("headers"), "/headers"),
        moment_in(record.get("at"), "/at"),
    )


def json_in(data: bytes | str, pointer: str) -> Any:
    """Return the JSON of a recorded text. Raises `BadRecord` where it is none."""
    try:
        return exactjson.loads_strictly(data.decode("utf-8-sig") if isinstance(data, bytes) else data)
    except UnicodeDecodeError as error:
        raise BadRecord(pointer, "This is not in UTF-8.") from error
    except ValueError as error:
        raise BadRecord(pointer, f"This is not valid JSON: {error}.") from error


def checked_body(body: Any, pointer: str) -> Any:
    """Let a recorded body pass: an object, a list, or None. Raises `BadRecord` for anything else."""
    if body is not None and not isinstance(body, dict | list):
        raise BadRecord(pointer, "This must be the body as JSON, not as text of it; null if there was none.")
    return body


def address_in(url: Any, pointer: str) -> Address:
    """Return a recorded address. Raises `BadRecord` where it is none."""
    if isinstance(url, str) and url.strip():
        try:
            return Address.of(url.strip())
        except ValueError:
            pass
    raise BadRecord(pointer, "This must be the path or the URL of the call.")


def status_in(status: Any, pointer: str) -> int:
    """Return a recorded status. Raises `BadRecord` where it is none."""
    if type(status) is not int or not 100 <= status <= 599:
        raise BadRecord(pointer, "This must be the HTTP status of the answer, such as 200.")
    return status


def headers_in(headers: Any, pointer: str) -> dict[str, str]:
    """Return recorded headers by name, in lower case. Raises `BadRecord` where they are none."""
    if headers is None:
        return {}
    if not isinstance(headers, dict) or not all(isinstance(value, str) for value in headers.values()):
        raise BadRecord(pointer, "This must be an object of headers, each of them text.")
    return {name.lower(): value for name, value in headers.items()}


def moment_in(moment: Any, pointer: str) -> datetime | None:
    """Return a recorded moment, in UTC unless it says otherwise. Raises `BadRecord` where it is none."""
    if moment is None:
        return None
    try:
        found = datetime.fromisoformat(moment)
    except (TypeError, ValueError) as error:
        raise BadRecord(pointer, "This must be a date and time, such as 2026-01-31T12:00:00Z.") from error
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
