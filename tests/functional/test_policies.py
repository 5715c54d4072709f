"""Least privilege: each function's policy allows exactly what the function does.

moto does not enforce policies, so every call to DynamoDB is watched, and held against the template's statements. A call
is allowed by one statement as a whole, as IAM has it: statements do not add up to the keys of a batch. What functions
do with files and queues, the emulator's own check sees (tests/e2e/test_uploads.py); what they may reach at all,
tests/unit/test_roles.py.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from functools import partial
from typing import Any, NamedTuple

import pytest

from loyalty.domain.access.partner import Scope
from loyalty.domain.records import RECORD_TYPES
from loyalty.exactjson import dumps
from loyalty.store import keys
from loyalty.store.catalogue import REFRESH_AFTER
from loyalty.store.dynamo_table import DynamoTable
from loyalty.store.reference import PROGRAMME_TYPES, keys_to_find
from loyalty.store.writes import Put
from loyalty.usecases.access.logins import LoginRequest, create_login
from loyalty.usecases.engine import Engine
from loyalty.usecases.reference.import_records import import_records
from loyalty.usecases.reference.known_records import OPENING_BALANCE
from tests.cards import BY_CODE, BY_PASS_CODE, bring
from tests.functional.conftest import NOW, Functions, example
from tests.functional.uploads import Importing, Splitting, queued
from tests.roles import statements_of
from tests.template import read_template
from tests.uploads_by_hand import lines, put_upload

RESOURCES = {
    "authorizer": "AuthorizerFunction",
    "classic_bulk_create": "ClassicBulkCreateFunction",
    "classic_create_purchase": "ClassicCreatePurchaseFunction",
    "classic_create_spend": "ClassicCreateSpendFunction",
    "classic_list_purchases": "ClassicListPurchasesFunction",
    "classic_preview_purchase": "ClassicPreviewPurchaseFunction",
    "classic_show_award": "ClassicShowAwardFunction",
    "classic_show_purchase": "ClassicShowPurchaseFunction",
    "cancel_purchase": "CancelPurchaseFunction",
    "classic_cancel_purchase": "ClassicCancelPurchaseFunction",
    "close_upload": "CloseUploadFunction",
    "create_purchase": "CreatePurchaseFunction",
    "create_upload": "CreateUploadFunction",
    "expire_lots": "ExpireLotsFunction",
    "import_reference": "ImportReferenceFunction",
    "post_batch": "PostBatchFunction",
    "preview_purchase": "PreviewPurchaseFunction",
    "issue_contact_otp": "IssueContactOtpFunction",
    "issue_one_time_password": "IssueOneTimePasswordFunction",
    "issue_token": "IssueTokenFunction",
    "release_token": "ReleaseTokenFunction",
    "return_products": "ReturnProductsFunction",
    "sign_in": "SignInFunction",
    "show_journal": "ShowJournalFunction",
    "show_purchase": "ShowPurchaseFunction",
    "show_upload": "ShowUploadFunction",
    "show_wallet": "ShowWalletFunction",
    "split_upload": "SplitUploadFunction",
}
TRANSACT = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem"}


class Use(NamedTuple):
    """What one statement has to allow."""

    action: str
    where: str
    """The table, or the name of an index."""

    keys: frozenset[str]
    """The partitions that it is about; none on an index, whose keys are not limited."""


def uses(operation: str, request: dict[str, Any]) -> Iterator[Use]:
    """Return what a request needs to be allowed.

    Of a transaction, AWS does not tell whether each of its writes is held against the policies, or all of one action at
    once. What is allowed at once is allowed one by one as well.
    """
    if operation == "TransactWriteItems":
        writes = [(kind, item) for write in request["TransactItems"] for kind, item in write.items()]
        for kind in {kind for kind, _ in writes}:
            keys = frozenset(_partition(item) for of_kind, item in writes if of_kind == kind)
            yield Use(f"dynamodb:{TRANSACT[kind]}", "table", keys)
    elif operation == "BatchGetItem":
        for asked in request["RequestItems"].values():
            yield Use("dynamodb:BatchGetItem", "table", frozenset(key["pk"]["S"] for key in asked["Keys"]))
    elif operation == "Query" and "IndexName" in request:
        yield Use("dynamodb:Query", request["IndexName"], frozenset())
    elif operation == "Query":
        yield Use("dynamodb:Query", "table", frozenset({request["ExpressionAttributeValues"][":pk"]["S"]}))
    else:
        yield Use(f"dynamodb:{operation}", "table", frozenset({_partition(request)}))


def _partition(write: dict[str, Any]) -> str:
    partition: str = (write.get("Key") or write["Item"])["pk"]["S"]
    return partition


@contextmanager
def watched(functions: Functions, name: str) -> Iterator[set[Use]]:
    """Yield the uses that the function's own client makes."""
    seen: set[Use] = set()

    def note(params: dict[str, Any], model: Any, **_: Any) -> None:
        seen.update(uses(model.name, params))

    table: DynamoTable = functions.module(name).table
    table.client.meta.events.register("provide-client-params.dynamodb", note)
    yield seen
    table.client.meta.events.unregister("provide-client-params.dynamodb", note)


def table_statements(function: str) -> list[dict[str, Any]]:
    """Return all that the function's policies allow on the table."""
    own = statements_of(RESOURCES[function])
    return [statement for statement in own if statement["Action"][0].startswith("dynamodb:")]


def allowed(use: Use, statement: dict[str, Any]) -> bool:
    """Return whether a statement allows it by itself."""
    [resource] = statement["Resource"]
    where = resource.get("Fn::Sub", "table").removeprefix("${Table.Arn}/index/")
    patterns = leading_keys(statement)
    return (use.action in statement["Action"] and where == use.where) and all(
        any(fnmatchcase(key, pattern) for pattern in patterns) for key in use.keys
    )


def leading_keys(statement: dict[str, Any]) -> list[str]:
    """Patterns of the partitions that a statement is about."""
    found: list[str] = statement.get("Condition", {}).get("ForAllValues:StringLike", {}).get("dynamodb:LeadingKeys", [])
    return found


def unused(statement: dict[str, Any], seen: Collection[Use]) -> Iterator[str]:
    """Return what a statement allows that was never done."""
    for action in statement["Action"]:
        if not any(allowed(use, {**statement, "Action": [action]}) for use in seen):
            yield action
        for pattern in leading_keys(statement):
            if not any(fnmatchcase(key, pattern) for use in seen if use.action == action for key in use.keys):
                yield f"{action} of {pattern}"


CONTACT = {"contact_id": "C0FFEE00C0FFEE00C0FFEE00C0FFEE00", "cim": None}
OFFER: dict[str, Any] = {"type": "reward_offer", "scheme": "SALES"}
SHARED: list[dict[str, Any]] = [
    {"type": "voucher_type", "id": "V", "name": "Coffee", "value_options": "FIXED", "value": 2},
    {**OFFER, "id": "BUDGET", "name": "B", "award": {"method": "FIXED", "value": 1}, "limits": {"budget": 5}},
    {**OFFER, "id": "VOUCHER", "name": "V", "voucher_type": "V"},
    {**OFFER, "id": "BRIEF", "name": "L", "award": {"method": "FIXED", "value": 1, "expires_after": "P1M"}},
]
"""Offers with what accounts share, or what lies apart from the wallet."""


def authorize(functions: Functions, _: str) -> None:
    """Let a key in, and a token."""
    functions.authorize(functions.api_key)
    functions.authorize_by({"Authorization": f"Bearer {token(functions)['token']}"})


def preview(functions: Functions, name: str) -> None:
    """Preview purchases of a customer who is named in each way."""
    functions.call(name, example("create_v5_1.request"))
    functions.call(name, {**example("create_v5_1.request"), **CONTACT})
    for otp in (contact_password(functions), "123456789012"):
        functions.call(name, {**example("create_v5_1.request"), "cim": None, "contact": {"otp": otp}})


def purchase(functions: Functions, name: str) -> None:
    """Post purchases: once, again, with an id, in vain, for a customer who is named in the other way, and under a code
    that has changed hands."""
    body = example("create_v5_1.request")
    functions.call(name, body)
    functions.call(name, body)
    functions.call(name, {**body, "id": "GIVEN", "reference_number": "R2"})
    functions.call(name, {**body, "reference_number": "R3", "spend_request": {"amount": 500}})
    functions.call(name, {**body, **CONTACT, "reference_number": "R4"})
    for otp in (contact_password(functions), "123456789012"):
        of_till = {"contact": {"otp": otp}, "transaction_amounts": {"total": 12, "net": 10}}
        functions.call(name, {**body, **of_till, **dict.fromkeys(("cim", "reference_number", "products"))})
    hand_over(functions, functions.module(name).engine)
    assert functions.call(name, {**body, "reference_number": "R5"}).status == 200


KITCHEN, DOCKS = "6D9C2E4F0A6B4B5D8E1F3A7C9B0D2E4F", "7E0D3F5A1B7C4C6E9F2A4B8D0C1E3F5A"
UNIT: dict[str, Any] = {"type": "business_unit", "name": "Kitchen"}
HANDED_OVER: list[dict[str, Any]] = [
    {**UNIT, "id": DOCKS, "parent_business_unit": KITCHEN},
    {**UNIT, "id": KITCHEN},
    {**UNIT, "id": "HEIR", "code": "EK123456"},
    {**UNIT, "id": "HEIR-1", "code": "CD123456", "parent_business_unit": "HEIR"},
]
"""The merchant and the outlet of the examples without their codes, and those that have them now."""


def hand_over(functions: Functions, engine: Engine) -> None:
    """Let a code change hands, and an engine know it."""
    bring(functions.module("preview_purchase").table, *HANDED_OVER)  # which nobody watches
    engine.catalogue.renew(datetime.now(UTC), at_once=True)


def show(functions: Functions, name: str) -> None:
    """Show a purchase."""
    functions.call(name, path={"id": functions.call("create_purchase", example("create_v5_1.request")).body["id"]})


def cancel(functions: Functions, name: str) -> None:
    """Cancel a purchase, and once more."""
    path = {"id": functions.call("create_purchase", example("create_v5_1.request")).body["id"]}
    for _ in range(2):
        functions.call(name, path=path)


def take_back(functions: Functions, name: str) -> None:
    """Take back a purchase's goods, and once more."""
    path = {"id": functions.call("create_purchase", example("create_v5_1.request")).body["id"]}
    for number in range(2):
        functions.call(name, {"reference_number": f"R{number}", "products": [{"line": 0}]}, path=path)


def expire(functions: Functions, name: str) -> None:
    """Let the lots of one wallet expire, and those of two."""
    bought = {**example("create_v5_1.request"), "spend_request": None}
    for number, cims in enumerate([["4A30966F684B0269AD91"], ["4A30966F684B0269AD91", BY_CODE["authentication_code"]]]):
        for cim in cims:
            functions.call("create_purchase", {**bought, "cim": cim, "reference_number": f"{number}-{cim}"})
        functions.run(name)


def look_up(functions: Functions, name: str) -> None:
    """Look an account up by its number."""
    functions.call(name, path={"account": "ACR0000000001"})


def issue_contact_password(functions: Functions, name: str) -> None:
    """Give out a contact's one-time password."""
    functions.call(name, path={"id": str(CONTACT["contact_id"])})


def contact_password(functions: Functions) -> str:
    """Return what a customer shows at a till who was given one."""
    otp: str = functions.call("issue_contact_otp", path={"id": str(CONTACT["contact_id"])}).body["otp"]
    return otp


def issue_password(functions: Functions, name: str) -> None:
    """Give out one-time passwords."""
    for shown in (BY_CODE, BY_PASS_CODE):
        functions.call(name, {**token(functions), "access_token_identifier": shown}, context={})


def issue_token(functions: Functions, name: str) -> None:
    """Exchange a key, on behalf of a unit."""
    functions.call(name, {"unit": "MG"}, headers={"api_key": functions.api_key}, context={})


def sign_in(functions: Functions, name: str) -> None:
    """Exchange a login, on behalf of a unit."""
    asked = LoginRequest("DEMO", "till", ["*"], list(Scope))
    password = create_login(asked, table=functions.module("create_purchase").table, now=NOW)
    functions.call(name, {"username": "till", "password": password, "organisation": "O", "unit": "MG"}, context={})


def release_token(functions: Functions, name: str) -> None:
    """Give a token back."""
    functions.call(name, token(functions), context={})


def purchase_classically(
    functions: Functions, name: str, shaped: Callable[[dict[str, Any]], dict[str, Any]] = lambda body: body
) -> None:
    """Create or preview purchases that name all that can be named, in bodies that `shaped` makes of operation 5's."""
    body = {**example("create_1.request"), **token(functions)}
    functions.call(name, shaped(body), context={})
    by_id = {**body["products_set"][0], "product_identifier": {"id": "E0B2C4D6F8A01B3C5D7E9F1A2B4C6D8E"}}
    invoice = {"id": "470154904D2B2E0107F58A0330609D63"}
    functions.call(name, shaped({**body, "products_set": [by_id], "invoice_identifier": invoice}), context={})
    external = {"external_system": "POS", "external_system_reference_number": "1"}
    known = {"Idempotency-Key": "K"}
    functions.call(
        name, shaped({**body, **external, "spend_request": {"spend_amount": 500}}), context={}, headers=known
    )
    for shown in (BY_CODE, BY_PASS_CODE, one_time_password(functions)):
        customer = {"accounts_receivable_identifier": {"access_token_identifier": shown}}
        functions.call(name, shaped(body | customer), context={})


def with_spend_request(body: dict[str, Any]) -> dict[str, Any]:
    """Return the body of operation 3."""
    return {**body, "purchase_customer_event": body, "spend_request_customer_event": body.get("spend_request", {})}


def in_bulk(body: dict[str, Any]) -> dict[str, Any]:
    """Return the body of operation 2: the purchase, and once more for somebody else."""
    other = {**body, "accounts_receivable_identifier": {"number": "0000000001"}}
    entries = [{**entry, "request_unique_identifier": str(place)} for place, entry in enumerate((body, other))]
    return {"token": body["token"], "purchase_customer_events_set": entries}


class Posting:
    """The functions, with a worker that takes bodies of the bulk call as the chunks of files."""

    def __init__(self, functions: Functions, *, dry_run: bool) -> None:
        self.api_key = functions.api_key
        self.functions = functions
        self.dry_run = dry_run
        self.uploads = 0

    def call(self, name: str, body: Any = None, **more: Any) -> Any:
        if name != "post_batch":
            return self.functions.call(name, body, **more)
        entries, files = body["purchase_customer_events_set"], self.functions.module(name).poster.files
        table = self.functions.module("create_purchase").table  # which nobody watches
        for rows in (entries, entries[:1]):
            self.uploads += 1
            upload = f"U{self.uploads}-{self.dry_run}"
            messages = put_upload(table, files, upload, [lines(rows)], dry_run=self.dry_run)
            assert self.functions.run(name, queued(*messages)) == {"batchItemFailures": []}
        return None


def post_chunks(functions: Functions, name: str) -> None:
    """Post chunks of purchases that name all that can be named, and a code that has changed hands, for real and as dry
    runs."""
    for dry_run in (False, True):
        purchase_classically(Posting(functions, dry_run=dry_run), name, shaped=in_bulk)  # type: ignore[arg-type]
    poster = functions.module(name).poster
    hand_over(functions, poster.engine)
    rows = lines([example("create_v5_1.request")])
    for dry_run in (True, False):
        upload = f"HEIR-{dry_run}"
        messages = put_upload(functions.module("create_purchase").table, poster.files, upload, [rows], dry_run=dry_run)
        assert functions.run(name, queued(*messages)) == {"batchItemFailures": []}


def split(functions: Functions, name: str) -> None:
    """Split a file whose rows name customers in each way, and one that was expected."""
    named: list[dict[str, Any]] = [
        {"cim": "4A30966F684B0269AD91"},
        {"contact_id": CONTACT["contact_id"]},
        {"accounts_receivable_identifier": {"id": "8DDDA5F17D9641FC97A32FEAEE1F8AC6"}},
        {"accounts_receivable_identifier": {"access_token_identifier": one_time_password(functions)}},
    ]
    splitting = Splitting(functions, functions.module(name).table)
    upload = splitting.drop("purchases.jsonl", b"\n".join(lines(named)))
    assert upload.entries == len(named)
    form = functions.call("create_upload", {"name": "expected.jsonl"}).body
    splitting.call(splitting.dropped(form["fields"]["key"], lines(named)[0])[0])


NAMED: list[dict[str, Any]] = [
    {"type": "unit", "id": "U-NEW", "name": "New"},
    {"type": "partner", "id": "P-NEW", "name": "New", "unit": "New"},
    {"type": "product", "id": "PR-NEW", "code": "NEW"},
    {"type": "contact", "id": "C-NEW"},
    {"type": "account", "id": "A-NEW", "number": "NEW", "contact": "C-NEW"},
    {"type": "access_token", "id": "T-NEW", "account": "NEW", "authentication_code": "NEW", "pass_code": "NEW"},
    {"type": "invoice", "id": "I-NEW", "number": "NEW"},
    {"type": "promotion_campaign", "id": "PC-NEW", "name": "New"},
    {"type": "promo_code", "id": "CODE-NEW", "code": "NEW", "promotion_campaign": "PC-NEW"},
    {"type": "opening_balance", "id": "O-NEW", "account": "NEW", "amount": 1, "performed_on": "2026-01-01T00:00:00"},
]
"""Records of every type that has items of its own."""


def import_reference(functions: Functions, name: str) -> None:
    """Import such records, and again with other names; and the opening balance once more, of a suspended account."""
    importing = Importing(functions, functions.module(name).table)
    for spelling in (b'"NEW"', b'"OTHER"'):
        rows = [text.replace(b'"NEW"', spelling) for text in lines(NAMED)]
        assert importing.drop("customers.jsonl", b"\n".join(rows)).entries == len(NAMED)
    suspended = {"type": "account", "id": "A-NEW", "number": "OTHER", "life_cycle_state": "SUSPENDED"}
    again = NAMED[-1] | {"account": "OTHER"}
    assert importing.drop("customers.jsonl", b"\n".join(lines([suspended, again]))).entries == 2


def close_upload(functions: Functions, name: str) -> None:
    """Close an upload."""
    poster = functions.module("post_batch").poster
    [message] = put_upload(poster.engine.table, poster.files, "U", [lines([{}])])
    functions.run("post_batch", queued(message))
    functions.run(name, queued({"upload": "U"}))


def create_upload(functions: Functions, name: str) -> None:
    """Ask for a form."""
    functions.call(name, {"name": "purchases.csv"})


def show_upload(functions: Functions, name: str) -> None:
    """Show an upload."""
    functions.call(name, path={"id": functions.call("create_upload", {"name": "purchases.csv"}).body["id"]})


def bulk(functions: Functions, name: str) -> None:
    """Post in bulk, at once and later."""
    purchase_classically(functions, name, in_bulk)
    body = in_bulk({**example("create_1.request"), **token(functions)})
    functions.call(name, body, headers={"Prefer": "respond-async"}, context={})


def show_classically(functions: Functions, name: str) -> None:
    """Show a purchase, named in each way."""
    customer = {"accounts_receivable_identifier": {"access_token_identifier": BY_CODE}}
    body = {**example("create_1.request"), **token(functions), **customer}
    data = functions.call("classic_create_purchase", body, context={}).body["data"]
    for by in ("id", "number", "reference_number"):
        functions.call(name, {**token(functions), "customer_event_identifier": {by: data[by]}}, context={})


def list_purchases(functions: Functions, name: str) -> None:
    """List purchases, of an account that is named in either way."""
    show_classically(functions, "classic_show_purchase")
    for by in ("number=ACR0000000001", "id=8DDDA5F17D9641FC97A32FEAEE1F8AC6"):
        query = {**token(functions), "accounts_receivable_identifier": by}
        functions.call(name, query=query, context={}, httpMethod="GET")


def show_award(functions: Functions, name: str) -> None:
    """Show awards of a purchase that is named in each way."""
    customer = {"accounts_receivable_identifier": {"access_token_identifier": BY_CODE}}
    body = {**example("create_1.request"), **token(functions), **customer}
    data = functions.call("classic_create_purchase", body, context={}).body["data"]
    for by in ("id", "number", "reference_number"):
        purchase = {"customer_event_identifier": {by: data[by]}}
        award = {"award_reward_transaction_identifier": {"number": "1"}}
        functions.call(name, {**token(functions), **purchase, **award}, context={})


def cancel_classically(functions: Functions, name: str) -> None:
    """Cancel purchases, named in each way."""
    customer = {"accounts_receivable_identifier": {"access_token_identifier": BY_CODE}}
    for by in ("id", "number", "reference_number"):
        body = {**example("create_1.request"), **token(functions), **customer, "reference_number": by}
        data = functions.call("classic_create_purchase", body, context={}).body["data"]
        functions.call(name, {**token(functions), "customer_event_identifier": {by: data[by]}}, context={})


def token(functions: Functions) -> dict[str, Any]:
    """Return a token of the classic API, as a body has it."""
    issued = functions.call("issue_token", headers={"api_key": functions.api_key}, context={})
    return {"token": issued.body["data"]["token"]}


def one_time_password(functions: Functions) -> dict[str, Any]:
    """Return what a customer shows who was given one."""
    asked = {**token(functions), "access_token_identifier": BY_CODE}
    issued = functions.call("issue_one_time_password", asked, context={})
    return {"one_time_password": issued.body["data"]["one_time_password"]}


EVERYTHING: Mapping[str, Callable[[Functions, str], None]] = {
    "authorizer": authorize,
    "cancel_purchase": cancel,
    "classic_bulk_create": bulk,
    "classic_cancel_purchase": cancel_classically,
    "classic_create_purchase": purchase_classically,
    "classic_create_spend": partial(purchase_classically, shaped=with_spend_request),
    "classic_list_purchases": list_purchases,
    "classic_preview_purchase": purchase_classically,
    "classic_show_award": show_award,
    "classic_show_purchase": show_classically,
    "close_upload": close_upload,
    "create_purchase": purchase,
    "create_upload": create_upload,
    "expire_lots": expire,
    "import_reference": import_reference,
    "post_batch": post_chunks,
    "preview_purchase": preview,
    "issue_contact_otp": issue_contact_password,
    "issue_one_time_password": issue_password,
    "issue_token": issue_token,
    "release_token": release_token,
    "return_products": take_back,
    "sign_in": sign_in,
    "show_journal": look_up,
    "show_purchase": show,
    "show_upload": show_upload,
    "show_wallet": look_up,
    "split_upload": split,
}
"""By function, what takes it through all that it does."""


@pytest.mark.parametrize("name", RESOURCES)
def test_a_function_may_do_what_it_does_and_nothing_else(
    cold_functions: Functions, demo: DynamoTable, name: str
) -> None:
    assert not import_records([dumps(record).encode() for record in SHARED], table=demo, now=NOW).refused
    for item in list(demo.partition("SIGNING_KEY")):
        demo.client.delete_item(TableName=demo.name, Key={"pk": {"S": item["pk"]}, "sk": {"S": item["sk"]}})
    bring(demo)
    with watched(cold_functions, name) as seen:
        EVERYTHING[name](cold_functions, name)
        module = cold_functions.module(name)
        if engine := getattr(getattr(module, "poster", module), "engine", None) or getattr(module, "issuer", None):
            engine.catalogue.renew(datetime.now(UTC) + REFRESH_AFTER)
            demo.put(Put(keys.PROGRAMME_VERSION, {"version": 1}))  # as an older version leaves it
            engine.catalogue.renew(datetime.now(UTC), at_once=True)

    assert seen
    policy = table_statements(name)
    for use in seen:
        assert any(allowed(use, statement) for statement in policy), f"no statement lets {name} do {use}"
    for statement in policy:
        assert not [*unused(statement, seen)], f"{statement['Sid']} lets {name} do what it never does"


@pytest.mark.parametrize("action", ["dynamodb:BatchGetItem", "dynamodb:PutItem"])
@pytest.mark.parametrize("kind", sorted(RECORD_TYPES.keys() - {OPENING_BALANCE}))
def test_an_import_may_find_and_write_records_of_each_type(kind: str, action: str) -> None:
    """But for an opening balance, which is kept as an event."""
    policy = table_statements("import_reference")

    for key in keys_to_find(kind, "X"):
        assert any(allowed(Use(action, "table", frozenset({key.pk})), statement) for statement in policy), key


def test_an_import_is_watched_with_every_type_that_has_items_of_its_own() -> None:
    assert {record["type"] for record in NAMED} >= RECORD_TYPES.keys() - PROGRAMME_TYPES


def test_keys_of_one_call_that_two_statements_allow_are_allowed_by_none() -> None:
    def allowing(*keys: str) -> dict[str, Any]:
        condition = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [*keys]}}
        return {"Action": ["dynamodb:BatchGetItem"], "Resource": [{"Fn::GetAtt": "Table.Arn"}], "Condition": condition}

    [both] = uses("BatchGetItem", {"RequestItems": {"T": {"Keys": [{"pk": {"S": key}} for key in ("A#1", "B#1")]}}})

    assert not any(allowed(both, statement) for statement in (allowing("A#*"), allowing("B#*")))
    assert allowed(both, allowing("A#*", "B#*"))


def test_every_function_of_the_template_is_watched() -> None:
    functions = {
        properties["Properties"]["CodeUri"].removeprefix("functions/"): name
        for name, properties in read_template()["Resources"].items()
        if properties["Type"] == "AWS::Serverless::Function"
    }
    assert functions == RESOURCES
