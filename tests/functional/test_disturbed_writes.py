"""Writes beside posting that meet a conflict, throttling or a lost answer, each of them in its turn: what is repeated,
as callers, Lambda, queues and operators do, comes to the right end."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ReadTimeoutError

from loyalty.api.faults import CallFailed
from loyalty.domain.access.partner import Scope
from loyalty.domain.errors import Code, Refused
from loyalty.domain.purchases.purchase import Reference
from loyalty.store import keys
from loyalty.store.chunk_marks import read_tally
from loyalty.store.credentials import SigningKeys, active_keys
from loyalty.store.customer_tokens import one_time_password_key
from loyalty.store.dynamo_table import DynamoTable
from loyalty.usecases.access.api_keys import KeyRequest, create_key, revoke_key, rotate_key
from loyalty.usecases.access.auth_tokens import TokenCheck, issue_token, release_token
from loyalty.usecases.access.customer_tokens import ShownTokens, issue_one_time_password
from loyalty.usecases.proofs.verify_journal import verify_journal
from loyalty.usecases.reference.import_records import import_records
from tests.cards import BY_PASS_CODE, IDENTIFIER, PASS_CODE, bring
from tests.customers import customer, purchase
from tests.functional.conftest import NOW, Functions
from tests.functional.uploads import Dropping, Importing, Splitting, queued
from tests.moto_table import fill, kept
from tests.refusals import Fault, conflict, refusal
from tests.uploads_by_hand import lines

Act = Callable[[], Any]
Case = Callable[[Functions, DynamoTable], Act]
"""Sets the stage; answers what a caller does: it tests what came of it, and raises `Refused` or answers `AGAIN` where
the caller has to do it again."""

AGAIN = object()
WRITES = ("PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems")
LONG = 1000
"""More calls than anyone makes."""

FAULTS: dict[str, tuple[Fault | None, int]] = {
    "conflict": (conflict, 1),
    "conflict for long": (conflict, LONG),
    "in progress": (refusal("TransactionInProgressException", message="in progress"), 1),
    "throttling": (refusal("ThrottlingException", message="slow down"), 1),
    "throughput": (refusal("ProvisionedThroughputExceededException", message="slow down"), 1),
    "answer lost": (None, 1),
}
"""What takes the place of writing, or None where it is the answer that is lost; and how many calls in a row meet it."""


@dataclass
class Disturbance:
    """Lets some calls that write, from the first one on, meet a fault."""

    fault: Fault | None
    first: int
    calls: int
    seen: int = 0
    over: bool = False

    def before_call(self, model: Any, **_: Any) -> None:
        self.seen += model.name in WRITES

    def before_send(self, request: AWSRequest, **_: Any) -> Any:
        if self.fault is None or not self._meets(_operation(request)):
            return None
        answered = self.fault(request)
        request.url = "https://nobody.test"  # moto is asked all the same, and is to have nothing to do with it
        return answered

    def after_call(self, model: Any, **_: Any) -> None:
        if self.fault is None and self._meets(model.name):
            raise ReadTimeoutError(endpoint_url="table")

    def _meets(self, operation: str) -> bool:
        return operation in WRITES and not self.over and self.first <= self.seen < self.first + self.calls


def _operation(request: AWSRequest) -> str:
    target = request.headers["X-Amz-Target"]
    return (target if isinstance(target, str) else target.decode()).partition(".")[2]


@contextmanager
def disturbed(clients: list[Any], disturbance: Disturbance) -> Iterator[None]:
    hooks: dict[str, Callable[..., Any]] = {
        "before-call.dynamodb": disturbance.before_call,
        "before-send.dynamodb": disturbance.before_send,
        "after-call.dynamodb": disturbance.after_call,
    }
    for client in clients:
        for event, hook in hooks.items():
            client.meta.events.register_first(event, hook)
    try:
        yield
    finally:
        for client in clients:
            for event, hook in hooks.items():
                client.meta.events.unregister(event, hook)


def create(functions: Functions, table: DynamoTable) -> Act:
    return lambda: is_the_only_other_key(
        functions, table, create_key(KeyRequest("DEMO", ["*"], list(Scope), request="R"), table=table, now=NOW)[0]
    )


def rotate(functions: Functions, table: DynamoTable) -> Act:
    [active] = active_keys(table, "DEMO")
    return lambda: is_the_only_other_key(
        functions, table, rotate_key("DEMO", active.id, table=table, now=NOW, request="R")[0]
    )


def is_the_only_other_key(functions: Functions, table: DynamoTable, text: str) -> None:
    found = [item for item in table.scan() if item["pk"].startswith("KEY#")]

    assert functions.authorize(text)["policyDocument"]["Statement"][0]["Effect"] == "Allow"
    assert functions.authorize(functions.api_key)["policyDocument"]["Statement"][0]["Effect"] == "Allow"
    assert len(found) == len(list(active_keys(table, "DEMO"))) == 2


def revoke(functions: Functions, table: DynamoTable) -> Act:
    [active] = active_keys(table, "DEMO")

    def act() -> None:
        revoke_key("DEMO", active.id, table=table, now=NOW)

        assert functions.authorize(functions.api_key)["policyDocument"]["Statement"][0]["Effect"] == "Deny"
        assert not list(active_keys(table, "DEMO"))

    return act


def first_token_of_a_month(functions: Functions, table: DynamoTable) -> Act:
    later = datetime(2027, 3, 1, tzinfo=UTC)

    def act() -> None:
        text, _ = issue_token(functions.api_key, table=table, signing_keys=SigningKeys(table), now=later)

        # Whoever else signs and checks in that month does it with the same secret.
        again, _ = issue_token(functions.api_key, table=table, signing_keys=SigningKeys(table), now=later)
        secret = table.get(keys.signing_key("2027-03"))
        assert secret
        assert text != again

    return act


def release(functions: Functions, table: DynamoTable) -> Act:
    signing_keys, now = SigningKeys(table), datetime.now(UTC)
    text, _ = issue_token(functions.api_key, table=table, signing_keys=signing_keys, now=now)

    def act() -> None:
        release_token(text, table=table, signing_keys=signing_keys)

        with pytest.raises(Refused, match="returned"):
            TokenCheck(table, signing_keys).partner(text, now)

    return act


def one_time_password(functions: Functions, table: DynamoTable) -> Act:  # noqa: ARG001 - a case's
    bring(table)
    shown = Reference("token.authentication_code", "9500009500009500", "")

    def act() -> None:
        password, _ = issue_one_time_password(shown, "DEMO", table=table, now=NOW)

        assert (table.get(one_time_password_key(password)) or {})["target"] == "T-CARD"

    return act


def pass_code(functions: Functions, table: DynamoTable) -> Act:  # noqa: ARG001 - a case's
    bring(table)
    shown = Reference("token.identifier", IDENTIFIER, "", pass_code=PASS_CODE)
    item = table.get(keys.alias("access_token", "identifier", BY_PASS_CODE["identifier"]))

    def act() -> None:
        assert ShownTokens("DEMO", table, NOW).token("Token", shown, item).id == "T-CARD"

        [tried] = [found for found in table.scan() if found["pk"].startswith("TRIES#")]
        assert tried.keys() == {"pk", "sk", "expires_at"}

    return act


PEOPLE = [{"type": "contact", "id": f"C{number}", "first_name": "N"} for number in range(120)]


def import_of_lines(functions: Functions, table: DynamoTable) -> Act:  # noqa: ARG001 - a case's
    customer(table, "one", 0)
    opening = {"type": "opening_balance", "id": "O", "account": "A-one", "amount": 5}
    data = lines([*PEOPLE, {**opening, "performed_on": "2026-01-01T00:00:00"}])

    def act() -> None:
        assert not import_records(data, table=table, now=NOW).refused

        assert len(table.get_many([keys.record("contact", person["id"]) for person in PEOPLE])) == len(PEOPLE)
        assert (table.get(keys.wallet("A-one")) or {})["version"] == 1

    return act


def import_of_a_file(functions: Functions, table: DynamoTable) -> Act:
    importing = Importing(functions, table)
    event, upload_id = importing.dropped("reference/x.jsonl", b"\n".join(lines(PEOPLE[:5])))
    life = Life(functions, importing, [event])

    def act() -> Any:
        if not life.is_lived():
            return AGAIN
        assert read_tally(table, upload_id).is_told
        assert read_tally(table, upload_id).counts.by_status in ({"created": 5}, {"unchanged": 5})
        return None

    return act


def purchases_of_a_file(functions: Functions, table: DynamoTable) -> Act:
    return _upload(functions, table, dry_run=False)


def dry_run_of_a_file(functions: Functions, table: DynamoTable) -> Act:
    return _upload(functions, table, dry_run=True)


def _upload(functions: Functions, table: DynamoTable, *, dry_run: bool) -> Act:
    customer(table, "one", 100)
    splitting = Splitting(functions, table)
    rows = lines([purchase("CIM-one", "A", spend="5"), purchase("CIM-none", "B"), purchase("CIM-one", "C")])
    notes: Any = {"Metadata": {"dry-run": "true"}} if dry_run else {}
    event, upload_id = splitting.dropped("uploads/DEMO/x.jsonl", b"\n".join(rows), **notes)
    life = Life(functions, splitting, [event])

    def act() -> Any:
        if not life.is_lived():
            return AGAIN
        assert read_tally(table, upload_id).is_told
        assert read_tally(table, upload_id).counts.by_status == {"posted": 2, "refused": 1}
        wallet = table.get(keys.wallet("A-one"))
        assert wallet
        assert (wallet["version"], wallet["balance"]) == ((1, 100) if dry_run else (3, 95))
        assert verify_journal(table, settle=lambda _: None).deviations == []
        return None

    return act


@dataclass
class Life:
    """A file's way through the functions. Each is called once more only where it failed, as S3 and queues do it."""

    functions: Functions
    dropping: Dropping
    events: list[dict[str, Any]]
    chunks: list[dict[str, Any]] = field(default_factory=list)
    closings: list[dict[str, Any]] = field(default_factory=list)

    def is_lived(self) -> bool:
        """Go on; answers whether nothing is left to be done."""
        if self.events:
            self.dropping.call(self.events[0])
            self.events.pop()
        if isinstance(self.dropping, Splitting):
            self.chunks += self.dropping.sent()
        if not self._delivered("post_batch", self.chunks):
            return False
        self.closings += self.dropping.asked()
        return self._delivered("close_upload", self.closings)

    def _delivered(self, name: str, messages: list[dict[str, Any]]) -> bool:
        while messages:
            if self.functions.run(name, queued(messages[0]))["batchItemFailures"]:
                return False
            messages.pop(0)
        return True


def expected_file(functions: Functions, table: DynamoTable) -> Act:  # noqa: ARG001 - a case's
    def act() -> Any:
        answer = functions.call("create_upload", {"name": "day.jsonl"})
        if answer.status == 503:
            return AGAIN
        assert functions.call("show_upload", path={"id": answer.body["id"]}).body["state"] == "EXPECTED"
        return None

    return act


def numbers_of_a_purchase(functions: Functions, table: DynamoTable) -> Act:
    customer(table, "one", 100)
    functions = Functions(functions.api_key)  # in containers that have leased no numbers
    context = functions.authorize(functions.api_key)["context"]

    def act() -> Any:
        answer = functions.call("create_purchase", purchase("CIM-one", "A", spend="5"), context=context)
        if answer.status == 503:
            return AGAIN
        assert answer.status == 200
        wallet = table.get(keys.wallet("A-one"))
        assert wallet
        assert (wallet["version"], wallet["balance"]) == (2, 95)
        return None

    return act


CASES: list[Case] = [
    create,
    rotate,
    revoke,
    first_token_of_a_month,
    release,
    one_time_password,
    pass_code,
    import_of_lines,
    import_of_a_file,
    purchases_of_a_file,
    dry_run_of_a_file,
    expected_file,
]


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits, nor for long, and what a queue is to hand over again it does at once."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    monkeypatch.setattr("loyalty.store.backoff.MAX_TOTAL_SECONDS", 0.1)
    monkeypatch.setattr("loyalty.store.queue.Queue.show_again", lambda *_: None)


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_whichever_write_is_disturbed_what_is_repeated_comes_to_the_right_end(
    functions: Functions, demo: DynamoTable, case: Case, name: str
) -> None:
    fault, calls = FAULTS[name]
    modules = [functions.module(name) for name in ("import_reference", "post_batch", "close_upload", "create_upload")]
    tables = [demo, functions.module("split_upload").at.table, *(module.table for module in modules)]
    clients = list({id(table.client): table.client for table in tables}.values())
    before = kept(demo)
    for first in count(1):
        fill(demo, before | kept(demo, lambda pk: pk == "NUMBERS"))  # which warm functions remember
        act = case(functions, demo)
        disturbance = Disturbance(fault, first, calls)
        with disturbed(clients, disturbance):
            _repeated(act, disturbance)
        if disturbance.seen < first:
            break
    assert first > 1


def _repeated(act: Act, disturbance: Disturbance) -> None:
    """Do it until it is done, as whoever is told to come again does: by then, it is over."""
    for _ in range(5):
        try:
            if act() is not AGAIN:
                return
        except Refused as refused:
            if refused.problems[0].code is not Code.RETRY_LATER:
                raise
        except CallFailed as failed:  # a function that nobody waits for, which Lambda calls again
            if str(failed) != Refused.__name__:
                raise
        disturbance.over = True
    raise AssertionError("it comes to no end")
