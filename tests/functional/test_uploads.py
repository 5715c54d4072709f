"""Uploads from end to end: a form or a bulk call, the file split, its chunks posted, its result told."""

import gzip
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin

import pytest

from cli.addresses import BASE_PATHS
from loyalty.domain.access.partner import Scope
from loyalty.store.dynamo_table import DynamoTable
from loyalty.usecases.access.api_keys import KeyRequest, create_key, revoke_key
from loyalty.usecases.reference.import_records import import_records
from tests.customers import customer, purchase
from tests.functional.conftest import NOW, Answer, Functions
from tests.functional.stage import classic
from tests.functional.uploads import Splitting
from tests.uploads import csv, row
from tests.uploads_by_hand import lines


@pytest.fixture
def splitting(functions: Functions, demo: DynamoTable) -> Splitting:
    customer(demo, "one", 100)
    return Splitting(functions, demo)


def delivered(functions: Functions, name: str, bodies: list[dict[str, Any]]) -> None:
    """Let a function have messages as its queue delivers them."""
    attributes = {"ApproximateReceiveCount": "1", "MessageGroupId": "G"}
    records = [
        {"messageId": str(number), "receiptHandle": "R", "body": json.dumps(body), "attributes": attributes}
        for number, body in enumerate(bodies)
    ]
    assert functions.run(name, {"Records": records}) == {"batchItemFailures": []}


def finished(functions: Functions, splitting: Splitting, upload_id: str) -> Answer:
    """Return how an upload is told once all that was sent has been dealt with."""
    delivered(functions, "post_batch", splitting.sent())
    delivered(functions, "close_upload", [{"upload": upload_id}])
    return functions.call("show_upload", path={"id": upload_id})


def result(functions: Functions, told: Answer) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result_text(functions, told).splitlines()]


def result_array(functions: Functions, told: Answer) -> list[dict[str, Any]]:
    found = json.loads(result_text(functions, told))
    return found if isinstance(found, list) else found["purchase_customer_events_set"]


def result_text(functions: Functions, told: Answer) -> bytes:
    place = told.body["result_url"].partition("?")[0].partition("results/")[2]
    data: bytes = functions.module("close_upload").files.read(
        place if place.startswith("results/") else f"results/{place}"
    )
    return data


def test_a_file_that_is_sent_with_a_form_is_posted_and_told(functions: Functions, splitting: Splitting) -> None:
    form = functions.call("create_upload", {"name": "day.jsonl"}).body
    rows = lines([purchase("CIM-one", "A", spend="5"), purchase("CIM-none", "B"), purchase("CIM-one", "A", spend="5")])
    event, _ = splitting.dropped(form["fields"]["key"], b"\n".join(rows))
    splitting.call(event)

    told = finished(functions, splitting, form["id"])

    assert told.status == 200
    assert {name: told.body[name] for name in ("state", "purchases", "posted", "replayed", "refused", "failed")} == {
        "state": "DONE",
        "purchases": 3,
        "posted": 1,
        "replayed": 1,
        "refused": 1,
        "failed": 0,
    }
    assert told.body["errors"] == {"NotFoundAPIValueException": 1}
    assert [row["status"] for row in result(functions, told)] == ["posted", "refused", "replayed"]


UNREAD = {
    "a second array": (".json", b"[%b] [%b]"),
    "a comment": (".json", b"[%b] // and %b"),
    "no comma": (".json", b"[%b %b]"),
    "a member behind": (".json", b'{"purchase_customer_events_set": [%b], "more": %b}'),
}


@pytest.mark.parametrize("what", UNREAD)
def test_a_file_that_is_not_read_to_its_end_is_incomplete_and_its_result_says_from_where_on(
    functions: Functions, splitting: Splitting, what: str
) -> None:
    ending, text = UNREAD[what]
    form = functions.call("create_upload", {"name": f"day{ending}"}).body
    rows = lines([purchase("CIM-one", "A", spend="5"), purchase("CIM-one", "B", spend="5")])
    event, _ = splitting.dropped(form["fields"]["key"], text % (rows[0], rows[1]))
    splitting.call(event)

    told = finished(functions, splitting, form["id"])

    assert told.body["state"] == "INCOMPLETE"
    *posted, rest = result_array(functions, told)
    assert (told.body["posted"], told.body["refused"]) == (len(posted), 1)
    assert told.body["fault"]["detail"] == rest["error_description"]
    assert f"From row {len(posted) + 1} on, the file was not read" in rest["error_description"]
    assert functions.call("show_wallet", path={"account": "N-one"}).body["balance"] == 100 - 5 * len(posted)


def test_an_array_that_only_lacks_its_end_has_no_row_for_a_rest_that_is_not_there(
    functions: Functions, splitting: Splitting
) -> None:
    form = functions.call("create_upload", {"name": "day.json"}).body
    rows = lines([purchase("CIM-one", "A"), purchase("CIM-one", "B")])
    event, _ = splitting.dropped(form["fields"]["key"], b"[%b, %b" % (rows[0], rows[1]))
    splitting.call(event)

    told = finished(functions, splitting, form["id"])

    assert (told.body["state"], told.body["posted"], told.body["refused"]) == ("INCOMPLETE", 2, 0)
    assert "Row 2 is the last one that was read" in told.body["fault"]["detail"]
    assert [row["status"] for row in result_array(functions, told)] == ["posted", "posted"]


@pytest.mark.parametrize(("name", "cut"), [("day.csv.gz", 60), ("day.jsonl.gz", 60), ("day.jsonl.gz", 8)])
def test_what_stands_for_a_rest_is_not_posted_when_the_result_is_sent_again(
    functions: Functions, splitting: Splitting, name: str, cut: int
) -> None:
    """Rows that were read, and then the file broke off: they, or their half, must not be taken for the purchase."""
    count = 3000 if ".csv" in name else 500
    if ".csv" in name:
        rows = [
            row(f"C{number}", cim="CIM-one", merchant_tap__code="MRA", products__product_sku="Bronze")
            for number in range(count)
        ]
        data = csv(*rows)
    else:
        data = b"\n".join(lines([purchase("CIM-one", f"J{number}") for number in range(count)]))
    upload = splitting.drop(name, gzip.compress(data)[:-cut])
    delivered(functions, "post_batch", splitting.sent())
    text, summary = splitting.closed(upload)
    assert 0 < summary["posted"] < count
    assert summary["refused"] == 1
    assert "the file was not read" in text.splitlines()[-1]

    again = splitting.drop(name.removesuffix(".gz"), text.encode())
    delivered(functions, "post_batch", splitting.sent())

    _, repeated = splitting.closed(again)
    assert (repeated["posted"], repeated["replayed"], repeated["refused"]) == (0, summary["posted"], 1)


def test_a_form_takes_one_file_of_a_kind_that_is_known(functions: Functions) -> None:
    assert functions.call("create_upload", {"name": "day.xlsx"}).status == 400
    assert functions.call("create_upload", {"name": "../day.csv"}).status == 400


def test_a_dry_run_is_asked_for_with_the_form(functions: Functions, splitting: Splitting) -> None:
    form = functions.call("create_upload", {"name": "day.jsonl", "dry_run": True}).body
    event, _ = splitting.dropped(form["fields"]["key"], lines([purchase("CIM-one", "A", spend="5")])[0])
    splitting.call(event)

    told = finished(functions, splitting, form["id"])

    assert (told.body["dry_run"], told.body["posted"]) == (True, 1)
    assert functions.call("show_wallet", path={"account": "N-one"}).body["balance"] == 100


def test_an_upload_of_another_partner_is_not_found(functions: Functions, demo: DynamoTable) -> None:
    form = functions.call("create_upload", {"name": "day.jsonl"}).body
    other = json.dumps({"type": "partner", "id": "OTHER", "name": "Other"}).encode()
    assert not import_records([other], table=demo, now=NOW).refused
    key, _ = create_key(KeyRequest("OTHER", ["*"], list(Scope)), table=demo, now=datetime.now(UTC))
    context = functions.authorize(key)["context"]

    assert functions.call("show_upload", path={"id": form["id"]}, context=context).status == 404
    assert functions.call("show_upload", path={"id": form["id"]}).body["state"] == "EXPECTED"


def key_for(functions: Functions, demo: DynamoTable, merchant: str) -> tuple[str, dict[str, Any]]:
    """Make a key of the demo partner for one merchant; return its id, and the context of calls with it."""
    text, key = create_key(KeyRequest("DEMO", [merchant], list(Scope)), table=demo, now=datetime.now(UTC))
    return key.id, functions.authorize(text)["context"]


def test_a_form_carries_the_merchants_of_the_key_that_asked_for_it(
    functions: Functions, demo: DynamoTable, splitting: Splitting
) -> None:
    _, context = key_for(functions, demo, "MRA")
    form = functions.call("create_upload", {"name": "day.jsonl"}, context=context).body
    other = purchase("CIM-one", "A") | {"merchant_tap": {"code": "EK123456"}}
    splitting.call(splitting.dropped(form["fields"]["key"], b"\n".join(lines([other, purchase("CIM-one", "B")])))[0])

    assert [row["status"] for row in result(functions, finished(functions, splitting, form["id"]))] == [
        "refused",
        "posted",
    ]


def test_a_form_is_used_once_and_a_second_file_sent_with_it_is_refused(
    functions: Functions, demo: DynamoTable, splitting: Splitting
) -> None:
    _, context = key_for(functions, demo, "MRA")
    form = functions.call("create_upload", {"name": "day.jsonl"}, context=context).body
    splitting.call(splitting.dropped(form["fields"]["key"], lines([purchase("CIM-one", "A")])[0])[0])

    second = splitting.taken_up(form["fields"]["key"], lines([purchase("CIM-one", "B")])[0])

    assert (second.state, second.chunks) == ("REFUSED", 0)
    assert second.fault
    assert f"The form of upload {form['id']} is already used" in second.fault.description
    assert finished(functions, splitting, form["id"]).body["posted"] == 1


def test_a_form_told_of_twice_is_used_once(functions: Functions, splitting: Splitting) -> None:
    form = functions.call("create_upload", {"name": "day.jsonl"}).body
    event, _ = splitting.dropped(form["fields"]["key"], lines([purchase("CIM-one", "A")])[0])
    splitting.call(event)
    splitting.call(event)

    assert finished(functions, splitting, form["id"]).body["posted"] == 1


def test_a_revoked_key_stops_its_forms(functions: Functions, demo: DynamoTable, splitting: Splitting) -> None:
    key_id, context = key_for(functions, demo, "MRA")
    form = functions.call("create_upload", {"name": "day.jsonl"}, context=context).body
    revoke_key("DEMO", key_id, table=demo, now=datetime.now(UTC))

    splitting.call(splitting.dropped(form["fields"]["key"], lines([purchase("CIM-one", "A")])[0])[0])

    told = functions.call("show_upload", path={"id": form["id"]}).body
    assert (told["state"], told["purchases"]) == ("REFUSED", 0)
    assert "is revoked" in told["fault"]["detail"]


def test_a_revoked_key_lets_the_files_that_were_taken_up_before_come_to_their_end(
    functions: Functions, demo: DynamoTable, splitting: Splitting
) -> None:
    key_id, context = key_for(functions, demo, "MRA")
    form = functions.call("create_upload", {"name": "day.jsonl"}, context=context).body
    splitting.call(splitting.dropped(form["fields"]["key"], lines([purchase("CIM-one", "A")])[0])[0])

    revoke_key("DEMO", key_id, table=demo, now=datetime.now(UTC))

    assert finished(functions, splitting, form["id"]).body["posted"] == 1


def test_an_upload_is_shown_to_keys_whose_merchants_cover_it_and_to_others_it_does_not_exist(
    functions: Functions, demo: DynamoTable
) -> None:
    every = functions.call("create_upload", {"name": "day.jsonl"}).body["id"]
    _, context = key_for(functions, demo, "MRA")
    own = functions.call("create_upload", {"name": "day.jsonl"}, context=context).body["id"]

    def shown(upload_id: str) -> Answer:
        return functions.call("show_upload", path={"id": upload_id}, context=context)

    assert (shown(own).status, functions.call("show_upload", path={"id": own}).status) == (200, 200)
    hidden, none = shown(every), shown("0" * 32)
    assert hidden.status == none.status == 404
    assert json.dumps(hidden.body).replace(every, "0" * 32) == json.dumps(none.body)


def test_a_bulk_call_of_a_key_that_is_revoked_before_it_is_split_is_refused(
    functions: Functions, demo: DynamoTable, splitting: Splitting
) -> None:
    text, key = create_key(KeyRequest("DEMO", ["*"], list(Scope)), table=demo, now=datetime.now(UTC))
    token = functions.call("issue_token", headers={"api_key": text}, context={}).body["data"]["token"]
    body = {"token": token, "purchase_customer_events_set": [classic("one") | {"request_unique_identifier": "1"}]}
    accepted = functions.call("classic_bulk_create", body, headers={"Prefer": "respond-async"}, context={})
    upload_id = accepted.body["data"]["upload_id"]
    revoke_key("DEMO", key.id, table=demo, now=datetime.now(UTC))

    splitting.call(splitting.notification(f"uploads/DEMO/{upload_id}/bulk.json"))

    assert functions.call("show_upload", path={"id": upload_id}).body["state"] == "REFUSED"


def test_a_bulk_call_may_be_answered_before_it_is_done(functions: Functions, splitting: Splitting) -> None:
    token = functions.call("issue_token", headers={"api_key": functions.api_key}, context={}).body["data"]["token"]
    entry = classic("one")
    body = {
        "token": token,
        "intended_currency_identifier": {"code": "EUR"},
        "purchase_customer_events_set": [entry | {"request_unique_identifier": str(number)} for number in range(2)],
    }
    headers = {"Prefer": "respond-async", "Idempotency-Key": "K"}

    accepted = functions.call("classic_bulk_create", body, headers=headers, context={})

    assert accepted.status == 202
    upload_id = accepted.body["data"]["upload_id"]
    stage, domain = "https://abcdef1234.execute-api.eu-west-1.amazonaws.com/dev", "https://api.example.com"
    for address in (stage, domain, *(f"{domain}/{base}" for base in BASE_PATHS)):
        called = f"{address}/customer_events/bulk/purchases/create"
        assert urljoin(called, accepted.headers["Location"]) == f"{address}/uploads/{upload_id}"
    splitting.call(splitting.notification(f"uploads/DEMO/{upload_id}/bulk.json"))
    assert finished(functions, splitting, upload_id).body["posted"] == 2
    again = functions.call("classic_bulk_create", body, headers={"Idempotency-Key": "K"}, context={})
    assert len(again.body["data"]["processed_customer_events_set"]) == 2
    assert again.headers["Idempotent-Replayed"] == "true"
    assert functions.call("show_wallet", path={"account": "N-one"}).body["balance"] == 90
