"""Files of purchases: in every format, by form or put into the bucket, with faulty and repeated rows, and their results
sent again."""

import gzip
from collections.abc import Mapping
from itertools import chain
from typing import Any

from loyalty import exactjson
from tests.simulation.operations import baskets
from tests.simulation.operations.caller import Caller, operation
from tests.simulation.operations.load import Body, SentFile
from tests.tables import scenario
from tests.uploads import COLUMNS

FORMATS = ("jsonl", "jsonl", "csv", "csv", "json")
UNREADABLE = '{"cim": '


@operation(12)
def upload(caller: Caller) -> int:
    """Send a file of purchases; some of its rows are faulty, were sent before, or are there twice; at times they have a
    status of the caller's own, which says nothing of what was posted."""
    caller.partner = caller.chance.choice(("OFFICE", "SHOPS", "KIOSKS"))
    name, count, kind = caller.load.name(), caller.count(), caller.chance.choice(FORMATS)
    rows = [_row(caller, f"{name}-{place}", kind) for place in range(count)]
    if caller.happens(0.3):
        rows.append(dict(caller.chance.choice(rows)))
    if caller.happens(0.3):  # many rows of one wallet have an order to keep
        one = f"CIM-{caller.wallet()}"
        rows = [
            {**row, "cim": one} if "cim" in row and row["reference_number"].startswith(f"REF-{name}-") else row
            for row in rows
        ]
    status = caller.chance.choice(("posted", "replayed", "open")) if caller.happens(0.2) else ""
    data, told = _csv(rows, status) if kind == "csv" else _json(rows, status, lines=kind == "jsonl")
    is_whole = not caller.happens(0.4)
    if caller.happens(0.3):
        kind, data = f"{kind}.gz", gzip.compress(data, mtime=0)
        data = data if is_whole else data[:-9]
    elif kind == "json":
        data = data if is_whole else data[:-1]
    else:
        is_whole = True
    _send(caller, f"{name}.{kind}", data, rows=tuple(told), is_whole=is_whole)
    return count


@operation(2)
def upload_what_is_no_file(caller: Caller) -> int:
    """Put a file into the bucket that nothing can be read of, or that nobody may have sent."""
    name = caller.load.name()
    key, data = caller.chance.choice(
        (
            (f"uploads/OFFICE/{name}.csv", b"colour,size\nred,1\n"),
            (f"uploads/OFFICE/{name}.jsonl", b""),
            (f"uploads/OFFICE/{name}.txt", b"1"),
            (f"uploads/NOBODY/{name}.jsonl", b"{}\n"),
        )
    )
    caller.drop(key, data, rows=(), partner=key.split("/")[1], is_whole=False)
    return 1


@operation(12)
def show_upload(caller: Caller) -> int:
    """Look at how far a file is."""
    if (sent := _sent(caller)) is not None:
        caller.send("GET", f"/uploads/{sent.upload}")
    return 1


@operation(4)
def send_result_again(caller: Caller) -> int:
    """Send the result of a file as another file: what was posted stays, what was a dry run is posted now."""
    sent = _sent(caller)
    if sent is None:
        return upload(caller)
    answer = caller.send("GET", f"/uploads/{sent.upload}")
    link = answer.body["result_url"] if answer.status == 200 else None
    if link is None or not sent.is_whole:
        return 1
    name = f"{caller.load.name()}.{link.partition('?')[0].rpartition('.result.')[2]}"
    _send(caller, name, caller.world.fetched(link), rows=sent.rows)
    return len(sent.rows)


@operation(2)
def use_a_form_twice(caller: Caller) -> int:
    """Send another file with a form that was used: nothing of that is posted."""
    sent = _sent(caller)
    if sent is None or sent.key.count("/") != 3:
        return upload(caller)
    if caller.send("GET", f"/uploads/{sent.upload}").body.get("state", "EXPECTED") != "EXPECTED":
        caller.drop(sent.key, b"{}\n", rows=(), partner=sent.partner, is_whole=False)
    return 1


def _send(caller: Caller, name: str, data: bytes, **told: Any) -> None:
    """Send a file, with a form or into the folder, to be posted or for a dry run."""
    is_dry_run = caller.happens(0.2)
    told = {"partner": caller.partner, "is_dry_run": is_dry_run, **told}
    if caller.happens(0.5):
        notes = {"dry-run": "true"} if is_dry_run else None
        caller.drop(f"uploads/{caller.partner}/{name}", data, notes, **told)
        return
    answer = caller.send("POST", "/uploads", {"name": name, "dry_run": is_dry_run})
    if answer.status == 200:
        caller.drop(answer.body["fields"]["key"], data, upload=answer.body["id"], **told)


def _sent(caller: Caller) -> SentFile | None:
    """Return a file of late, and call as its partner; None if there is none."""
    files = [sent for sent in caller.load.files[-12:] if sent.partner in caller.load.api_keys]
    if not files:
        return None
    sent = caller.chance.choice(files)
    caller.partner = sent.partner
    return sent


def _row(caller: Caller, name: str, kind: str) -> Body:
    """Return a row: a purchase of either API as far as the format has room, faulty at times, or one of before."""
    drawn = caller.chance.random()
    if drawn < 0.05 and caller.load.bought:
        body = dict(caller.chance.choice(caller.load.bought[-30:])[1])
        if kind != "csv" or _fits(body):
            return body
    row = baskets.row(caller, name)
    if drawn < 0.12:
        wrong: tuple[Body, ...] = (
            {"products": [scenario.line("NONESUCH", "4")]},
            {"cim": "CIM-NOBODY"},
            {"merchant_tap": {"code": "NOWHERE"}},
        )
        return {**row, **caller.chance.choice(wrong)}
    if kind == "csv":
        return row
    if drawn < 0.2:
        return {**row, "spend_request": baskets.spend_request(caller)}
    if drawn < 0.35:
        return baskets.entry(caller, name, f"REF-{name}")
    if drawn < 0.37:
        return {}
    return row


def _fits(body: Body) -> bool:
    return {name.partition(".")[0] for name in COLUMNS} == body.keys()


def _json(rows: list[Body], status: str, *, lines: bool) -> tuple[bytes, list[Body]]:
    """Return a file of JSON; an empty row is one that cannot be read, where each row has a line."""
    own = {"status": status} if status else {}
    texts = [exactjson.dumps({**row, **own}) if row or not lines else UNREADABLE for row in rows]
    text = "".join(f"{one}\n" for one in texts) if lines else f"[{','.join(texts)}]"
    return text.encode(), rows


def _csv(rows: list[Body], status: str) -> tuple[bytes, list[Body]]:
    """Return a file of CSV, a row for each line of a purchase, and what each row is of."""
    own = [status] if status else []
    cells = [[(row, _cells(row, goods)) for goods in row["products"]] for row in rows]
    lines = list(chain.from_iterable(cells))
    columns = [*COLUMNS, "status"] if status else COLUMNS
    text = "\n".join([",".join(columns), *(",".join([line, *own]) for _, line in lines)])
    return f"{text}\n".encode(), [row for row, _ in lines]


def _cells(row: Mapping[str, Any], goods: Mapping[str, Any]) -> str:
    values = (
        row["cim"],
        row["reference_number"],
        row["performed_on"],
        row["merchant_tap"]["code"],
        *(goods[name.partition(".")[2]] for name in COLUMNS[4:]),
    )
    return ",".join(map(str, values))
