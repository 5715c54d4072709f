"""The use cases of the fault table: each function of `functions/`, and what the operators' command does by itself. Of
each, scenarios: what is there before, and the call."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any

from loyalty import exactjson
from loyalty.domain.access.partner import Scope
from loyalty.domain.uploads.row_outcome import RowStatus
from loyalty.store.chunk_marks import read_tally
from loyalty.store.credentials import active_keys, read_key
from loyalty.store.uploads import latest_uploads, read_upload
from loyalty.usecases.access.api_keys import KeyRequest, create_key, require_partner, revoke_key, rotate_key
from loyalty.usecases.access.logins import LoginRequest, create_login, revoke_login, rotate_login
from loyalty.usecases.proofs.verify_journal import verify_journal
from loyalty.usecases.reference.import_records import import_records
from loyalty.usecases.uploads.begin_upload import merchants_of
from loyalty.usecases.uploads.dead_letters import HIDDEN_SECONDS, DeadLetters, FailedCalls, Lane, redrive
from loyalty.usecases.uploads.show_upload import view_of
from tests.simulation.deployment import KNOWN, deployment
from tests.simulation.stage import LOGIN, RELEASE, TOKEN, Stage
from tests.tables import scenario
from tests.tables.scenario import Call, line

Play = Callable[[Stage], Any]


def nothing(_: Stage) -> None:
    """Let there be nothing before."""


@dataclass(frozen=True)
class Scenario:
    """A call of a use case, and what was before.

    Attributes:
        use_case: The function's folder, or the name of the function in `usecases/`.
        name: What is special about it.
        call: The call that meets faults; a caller asks again until it has an answer.
        before: What is done before, without faults.
        down: Functions that are killed at each call before, until what they were to do is given up.
        drawn: Fields of the answer that are drawn anew, or tell when that was.
        reads_index: Whether it reads an index, which may be behind.
        after: Answers more that has to come out alike, once all is quiet.
    """

    use_case: str
    name: str
    call: Play
    before: Play = nothing
    down: tuple[str, ...] = ()
    drawn: tuple[str, ...] = ()
    reads_index: bool = False
    after: Play = nothing

    @property
    def seconds(self) -> float | None:
        """Return how long its process may take; None of one that an operator runs."""
        function = deployment().functions.get(self.use_case)
        return function.seconds if function else None

    def __str__(self) -> str:
        return f"{self.use_case}: {self.name}"


SCENARIOS: list[Scenario] = []

WITHOUT_CLOUD = {
    "advice_for": "puts advice into words",
    "budget_key": "names a counter",
    "check_name": "looks at a name",
    "count_hidden": "asks a queue for one number after a redrive, which is in the table; an error ends the command",
    "look_up": "resolves the names of past purchases, in a table in memory",
    "no_key": "puts a refusal into words",
    "preview_purchase": "explains a purchase under a draft, in a table in memory; the functions' is in the table",
    "price_with_counters": "prices past purchases, in a table in memory",
    "promo_code_key": "names a counter",
    "read_row": "reads a row",
    "result_key": "names an object",
    "row_identity": "names a row",
    "shards_for": "counts parts of a proof",
    "verify_export": "reads files on disk",
}
"""What the command uses of `usecases/` that makes no call to the cloud, or none that anything follows from, by
the names of functions."""


def scene(use_case: str, name: str, **about: Any) -> Callable[[Play], Play]:
    """Register what plays a call."""

    def register(call: Play) -> Play:
        SCENARIOS.append(Scenario(use_case, name, call, **about))
        return call

    return register


def bought(stage: Stage) -> None:
    """Post a purchase that uses all that one can use."""
    stage.known["id"] = stage.play(_rich(stage)).body["id"]


def _rich(stage: Stage) -> Call:
    goods = [line("NOVEL", "60", quantity=3), line("TEA", "5")]
    return scenario.newest(
        "rich",
        stage.recent,
        cim="CIM-ANN",
        promo_code="BLOOM",
        id="GIVEN-1",
        spend_request={"amount": 2},
        products=goods,
    )


def _plain(stage: Stage, name: str = "plain", **fields: Any) -> Call:
    return scenario.newest(name, stage.recent, **{"cim": "CIM-ANN", **fields})


# ---------------------------------------------------------------- the newest API


@scene("authorizer", "a key for the first time this month")
@scene("create_purchase", "by reference number")
def post_plain(stage: Stage) -> Any:
    return stage.play(_plain(stage))


@scene("create_purchase", "with an id, a promo code, a budget, a voucher and a spend")
@scene("create_purchase", "posted before", before=bought)
def post_rich(stage: Stage) -> Any:
    return stage.play(_rich(stage))


@scene("create_purchase", "by an account that nothing was posted to")
def post_first(stage: Stage) -> Any:
    return stage.play(_plain(stage, cim="CIM-DEE", merchant="KI"))


@scene("create_purchase", "more spent than there is")
def post_too_much(stage: Stage) -> Any:
    return stage.play(_plain(stage, spend_request={"amount": 1000}))


@scene("issue_contact_otp", "by contact", drawn=("otp", "expires_in"))
def issue_contact_otp(stage: Stage) -> Any:
    return stage.newest("POST", "/contacts/C-ANN/otp")


def with_contact_password(stage: Stage) -> None:
    """Have a contact's one-time password."""
    stage.known["otp"] = issue_contact_otp(stage).body["otp"]


@scene("create_purchase", "of a till without baskets, by key and one-time password", before=with_contact_password)
def post_totals(stage: Stage) -> Any:
    body = {
        "contact": {"otp": stage.known["otp"]},
        "organisation": {"id": "CAFE"},
        "transaction_amounts": {"total": 12, "net": 10},
        "performed_on": int(stage.recent.timestamp()),
    }
    return stage.ask("POST", "/purchases", body, {"api_key": stage.api_keys["POS"], "Idempotency-Key": "TILL-1"})


@scene("preview_purchase", "all that a purchase can use")
def preview(stage: Stage) -> Any:
    call = _rich(stage)
    return stage.newest("POST", "/purchases/preview", call.body | {"explain": True})


@scene("show_purchase", "just posted", before=bought)
def show_purchase(stage: Stage) -> Any:
    return stage.newest("GET", f"/purchases/{stage.known['id']}")


@scene("cancel_purchase", "all that a purchase can use", before=bought)
def cancel(stage: Stage) -> Any:
    return stage.play(scenario.cancelled("cancelled", stage.known["id"]))


@scene("return_products", "some goods", before=bought)
def return_some(stage: Stage) -> Any:
    goods = ({"line": 0, "quantity": 1}, {"product_sku": "TEA"})
    return stage.play(scenario.returned("some", stage.known["id"], stage.recent, *goods))


def spent_already(stage: Stage) -> None:
    """Earn, spend it all, and have what was earned cancelled: it is waived."""
    stage.play(_plain(stage, "earns", cim="CIM-DEE", id="GIVEN-EARNS", products=[line("CAKE", "30")]))
    stage.play(_plain(stage, "spends", cim="CIM-DEE", merchant="KI", spend_request={"amount": 2}))


@scene("return_products", "what is spent already", before=spent_already)
def return_spent(stage: Stage) -> Any:
    return stage.play(scenario.returned("waived", "GIVEN-EARNS", stage.recent, {"line": 0}))


def owed(stage: Stage) -> None:
    """Owe what was earned and spent."""
    fay = {"cim": "CIM-FAY", "merchant": "BK"}
    earned = stage.play(_plain(stage, "owes", **fay, products=[line("NOVEL", "40")])).body["id"]
    stage.play(_plain(stage, "spends", cim="CIM-FAY", merchant="KI", spend_request={"amount": 6}))
    stage.play(scenario.cancelled("owed", earned))
    stage.known["id"] = stage.play(_plain(stage, "pays", **fay, products=[line("NOVEL", "10")])).body["id"]


@scene("cancel_purchase", "one that has paid off what was owed", before=owed)
def cancel_paid(stage: Stage) -> Any:
    return stage.play(scenario.cancelled("paid off", stage.known["id"]))


@scene("show_wallet", "just moved", before=bought)
def show_wallet(stage: Stage) -> Any:
    return stage.newest("GET", "/wallets/N-ANN")


@scene("show_journal", "just moved", before=bought, reads_index=True)
def show_journal(stage: Stage) -> Any:
    headers = {"api_key": stage.api_keys["POS"]}
    return stage.ask("GET", "/wallets/N-ANN/journal?limit=1", None, headers, lambda told: "GIVEN-1" in told.text)


@scene("create_upload", "a form", drawn=("id", "url", "fields", "expires_on"))
def create_upload(stage: Stage) -> Any:
    return stage.newest("POST", "/uploads", {"name": "day.jsonl"}, partner="OFFICE")


# ---------------------------------------------------------------- the classic API


def signed_in(stage: Stage) -> None:
    """Have tokens."""
    stage.sign_in()
    stage.sign_in("OFFICE")


def classic(stage: Stage, name: str, account: dict[str, Any], **fields: Any) -> Call:
    """Return a purchase of the classic API, under a key."""
    return scenario.classic(name, stage.recent, account, key=f"KEY-{name}", **fields)


ANN = {"number": "N-ANN"}
CARD = {"identifier": "CARD-BOB", "pass_code": "2468"}
TOLD_ANEW = ("number", "created_date", "updated_date", "performed_on")


@scene("issue_token", "for the first time this month", drawn=("token", "expires_on", "expires_in"))
def issue_token(stage: Stage) -> Any:
    return stage.ask("POST", TOKEN, None, {"api_key": stage.api_keys["POS"]})


def with_login(stage: Stage) -> None:
    """Have a login."""
    asked = LoginRequest("POS", "till", ["*"], list(Scope))
    stage.known["password"] = create_login(asked, table=stage.world.table, now=stage.world.time())


@scene("sign_in", "on behalf of a unit", before=with_login, drawn=("token", "expires_on", "expires_in"))
def sign_in(stage: Stage) -> Any:
    shown = {"username": "till", "password": stage.known["password"], "organisation": "Main", "unit": "Harbour"}
    return stage.ask("POST", LOGIN, shown)


@scene("sign_in", "with a wrong password", before=with_login)
def sign_in_wrongly(stage: Stage) -> Any:
    return stage.ask("POST", LOGIN, {"username": "till", "password": "wrong", "organisation": "O"})


@scene("release_token", "a good one", before=signed_in)
def release_token(stage: Stage) -> Any:
    return stage.ask("POST", RELEASE, None, {"Authorization": f"Bearer {stage.known['POS']}"})


@scene("classic_create_purchase", "by key, with all that a purchase can use", before=signed_in, drawn=TOLD_ANEW)
def classic_create(stage: Stage) -> Any:
    fields = {"promo_code": "BLOOM", "spend_request": {"spend_amount": 1}, "invoice_identifier": {"number": "I0001"}}
    return stage.play(classic(stage, "rich", ANN, **fields))


@scene("classic_create_purchase", "by card and pass code", before=signed_in, drawn=TOLD_ANEW)
def classic_create_by_card(stage: Stage) -> Any:
    return stage.play(classic(stage, "card", {"access_token_identifier": CARD}))


def with_password(stage: Stage) -> None:
    """Have a one-time password."""
    signed_in(stage)
    body = {"access_token_identifier": {"authentication_code": "CIM-BOB"}}
    answer = stage.play(Call("password", "issue_one_time_password", body))
    stage.known["password"] = answer.body["data"]["one_time_password"]


@scene("classic_create_purchase", "by one-time password", before=with_password, drawn=TOLD_ANEW)
def classic_create_by_password(stage: Stage) -> Any:
    shown = {"access_token_identifier": {"one_time_password": stage.known["password"]}}
    return stage.play(classic(stage, "password", shown))


@scene("issue_one_time_password", "by card and pass code", before=signed_in, drawn=("one_time_password", "expires_on"))
def issue_password(stage: Stage) -> Any:
    return stage.play(Call("password", "issue_one_time_password", {"access_token_identifier": CARD}))


@scene("classic_create_spend", "by key", before=signed_in, drawn=TOLD_ANEW)
def classic_spend(stage: Stage) -> Any:
    return stage.play(scenario.created_spend("spend", stage.recent, {"spend_amount": 1}, key="KEY-spend"))


@scene("classic_preview_purchase", "a purchase", before=signed_in, drawn=TOLD_ANEW)
def classic_preview(stage: Stage) -> Any:
    body = classic(stage, "preview", ANN).body
    return stage.play(Call("preview", "classic_preview_purchase", body))


def classic_bought(stage: Stage) -> None:
    """Have posted a purchase in the classic API."""
    signed_in(stage)
    told = stage.play(classic(stage, "before", ANN, promo_code="BLOOM", spend_request={"spend_amount": 1}))
    stage.known["award"] = told.body["data"]["award_reward_transactions_set"][0]["id"]


NAMED = {"customer_event_identifier": {"reference_number": "REF-before"}}


@scene("classic_show_purchase", "just posted", before=classic_bought, drawn=TOLD_ANEW)
def classic_show(stage: Stage) -> Any:
    return stage.play(Call("show", "classic_show_purchase", NAMED))


@scene("classic_show_purchase", "by GET", before=classic_bought, drawn=TOLD_ANEW)
def classic_get(stage: Stage) -> Any:
    return stage.read("/customer_events/purchases/show", customer_event_identifier="reference_number=REF-before")


@scene("classic_list_purchases", "just posted", before=classic_bought, drawn=TOLD_ANEW, reads_index=True)
def classic_list(stage: Stage) -> Any:
    asked = {"accounts_receivable_identifier": "number=N-ANN", "limit": "1"}
    return stage.read("/customer_events/purchases/list", lambda told: "REF-before" in told.text, **asked)


@scene("classic_show_award", "just posted", before=classic_bought, drawn=TOLD_ANEW)
def classic_award(stage: Stage) -> Any:
    award = {"award_reward_transaction_identifier": {"id": stage.known["award"]}}
    return stage.play(Call("award", "classic_show_award", NAMED | award))


@scene("classic_cancel_purchase", "just posted", before=classic_bought, drawn=TOLD_ANEW)
def classic_cancel(stage: Stage) -> Any:
    return stage.play(Call("cancel", "classic_cancel_purchase", NAMED))


def _bulk(stage: Stage) -> Call:
    fay = {"accounts_receivable_identifier": {"number": "N-FAY"}}
    card = {"accounts_receivable_identifier": {"access_token_identifier": CARD}}
    at = stage.recent
    entries = [
        scenario.entry("1", at, "B-1"),
        scenario.entry("2", at, "B-2", spend_request={"spend_amount": 1}),
        scenario.entry("3", at, "B-3", **fay),
        scenario.entry("4", at, "B-4", products_set=[scenario.item("NONESUCH", "4")]),
        scenario.entry("5", at, "B-5", **card),
    ]
    return scenario.bulk("bulk", entries, "KEY-BULK")


@scene("classic_bulk_create", "answered at once", before=signed_in, drawn=TOLD_ANEW)
def bulk(stage: Stage) -> Any:
    return stage.play(_bulk(stage))


def entries_told_of(stage: Stage) -> tuple[int, int, int, bool]:
    """Return how many entries of the last upload are posted, refused and failed, and whether that is all."""
    tally = read_tally(stage.world.table, stage.known["upload"])
    by_status = tally.counts.by_status
    posted = by_status.get(RowStatus.POSTED, 0) + by_status.get(RowStatus.REPLAYED, 0)
    return posted, by_status.get(RowStatus.REFUSED, 0), by_status.get(RowStatus.FAILED, 0), tally.is_told


@scene("classic_bulk_create", "answered later", before=signed_in, drawn=("upload_id",), after=entries_told_of)
@scene("post_batch", "a bulk call with proofs", before=signed_in, drawn=("upload_id",), after=entries_told_of)
def bulk_later(stage: Stage) -> Any:
    answer = stage.play(_bulk(stage), {"Prefer": "respond-async"})
    stage.known["upload"] = answer.body["data"]["upload_id"]
    return answer


# ---------------------------------------------------------------- files


def _rows(stage: Stage) -> list[Any]:
    at = stage.recent
    rows = [
        scenario.newest("row 1", at, cim="CIM-FAY"),
        scenario.newest("row 2", at, cim="CIM-BOB", spend_request={"amount": 1}),
        scenario.newest("row 3", at, cim="CIM-FAY", id="GIVEN-ROW", promo_code="BLOOM"),
        scenario.newest("row 4", at, cim="CIM-NOBODY"),
        scenario.classic("row 5", at, {"number": "N-FAY"}),
    ]
    return [row.body for row in rows]


FILE = "uploads/OFFICE/day.jsonl"


@scene("split_upload", "a file of purchases")
@scene("post_batch", "a file of purchases")
@scene("close_upload", "a file of purchases")
def drop(stage: Stage) -> Any:
    stage.drop(FILE, _rows(stage))


@scene("post_batch", "a dry run")
def dry_run(stage: Stage) -> Any:
    stage.drop("uploads/OFFICE/try.jsonl", _rows(stage), {"dry-run": "true"})


@scene("split_upload", "a file that nobody may have sent")
def drop_anonymous(stage: Stage) -> Any:
    stage.drop("uploads/NONESUCH/day.jsonl", _rows(stage), {"none": "looked at"})


def _records() -> list[dict[str, Any]]:
    scheme = {"type": "reward_scheme", "id": "SALES", "name": "Sales anew"}
    token = {"type": "access_token", "id": "T-NEW2", "account": "A-NEW", "identifier": "CARD-NEW", "pass_code": "1357"}
    customer: list[dict[str, Any]] = [
        {"type": "contact", "id": "C-NEW"},
        {"type": "account", "id": "A-NEW", "number": "N-NEW", "contact": "C-NEW"},
        {"type": "access_token", "id": "T-NEW", "account": "A-NEW", "authentication_code": "CIM-NEW"},
        {"type": "opening_balance", "id": "O-NEW", "account": "A-NEW", "amount": 7, **OPENED},
    ]
    return [*customer, {**token, "authentication_code": "CIM-NEW2"}, scheme]


OPENED = {"performed_on": "2026-01-01T00:00:00"}


@scene("import_reference", "a customer, with an opening balance and a pass code")
@scene("close_upload", "a file of records")
def drop_records(stage: Stage) -> Any:
    stage.drop("reference/new.jsonl", list(_records()))


def dropped(stage: Stage) -> None:
    """Have dropped a file, and let it be posted."""
    drop(stage)
    stage.world.scheduler.sleep(600.0)
    [stage.known["upload"]] = latest_uploads(stage.world.table, 1)


@scene("show_upload", "a file that is told of", before=dropped, drawn=("result_url", "summary_url", "rows_per_second"))
def show_upload(stage: Stage) -> Any:
    return stage.newest("GET", f"/uploads/{stage.known['upload']}", partner="OFFICE")


def expiring(stage: Stage) -> None:
    """Have a lot that is to expire."""
    old = stage.recent.replace(year=2025, month=7)
    for number, cim in enumerate(("CIM-EVE", "CIM-DEE")):
        call = scenario.newest(f"old {number}", old, cim=cim, merchant="KI", products=[line("NOVEL", "20")])
        stage.play(call)


@scene("expire_lots", "two wallets", before=expiring, reads_index=True)
def expire(stage: Stage) -> Any:
    stage.by_the_clock("expire_lots")


# ---------------------------------------------------------------- the command


@scene("import_records", "a customer, with an opening balance and a pass code")
def import_file(stage: Stage) -> Any:
    lines = [exactjson.dumps(record).encode() for record in _records()]

    def run() -> Any:
        told = import_records(lines, table=stage.world.table, now=stage.world.time())
        return told.created + told.updated + told.unchanged, [*told.refused]

    return stage.command("import_records", run)


def key_works(stage: Stage) -> bool:
    """Return whether the key that was told of lets its partner in."""
    return read_key(stage.world.table, stage.known["key"]) is not None


@scene("create_key", "for one merchant", after=key_works)
def make_key(stage: Stage) -> Any:
    asked = KeyRequest("OFFICE", ["CF"], list(Scope), request="this one")
    run = partial(create_key, asked, table=stage.world.table, now=stage.world.time())
    stage.known["key"], _ = stage.command("create_key", run)


def _key_id(stage: Stage) -> str:
    return stage.api_keys["OFFICE"].split("_")[1]


@scene("rotate_key", "the only one", after=key_works)
def rotate(stage: Stage) -> Any:
    table, now = stage.world.table, stage.world.time()
    run = partial(rotate_key, "OFFICE", _key_id(stage), table=table, now=now, request="this one")
    stage.known["key"], _ = stage.command("rotate_key", run)


@scene("revoke_key", "the only one")
def revoke(stage: Stage) -> Any:
    run = partial(revoke_key, "OFFICE", _key_id(stage), table=stage.world.table, now=stage.world.time())
    return stage.command("revoke_key", run)


@scene("create_login", "for one merchant")
def make_login(stage: Stage) -> Any:
    asked = LoginRequest("OFFICE", "office", ["CF"], list(Scope))
    table, now = stage.world.table, stage.world.time()
    return is_told(stage.command("create_login", partial(create_login, asked, table=table, now=now)))


def is_told(answer: str) -> bool:
    """Return whether a password, which is drawn, or how to get one is told."""
    return bool(answer)


@scene("rotate_login", "with a password that is known", before=with_login)
def rotate_password(stage: Stage) -> Any:
    table, now = stage.world.table, stage.world.time()
    stage.known["password"] = stage.command("rotate_login", partial(rotate_login, "POS", "till", table=table, now=now))


@scene("revoke_login", "the only one", before=with_login)
def end_login(stage: Stage) -> Any:
    table, now = stage.world.table, stage.world.time()
    return stage.command("revoke_login", partial(revoke_login, "POS", "till", table=table, now=now))


@scene("require_partner", "the list of keys")
def list_keys(stage: Stage) -> Any:
    table = stage.world.table

    def run() -> Any:
        require_partner("OFFICE", table)
        return [key.partner.id for key in active_keys(table, "OFFICE")]

    return stage.command("require_partner", run)


@scene("merchants_of", "before a file is sent")
def who_may_send(stage: Stage) -> Any:
    return stage.command("merchants_of", lambda: merchants_of("OFFICE", stage.world.table))


@scene("view_of", "the list of uploads", before=dropped)
def list_uploads(stage: Stage) -> Any:
    table, now = stage.world.table, stage.world.time()

    def run() -> Any:
        found = [read_upload(table, upload_id) for upload_id in latest_uploads(table, 20)]
        return [view_of(one, table=table, now=now).tally.counts for one in found if one]

    return stage.command("view_of", run)


@scene("verify_journal", "of all kinds of events", before=owed)
def verify(stage: Stage) -> Any:
    run = partial(verify_journal, stage.world.table, settle=stage.world.scheduler.sleep)
    return stage.command("verify_journal", run)


def given_up(stage: Stage) -> None:
    """Have files that nobody has posted, told of or imported."""
    drop(stage)
    drop_records(stage)


@scene("redrive", "a chunk and an import", before=given_up, down=("post_batch", "import_reference"))
@scene("redrive", "a closing", before=dropped, down=("close_upload",))
def take_up_again(stage: Stage) -> Any:
    world = stage.world
    letters = DeadLetters(
        Lane(world.queue("ChunkQueue"), world.queue("DeadChunkQueue")),
        Lane(world.queue("CloseQueue"), world.queue("DeadCloseQueue")),
        FailedCalls(world.queue("FailedCallQueue"), lambda called, event: world.function(called).call_later(event)),
    )
    run = count(1)
    while any(world.queues[KNOWN[name]].messages for name in DEAD):
        stage.command("redrive", lambda: redrive(None, f"run-{next(run)}", letters, table=world.table))
        world.scheduler.sleep(HIDDEN_SECONDS + 1)


DEAD = ("DeadChunkQueue", "DeadCloseQueue", "FailedCallQueue")
"""Queues whose alarms tell operators to run it, again if need be."""
