"""Purchases of the usual shape are read by structs: whatever a body says, the model of all bodies says the same."""

import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from loyalty import exactjson
from loyalty.api.newest import purchase_requests
from loyalty.api.newest.purchase_requests import CreatePurchase, PurchaseItem, read_purchase
from loyalty.domain.errors import Refused
from loyalty.domain.fingerprint import FORM
from loyalty.domain.rows.chunk import ChunkEntry
from loyalty.domain.rows.layout import FileFormat, Layout
from loyalty.domain.validation import Unreadable
from loyalty.usecases.uploads.row_body import read_row
from tests.hostile.csv_rows import CSV
from tests.hostile.files import FILES
from tests.hostile.json_rows import JSON
from tests.uploads import NOW, body

ROWS = 10_000
MAX_LINES = 100
"""Of a hostile file: some have very many that are alike."""

FORMS = (None, *range(1, FORM + 1))

TEXTS = [
    "A",
    "42",
    "x" * 255,
    "x" * 256,
    "",
    " ",
    " A ",
    "\u00e9",
    "A\u00a0",
    "\u2028",
    "a\x7f",
    'a"b',
    "a\\b",
    "\ud800",
]
NUMBERS = [
    *(0, 1, 2, -1, True, False, 10**12, 9 * 10**11),
    *map(Decimal, ["0", "0.00", "-0.00", "1.50", "14.15", "0.00001", "15.190000000000001", "1E+2", "1E+400", "-1"]),
    *map(Decimal, ["0.00010", "0.30000000000000004", "999999999999.9999", "NaN", "Infinity"]),
]
SECONDS = [1572423477, Decimal("1572423477.0"), Decimal("1572423477.5"), 20260115, 1572423477000, "1572423477", True]
ODD: list[Any] = [None, "", [], {}, "A", 1, Decimal("1.5"), True, [1], {"id": "A"}, [[]], Unreadable("It was damaged.")]
NAMED = [{"id": "A"}, {"code": "B"}, {"id": "A", "code": "B"}, {}, {"id": ""}, {"id": None, "code": "B"}, {"name": "N"}]
AMOUNTS = ["quantity", "net_amount", "tax_amount", "total_amount"]


def outcome(said: Any) -> Any:
    """Return all that a body asks for, with how its numbers are written; or what is wrong with it."""
    try:
        request = read_purchase(said, NOW)
    except Refused as refused:
        return refused.problems
    forms = [request.fingerprint.in_form(form) for form in FORMS]
    return request, repr((request.lines, request.spend)), forms


def both_say_the_same(said: Any, patch: pytest.MonkeyPatch) -> bool:
    """Return whether a body is of the usual shape; it says the same if it is read by the model."""
    is_usual = purchase_requests._read_usual(said) is not None
    found = outcome(said)
    with patch.context() as thorough:
        thorough.setattr(purchase_requests, "_read_usual", lambda _: None)
        assert outcome(said) == found, said
    return is_usual


def line(chance: random.Random) -> dict[str, Any]:
    """Return a line that adds up."""
    net, tax = (Decimal(chance.randrange(100_000)).scaleb(-chance.randrange(5)) for _ in range(2))
    item = {"product_sku": f"P{chance.randrange(99)}", "net_amount": net, "tax_amount": tax, "total_amount": net + tax}
    return item | ({"quantity": chance.randrange(1, 9)} if chance.random() < 0.9 else {})


def good(chance: random.Random) -> dict[str, Any]:
    """Return a body, its fields in any order."""
    said: dict[str, Any] = {
        chance.choice(["cim", "contact_id"]): f"C{chance.randrange(99)}",
        "reference_number": str(chance.randrange(10**9)),
        chance.choice(["merchant_tap", "outlet_tap"]): {chance.choice(["id", "code"]): "M"},
        "products": [line(chance) for _ in range(chance.randrange(1, 6))],
    }
    more = {
        "performed_on": 1572423477 + chance.randrange(10**6),
        "classification": {chance.choice(["id", "code", "name"]): "K"},
        "currency_code": "EUR",
        "payment_medium_identifier": "4242",
        "spend_request": {chance.choice(["amount", "alternative_amount"]): chance.choice([1, Decimal("2.10")])},
        "promo_code": "P",
    }
    said |= {name: value for name, value in more.items() if chance.random() < 0.3}
    return dict(chance.sample(sorted(said.items()), len(said)))


def spoilt(said: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """Return a body with something else in some fields, of which the model knows or not."""
    for _ in range(chance.randrange(1, 3)):
        name = chance.choice([*CreatePurchase.model_fields, "promocode", "event_id"])
        said[name] = chance.choice([*ODD, *TEXTS, *NAMED, *NUMBERS, *SECONDS])
        items = said.get("products")
        if isinstance(items, list) and items and isinstance(items[-1], dict) and chance.random() < 0.7:
            field = chance.choice([*PurchaseItem.model_fields, *AMOUNTS, "tax"])
            items[-1][field] = chance.choice([*NUMBERS, *NUMBERS, *ODD, *TEXTS])
        said.pop(chance.choice(sorted(said)) if chance.random() < 0.1 else "", None)
    return said


def test_ten_thousand_rows_say_the_same_to_the_structs_and_to_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(7)
    usual = [both_say_the_same(good(chance), monkeypatch) for _ in range(ROWS // 2)]
    spoiled = [both_say_the_same(spoilt(good(chance), chance), monkeypatch) for _ in range(ROWS // 2)]

    assert all(usual)
    assert 0 < sum(spoiled) < len(spoiled) / 2


@pytest.mark.parametrize("name", ["cim", "reference_number", "promo_code", "performed_on", "products", "merchant_tap"])
@pytest.mark.parametrize("value", [*ODD, *TEXTS, *NAMED, *NUMBERS, *SECONDS], ids=repr)
def test_a_field_says_the_same_whatever_is_in_it(name: str, value: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    both_say_the_same(exactjson.loads(body("R")) | {name: value}, monkeypatch)


@pytest.mark.parametrize("name", [*PurchaseItem.model_fields, "tax"])
@pytest.mark.parametrize("value", [*ODD, *TEXTS, *NUMBERS], ids=repr)
def test_a_line_says_the_same_whatever_is_in_it(name: str, value: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    said = exactjson.loads(body("R"))
    said["products"][0][name] = value
    both_say_the_same(said, monkeypatch)


def test_a_number_that_was_read_is_still_no_truth(monkeypatch: pytest.MonkeyPatch) -> None:
    for amount in (1, True, Decimal("1.0"), False, 0):
        said = exactjson.loads(body("R"))
        said["products"].append({"product_sku": "P", "net_amount": amount, "tax_amount": 0, "total_amount": amount})
        assert both_say_the_same(said, monkeypatch) == (type(amount) is not bool)


def hostile_rows() -> Iterator[Any]:
    """Yield what the lines of hostile files say, each by itself, as far as they can be read."""
    for hostile in [*FILES, *CSV, *JSON]:
        first, *others = hostile.data().splitlines() or [b""]
        columns = tuple(first.decode("utf-8", "replace").split(","))
        kind = FileFormat.CSV if hostile.name.endswith(".csv") else FileFormat.JSON_LINES
        for row in (others if kind is FileFormat.CSV else [first, *others])[:MAX_LINES]:
            try:
                yield read_row(Layout(kind, columns), ChunkEntry(1, (row,))).body
            except (Refused, ValueError):
                continue


def test_every_line_of_hostile_files_says_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = [both_say_the_same(said, monkeypatch) for said in hostile_rows()]

    assert 0 < sum(usual) < len(usual)
