"""Files of reference data: every row imported once and told once, however often the file is told of or killed."""

import csv
import gzip
import io
import itertools
import json
from typing import Any

import pytest

from loyalty.api.faults import CallFailed
from loyalty.domain.records.said import Said
from loyalty.store import keys
from loyalty.store.catalogue import Catalogue
from loyalty.store.chunk_marks import put_mark
from loyalty.store.dynamo_table import DynamoTable
from loyalty.store.uploads import Upload, UploadState, read_upload
from loyalty.usecases.reference.record_of_row import as_record
from loyalty.usecases.uploads import split_upload
from tests.functional.conftest import NOW, Functions, LambdaContext
from tests.functional.test_codes_in_files import stored
from tests.functional.uploads import Importing, LateContext
from tests.moto_table import fill, kept

COLUMNS = "type,id,number,contact,automatic_spend.enabled,automatic_spend.minimum_amount,automatic_spend.merchants"


def contact(number: int, **more: Any) -> str:
    return json.dumps({"type": "contact", "id": f"C{number}", "first_name": f"N{number}", **more})


def account(number: int, **more: Any) -> str:
    return json.dumps({"type": "account", "id": f"A{number}", "number": f"N{number}", "contact": f"C{number}", **more})


def file(*rows: str) -> bytes:
    return "".join(f"{row}\n" for row in rows).encode()


def names(table: DynamoTable) -> list[str]:
    """Return the names of all contacts of these tests."""
    items = table.get_many([keys.record("contact", f"C{number}") for number in range(200)])
    return [json.loads(item["record"])["first_name"] for item in items.values()]


@pytest.fixture
def importing(functions: Functions, demo: DynamoTable, monkeypatch: pytest.MonkeyPatch) -> Importing:
    monkeypatch.setattr("loyalty.usecases.reference.import_chunk.time.sleep", lambda _: None)
    return Importing(functions, demo)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Segments, and all that a file is read and cut in, so small that a short file has several."""
    monkeypatch.setattr("loyalty.usecases.reference.import_reference.SEGMENT_BYTES", 300)
    monkeypatch.setattr(split_upload, "RANGE_BYTES", 200)
    monkeypatch.setattr(split_upload, "BLOCK_BYTES", 100)


OPENING = json.dumps(
    {"type": "opening_balance", "id": "O", "account": "N1", "amount": 5, "performed_on": "2026-01-01T00:00:00"}
)
PEOPLE = [contact(number) for number in range(20)]
ALL_CREATED = [f"{number} created" for number in range(1, 21)]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("x.jsonl", file(*PEOPLE)),
        ("x.jsonl.gz", gzip.compress(file(*PEOPLE))),
        ("x.json", f"[{','.join(PEOPLE)}]".encode()),
        (
            "x.csv",
            file("type,id,first_name,title", *(f"contact,C{number},N{number},Professor" for number in range(20))),
        ),
    ],
)
def test_a_file_is_imported_in_segments_and_what_became_of_each_row_is_told(
    importing: Importing, name: str, data: bytes
) -> None:
    upload = importing.drop(name, data)

    assert (upload.state, upload.rows, upload.fault) == (UploadState.POSTING, 20, None)
    assert upload.segments > 1
    assert importing.told(upload) == ALL_CREATED
    assert len(names(importing.table)) == 20
    assert [row["status"] for row in rows_of(importing, upload)] == ["created"] * 20


def rows_of(importing: Importing, upload: Upload) -> list[dict[str, Any]]:
    """Return the rows of the result."""
    text, _ = importing.closed(upload)
    if upload.name.endswith(".csv"):
        return list(csv.DictReader(io.StringIO(text)))
    if upload.name.endswith(".json"):
        return list(json.loads(text))
    return [json.loads(line) for line in text.splitlines()]


def test_each_row_has_its_outcome_and_the_summary_counts_them(importing: Importing) -> None:
    importing.drop("before.jsonl", file(contact(1), contact(2)))

    upload = importing.drop(
        "x.jsonl",
        file(
            contact(1),
            contact(2, last_name="New"),
            "",
            contact(3, colour="red", title=7),
            account(3),
            account(1),
            OPENING,
        ),
    )

    assert importing.told(upload) == [
        "1 unchanged",
        "2 updated",
        "4 refused /title This must be text.",
        "5 refused /contact Error:contact (C3) Not Found. - Description:The specified API value was not found.",
        "6 created",
        "7 created",
    ]
    text, summary = importing.closed(upload)
    assert {
        name: summary[name] for name in ("records", "rows", "created", "updated", "unchanged", "refused", "failed")
    } == {
        "records": 6,
        "rows": 6,
        "created": 2,
        "updated": 1,
        "unchanged": 1,
        "refused": 2,
        "failed": 0,
    }
    assert summary["errors"] == {"InvalidAPIValueException": 1, "NotFoundAPIValueException": 1}
    balance = json.loads(text.splitlines()[-1])
    assert importing.table.get(keys.event(balance["event_id"]))
    assert importing.table.get(keys.wallet("A1"))["balance"] == 5  # type: ignore[index]


def test_cells_are_read_as_the_records_model_has_them(importing: Importing) -> None:
    importing.drop("contacts.jsonl", file(contact(1), contact(2)))

    upload = importing.drop(
        "x.csv",
        file(
            COLUMNS,
            'account,A1,0012,C1,TRUE,2.50,"[""EK123456""]"',
            "account,A2,'=2,C2,,,",
            "account,A3,3,,yes,two,EK123456",
            "contact,C3,3,,,,",
            "wallet,W,,,,,",
            ",,,,,,",
            "=,,,,,,",
        ),
    )

    assert importing.told(upload) == [
        "1 created",
        "2 created",
        "3 refused /automatic_spend/enabled The cell must be true or false.",
        "4 refused /number Records of the type contact have no such field.",
        "5 refused /type There is no record type wallet.",
        "7 refused /type There is no record type =.",
    ]
    record = json.loads(importing.table.get(keys.account("A1"))["record"])  # type: ignore[index]
    assert (record["number"], record["automatic_spend"]["minimum_amount"]) == ("0012", 2.5)
    assert record["automatic_spend"]["enabled"] is True
    assert len(record["automatic_spend"]["merchants"]) == 1
    assert json.loads(importing.table.get(keys.account("A2"))["record"])["number"] == "=2"  # type: ignore[index]
    told = rows_of(importing, upload)
    assert told[1]["number"] == "'=2"
    assert [row["error_field"] for row in told] == ["", "", "automatic_spend.enabled", "number", "type", "type"]


@pytest.mark.parametrize("name", ["x.jsonl", "x.csv"])
def test_the_result_dropped_again_repeats_only_what_failed(importing: Importing, name: str) -> None:
    good, bad = contact(1), contact(2, contact_type="ROBOT")
    data = {
        "x.jsonl": file(good, bad),
        "x.csv": file("type,id,first_name,contact_type", "contact,C1,N1,", "contact,C2,N2,ROBOT"),
    }[name]
    result, _ = importing.closed(importing.drop(name, data))
    importing.drop("later.jsonl", file(contact(1, title="changed since")))

    again = importing.drop(name.replace("x.", "x.result."), result.replace("ROBOT", "PERSON").encode())

    assert importing.told(again) == ["1 unchanged", "2 created"]
    assert "changed since" in importing.table.get(keys.record("contact", "C1"))["record"]  # type: ignore[index]


@pytest.mark.parametrize("name", ["x.jsonl", "x.csv"])
def test_a_row_of_a_result_that_was_edited_is_imported_and_so_is_a_status_of_the_callers_own(
    importing: Importing, name: str
) -> None:
    data = {
        "x.jsonl": file(contact(1), contact(2)),
        "x.csv": file("type,id,first_name", "contact,C1,N1", "contact,C2,N2"),
    }[name]
    result, _ = importing.closed(importing.drop(name, data))
    own = {
        "x.jsonl": file(contact(3, status="created")),
        "x.csv": file("type,id,first_name,status", "contact,C3,N3,created"),
    }[name]

    again = importing.drop(name, result.replace("N2", "edited").encode())
    mine = importing.drop(name, own)

    assert importing.told(again) == ["1 unchanged", "2 updated"]
    assert importing.told(mine) == ["1 created"]


TOKENS = [("T1", "one-7391-code"), ("T2", "two-7391-code")]


@pytest.mark.parametrize("name", ["x.csv", "x.jsonl"])
def test_a_result_has_no_pass_codes_and_dropped_again_changes_none(importing: Importing, name: str) -> None:
    """Of an account that is not there, a token is refused; its code has to be put in again."""
    rows = [contact(1), account(1)]
    assert importing.drop("people.jsonl", file(*rows)).chunks
    if name == "x.csv":
        data = file(
            "type,id,account,identifier,pass_code",
            *(f"access_token,{token},A{number},{token},{code}" for number, (token, code) in enumerate(TOKENS, start=1)),
        )
    else:
        data = file(
            *(
                json.dumps(
                    {"type": "access_token", "id": token, "account": f"A{n}", "identifier": token, "pass_code": code}
                )
                for n, (token, code) in enumerate(TOKENS, start=1)
            )
        )
    text, _ = importing.closed(importing.drop(name, data))
    again = importing.drop(name, text.encode())

    assert "7391" not in text
    assert text.count("(left out)") == 2
    first, second = importing.told(again)
    assert first == "1 unchanged"
    assert second.startswith("2 refused /pass_code Results do not contain pass codes")
    edited = importing.drop(name, text.replace("(left out)", "new-code").encode())
    assert importing.told(edited)[0] == "1 updated"


ASTRAY = {
    "x.csv": [
        "type,id,account,pass_code,identifier",
        'access_token,T3,A1,"three-7391-code",T3',
        'access_token,T4,A1,"four ""7391"" code",T4,,',
        "access_token,T5,A1,,five-7391-code,T5",
        "access_token,six-7391-code",
        'access_token,T7,"A"1,seven-7391-code,T7',
    ],
    "x.jsonl": [
        '{"type": "access_token", "id": "T3", "account": "A1", "identifier": "T3", "pass_code": "three-7391-code"}',
        '{"type": "access_token", "id": "T4", "pass_code": ["four-7391-code"]}',
        '{"type": "access_token", "id": "T5", "pass_code": {"five-7391-code": 7391}}',
        '{"type": "access_token", "id": "T6", "pass_code": 7391}',
        json.dumps('{"type": "access_token", "id": "T7", "pass_code": "seven-7391-code"}'),
        '{"type": "access_token", "id": "T8", "pass_code": "eight-7391-code',
    ],
}


@pytest.mark.parametrize("name", ASTRAY)
def test_once_a_file_is_imported_its_pass_codes_are_in_nothing_that_is_kept_of_it(
    importing: Importing, name: str
) -> None:
    """Some rows are imported, of some the code stands where none belongs, or has a form that none has."""
    importing.drop("people.jsonl", file(contact(1), account(1)))
    upload = importing.drop(name, file(*ASTRAY[name]))
    text, _ = importing.closed(upload)

    kept = stored(upload.id, "results")
    assert importing.told(upload)[0] == "1 created"
    assert b"T3" in kept
    assert b"7391" not in kept
    assert "7391" not in text
    assert "(left out)" in text


def test_a_chunk_that_is_imported_again_leaves_the_pass_code_as_it_was(
    importing: Importing, functions: Functions
) -> None:
    importing.drop("people.jsonl", file(contact(1), account(1)))
    upload = importing.drop("x.jsonl", file(ASTRAY["x.jsonl"][0]))
    hashed = importing.table.get(keys.record("access_token", "T3"))

    functions.module("import_reference").handler({"upload": upload.id}, LambdaContext())

    assert importing.told(upload) == ["1 created"]
    assert importing.table.get(keys.record("access_token", "T3")) == hashed


def test_a_file_dropped_twice_changes_nothing_the_second_time(importing: Importing) -> None:
    first, second = (importing.drop("x.jsonl", file(*PEOPLE[:3])) for _ in range(2))

    assert first.id != second.id
    assert importing.told(first) == ["1 created", "2 created", "3 created"]
    assert importing.told(second) == ["1 unchanged", "2 unchanged", "3 unchanged"]


def test_rows_may_name_what_stands_above_them_and_the_last_of_a_record_counts(importing: Importing) -> None:
    upload = importing.drop(
        "x.jsonl", file(account(1), contact(1), account(1), contact(1, title="Mrs"), contact(1, title="Dr"))
    )

    assert [line.split()[1] for line in importing.told(upload)] == [
        "refused",
        "created",
        "created",
        "updated",
        "updated",
    ]
    assert '"Dr"' in importing.table.get(keys.record("contact", "C1"))["record"]  # type: ignore[index]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(("name", "pack"), [("x.jsonl", bytes), ("x.jsonl.gz", gzip.compress)])
def test_a_file_that_is_handed_over_at_every_turn_is_imported_like_any_other(
    importing: Importing, name: str, pack: Any
) -> None:
    importing.contexts = lambda: LateContext(looks=1)

    upload = importing.drop(name, pack(file(*PEOPLE)))

    assert importing.calls > 2
    assert importing.told(upload) == ALL_CREATED


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("looks", [1, 10_000])
def test_what_a_file_says_of_the_programme_counts_once_all_of_it_is_imported_by_however_many_calls(
    importing: Importing, monkeypatch: pytest.MonkeyPatch, looks: int
) -> None:
    importing.contexts = lambda: LateContext(looks=looks)
    award, seen = {"method": "FIXED", "value": 1}, list[int]()
    offers = [
        {"type": "reward_offer", "id": f"NEW-{number}", "name": f"New {number}", "scheme": "SALES", "award": award}
        for number in range(20)
    ]

    def counting() -> int:
        return sum(offer.id.startswith("NEW") for offer in Catalogue(importing.table).programme(NOW).offers)

    def mark_and_look(*mark: Any) -> bool:
        is_marked = put_mark(*mark)
        seen.append(counting())
        return is_marked

    monkeypatch.setattr("loyalty.usecases.reference.import_chunk.put_mark", mark_and_look)
    importing.drop("x.jsonl", file(*map(json.dumps, offers)))

    assert len(seen) > 2
    assert set(seen) == {0}
    assert counting() == 20


@pytest.mark.usefixtures("small")
def test_a_notification_that_comes_twice_changes_nothing(importing: Importing) -> None:
    event, upload_id = importing.dropped("reference/x.jsonl", file(*PEOPLE))
    importing.call(event)
    before = list(importing.table.scan())

    importing.call(event)

    upload = read_upload(importing.table, upload_id)
    assert upload
    assert list(importing.table.scan()) == before
    assert importing.told(upload) == ALL_CREATED
    assert len(importing.asked()) == 1


class Killed(BaseException):
    """What no code catches."""


@pytest.mark.usefixtures("small")
def test_a_file_whose_import_is_killed_at_any_call_is_imported_like_any_other_when_it_is_called_again(
    importing: Importing,
) -> None:
    left = 0

    def kill(**_: Any) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise Killed

    for client in importing.clients:
        client.meta.events.register_first("before-call", kill)
        client.meta.events.register_last("after-call", kill)
    try:
        for turn in itertools.count(1):
            left = 0
            fill(importing.table, kept(importing.table, lambda pk: pk.startswith("CONTACT#")))
            rows = [contact(number, title=f"T{turn}") for number in range(8)]
            event, upload_id = importing.dropped("reference/x.jsonl", file(*rows))
            left = turn
            try:
                importing.call(event)
            except Killed:
                left = 0
                importing.call(event)
            upload, survived = read_upload(importing.table, upload_id), left > 0
            left = 0
            assert upload
            assert (upload.state, upload.segments) == (UploadState.POSTING, 2)
            told = [line.split() for line in importing.told(upload)]
            assert [int(number) for number, _ in told] == list(range(1, 9))
            assert {status for _, status in told} <= {"created", "updated", "unchanged"}
            items = importing.table.get_many([keys.record("contact", f"C{number}") for number in range(8)])
            assert {json.loads(item["record"])["title"] for item in items.values()} == {f"T{turn}"}
            if survived:
                break
    finally:
        for client in importing.clients:
            client.meta.events.unregister("before-call", kill)
            client.meta.events.unregister("after-call", kill)
    assert turn > 20


@pytest.mark.usefixtures("small")
def test_of_two_runs_at_a_time_one_tells_of_each_chunk_and_the_late_one_writes_nothing_over_later_rows(
    importing: Importing, functions: Functions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rival goes from beginning to end while the first run is about to import a chunk."""
    rows = [contact(number % 5, title=str(number)) for number in range(20)]
    event, upload_id = importing.dropped("reference/x.jsonl", file(*rows))
    table = functions.module("import_reference").table
    get_many, rivals = table.get_many, itertools.chain([False, True], itertools.repeat(False))

    def read_early(wanted: Any, **named: Any) -> Any:
        found = get_many(wanted, **named)
        if any(key.pk.startswith("CONTACT#") for key in wanted) and next(rivals):
            importing.call(event)
        return found

    monkeypatch.setattr(table, "get_many", lambda wanted, **named: read_early(list(wanted), **named))

    importing.call(event)

    upload = read_upload(importing.table, upload_id)
    assert upload
    assert [int(line.split()[0]) for line in importing.told(upload)] == list(range(1, 21))
    items = importing.table.get_many([keys.record("contact", f"C{number}") for number in range(5)])
    assert {json.loads(item["record"])["title"] for item in items.values()} == {str(number) for number in range(15, 20)}


@pytest.mark.parametrize(
    ("name", "data", "fault"),
    [
        ("x.xlsx", b"", "The name of the file must end in"),
        ("x.csv", b"id,name\n1,2\n", "The column type is missing"),
        ("x.csv", b"cim,products.product_sku\n1,2\n", "The first line must name the columns, such as type, id"),
        ("x.json", b'{"purchase_customer_events_set": []}', "A .json file must be an array of objects. Name a file"),
        ("x.jsonl", b"", "The file is empty."),
    ],
)
def test_a_file_that_nobody_can_read_is_refused_and_its_summary_says_why(
    importing: Importing, name: str, data: bytes, fault: str
) -> None:
    upload = importing.drop(name, data)

    result, summary = importing.closed(upload)
    assert (upload.state, result, summary["records"]) == (UploadState.REFUSED, "", 0)
    assert summary["fault"].startswith(fault)


def test_there_is_no_dry_run_of_reference_data(importing: Importing) -> None:
    upload = importing.drop("x.jsonl", file(contact(1)), Metadata={"dry-run": "true"})

    assert upload.state is UploadState.REFUSED
    assert names(importing.table) == []


def test_a_file_of_reference_data_is_no_partners_upload(importing: Importing, functions: Functions) -> None:
    upload = importing.drop("x.jsonl", file(contact(1)))

    assert functions.call("show_upload", path={"id": upload.id}).status == 404


def test_a_busy_table_is_waited_for(importing: Importing, functions: Functions) -> None:
    client, left = functions.module("import_reference").table.client, 5

    def busy(**_: Any) -> None:
        nonlocal left
        left -= 1
        if left >= 0:
            error = {"Error": {"Code": "ThrottlingException"}}
            raise client.exceptions.ProvisionedThroughputExceededException(error, "any")

    client.meta.events.register("before-call.dynamodb.BatchGetItem", busy)
    try:
        upload = importing.drop("x.jsonl", file(*PEOPLE[:3]))
    finally:
        client.meta.events.unregister("before-call.dynamodb.BatchGetItem", busy)

    assert left < 0
    assert importing.told(upload) == ALL_CREATED[:3]


def test_a_table_that_is_busy_for_long_is_a_reason_to_be_called_again(
    importing: Importing, functions: Functions
) -> None:
    event, upload_id = importing.dropped("reference/x.jsonl", file(*PEOPLE[:3]))
    client = functions.module("import_reference").table.client

    def busy(**_: Any) -> None:
        error = {"Error": {"Code": "ThrottlingException"}}
        raise client.exceptions.ProvisionedThroughputExceededException(error, "any")

    client.meta.events.register("before-call.dynamodb.BatchGetItem", busy)
    try:
        with pytest.raises(CallFailed):
            importing.call(event)
    finally:
        client.meta.events.unregister("before-call.dynamodb.BatchGetItem", busy)
    importing.call(event)

    upload = read_upload(importing.table, upload_id)
    assert upload
    assert importing.told(upload) == ALL_CREATED[:3]


def test_a_row_that_meets_a_fault_of_ours_fails_alone(importing: Importing, monkeypatch: pytest.MonkeyPatch) -> None:
    def faulty(said: Said, old: Any) -> Any:
        if said.fields["id"] in ("C3", "C7"):
            raise RuntimeError
        return as_record(said, old)

    monkeypatch.setattr("loyalty.usecases.reference.import_rows.as_record", faulty)

    upload = importing.drop("x.jsonl", file(*PEOPLE[:10]))

    assert [line.split()[1] for line in importing.told(upload)] == [
        "failed" if number in (3, 7) else "created" for number in range(10)
    ]


def test_an_opening_balance_waits_for_no_programme_that_is_not_there(
    importing: Importing, functions: Functions
) -> None:
    for item in list(importing.table.partition("PROGRAMME")):
        client, name = functions.module("import_reference").table.client, importing.table.name
        client.delete_item(TableName=name, Key={"pk": {"S": item["pk"]}, "sk": {"S": item["sk"]}})

    upload = importing.drop(
        "x.csv",
        file(
            "type,id,number,account,amount,performed_on",
            "account,A1,1,,,",
            "opening_balance,O,,A1,5,2026-01-01T00:00:00",
        ),
    )

    assert importing.told(upload) == [
        "1 created",
        "2 refused There is no currency with the role SYSTEM yet. Import one first.",
    ]
