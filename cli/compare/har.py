"""HAR files of browsers and proxies, one entry at a time: of the file, only an entry is ever in memory."""

import base64
import binascii
import json
import re
from collections.abc import Iterator
from typing import IO, Any

from cli.compare.recording import (
    LONGEST_LINE,
    BadRecord,
    RecordedCall,
    address_in,
    checked_body,
    json_in,
    moment_in,
    status_in,
)
from cli.console import CommandFailure
from loyalty.domain.brackets import scan_brackets

BLOCK_BYTES = 262_144
_SPACE = re.compile(rb"\s*+")
_END = re.compile(rb"[\s,\]}]")
_BOM = b"\xef\xbb\xbf"


def har_calls(stream: IO[bytes]) -> Iterator[RecordedCall | BadRecord]:
    """Read the calls of a HAR file in its order. Entries of other addresses than ours need no JSON in them.

    Raises:
        CommandFailure: it is no HAR file, or ends before its entries do.
    """
    for place, data in enumerate(_entries(_Scanner(stream)), start=1):
        try:
            yield _call(json.loads(data), place)
        except BadRecord as bad:
            bad.place = place
            yield bad
        except (ValueError, RecursionError):
            yield BadRecord("", "This entry is not valid JSON.", place)


def _entries(scanner: "_Scanner") -> Iterator[bytes]:
    """Return the elements of `log.entries`, as they stand there."""
    scanner.enter(b"{", "log")
    scanner.enter(b"{", "entries")
    scanner.enter(b"[")
    while scanner.peek() != b"]":
        yield scanner.take_value()
        if scanner.peek() == b",":
            scanner.skip()


class _Scanner:
    """Goes through JSON that is larger than memory, value by value."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._data = stream.read(BLOCK_BYTES).removeprefix(_BOM)
        self._at = 0

    def enter(self, bracket: bytes, member: str | None = None) -> None:
        """Go into the list that begins here; or into the object, as far as the value of one of its members."""
        if self.peek() != bracket:
            raise _NO_HAR
        self.skip()
        while member:
            name = self.take_value() if self.peek() == b'"' else b""
            if self.peek() != b":":
                raise _NO_HAR
            self.skip()
            if name == b'"%b"' % member.encode():
                return
            self.take_value()
            if self.peek() == b",":
                self.skip()

    def peek(self) -> bytes:
        """Return the next byte that is no white space."""
        while True:
            self._at = _end_of_space(self._data, self._at)
            if self._at < len(self._data):
                break
            self._read()
        return self._data[self._at : self._at + 1]

    def skip(self) -> None:
        """Pass over the byte that was looked at."""
        self._at += 1

    def take_value(self) -> bytes:
        """Return the value that begins here, and pass over it."""
        if self.peek() in b'"[{':
            end, depth, in_text = scan_brackets(self._data, self._at)
            while depth or in_text:
                scanned = end - self._at
                self._read()
                end, depth, in_text = scan_brackets(self._data, self._at + scanned, depth, in_text)
        else:
            while not (found := _END.search(self._data, self._at)):
                self._read()
            end = found.start()
        if end == self._at:
            raise _NO_HAR
        value, self._at = self._data[self._at : end], end
        return value

    def _read(self) -> None:
        block = self._stream.read(BLOCK_BYTES)
        if not block:
            raise CommandFailure("the HAR file ends before its entries do: save it again")
        self._data, self._at = self._data[self._at :] + block, 0
        if len(self._data) > LONGEST_LINE:
            raise CommandFailure(f"the HAR file has an entry of more than {LONGEST_LINE} bytes, or is damaged there")


def _end_of_space(data: bytes, at: int) -> int:
    found = _SPACE.match(data, at)
    assert found
    return found.end()


_NO_HAR = CommandFailure('this is no HAR file, which begins with {"log": {... "entries": [: save it again as HAR')


def _call(entry: Any, place: int) -> RecordedCall:
    request, response = (_object(entry, name, "") for name in ("request", "response"))
    address = address_in(request.get("url"), "/request/url")
    method = request.get("method")
    if not isinstance(method, str):
        raise BadRecord("/request/method", "This must be text, such as POST.")
    is_ours = address.route(method) is not None  # of pictures and pages, nothing is read
    return RecordedCall(
        place,
        method.upper(),
        address,
        _sent(request) if is_ours else None,
        status_in(response.get("status"), "/response/status") if is_ours else 200,
        _answered(response) if is_ours else None,
        _headers(request) if is_ours else {},
        moment_in(entry.get("startedDateTime"), "/startedDateTime"),
    )


def _object(within: Any, name: str, at: str) -> dict[str, Any]:
    found = within.get(name) if isinstance(within, dict) else None
    if not isinstance(found, dict):
        raise BadRecord(f"{at}/{name}", "This must be an object, as HAR has it.")
    return found


def _sent(request: dict[str, Any]) -> Any:
    posted = request.get("postData")
    text = posted.get("text") if isinstance(posted, dict) else None
    pointer = "/request/postData/text"
    return checked_body(json_in(text, pointer), pointer) if isinstance(text, str) and text.strip() else None


def _answered(response: dict[str, Any]) -> Any:
    content, pointer = _object(response, "content", "/response"), "/response/content/text"
    text = content.get("text")
    if not isinstance(text, str) or not text.strip():
        raise BadRecord(pointer, "The answer is not in the file: save it as HAR with content.")
    if content.get("encoding") != "base64":
        return checked_body(json_in(text, pointer), pointer)
    try:
        return checked_body(json_in(base64.b64decode(text, validate=True), pointer), pointer)
    except binascii.Error as error:
        raise BadRecord(pointer, "This is not valid base64.") from error


def _headers(request: dict[str, Any]) -> dict[str, str]:
    listed = request.get("headers")
    pairs = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return {str(one.get("name")).lower(): str(one.get("value")) for one in pairs}
