"""Two worlds that are the same but for what is another's: it is there in one of them, and never was in the other.

One call, sent into both, tells whether an answer tells another's from what does not exist, to the letter: as it is the
same call, there is nothing in the answers that would have to be left out of the comparison. The clock stands still, and
numbers and random ids begin anew with each call.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from botocore.client import BaseClient

from cli.docs.route import BY_KEY_OR_BASIC, BY_KEY_OR_BEARER, BY_LOGIN, Route
from cli.docs.routes import ROUTES
from loyalty import exactjson
from loyalty.api.http.authorizer_policy import Unauthorized
from loyalty.domain.access.partner import Scope
from loyalty.domain.access.pass_codes import is_pass_code
from loyalty.domain.identity import part_id
from loyalty.store.customer_tokens import (
    CustomerToken,
    OneTimePassword,
    put_contact_password,
    put_one_time_password,
)
from loyalty.store.dynamo_table import DynamoTable
from loyalty.usecases.access.api_keys import KeyRequest, create_key, revoke_key
from loyalty.usecases.access.logins import LoginRequest, create_login
from tests.cards import bring
from tests.functional.conftest import Functions
from tests.isolation import kinds
from tests.isolation.calls import Call, bulk, classic, newest, put, returned, sound, spoil, without_basket
from tests.isolation.cells import BESIDE, FAULTY, LATER, Cell
from tests.isolation.reference import merchant_of, name, reference_data
from tests.isolation.values import PASSWORDS, Known, value
from tests.moto_table import Items, fill, kept
from tests.signing_keys import make_signing_keys

NOW = datetime.now(UTC).replace(microsecond=0)
WRITES = {"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"}
ENTRY, KEY, REFERENCE = "entry", "key", "external"
"""What goes with an entry's id, with a key of a bulk call, and with an external system, wherever that is looked at."""


@dataclass(frozen=True)
class Told:
    """What a caller is told: by the answer, and by how long it takes, which is what AWS is asked for meanwhile: each
    request with all that it says but for the texts and numbers in it; and `hash` where a pass code is looked at."""

    status: int
    headers: Mapping[str, str]
    body: str
    requests: tuple[Any, ...]

    @property
    def code(self) -> str:
        """The code of the refusal, of the call or of the only entry of a bulk call; or else `OK`."""
        body = exactjson.loads(self.body)
        if unprocessed := (body.get("data") or {}).get("unprocessed_customer_events_set"):
            return str(unprocessed[0]["error_code"])
        status = body.get("status")
        return str(body.get("code") or (status["code"] if isinstance(status, dict) else kinds.OK))


@dataclass
class Desk:
    """Where calls are sent from: it notes what AWS is asked for, and what is drawn by chance is drawn here."""

    requests: list[Any] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def begin(self) -> None:
        """Begin another call."""
        self.requests.clear()
        self.numbers = count(1_000_000)

    def draw(self, _: str, quantity: int = 1) -> list[str]:
        """Return numbers, in the place of `Numbers.take`."""
        return [str(next(self.numbers)) for _ in range(quantity)]

    def id(self) -> UUID:
        """Return an id, in the place of `uuid4`."""
        return UUID(int=next(self.numbers))

    def check(self, *asked: str) -> bool:
        """Return what `is_pass_code` does, and note that it takes its time."""
        self.requests.append(("hash", None))
        return is_pass_code(*asked)


@contextmanager
def desk() -> Iterator[Desk]:
    """A desk that all calls are sent from."""
    made = Desk()
    send = BaseClient._make_api_call  # type: ignore[attr-defined]  # all requests of all clients go through it

    def note(client: BaseClient, operation: str, parameters: Any) -> Any:
        made.requests.append((operation, _form(parameters)))
        return send(client, operation, parameters)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", note)
        patch.setattr("loyalty.api.http.http_handler.datetime", SimpleNamespace(now=lambda _: NOW))
        patch.setattr("loyalty.store.catalogue.RENEW_AFTER", timedelta(-1))  # or it would hang on the call before
        patch.setattr("loyalty.store.numbers.Numbers.take", lambda _, *asked: made.draw(*asked))
        patch.setattr("loyalty.store.numbers.Numbers.reserve", lambda *_: None)
        patch.setattr("loyalty.usecases.access.customer_tokens.is_pass_code", made.check)
        patch.setattr("loyalty.usecases.access.logins.is_pass_code", made.check)
        patch.setattr("uuid.uuid4", made.id)
        yield made


def _form(part: Any, at: str = "") -> Any:
    """Return a request without the texts and numbers in it, but with its expressions and the names in them."""
    match part:
        case dict():
            return {key: _form(one, at if at == "ExpressionAttributeNames" else key) for key, one in part.items()}
        case list() | tuple():
            return [_form(one, at) for one in part]
        case bool():
            return part
        case str() if at.endswith("Expression") or at in ("ExpressionAttributeNames", "IndexName", "TableName"):
            return part
    return type(part).__name__


class World:
    """A table, and functions that are warm in it."""

    def __init__(self, table: DynamoTable, sent_from: Desk) -> None:
        self.known: Known = {}
        self._table = table
        self._desk = sent_from
        self._functions = Functions()
        self._items: Items = {}
        self._tokens: dict[str, str] = {}
        self._desk.numbers = count(1)
        fill(table, {})
        make_signing_keys(table, NOW)

    def settle(self, whose: str) -> None:
        """Let a partner with a merchant and a customer come in, and do all that leaves something of its own behind."""
        label = kinds.OWN if whose == "own" else kinds.OTHERS
        bring(self._table, *reference_data(whose))
        self.known[kinds.API_KEY, label] = self._let_in(whose, partner=whose, merchant=whose)
        login = LoginRequest(f"partner-id-{whose}", f"login-{whose}", [merchant_of(whose)], list(Scope))
        self.known[kinds.PASSWORD_OF_LOGIN, label] = create_login(login, table=self._table, now=NOW)
        self._buy(whose, whose, label)
        for key, entry in ((f"key-{whose}", ENTRY), (KEY, f"entry-{whose}")):
            self._done(whose, "classic_bulk_create", Call(bulk(whose, entry), headers={"Idempotency-Key": key}))
        for external in (
            {"external_system_reference_number": f"external-{whose}"},
            {"external_system": f"system-{whose}", "external_system_reference_number": REFERENCE},
        ):
            self._done(whose, "classic_create_purchase", Call(classic(whose, "R", **external)))
        token = CustomerToken(name("access_token", "id", whose), name("account", "id", whose), None, None)
        ends = NOW + timedelta(minutes=5)
        password = OneTimePassword(PASSWORDS[whose], f"partner-id-{whose}", ends)
        put_one_time_password(self._table, password, token)
        put_contact_password(self._table, password, name("contact", "id", whose), name("account", "id", whose))

    def visit(self) -> None:
        """Let the partner have a key for the others' merchant as well, and do there what leaves something behind; and
        let the others have had a key."""
        self._let_in("elsewhere", partner="own", merchant="others")
        self._buy("elsewhere", "others", kinds.ELSEWHERE)
        for _ in range(2):
            self._done("elsewhere", "classic_create_purchase", Call(classic("others", "filed-twice")))
        self.known[kinds.API_KEY, kinds.REVOKED], made = create_key(
            KeyRequest("partner-id-others", [merchant_of("others")], list(Scope), "revoked"), table=self._table, now=NOW
        )
        revoke_key("partner-id-others", made.id, table=self._table, now=NOW)

    def open(self, known: Known | None = None) -> None:
        """Have all functions warm, and keep the table as it is from now on; what is `known` in another world is known,
        too, but may lead to nothing."""
        self.known = (known or {}) | self.known
        self._items = kept(self._table)
        for route in ROUTES:
            self._sent(route, self._sound(route.operation))
            self._restore()

    def ask(self, cell: Cell) -> Told:
        """Return what the partner is told that gives a field the name of something."""
        call, route = self._sound(cell.field.route.operation), cell.field.route
        given = value(cell.field, cell.kind, cell.label, self.known)
        put(call, cell.field, given, beside=cell.how == BESIDE)
        self._complete(call, cell)
        self._desk.begin()
        is_let_in = cell.kind in (kinds.API_KEY, kinds.AUTH_TOKEN) and route.security == BY_KEY_OR_BEARER
        status, headers, body = self._let_through(call.headers) if is_let_in else self._sent(route, call)
        told = Told(status, headers, exactjson.dumps(body), tuple(self._desk.requests))
        if any(operation in WRITES for operation, _ in told.requests):
            self._restore()
        return told

    def _let_through(self, shown: dict[str, str]) -> tuple[int, dict[str, str], Any]:
        """Return what API Gateway answers by itself, as the authorizer has it."""
        try:
            policy = self._functions.authorize_by(shown)["policyDocument"]["Statement"]
        except Unauthorized:
            return 401, {}, {"code": kinds.NO_TOKEN}
        return (200, {}, {}) if policy[0]["Effect"] == "Allow" else (403, {}, {"code": kinds.NO_TOKEN})

    def _sound(self, operation: str) -> Call:
        purchase, upload = (self.known[kind, kinds.OWN] for kind in (kinds.PURCHASE, kinds.UPLOAD))
        return sound(operation, "own", purchase, upload)

    def _complete(self, call: Call, cell: Cell) -> None:
        """Add what a value goes with, and how it is sent."""
        entries = isinstance(call.body, dict) and call.body.get("purchase_customer_events_set")
        body = entries[0] if entries else call.body
        if cell.kind is kinds.KEY_OF_CALL and entries:
            body["request_unique_identifier"] = ENTRY
        elif cell.kind is kinds.KEY_OF_CALL and cell.field.route.name == "create_purchase":
            without_basket(body)
        if cell.kind is kinds.ENTRY:
            call.headers["Idempotency-Key"] = KEY
        if cell.field.last == "external_system":
            body.get("purchase_customer_event", body)["external_system_reference_number"] = REFERENCE
        if cell.label == kinds.AT_THEIRS:
            call.path["id"] = self.known[kinds.PURCHASE, kinds.GIVEN]
        if cell.field.route.name == "classic_show_award" and cell.kind in (kinds.PURCHASE_NUMBER, kinds.FILED):
            self._name_its_award(call)
        if cell.how == FAULTY:
            spoil(call)
        if cell.how == LATER:
            call.headers["Prefer"] = "respond-async"

    def _name_its_award(self, call: Call) -> None:
        """Let a call name the award of the purchase that the classic API knows by number and reference number."""
        name, award = "award_reward_transaction_identifier", self.known[kinds.AWARD, kinds.CLASSIC]
        if call.body is None:
            call.query[name] = f"id={award}"
        else:
            call.body[name] = {"id": award}

    def _sent(self, route: Route, call: Call, caller: str = "own") -> tuple[int, dict[str, str], Any]:
        headers, context, body = dict(call.headers), {}, call.body
        if route.security == BY_KEY_OR_BEARER:
            context = {"token": self._tokens[caller]}
        elif route.security == BY_LOGIN:
            own = self.known[kinds.PASSWORD_OF_LOGIN, kinds.OWN]
            body = {"username": "login-own", "password": own, "organisation": "O", **body}
        elif route.security == BY_KEY_OR_BASIC:
            headers = headers or {"api_key": self.known[kinds.API_KEY, kinds.OWN]}
        elif "Authorization" not in headers and "token" not in (body if route.method == "post" else call.query):
            headers["Authorization"] = f"Bearer {self._tokens[caller]}"
        answer = self._functions.call(
            route.name,
            body,
            path=call.path,
            query=call.query or None,
            headers=headers,
            context=context,
            httpMethod=route.method.upper(),
        )
        return answer.status, answer.headers, answer.body

    def _done(self, caller: str, function: str, call: Call) -> Any:
        [route] = (route for route in ROUTES if route.operation == function)
        status, _, body = self._sent(route, call, caller)
        assert status == 200, (function, body)
        return body.get("data", body)

    def _buy(self, caller: str, at: str, label: str) -> None:
        """Do at a merchant what leaves behind what there is of each partner, and of its other keys."""
        posted = self._done(caller, "create_purchase", Call(newest(at, f"reference-{caller}")))
        shown = self._done(caller, "classic_show_purchase", Call({"customer_event_identifier": {"id": posted["id"]}}))
        [award] = shown["award_reward_transactions_set"]
        asked = Call(returned(f"return-{caller}", line=0, quantity=2), path={"id": posted["id"]})
        taken_back = self._done(caller, "return_products", asked)
        given = newest(at, f"given-reference-{caller}", id=f"given-{caller}")
        self._done(caller, "create_purchase", Call(given))
        keyed = Call(classic(at, f"filed-{caller}"), headers={"Idempotency-Key": f"key-{caller}"})
        told = self._done(caller, "classic_create_purchase", keyed)
        upload = self._done(caller, "create_upload", Call({"name": "sales.csv"}))
        self.known |= {
            (kinds.PURCHASE, label): posted["id"],
            (kinds.PURCHASE_NUMBER, label): told["number"],
            (kinds.UPLOAD, label): upload["id"],
            (kinds.AUTH_TOKEN, label): self._tokens[caller],
            (kinds.AWARD, label): award["id"],
            (kinds.AWARD_NUMBER, label): award["number"],
        }
        if label == kinds.OWN:
            self.known[kinds.AWARD, kinds.CLASSIC] = part_id(told["id"], "AWARD", 0)
        if label == kinds.OTHERS:
            self.known |= {
                (kinds.GIVEN_ID, label): posted["id"],
                (kinds.PURCHASE, kinds.GIVEN): given["id"],
                (kinds.PURCHASE, kinds.CLASSIC): told["id"],
                (kinds.PURCHASE, kinds.RETURN): taken_back["id"],
            }

    def _let_in(self, caller: str, *, partner: str, merchant: str) -> str:
        merchants, by = [merchant_of(merchant)], f"partner-id-{partner}"
        key, _ = create_key(KeyRequest(by, merchants, list(Scope), merchant), table=self._table, now=NOW)
        self._tokens[caller] = self._functions.authorize(key)["context"]["token"]
        return key

    def _restore(self) -> None:
        fill(self._table, self._items)
