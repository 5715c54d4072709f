"""Pass codes and one-time passwords: proven when a bulk call comes in, taken in no file, and stored in no bucket."""

import json
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

from loyalty.domain.purchases.purchase import Reference
from loyalty.store.dynamo_table import DynamoTable
from loyalty.usecases.access.customer_tokens import issue_one_time_password
from tests.cards import ACCOUNT_NUMBER, BY_PASS_CODE, CARD, CODE, IDENTIFIER, PASS_CODE, bring
from tests.functional.conftest import Answer, Functions
from tests.functional.stage import classic
from tests.functional.test_uploads import delivered, finished, result_array, result_text
from tests.functional.uploads import Splitting
from tests.uploads_by_hand import lines

Body = dict[str, Any]
WRONG = BY_PASS_CODE | {"pass_code": "1357"}


@pytest.fixture
def splitting(functions: Functions, demo: DynamoTable) -> Splitting:
    bring(demo)
    return Splitting(functions, demo)


@pytest.fixture
def token(functions: Functions) -> str:
    issued = functions.call("issue_token", headers={"api_key": functions.api_key}, context={})
    found: str = issued.body["data"]["token"]
    return found


def password(demo: DynamoTable) -> Body:
    shown = Reference("token.authentication_code", CODE, "")
    return {"one_time_password": issue_one_time_password(shown, "DEMO", table=demo, now=datetime.now(UTC))[0]}


def entry(own_id: str, shown: Body, **fields: Any) -> Body:
    body = classic("one") | {
        "request_unique_identifier": own_id,
        "accounts_receivable_identifier": {"access_token_identifier": shown},
        "spend_request": None,
        **fields,
    }
    return {name: value for name, value in body.items() if value is not None}


def call(functions: Functions, token: str, entries: list[Body], **headers: str) -> Answer:
    body = {"token": token, "purchase_customer_events_set": entries}
    return functions.call("classic_bulk_create", body, headers=headers, context={})


def sent(functions: Functions, splitting: Splitting, token: str, entries: list[Body], **headers: str) -> Answer:
    """Send entries to be posted later, and have that done; answer how the upload is told then."""
    accepted = call(functions, token, entries, Prefer="respond-async", **headers)
    assert accepted.status == 202, accepted.body
    upload_id = accepted.body["data"]["upload_id"]
    splitting.call(splitting.notification(f"uploads/DEMO/{upload_id}/bulk.json"))
    return finished(functions, splitting, upload_id)


def stored(upload_id: str, *buckets: str) -> bytes:
    """Return all that lies in buckets of an upload."""
    s3 = boto3.client("s3")
    return b"".join(
        s3.get_object(Bucket=bucket, Key=found["Key"])["Body"].read()
        for bucket in buckets
        for found in s3.list_objects_v2(Bucket=bucket)["Contents"]
        if upload_id in found["Key"]
    )


def told(functions: Functions, answer: Answer) -> list[str]:
    return [row["status"] for row in result_array(functions, answer)]


def test_codes_of_a_bulk_call_are_proven_when_it_comes_in_and_lie_nowhere(
    functions: Functions, demo: DynamoTable, splitting: Splitting, token: str
) -> None:
    bring(demo, {**CARD, "pass_code": "AB-7391-code"})
    once = password(demo)
    rows = [
        entry("right", {"identifier": IDENTIFIER, "pass_code": "AB-7391-code"}),
        entry("once", once, reference_number="RF2"),
        entry("unreadable", {"identifier": IDENTIFIER, "pass_code": "AB-7391-code"}, performed_on="never"),
        entry("list", {"identifier": IDENTIFIER, "pass_code": ["AB-7391-code"]}),
        entry("object", {"one_time_password": {"is": once["one_time_password"]}}),
    ]
    accepted = call(functions, token, rows, Prefer="respond-async")
    bring(demo, {**CARD, "pass_code": "another"})  # what was right when it was shown stays so
    upload_id = accepted.body["data"]["upload_id"]
    splitting.call(splitting.notification(f"uploads/DEMO/{upload_id}/bulk.json"))
    answer = finished(functions, splitting, upload_id)

    assert told(functions, answer) == ["posted", "posted", "refused", "refused", "refused"]
    kept = stored(upload_id, "uploads", "results")
    assert b"RF2" in kept
    assert b"AB-7391-code" not in kept
    assert once["one_time_password"].encode() not in kept
    assert functions.call("show_wallet", path={"account": ACCOUNT_NUMBER}).body["version"] == 1 + 2


def test_wrong_codes_are_refused_as_in_a_call_and_each_counts_once(
    functions: Functions, splitting: Splitting, token: str
) -> None:
    single = [
        functions.call("classic_create_purchase", entry(str(n), WRONG) | {"token": token}, context={}) for n in range(2)
    ]
    answer = sent(functions, splitting, token, [entry(str(number), WRONG) for number in range(4)])

    rows = result_array(functions, answer)
    assert [row["error_code"] for row in rows] == ["NotFoundAPIValueException"] * 3 + ["NotPermittedException"]
    assert rows[0]["error_description"] == single[0].body["status"]["description"]
    assert rows[0]["error_field"] == "/accounts_receivable_identifier/access_token_identifier/identifier"


def test_a_one_time_password_is_good_for_one_entry_and_for_no_call_after_it(
    functions: Functions, demo: DynamoTable, splitting: Splitting, token: str
) -> None:
    once = password(demo)

    answer = sent(functions, splitting, token, [entry("1", once), entry("2", once)])

    assert told(functions, answer) == ["posted", "refused"]
    after = functions.call("classic_create_purchase", entry("3", once) | {"token": token}, context={})
    assert after.status == 404


def test_a_call_with_codes_is_the_same_one_whether_it_is_answered_at_once_or_later(
    functions: Functions, demo: DynamoTable, splitting: Splitting, token: str
) -> None:
    entries = [entry("1", BY_PASS_CODE), entry("2", password(demo))]
    key = {"Idempotency-Key": "K"}

    later = sent(functions, splitting, token, entries, **key)
    again = sent(functions, splitting, token, entries, **key)
    at_once = call(functions, token, entries, **key)

    assert told(functions, later) == ["posted", "posted"]
    assert told(functions, again) == ["replayed", "replayed"]
    assert len(at_once.body["data"]["processed_customer_events_set"]) == 2
    assert at_once.headers["Idempotent-Replayed"] == "true"


def test_calls_that_differ_in_their_one_time_passwords_alone_are_two(
    functions: Functions, demo: DynamoTable, splitting: Splitting, token: str
) -> None:
    first, second = ([entry("1", password(demo))] for _ in range(2))

    assert told(functions, sent(functions, splitting, token, first)) == ["posted"]
    assert told(functions, sent(functions, splitting, token, second)) == ["posted"]
    assert told(functions, sent(functions, splitting, token, second)) == ["replayed"]


def test_a_chunk_that_is_delivered_again_needs_no_code(
    functions: Functions, demo: DynamoTable, splitting: Splitting, token: str
) -> None:
    accepted = call(functions, token, [entry("1", password(demo))], Prefer="respond-async")
    upload_id = accepted.body["data"]["upload_id"]
    splitting.call(splitting.notification(f"uploads/DEMO/{upload_id}/bulk.json"))
    messages = splitting.sent()

    delivered(functions, "post_batch", messages)
    delivered(functions, "post_batch", messages)
    delivered(functions, "close_upload", [{"upload": upload_id}])

    assert told(functions, functions.call("show_upload", path={"id": upload_id})) == ["posted"]


def test_the_result_of_a_call_with_codes_posts_nothing_when_it_is_sent_again(
    functions: Functions, splitting: Splitting, token: str
) -> None:
    answer = sent(functions, splitting, token, [entry("1", BY_PASS_CODE), entry("2", WRONG)])
    again = splitting.drop("bulk.result.json", result_text(functions, answer))
    delivered(functions, "post_batch", splitting.sent())

    rows = json.loads(splitting.closed(again)[0])
    assert [row["status"] for row in rows] == ["replayed", "refused"]
    assert "not accepted in files" in rows[1]["error_description"]


@pytest.mark.usefixtures("splitting")
@pytest.mark.parametrize("headers", [{}, {"Prefer": "respond-async"}])
def test_a_call_with_more_codes_than_there_is_time_for_is_refused_whole(
    functions: Functions, token: str, headers: dict[str, str]
) -> None:
    answer = call(functions, token, [entry(str(n), WRONG | {"pass_code": str(n)}) for n in range(251)], **headers)

    assert answer.status == 413
    assert "/purchase_customer_events_set: The entries show over 250 different" in answer.body["status"]["description"]


@pytest.mark.usefixtures("splitting")
def test_an_equal_code_in_all_entries_of_a_call_is_one(functions: Functions, token: str) -> None:
    entries = [entry(str(n), BY_PASS_CODE) for n in range(251)]

    answer = call(functions, token, entries)

    assert answer.status == 200
    assert len(answer.body["data"]["processed_customer_events_set"]) == 251


@pytest.mark.parametrize(
    "row",
    [
        b'{"identifier": "ELENI-CARD", "pass_code": "2468-code"}',
        b'{"identifier": "ELENI-CARD", "pass\\u005Fcode" : "2468-code"}',
        b'{"identifier": "ELENI-CARD", "pass_code": "2468-code\\" more"}',
        b'{"one_time_password": "246824682468"}',
        b'{"one_time_password":246824682468}',
        b'{"identifier": "ELENI-CARD", "pass_code": ["2468-code"]}',
        b'{"identifier": "ELENI-CARD", "pass_code": {"a": [{"b": "2468-code"}]}}',
        b'{"one_time_password": [246824682468]}',
    ],
)
@pytest.mark.parametrize("end", [b"", b", broken"], ids=["readable", "unreadable"])
def test_a_row_of_a_file_with_a_code_is_refused_and_its_code_is_in_nothing_of_ours(
    functions: Functions, splitting: Splitting, row: bytes, end: bytes
) -> None:
    [text] = lines([entry("1", {"marker": "x"})])
    text = text.replace(b'{"marker":"x"}', row).removesuffix(b"}") + end + b"}"
    upload = splitting.drop("day.jsonl", text)
    delivered(functions, "post_batch", splitting.sent())

    result, summary = splitting.closed(upload)
    kept = stored(upload.id, "results")
    assert (summary["refused"], summary["posted"]) == (1, 0)
    assert end or "not accepted in files" in result
    assert b"2468-code" not in kept
    assert b"246824682468" not in kept


def test_codes_in_files_are_no_tries_of_pass_codes(functions: Functions, splitting: Splitting, token: str) -> None:
    splitting.drop("day.jsonl", b"\n".join(lines([entry(str(number), WRONG) for number in range(9)])))
    delivered(functions, "post_batch", splitting.sent())

    body = entry("1", {"identifier": IDENTIFIER, "pass_code": PASS_CODE}) | {"token": token}
    assert functions.call("classic_create_purchase", body, context={}).status == 200
