"""The clients in memory against emulators of AWS: each rule is told once, and holds for all of them.

Where an emulator is known to differ from what AWS documents, `DIFFERS` says so.
"""

import base64
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from cli.local.emulator import Emulator
from loyalty.store.client import FILES_CONFIG, _client, connect
from tests.simulation.deployment import KNOWN
from tests.simulation.world import AWS, World
from tests.template import create_table

TABLE, BUCKET, VERSIONED = KNOWN["Table"], KNOWN["ResultBucket"], KNOWN["UploadBucket"]
PLACE: Any = {"LocationConstraint": AWS["AWS_DEFAULT_REGION"]}

DIFFERS = {
    "test_a_number_of_more_digits_is_refused[moto]": "moto counts no digits",
    "test_zeros_that_say_nothing_are_not_kept[moto]": "moto keeps numbers as they were written",
    "test_add_begins_at_zero_and_answers_what_it_has_come_to[moto]": "moto answers the key as well, and 1.00 for 1",
    "test_add_keeps_38_digits[ministack]": "ministack adds with 28 digits",
    "test_an_update_that_is_none_is_refused[moto-a name too few]": "moto fails with a KeyError",
    "test_an_update_that_is_none_is_refused[ministack-an attribute twice]": "ministack takes the last one",
    "test_conditions_hold_as_they_say[moto-t < :two-False]": "moto fails where types differ",
    "test_a_transaction_that_is_sent_again_with_its_token_is_done_once[moto]": "moto looks at no token",
    "test_a_page_that_is_full_says_where_to_go_on_even_where_nothing_follows[moto]": "moto looks further",
    "test_parts_are_there_once_they_are_joined[moto]": "moto fails with a KeyError after the end of an upload",
    "test_of_messages_with_one_id_in_a_group_one_is_taken[moto]": "moto knows one scope of ids, the queue",
}
"""Why a rule does not hold in an emulator: by the test's name, with the cloud in it."""


@dataclass(frozen=True)
class Cloud:
    """Clients, and where the queue is."""

    dynamo: Any
    s3: Any
    sqs: Any
    queue: str


@contextmanager
def memory(_: Path) -> Iterator[Cloud]:
    world = World(1, {})
    with world.running():
        clients = world.clients
        yield Cloud(clients["dynamodb"], clients["s3"], clients["sqs"], KNOWN["ChunkQueue"])


@contextmanager
def moto(_: Path) -> Iterator[Cloud]:
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for name, value in AWS.items():
            patch.setenv(name, value)
        yield _stocked()


@contextmanager
def ministack(directory: Path) -> Iterator[Cloud]:
    for name in ("state", "tmp"):
        (directory / name).mkdir()
    with (directory / "lock").open("w") as lock, pytest.MonkeyPatch.context() as patch:
        stack_file = directory / "stack.json"
        with Emulator(port=0, directory=directory, stack_file=stack_file, lock_fd=lock.fileno()) as emulator:
            emulator.wait_until_ready()
            for name, value in AWS.items():
                patch.setenv(name, value)
            patch.setenv("AWS_ENDPOINT_URL", str(emulator.account.aws_endpoint_url))
            yield _stocked()


def _stocked() -> Cloud:
    """Return a cloud with a table, two buckets and a queue, as the template has them."""
    dynamo, sqs = connect(TABLE).client, _client("sqs", FILES_CONFIG)
    s3 = _client("s3", FILES_CONFIG.merge(_by_path()))
    create_table(dynamo, TABLE)
    for bucket in (BUCKET, VERSIONED):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=PLACE)
    s3.put_bucket_versioning(Bucket=VERSIONED, VersioningConfiguration={"Status": "Enabled"})
    settings = {
        "FifoQueue": "true",
        "DeduplicationScope": "messageGroup",
        "FifoThroughputLimit": "perMessageGroupId",
        "VisibilityTimeout": "180",
    }
    queue = sqs.create_queue(QueueName="chunks.fifo", Attributes=settings)
    return Cloud(dynamo, s3, sqs, queue["QueueUrl"])


def _by_path() -> Any:
    from botocore.config import Config

    return Config(s3={"addressing_style": "path"})


@pytest.fixture(scope="module", params=[memory, moto, ministack], ids=lambda made: made.__name__)
def _cloud(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with request.param(tmp_path_factory.mktemp("cloud")) as made:
        yield made


@pytest.fixture
def cloud(_cloud: Cloud, request: pytest.FixtureRequest) -> Cloud:
    if why := DIFFERS.get(request.node.name):
        request.node.add_marker(pytest.mark.xfail(reason=why, strict=True))
    return _cloud


@pytest.fixture
def pk(request: pytest.FixtureRequest) -> str:
    """A partition that no other test has."""
    return str(request.node.name)[:100]


class Partition:
    """A partition of the table, asked as the engine asks."""

    def __init__(self, client: Any, pk: str) -> None:
        self.client = client
        self.pk = pk

    def key(self, sk: str) -> dict[str, Any]:
        return {"pk": {"S": self.pk}, "sk": {"S": sk}}

    def put(self, sk: str, **attributes: Any) -> None:
        self.client.put_item(TableName=TABLE, Item={**self.key(sk), **attributes})

    def get(self, sk: str) -> Any:
        found = self.client.get_item(TableName=TABLE, Key=self.key(sk), ConsistentRead=True).get("Item")
        return found and {name: value for name, value in found.items() if name not in ("pk", "sk")}

    def update(self, sk: str, expression: str, values: Any = None, names: Any = None, **more: Any) -> Any:
        request = {
            "TableName": TABLE,
            "Key": self.key(sk),
            "UpdateExpression": expression,
            **({"ExpressionAttributeValues": values} if values else {}),
            **({"ExpressionAttributeNames": names} if names else {}),
            **more,
        }
        return self.client.update_item(**request)

    def query(self, **more: Any) -> list[str]:
        values = {":pk": {"S": self.pk}}
        answer = self.client.query(
            TableName=TABLE, KeyConditionExpression="pk = :pk", ExpressionAttributeValues=values, **more
        )
        return [item["sk"]["S"] for item in answer["Items"]]

    def transact(self, *items: Any) -> list[Any]:
        """Return the reasons for which a transaction was cancelled; none where it was done."""
        try:
            self.client.transact_write_items(TransactItems=list(items))
        except ClientError as error:
            if error.response["Error"]["Code"] != "TransactionCanceledException":
                raise
            reasons: Any = error.response
            return list(reasons["CancellationReasons"])
        return []

    def write(self, sk: str, condition: str | None = None, *, old: bool = True, **attributes: Any) -> Any:
        put: dict[str, Any] = {"TableName": TABLE, "Item": {**self.key(sk), **attributes}}
        if condition:
            put["ConditionExpression"] = condition
        if old:
            put["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        return {"Put": put}


@pytest.fixture
def partition(cloud: Cloud, pk: str) -> Partition:
    return Partition(cloud.dynamo, pk)


def text(value: str) -> dict[str, str]:
    return {"S": value}


def number(value: int | str) -> dict[str, str]:
    return {"N": str(value)}


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


# ---------------------------------------------------------------- items


def test_an_item_is_read_as_it_was_written(partition: Partition) -> None:
    written = {
        "text": text("ä"),
        "empty": text(""),
        "number": number("12.5"),
        "flag": {"BOOL": True},
        "list": {"L": [text("a"), text("")]},
        "none": {"L": []},
    }
    partition.put("A", **written)

    assert partition.get("A") == written
    assert partition.get("B") is None


def test_bytes_are_told_in_base64(partition: Partition) -> None:
    partition.put("A", data={"B": b"\x00\xff"})

    assert partition.get("A") == {"data": {"B": base64.b64encode(b"\x00\xff").decode()}}


def test_a_put_takes_the_place_of_the_whole_item(partition: Partition) -> None:
    partition.put("A", a=number(1), b=number(2))
    partition.put("A", c=number(3))

    assert partition.get("A") == {"c": number(3)}


def test_numbers_have_38_digits(partition: Partition) -> None:
    partition.put("A", number=number("1234567890123456789012345678.9012345678"))

    assert partition.get("A") == {"number": number("1234567890123456789012345678.9012345678")}


def test_a_number_of_more_digits_is_refused(partition: Partition) -> None:
    with pytest.raises(ClientError) as error:
        partition.put("A", number=number("1" * 39))

    assert code_of(error) == "ValidationException"


def test_zeros_that_say_nothing_are_not_kept(partition: Partition) -> None:
    partition.put("A", a=number("1.500"), b=number("0012"), c=number("-0.0"))

    assert partition.get("A") == {"a": number("1.5"), "b": number("12"), "c": number("0")}


def test_an_item_has_400_kb_at_most(partition: Partition) -> None:
    partition.put("A", text=text("x" * 400_000))

    with pytest.raises(ClientError) as error:
        partition.put("A", text=text("x" * 410_000))

    assert code_of(error) == "ValidationException"


def test_bytes_count_as_they_are_and_not_as_they_are_sent(partition: Partition) -> None:
    partition.put("A", document={"B": b"x" * 400_000})

    assert "document" in (partition.get("A") or {})


# ---------------------------------------------------------------- updates


def test_an_update_sets_and_removes_and_makes_an_item_where_there_is_none(partition: Partition) -> None:
    partition.update("A", "SET #a = :a, b = :b", {":a": number(1), ":b": text("x")}, {"#a": "a"})
    assert partition.get("A") == {"a": number(1), "b": text("x")}

    partition.update("A", "SET #a = :a REMOVE b, nothing", {":a": number(2)}, {"#a": "a"})
    assert partition.get("A") == {"a": number(2)}


def test_add_begins_at_zero_and_answers_what_it_has_come_to(partition: Partition) -> None:
    first = partition.update("A", "ADD #n :n", {":n": number("1.25")}, {"#n": "n"}, ReturnValues="UPDATED_NEW")
    second = partition.update("A", "ADD #n :n", {":n": number("-0.25")}, {"#n": "n"}, ReturnValues="UPDATED_NEW")

    assert (first["Attributes"], second["Attributes"]) == ({"n": number("1.25")}, {"n": number(1)})


def test_add_keeps_38_digits(partition: Partition) -> None:
    partition.put("A", n=number("12345678901234567890123456789012345.67"))
    partition.update("A", "ADD n :n", {":n": number("0.01")})

    assert Decimal(partition.get("A")["n"]["N"]) == Decimal("12345678901234567890123456789012345.68")


def test_an_update_whose_condition_does_not_hold_makes_nothing(partition: Partition) -> None:
    with pytest.raises(ClientError) as error:
        partition.update("A", "SET a = :a", {":a": number(1)}, ConditionExpression="attribute_exists(pk)")

    assert code_of(error) == "ConditionalCheckFailedException"
    assert partition.get("A") is None


@pytest.mark.parametrize(
    ("expression", "values", "names"),
    [
        ("SET a = :a", {":a": number(1), ":b": number(1)}, None),
        ("SET a = :a", {":b": number(1)}, None),
        ("SET a = :a", {":a": number(1)}, {"#b": "b"}),
        ("SET #a = :a", {":a": number(1)}, None),
        ("SET a = :a, a = :a", {":a": number(1)}, None),
        ("SET pk = :a", {":a": text("x")}, None),
        ("ADD a :a", {":a": text("x")}, None),
    ],
    ids=[
        "a value too many",
        "a value too few",
        "a name too many",
        "a name too few",
        "an attribute twice",
        "the key",
        "a text to add",
    ],
)
def test_an_update_that_is_none_is_refused(partition: Partition, expression: str, values: Any, names: Any) -> None:
    with pytest.raises(ClientError) as error:
        partition.update("A", expression, values, names)

    assert code_of(error) == "ValidationException"


# ---------------------------------------------------------------- conditions


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("attribute_exists(n)", True),
        ("attribute_exists(x)", False),
        ("attribute_not_exists(x)", True),
        ("attribute_not_exists(n)", False),
        ("n = :two", True),
        ("n = :two_and_more", False),
        ("n < :two", False),
        ("n <= :two", True),
        ("n < :ten", True),
        ("x < :two", False),
        ("x = :two", False),
        ("t = :two", False),
        ("t < :two", False),
        ("attribute_not_exists(x) OR n = :ten", True),
        ("attribute_not_exists(n) OR n <= :two", True),
        ("attribute_not_exists(n) OR n <= :one", False),
        ("(attribute_not_exists(n) OR n <= :two) AND (attribute_not_exists(x) OR x <= :one)", True),
        ("(attribute_not_exists(n) OR n <= :one) AND (attribute_not_exists(x) OR x <= :one)", False),
        ("n = :ten AND n = :two OR n = :two", True),
        ("n = :two OR n = :ten AND n = :ten", True),
    ],
)
def test_conditions_hold_as_they_say(partition: Partition, condition: str, *, holds: bool) -> None:
    partition.put("A", n=number(2), t=text("2"))
    known = {":one": "1", ":two": "2", ":ten": "10", ":two_and_more": "2.0000001"}
    values = {name: number(value) for name, value in known.items() if f"{name} " in f"{condition} ".replace(")", " ")}

    put: dict[str, Any] = {"TableName": TABLE, "Item": {**partition.key("A"), "done": {"BOOL": True}}}
    if values:
        put["ExpressionAttributeValues"] = values
    with nullcontext() if holds else pytest.raises(ClientError, match="ConditionalCheckFailed"):
        partition.client.put_item(**put, ConditionExpression=condition)

    assert ("done" in partition.get("A")) is holds


def test_texts_are_compared_by_their_bytes(partition: Partition) -> None:
    for sk in ("a", "Z", "ä", "10", "9", "\U0001f600", "￿"):
        partition.put(sk)

    assert partition.query() == ["10", "9", "Z", "a", "ä", "￿", "\U0001f600"]


# ---------------------------------------------------------------- transactions


def test_a_transaction_does_all_or_nothing(partition: Partition) -> None:
    assert partition.transact(partition.write("A", n=number(1)), partition.write("B", n=number(2))) == []
    partition.transact(partition.write("C"), partition.write("A", "attribute_not_exists(pk)", n=number(9)))

    assert (partition.get("A"), partition.get("B"), partition.get("C")) == ({"n": number(1)}, {"n": number(2)}, None)


def test_reasons_stand_in_the_order_of_the_writes_with_the_old_items_that_were_asked_for(partition: Partition) -> None:
    partition.put("A", n=number(1))
    partition.put("B", n=number(2))

    reasons = partition.transact(
        partition.write("A", "attribute_not_exists(pk)"),
        partition.write("C"),
        partition.write("B", "attribute_not_exists(pk)", old=False),
        partition.write("D", "attribute_exists(pk)"),
    )

    codes = [reason["Code"] for reason in reasons]
    assert codes == ["ConditionalCheckFailed", "None", "ConditionalCheckFailed", "ConditionalCheckFailed"]
    assert reasons[0]["Item"] == {**partition.key("A"), "n": number(1)}
    assert [bool(reason.get("Item")) for reason in reasons] == [True, False, False, False]


def test_a_transaction_updates_and_deletes(partition: Partition) -> None:
    partition.put("A", n=number(1))
    partition.put("B")
    update = {
        "TableName": TABLE,
        "Key": partition.key("A"),
        "UpdateExpression": "ADD n :n SET t = :t",
        "ConditionExpression": "n <= :room",
        "ExpressionAttributeValues": {":n": number(2), ":t": text("x"), ":room": number(1)},
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    delete = {"TableName": TABLE, "Key": partition.key("B"), "ConditionExpression": "attribute_exists(pk)"}

    assert partition.transact({"Update": update}, {"Delete": delete}) == []
    assert (partition.get("A"), partition.get("B")) == ({"n": number(3), "t": text("x")}, None)

    reasons = partition.transact({"Update": update}, {"Delete": delete})
    assert [reason["Code"] for reason in reasons] == ["ConditionalCheckFailed", "ConditionalCheckFailed"]
    assert reasons[0]["Item"]["n"] == number(3)


def test_a_transaction_names_no_item_twice(partition: Partition) -> None:
    with pytest.raises(ClientError) as error:
        partition.transact(partition.write("A"), partition.write("A"))

    assert code_of(error) == "ValidationException"


@pytest.mark.parametrize(("count", "may"), [(100, True), (101, False)])
def test_a_transaction_has_100_items_at_most(partition: Partition, count: int, *, may: bool) -> None:
    writes = [partition.write(f"{place:03}") for place in range(count)]
    if may:
        partition.transact(*writes)
    else:
        with pytest.raises(ClientError) as error:
            partition.transact(*writes)
        assert code_of(error) == "ValidationException"

    assert len(partition.query()) == (count if may else 0)


def test_a_transaction_that_is_sent_again_with_its_token_is_done_once(partition: Partition) -> None:
    update = {
        "TableName": TABLE,
        "Key": partition.key("A"),
        "UpdateExpression": "ADD n :n",
        "ExpressionAttributeValues": {":n": number(1)},
    }
    for token in (f"{partition.pk[-20:]}-1", f"{partition.pk[-20:]}-1", f"{partition.pk[-20:]}-2"):
        partition.client.transact_write_items(TransactItems=[{"Update": update}], ClientRequestToken=token)

    assert partition.get("A") == {"n": number(2)}


# ---------------------------------------------------------------- reading many


def test_a_query_answers_in_the_order_of_sort_keys_and_page_by_page(partition: Partition) -> None:
    for sk in ("C", "A", "D", "B"):
        partition.put(sk)

    assert partition.query() == ["A", "B", "C", "D"]
    assert partition.query(ScanIndexForward=False) == ["D", "C", "B", "A"]
    assert partition.query(Limit=2) == ["A", "B"]
    assert partition.query(Limit=2, ExclusiveStartKey=partition.key("B")) == ["C", "D"]
    assert partition.query(Limit=2, ExclusiveStartKey=partition.key("C"), ScanIndexForward=False) == ["B", "A"]


def test_a_page_that_is_full_says_where_to_go_on_even_where_nothing_follows(partition: Partition) -> None:
    partition.put("A")
    values = {":pk": text(partition.pk)}
    query = {"TableName": TABLE, "KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": values}

    assert partition.client.query(**query, Limit=1)["LastEvaluatedKey"] == partition.key("A")
    assert "LastEvaluatedKey" not in partition.client.query(**query, Limit=2)


def test_a_page_has_a_megabyte_at_most(partition: Partition) -> None:
    for place in range(4):
        partition.put(str(place), text=text("x" * 390_000))

    values = {":pk": text(partition.pk)}
    query = {"TableName": TABLE, "KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": values}
    first = partition.client.query(**query)
    rest = partition.client.query(**query, ExclusiveStartKey=first["LastEvaluatedKey"])

    assert len(first["Items"]) in (2, 3)
    assert len(first["Items"]) + len(rest["Items"]) == 4


def test_a_batch_answers_what_there_is(partition: Partition) -> None:
    for sk in ("A", "C"):
        partition.put(sk, n=number(1))
    asked = {"Keys": [partition.key(sk) for sk in "ABC"], "ConsistentRead": True}

    answer = partition.client.batch_get_item(RequestItems={TABLE: asked})

    assert sorted(item["sk"]["S"] for item in answer["Responses"][TABLE]) == ["A", "C"]
    assert answer["UnprocessedKeys"] == {}


@pytest.mark.parametrize("sks", [["A"] * 2, [f"{place:03}" for place in range(101)]], ids=["twice", "101"])
def test_a_batch_names_up_to_100_keys_each_once(partition: Partition, sks: list[str]) -> None:
    asked = {"Keys": [partition.key(sk) for sk in sks], "ConsistentRead": True}

    with pytest.raises(ClientError) as error:
        partition.client.batch_get_item(RequestItems={TABLE: asked})

    assert code_of(error) == "ValidationException"


@pytest.mark.parametrize("key", [{"pk": text(""), "sk": text("A")}, {"pk": text("A")}], ids=["empty", "half"])
def test_a_key_that_is_none_is_refused(partition: Partition, key: Any) -> None:
    with pytest.raises(ClientError) as error:
        partition.client.get_item(TableName=TABLE, Key=key, ConsistentRead=True)

    assert code_of(error) == "ValidationException"


def test_a_scan_answers_everything(partition: Partition) -> None:
    for sk in ("B", "A"):
        partition.put(sk)
    found, start = [], dict[str, Any]()
    while True:
        page = partition.client.scan(TableName=TABLE, ConsistentRead=True, **start)
        found += [item["sk"]["S"] for item in page["Items"] if item["pk"]["S"] == partition.pk]
        if "LastEvaluatedKey" not in page:
            break
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    assert sorted(found) == ["A", "B"]


# ---------------------------------------------------------------- indexes


def journal(partition: Partition, condition: str = "", **more: Any) -> Any:
    values = {":account": text(partition.pk), **more.pop("values", {})}
    return partition.client.query(
        TableName=TABLE,
        IndexName="journal",
        KeyConditionExpression=f"account_id = :account{condition}",
        ExpressionAttributeValues=values,
        **more,
    )


@pytest.fixture
def entries(partition: Partition) -> Partition:
    """Entries of an account, numbered from 1 to 12; and items that have only half of what the index goes by."""
    account = text(partition.pk)
    for place in range(1, 13):
        shown = {"balance": number(place), "document": text("not shown")}
        partition.put(f"E{place}", account_id=account, sequence=number(place), **shown)
    partition.put("F", account_id=account)
    partition.put("G", sequence=number(3))
    return partition


def sequences(answer: Any) -> list[int]:
    return [int(item["sequence"]["N"]) for item in answer["Items"]]


def test_an_index_is_in_the_order_of_numbers_and_lacks_what_is_half_there(entries: Partition) -> None:
    assert sequences(journal(entries)) == list(range(1, 13))
    assert sequences(journal(entries, ScanIndexForward=False, Limit=3)) == [12, 11, 10]


def test_an_index_is_read_below_a_number(entries: Partition) -> None:
    answer = journal(
        entries,
        " AND #sequence < :before",
        values={":before": number(10)},
        ExpressionAttributeNames={"#sequence": "sequence"},
        ScanIndexForward=False,
        Limit=2,
    )

    assert sequences(answer) == [9, 8]


def test_an_index_goes_on_where_a_page_has_ended(entries: Partition) -> None:
    first = journal(entries, Limit=5)
    rest = journal(entries, ExclusiveStartKey=first["LastEvaluatedKey"])

    assert first["LastEvaluatedKey"].keys() == {"pk", "sk", "account_id", "sequence"}
    assert sequences(first) + sequences(rest) == list(range(1, 13))


def test_an_index_shows_what_it_is_to_show(entries: Partition) -> None:
    [shown] = journal(entries, Limit=1)["Items"]

    assert shown.keys() == {"pk", "sk", "account_id", "sequence", "balance"}


def test_an_index_of_keys_follows_an_item_and_forgets_it(partition: Partition) -> None:
    def due(month: str) -> list[str]:
        answer = partition.client.query(
            TableName=TABLE,
            IndexName="expiry",
            KeyConditionExpression="expiry_shard = :shard AND expires <= :month",
            ExpressionAttributeValues={":shard": text(partition.pk), ":month": text(month)},
        )
        assert all(item.keys() == {"pk", "sk", "expiry_shard", "expires"} for item in answer["Items"])
        return [item["sk"]["S"] for item in answer["Items"]]

    partition.put("A", expiry_shard=text(partition.pk), expires=text("2026-02"), n=number(1))
    partition.put("B", expiry_shard=text(partition.pk), expires=text("2026-01"))
    assert (due("2025-12"), due("2026-01"), due("2026-02")) == ([], ["B"], ["B", "A"])

    partition.update("B", "SET expires = :month", {":month": text("2026-03")})
    assert (due("2026-02"), due("2026-03")) == (["A"], ["A", "B"])

    partition.update("A", "REMOVE expires")
    assert due("2026-03") == ["B"]


def test_an_index_cannot_be_read_consistently(partition: Partition) -> None:
    with pytest.raises(ClientError) as error:
        journal(partition, ConsistentRead=True)

    assert code_of(error) == "ValidationException"


# ---------------------------------------------------------------- S3


def test_an_object_is_read_whole_or_in_part(cloud: Cloud, pk: str) -> None:
    cloud.s3.put_object(Bucket=BUCKET, Key=pk, Body=b"0123456789")

    whole = cloud.s3.get_object(Bucket=BUCKET, Key=pk)
    part = cloud.s3.get_object(Bucket=BUCKET, Key=pk, Range="bytes=2-4")
    rest = cloud.s3.get_object(Bucket=BUCKET, Key=pk, Range="bytes=7-")
    beyond = cloud.s3.get_object(Bucket=BUCKET, Key=pk, Range="bytes=8-99")

    assert whole["Body"].read() == b"0123456789"
    assert (part["Body"].read(), part["ContentRange"]) == (b"234", "bytes 2-4/10")
    assert (rest["Body"].read(), beyond["Body"].read()) == (b"789", b"89")


def test_a_range_behind_the_end_is_refused(cloud: Cloud, pk: str) -> None:
    cloud.s3.put_object(Bucket=BUCKET, Key=pk, Body=b"0123")

    with pytest.raises(ClientError) as error:
        cloud.s3.get_object(Bucket=BUCKET, Key=pk, Range="bytes=4-")

    assert code_of(error) == "InvalidRange"


def test_what_is_not_there_is_told(cloud: Cloud, pk: str) -> None:
    with pytest.raises(ClientError) as error:
        cloud.s3.get_object(Bucket=BUCKET, Key=pk)
    assert code_of(error) == "NoSuchKey"

    with pytest.raises(ClientError) as error:
        cloud.s3.head_object(Bucket=BUCKET, Key=pk)
    assert code_of(error) == "404"


def test_the_same_bytes_have_the_same_etag(cloud: Cloud, pk: str) -> None:
    first = cloud.s3.put_object(Bucket=BUCKET, Key=pk, Body=b"same")["ETag"]
    second = cloud.s3.put_object(Bucket=BUCKET, Key=f"{pk}2", Body=b"same")["ETag"]
    looked = cloud.s3.head_object(Bucket=BUCKET, Key=pk)

    assert first == second == looked["ETag"] == '"51037a4a37730f52c8732586d3aaa316"'
    assert looked["ContentLength"] == 4


def test_notes_come_back(cloud: Cloud, pk: str) -> None:
    cloud.s3.put_object(Bucket=VERSIONED, Key=pk, Body=b"a", Metadata={"dry-run": "true"})

    assert cloud.s3.head_object(Bucket=VERSIONED, Key=pk)["Metadata"] == {"dry-run": "true"}


def test_a_version_stays_as_it_is(cloud: Cloud, pk: str) -> None:
    first = cloud.s3.put_object(Bucket=VERSIONED, Key=pk, Body=b"first")["VersionId"]
    second = cloud.s3.put_object(Bucket=VERSIONED, Key=pk, Body=b"second")["VersionId"]

    assert first != second
    assert cloud.s3.get_object(Bucket=VERSIONED, Key=pk, VersionId=first)["Body"].read() == b"first"
    assert cloud.s3.get_object(Bucket=VERSIONED, Key=pk)["Body"].read() == b"second"
    assert cloud.s3.head_object(Bucket=VERSIONED, Key=pk)["VersionId"] == second


def test_parts_are_there_once_they_are_joined(cloud: Cloud, pk: str) -> None:
    parts = cloud.s3.create_multipart_upload(Bucket=BUCKET, Key=pk)["UploadId"]
    named = {"Bucket": BUCKET, "Key": pk, "UploadId": parts}
    bodies = [b"x" * 5 * 1024 * 1024, b"end"]
    etags = [
        cloud.s3.upload_part(**named, PartNumber=place, Body=body)["ETag"] for place, body in enumerate(bodies, start=1)
    ]
    with pytest.raises(ClientError):
        cloud.s3.head_object(Bucket=BUCKET, Key=pk)

    told = [{"PartNumber": place, "ETag": etag} for place, etag in enumerate(etags, start=1)]
    cloud.s3.complete_multipart_upload(**named, MultipartUpload={"Parts": told})

    assert cloud.s3.get_object(Bucket=BUCKET, Key=pk)["Body"].read() == b"".join(bodies)
    with pytest.raises(ClientError) as error:
        cloud.s3.upload_part(**named, PartNumber=3, Body=b"late")
    assert code_of(error) == "NoSuchUpload"


# ---------------------------------------------------------------- SQS


@pytest.fixture
def queue(cloud: Cloud) -> Iterator["Line"]:
    """The queue, empty before and after."""
    line = Line(cloud.sqs, cloud.queue)
    yield line
    while found := line.receive(10):
        for message in found:
            line.sqs.delete_message(QueueUrl=line.url, ReceiptHandle=message["ReceiptHandle"])


class Line:
    """A queue, asked as the engine asks."""

    def __init__(self, sqs: Any, url: str) -> None:
        self.sqs = sqs
        self.url = url

    def send(self, *messages: tuple[str, str, str]) -> None:
        entries = [
            {"Id": str(place), "MessageBody": body, "MessageGroupId": group, "MessageDeduplicationId": own}
            for place, (group, own, body) in enumerate(messages)
        ]
        assert not self.sqs.send_message_batch(QueueUrl=self.url, Entries=entries).get("Failed")

    def receive(self, most: int = 1) -> list[Any]:
        answer = self.sqs.receive_message(
            QueueUrl=self.url,
            MaxNumberOfMessages=most,
            VisibilityTimeout=60,
            MessageSystemAttributeNames=["MessageGroupId", "MessageDeduplicationId"],
        )
        return list(answer.get("Messages", ()))


def bodies(messages: list[Any]) -> list[str]:
    return [message["Body"] for message in messages]


def test_messages_of_a_group_arrive_in_order_and_one_after_the_other(queue: Line, pk: str) -> None:
    queue.send((pk, f"{pk[-40:]}1", "first"), (pk, f"{pk[-40:]}2", "second"))

    [first] = queue.receive()
    assert first["Body"] == "first"
    assert first["Attributes"] == {"MessageGroupId": pk, "MessageDeduplicationId": f"{pk[-40:]}1"}
    assert queue.receive() == []

    queue.sqs.delete_message(QueueUrl=queue.url, ReceiptHandle=first["ReceiptHandle"])
    assert bodies(queue.receive()) == ["second"]


def test_groups_are_not_in_each_others_way(queue: Line, pk: str) -> None:
    queue.send((f"{pk}1", f"{pk[-40:]}1", "one"), (f"{pk}2", f"{pk[-40:]}2", "two"))

    assert sorted(bodies(queue.receive()) + bodies(queue.receive())) == ["one", "two"]


def test_of_messages_with_one_id_in_a_group_one_is_taken(queue: Line, pk: str) -> None:
    own = f"{pk[-40:]}1"
    queue.send((f"{pk}1", own, "one"))
    queue.send((f"{pk}1", own, "again"))
    queue.send((f"{pk}2", own, "two"))

    assert sorted(bodies(queue.receive(10)) + bodies(queue.receive(10))) == ["one", "two"]


def test_a_message_is_shown_again_when_it_is_told_so(queue: Line, pk: str) -> None:
    queue.send((pk, f"{pk[-40:]}1", "one"))
    [first] = queue.receive()
    assert queue.receive() == []

    queue.sqs.change_message_visibility(QueueUrl=queue.url, ReceiptHandle=first["ReceiptHandle"], VisibilityTimeout=0)

    assert bodies(queue.receive()) == ["one"]
