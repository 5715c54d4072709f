"""Recordings are read line by line and entry by entry, and what is no call is told by its place and its field."""

import base64
import gzip
import json
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cli.compare.address import Address
from cli.compare.recording import BadRecord, RecordedCall, recorded_calls
from cli.console import CommandFailure
from tests.recordings import call, read, written

GOOD = call("/purchases", {"a": 1}, {"id": "1"})


@pytest.mark.parametrize(
    "url",
    [
        "/purchases/preview",
        "purchases/preview/",
        "/purchases/preview?token=x",
        "/backoffice/v1/purchases/preview",
        "https://host.example/backoffice/v2/purchases/preview",
        "https://host.example/some/proxy/crmapi/rest/v2/purchases/preview?token=x#y",
        "https://abc.execute-api.eu-west-1.amazonaws.com/prod/purchases/preview",
        "https://abc.execute-api.eu-west-1.amazonaws.com/prod/backoffice/v2/purchases/preview",
    ],
)
def test_an_address_leads_to_its_route_whatever_stands_before_it(url: str) -> None:
    found = Address.of(url).route("POST")

    assert found
    assert found[0].name == "preview_purchase"


def test_parameters_of_a_path_are_read() -> None:
    found = Address.of("/backoffice/v2/purchases/A%20B/cancel").route("post")

    assert found
    assert (found[0].name, found[1]) == ("cancel_purchase", {"id": "A B"})
    assert Address.of("/purchases/A/B/cancel").route("POST") is None
    assert Address.of("/purchases").route("DELETE") is None


def test_what_a_path_tells_of_somebody_is_not_shown() -> None:
    assert Address.of("/contacts/5A/otp?token=SECRET").describe() == "/contacts/*/otp"


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("{", "/"),
        ("[]", "/"),
        ('{"path": "/a", "path": "/b"}', "/"),
        ("\udcff", "/"),
        (json.dumps({name: GOOD[name] for name in ("request", "status", "response")}), "/path"),
        (json.dumps({name: GOOD[name] for name in ("path", "request", "response")}), "/status"),
        (json.dumps({name: GOOD[name] for name in ("path", "request", "status")}), "/response"),
        (json.dumps(GOOD | {"path": 5}), "/path"),
        (json.dumps(GOOD | {"path": "http://[1"}), "/path"),
        (json.dumps(GOOD | {"status": "200"}), "/status"),
        (json.dumps(GOOD | {"status": True}), "/status"),
        (json.dumps(GOOD | {"request": '{"a": 1}'}), "/request"),
        (json.dumps(GOOD | {"response": "x"}), "/response"),
        (json.dumps(GOOD | {"method": 1}), "/method"),
        (json.dumps(GOOD | {"headers": []}), "/headers"),
        (json.dumps(GOOD | {"at": "yesterday"}), "/at"),
    ],
)
def test_a_bad_line_is_told_by_its_number_and_field_and_the_others_are_read(
    line: str, field: str, tmp_path: Path
) -> None:
    file = tmp_path / "calls.jsonl"
    file.write_bytes("\n".join([json.dumps(GOOD), "", line, json.dumps(GOOD)]).encode(errors="surrogateescape"))

    first, bad, last = read(file)

    assert isinstance(first, RecordedCall)
    assert isinstance(last, RecordedCall)
    assert (first.place, last.place) == (1, 4)
    assert isinstance(bad, BadRecord)
    assert (bad.place, bad.pointer or "/") == (3, field)


def test_a_line_that_is_too_long_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.compare.recording.LONGEST_LINE", 200)
    file = written(tmp_path / "calls.jsonl", [call("/purchases", {"a": "b" * 999}, {}), GOOD])

    bad, good = read(file)

    assert isinstance(bad, BadRecord)
    assert isinstance(good, RecordedCall)
    assert (bad.place, good.place) == (1, 2)


def test_a_line_tells_method_headers_and_time_if_it_has_them(tmp_path: Path) -> None:
    more = {"headers": {"Idempotency-Key": "k"}, "at": "2026-01-31T13:00:00+01:00"}
    file = written(tmp_path / "calls.jsonl", [GOOD | more, GOOD | {"request": None}, GOOD | {"method": "put"}])

    first, second, third = (one for one in read(file) if isinstance(one, RecordedCall))

    assert (first.headers, first.at) == ({"idempotency-key": "k"}, datetime(2026, 1, 31, 12, tzinfo=UTC))
    assert [one.method for one in (first, second, third)] == ["POST", "GET", "PUT"]


def entry(url: str, sent: Any, answered: Any, **content: Any) -> dict[str, Any]:
    return {
        "startedDateTime": "2026-01-31T12:00:00.000Z",
        "request": {
            "method": "POST",
            "url": url,
            "headers": [{"name": "api_key", "value": "SECRET"}],
            "postData": {"mimeType": "application/json", "text": json.dumps(sent)},
        },
        "response": {"status": 200, "content": {"text": json.dumps(answered), **content}},
    }


def har(
    file: Path, entries: list[Any], text: str = '{"log": {"version": "1.2", "pages": [{"id": "entries"}], '
) -> Path:
    file.write_text(f'\ufeff{text}"entries": {json.dumps(entries, indent=2)}, "comment": "[" }} }}')
    return file


def test_a_har_file_has_the_calls_of_its_entries(tmp_path: Path) -> None:
    answered = base64.b64encode(b'{"id": "2"}').decode()
    picture = {"request": {"method": "GET", "url": "https://x/a.png"}, "response": {"status": 200}}
    entries = [
        entry("https://x/backoffice/v2/purchases", {"a": 1.10}, {"id": "1"}),
        picture,
        entry("/purchases", {}, {}, text=answered, encoding="base64"),
    ]

    first, second, third = (one for one in read(har(tmp_path / "a.har", entries)) if isinstance(one, RecordedCall))

    assert (first.address.path, str(first.request["a"]), first.response) == ("/purchases", "1.1", {"id": "1"})
    assert first.at == datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert second.address.path == "/a.png"
    assert third.response == {"id": "2"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda one: one["request"].pop("url"), "/request/url"),
        (lambda one: one["request"].pop("method"), "/request/method"),
        (lambda one: one["response"].pop("status"), "/response/status"),
        (lambda one: one["response"]["content"].pop("text"), "/response/content/text"),
        (lambda one: one["response"]["content"].update(text="<html>"), "/response/content/text"),
        (lambda one: one["response"]["content"].update(encoding="base64"), "/response/content/text"),
        (lambda one: one["request"]["postData"].update(text="{"), "/request/postData/text"),
        (lambda one: one.update(startedDateTime="now"), "/startedDateTime"),
        (lambda one: one.update(response=None), "/response"),
    ],
)
def test_a_bad_entry_is_told_by_its_number_and_field(change: Any, field: str, tmp_path: Path) -> None:
    bad = entry("/purchases", {}, {})
    change(bad)

    _, found = read(har(tmp_path / "a.har", [entry("/purchases", {}, {}), bad]))

    assert isinstance(found, BadRecord)
    assert (found.place, found.pointer) == (2, field)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"log": []}', '{"log": {"entries": 5}}', '{"log": {"entries": [{"a'])
def test_what_is_no_whole_har_file_is_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "a.har"
    file.write_text(text)

    with pytest.raises(CommandFailure, match="HAR"):
        read(file)


def test_compressed_files_are_read_and_damaged_ones_refused(tmp_path: Path) -> None:
    packed = gzip.compress(json.dumps(GOOD).encode())
    (tmp_path / "a.jsonl.gz").write_bytes(packed)
    (tmp_path / "cut.jsonl.gz").write_bytes(packed[:-9])
    (tmp_path / "a.csv").write_bytes(packed)

    assert len(read(tmp_path / "a.jsonl.gz")) == 1
    with pytest.raises(CommandFailure, match="cannot be read to its end"):
        read(tmp_path / "cut.jsonl.gz")
    with pytest.raises(CommandFailure, match=r"must end in \.jsonl or \.har"):
        read(tmp_path / "a.csv")


@pytest.mark.parametrize("name", ["a.jsonl", "a.har"])
def test_a_recording_takes_no_memory_in_proportion_to_its_size(name: str, tmp_path: Path) -> None:
    answered, file = {"id": "x" * 10_000}, tmp_path / name
    if name.endswith("har"):
        har(file, [entry("/purchases", {}, answered)] * 2000)
    else:
        written(file, [call("/purchases", {}, answered)] * 2000)
    size = file.stat().st_size
    tracemalloc.start()
    try:
        assert sum(1 for _ in recorded_calls(file)) == 2000
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert size > 20_000_000
    assert peak < 4_000_000
