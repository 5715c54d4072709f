"""What a world has come to, in a form that two worlds can be compared in: all of it, but for what is named here."""

import json
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from loyalty.store.attributes import Item
from tests.simulation.world import Answer, World

State = Counter[str]

MOMENTS = ("posted_on", "created_on", "updated_on", "closed_on")
BLANK = "*"
REHEARSED = ("DRY_RUN#", "rehearsed_")
"""How the sort keys of items that a dry run would write begin, and their attributes."""


@dataclass(frozen=True)
class Difference:
    """What may differ, and why: attributes whose names match `names`, of items whose sort key matches `of`."""

    of: str
    names: str
    why: str


ATTRIBUTES = (
    Difference("", "(posted|created|updated|revoked|closed)_on|expires_at", "A call that is made again is made later."),
    Difference("EVENT", "pointer", "The id that leads to a classic purchase follows from its number."),
    Difference("EVENT.*", "personal|salt", "Salts are drawn, and hashed with what is personal."),
    Difference("EVENT.*|WALLET", "hash|head", "Hashes are of all this as well; `loyalty verify` proves them."),
    Difference("NUMBERS", "purchase|award|spend|spend_request", "What a dead container had leased is skipped."),
    Difference(
        "DRY_RUN#NUMBERS", "revision", "How often it was written, see above; what a dry run would write is told alike."
    ),
    Difference("VERSION", "version", "Each import draws the version of the programme."),
    Difference("[0-9]{4}-[0-9]{2}", "secret", "The secret of a month is drawn."),
    Difference("SEGMENT#.*", "location", "Each attempt at a segment draws the name of its object."),
    Difference("CHUNK#.*", "results", "Each attempt at a chunk draws the name of its outcomes."),
    Difference("(KEY|LOGIN).*", "(key|login|password)_hash|key_id", "API keys and passwords are drawn."),
    Difference("-|[0-9a-f]{16}", "guesses_.*", "A pass code that is shown again is another try, until it is right."),
)
"""Attributes of items."""

NAMES = (
    Difference("KEY", "KEY#(.*)", "API keys are drawn."),
    Difference("REVOKED_KEY", "REVOKED_KEY#[^#]+#(.*)", "API keys are drawn."),
    Difference("OTP", "OTP#(.*)", "One-time passwords are drawn."),
    Difference("CONTACT_OTP", "OTP#(.*)", "One-time passwords are drawn."),
)
"""Parts of partition keys."""

MORE = {
    "OTP#": "A one-time password whose answer was lost is nobody's, and good for five minutes.",
    "TRIES#OTP#": "A call that is made again shows a one-time password that is used up by then, which counts.",
    "TRIES#LOGIN#": "An attempt to log in that is made again counts again, maybe in another quarter of an hour.",
    "REVOKED_KEY#": "A key whose answer was lost is replaced, and known as revoked.",
}
"""Items of which there may be more, by how their partition keys begin."""

OTHERS = (
    "numbers of purchases, awards and spends, in events and answers: what a dead container had leased is skipped.",
    "`performed_on` of a cancellation, and of spends in classic answers: it is when the call was made.",
    (
        "uploads that a call asks for: each call draws another one. What their entries post is compared, and how "
        "many are posted, refused and failed; their results are not."
    ),
    (
        "`created`, `updated` and `unchanged` records of an import, which are counted as one: what was imported by a "
        "call that died before it told is `unchanged` to the next one."
    ),
    (
        "objects that only attempts know (`attempts/`, `closings/`, `outcomes/`, `proofs/`, `chunks/`), as each "
        "attempt has its own: what they come to is in the results."
    ),
    "in an answer, what is drawn with each call: tokens, passwords, forms and links.",
)
"""What else may differ, as the page tells it; the code of each is below, or in the `drawn` of a scenario."""

IMPORTED = {"created", "updated", "unchanged"}
"""Statuses of records that are not told apart: what a call had imported that died before it told is `unchanged` to the
next one."""

WORK = ("attempts/", "chunks/", "closings/", "outcomes/", "proofs/")
"""Objects of the work bucket that only attempts know; what they come to is in the results."""


def state_of(world: World) -> State:
    """Return what the table and the buckets hold, as texts to compare, each as often as it is there."""
    with world.calm():
        items = list(world.table.scan())
    asked_for = frozenset(_asked_for(items))
    state: State = Counter()
    for item in items:
        if not any(upload_id in f"{item['pk']} {item['sk']}" for upload_id in asked_for):
            text = _item_text(item, asked_for)
            state[text] = 1 if text.startswith(tuple(MORE)) else state[text] + 1
    return state + Counter(_objects(world, asked_for))


def _asked_for(items: list[Item]) -> Iterator[str]:
    """Return the ids of uploads that were asked for by a call; each such call draws another one."""
    for item in items:
        if item["sk"] == "UPLOAD":
            upload_id = item["pk"].removeprefix("UPLOAD#")
            if upload_id in item["key"].split("/"):
                yield upload_id


def _item_text(item: Item, asked_for: frozenset[str]) -> str:
    pk, sk = item["pk"], item["sk"]
    for name in NAMES:
        if name.of == sk and (found := re.fullmatch(name.names, pk)):
            pk = pk.replace(found[1], BLANK)
    if sk == "EVENT" and "event_id" in item:
        pk = f"pointer to {item['event_id']}"
    if pk == "UPLOADS":
        sk = sk.partition("#")[2]
    places = (sk, sk.removeprefix(REHEARSED[0]))
    blank = [one.names for one in ATTRIBUTES if not one.of or any(re.fullmatch(one.of, place) for place in places)]
    if item.get("event_type") == "CANCELLATION":
        blank.append("performed_on")
    if IMPORTED & item.keys():
        item = _in_one(item)
    told = {
        name: BLANK
        if any(re.fullmatch(names, name.removeprefix(REHEARSED[1])) for names in blank)
        else _told(name, value)
        for name, value in item.items()
        if name not in ("pk", "sk") and not name.startswith("guesses_")
    }
    text = f"{pk} {sk} {json.dumps(told, sort_keys=True, default=str)}"
    for upload_id in asked_for:
        text = text.replace(upload_id, BLANK)
    return text


def _in_one(counts: Mapping[str, Any]) -> dict[str, Any]:
    """Return counts with one for all that was imported."""
    imported = sum(int(counts.get(name, 0)) for name in IMPORTED)
    return {**{name: count for name, count in counts.items() if name not in IMPORTED}, "imported": imported}


def _told(name: str, value: Any) -> Any:
    if name.endswith("document") and isinstance(value, bytes):
        return without(json.loads(zlib.decompress(value)), ("number", "request_number", "unspent_request"))
    return value


def _objects(world: World, asked_for: frozenset[str]) -> Iterator[str]:
    for bucket in world.buckets.values():
        for key, versions in bucket.objects.items():
            if key.startswith(WORK) or any(upload_id in key for upload_id in asked_for):
                continue
            text = versions[-1].data.decode(errors="replace")
            if key.endswith("summary.json"):
                text = json.dumps(_in_one(without(json.loads(text), MOMENTS)), sort_keys=True)
            elif key.startswith("results/reference/"):
                text = re.sub(r'"status":"(created|updated|unchanged)"', '"status":"imported"', text)
            yield f"{key} {text}"


def more(state: State) -> State:
    """Return what there is in a state beyond what there may be more of."""
    return Counter({text: count for text, count in state.items() if not text.startswith(tuple(MORE))})


def answer_of(answer: Any, drawn: tuple[str, ...]) -> Any:
    """Return an answer without what is drawn anew with each call, or tells when that was."""
    if not isinstance(answer, Answer):
        return answer
    return answer.status, without(json.loads(answer.text or "null"), (*drawn, *MOMENTS))


def without(value: Any, names: tuple[str, ...]) -> Any:
    """Return a value of JSON without fields of these names."""
    match value:
        case Mapping():
            return {name: without(one, names) for name, one in value.items() if name not in names}
        case list():
            return [without(one, names) for one in value]
    return value
