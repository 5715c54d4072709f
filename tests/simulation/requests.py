"""What callers asked for, as the model is told of it: calls of both APIs, entries of bulk calls, rows of files.

What the model says nothing of is named here, in `NOT_OF_THE_MODEL`, and nowhere else: what is neither there nor in
`ROUTES` fails a run.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from loyalty.domain.purchases.purchase import RowOrigin
from tests.model.history import BULK, CANCEL, CREATE, CREATE_SPEND, NEWEST, PREVIEW, PURCHASE, RETURN, Entry
from tests.model.purchase import Partner
from tests.simulation.operations import KEYS, Told
from tests.simulation.operations.load import code_of

Json = Mapping[str, Any]

NOT_OF_THE_MODEL: Mapping[str, str] = {
    r"POST /authentication/.*": "tokens are access, not money",
    r"POST /access_tokens/.*": "one-time passwords are access; `one_time_passwords_are_used_once` looks at them",
    r"POST /uploads": "an upload form moves nothing; the file that it lets in is judged row by row",
    r"GET /uploads/.*": "how far a file is moves nothing; its rows are judged",
    r"POST /customer_events/purchases/preview": "the model has no classic preview",
    r"POST /customer_events/purchases/(show|cancel)": "`invariants/classic.py` looks at what was told",
}
"""Calls that the model has no answer to, and why."""

PURCHASES: Mapping[str, str] = {
    "POST /purchases": NEWEST,
    "POST /customer_events/purchases/create": CREATE,
    "POST /customer_events/purchases/create_spend": CREATE_SPEND,
}
"""Calls that post one purchase, and what their bodies speak."""

BULK_CALL = "POST /customer_events/bulk/purchases/create"
TAKING_BACK = re.compile(r"POST /purchases/(?P<id>[^/]+)/(?P<verb>cancel|returns)")
READING = re.compile(r"GET /(?P<what>purchases|wallets)/(?P<id>[^/]+)(?P<journal>/journal)?")
MERCHANTS = {one.partner_id: tuple(one.merchants) for one in KEYS if "*" not in one.merchants}
"""The merchants of partners that may not act for all."""

SECRETS = ("pass_code", "one_time_password")
"""What a customer shows beside a card, or in its place: the model knows none, so cannot say who is refused for it."""


@dataclass(frozen=True)
class Request:
    """A purchase that somebody asked for.

    Attributes:
        partner: Who asked.
        body: What for.
        api: What the body speaks.
        key: What it is known by beside the body, where it is.
        told: The id that it was answered with, None where it was not answered so.
        row: The row of a file that it is, 0 where it is none.
        faults: The codes of all that was said to be wrong with it, whose order means nothing.
    """

    partner: str
    body: Json
    api: str = NEWEST
    key: str | None = None
    told: str | None = None
    row: int = 0
    faults: frozenset[str] = frozenset()

    @property
    def reference(self) -> str | None:
        """The reference number that it names."""
        inner = self.body.get("purchase_customer_event", self.body)
        return inner.get("reference_number") if isinstance(inner, Mapping) else None

    @property
    def names(self) -> frozenset[str]:
        """The names that tell that an equal request, or another one under the same name, was posted before."""
        inner = self.body.get("purchase_customer_event", self.body)
        bodies = [body for body in (self.body, inner) if isinstance(body, Mapping)]
        fields = ("id", "reference_number", "external_system_reference_number")
        given = [body.get(field) for body in bodies for field in fields]
        return frozenset(str(name) for name in (*given, self.key) if name)

    @property
    def hides_faults(self) -> bool:
        """Whether an answer may name another fault than the model, which looks at promo codes last: of several, the
        classic API and files tell the code of the first."""
        return "promo_code" in self.body and (self.api != NEWEST or self.row > 0)

    @property
    def shows_a_secret(self) -> bool:
        """Whether the customer shows more than a card."""
        shown = self.body.get("accounts_receivable_identifier", {}).get("access_token_identifier", {})
        return any(name in shown for name in SECRETS)

    def entry(self, moment: float, kind: str = PURCHASE) -> Entry:
        """Return it as an entry of the model's history."""
        return Entry(int(moment), kind, partner(self.partner), dict(self.body), api=self.api, key=self.key)


def partner(name: str) -> Partner:
    """Return a partner as the model knows it."""
    return Partner(name, MERCHANTS.get(name))


def route(told: Told) -> str:
    """Return the method and the path of a call, without what follows a question mark."""
    return f"{told.method} {told.path.partition('?')[0]}"


def is_of_the_model(told: Told) -> bool:
    """Tell whether the model has an answer to a call.

    Raises:
        LookupError: nobody has said whether it has.
    """
    asked = route(told)
    if any(re.fullmatch(pattern, asked) for pattern in NOT_OF_THE_MODEL) or told.answer.status in (202, 401, 403, 413):
        return False
    if asked in PURCHASES or asked in (BULK_CALL, "POST /purchases/preview"):
        return isinstance(told.body, Mapping)
    if TAKING_BACK.fullmatch(asked) or READING.fullmatch(asked):
        return True
    raise LookupError(f"{asked} is neither judged nor in NOT_OF_THE_MODEL")


def requested(told: Told) -> Iterator[tuple[Request, str | None]]:
    """Return the purchases that a call asked for, each with the code that it was refused with, if it was."""
    asked, key = route(told), told.headers.get("Idempotency-Key")
    if asked in PURCHASES:
        api = PURCHASES[asked]
        found = _id(told.answer.body, api) if told.answer.status == 200 else None
        yield Request(told.partner, told.body, api, key, found, faults=faults_of(told)), refusal(told)
    elif asked == BULK_CALL:
        yield from _entries(told, key)


def places_of_entries(told: Told) -> dict[tuple[str, str], RowOrigin]:
    """Return the place of each entry of a bulk call, by its partner and reference number: the reference number of the
    call's first entry, which no other call has, and the entry's own number there. There is none of any other call."""
    if route(told) != BULK_CALL:
        return {}
    names = [entry["reference_number"] for entry in told.body["purchase_customer_events_set"]]
    return {(told.partner, name): RowOrigin(names[0], number) for number, name in enumerate(names, 1)}


def _id(body: Json, api: str) -> str:
    if api == NEWEST:
        return str(body["id"])
    data = body["data"]
    return str(data["id"] if "id" in data else data["purchase_customer_event"]["id"])


def _entries(told: Told, key: str | None) -> Iterator[tuple[Request, str | None]]:
    body = told.answer.body
    data = body.get("data") or {} if told.answer.status == 200 else {}
    posted = {one["request_unique_identifier"]: one["id"] for one in data.get("processed_customer_events_set", ())}
    refused = {
        one["request_unique_identifier"]: one["error_code"] for one in data.get("unprocessed_customer_events_set", ())
    }
    shared = {name: value for name, value in told.body.items() if name != "purchase_customer_events_set"}
    for entry in told.body["purchase_customer_events_set"]:
        name = entry["request_unique_identifier"]
        yield Request(told.partner, {**shared, **entry}, BULK, key, posted.get(name)), refused.get(name)


def refusal(told: Told) -> str | None:
    """Return the code that a call was refused with, None where it was not."""
    if told.answer.status == 200:
        return None
    return code_of(told.answer)


def faults_of(told: Told) -> frozenset[str]:
    """Return the codes of all faults that an answer tells."""
    body = told.answer.body if told.answer.text else {}
    errors = body.get("errors", ()) if isinstance(body, Mapping) else ()
    return frozenset(one["code"] for one in errors)


def previewed(told: Told) -> Entry:
    """Return a preview of the newest API as an entry."""
    return Request(told.partner, told.body).entry(told.began, PREVIEW)


def taken_back(told: Told, number: int | None, moment: float) -> Entry:
    """Return a cancellation or a return of a purchase as an entry."""
    kind = CANCEL if told.path.endswith("/cancel") else RETURN
    return Entry(int(moment), kind, partner(told.partner), dict(told.body or {}), of=number)


def row_api(body: Json) -> str:
    """Return what the body of a row speaks."""
    if "purchase_customer_event" in body:
        return CREATE_SPEND
    if "request_unique_identifier" in body:
        return BULK
    return CREATE if "products_set" in body else NEWEST
