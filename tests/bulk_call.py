"""A bulk call of a thousand mixed entries, of fifty wallets, forty of them bad in eight ways; and what has to become of
it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Any

from loyalty.domain.errors import Code
from loyalty.exactjson import dumps
from loyalty.store.dynamo_table import DynamoTable
from loyalty.usecases.reference.import_records import import_records

ENTRIES, WALLETS, BAD_OF_A_KIND = 1000, 50, 5

Body = dict[str, Any]
_ACCOUNTS = [f"BULK-{number}" for number in range(WALLETS)]


@dataclass
class BulkCall:
    """The entries; of those that are to be processed, the ids in order; of the others, the codes by id, in order; and
    what each wallet holds after them."""

    entries: list[Body] = field(default_factory=list)
    processed: list[str] = field(default_factory=list)
    unprocessed: dict[str, Code] = field(default_factory=dict)
    balances: dict[str, Decimal] = field(default_factory=lambda: dict.fromkeys(_ACCOUNTS, Decimal(0)))


def import_wallets(table: DynamoTable) -> None:
    """The accounts of the call, each with a card; and one that is suspended."""
    records: list[Body] = []
    for number in _ACCOUNTS:
        records.append({"type": "account", "id": number, "number": number})
        records.append({"type": "access_token", "id": f"T-{number}", "account": number, "authentication_code": number})
    records.append({"type": "account", "id": "GONE", "number": "GONE", "life_cycle_state": "SUSPENDED"})
    _import(records, table)


def import_cards(table: DynamoTable, cards: int) -> None:
    """Accounts by `CARD-0`, `CARD-1` and so on, each with a card that has a pass code of its own."""
    records: list[Body] = []
    for name, pass_code in _pass_codes(cards).items():
        records.append({"type": "account", "id": name, "number": name})
        card = {"id": name, "identifier": name, "pass_code": pass_code}
        records.append({"type": "access_token", "account": name, **card})
    _import(records, table)


def code_entries(cards: int) -> list[Body]:
    """Entries that show those cards with their pass codes, one each."""
    shown = ({"identifier": name, "pass_code": pass_code} for name, pass_code in _pass_codes(cards).items())
    return [
        _coffee(place, "") | {"accounts_receivable_identifier": {"access_token_identifier": card}}
        for place, card in enumerate(shown)
    ]


def _pass_codes(cards: int) -> dict[str, str]:
    return {f"CARD-{number}": f"{2468 + number}" for number in range(cards)}


def _import(records: Iterable[Body], table: DynamoTable) -> None:
    summary = import_records([dumps(record).encode() for record in records], table=table, now=datetime.now(UTC))
    assert not summary.refused, summary.refused


def bulk_call() -> BulkCall:
    """Return the call, the same each time. The first hundred entries are good."""
    call = BulkCall()
    places = Random(1).sample(range(2 * WALLETS, ENTRIES), BAD_OF_A_KIND * len(_BAD))
    bad = {place: _BAD[number % len(_BAD)] for number, place in enumerate(places)}
    turns = dict.fromkeys(_ACCOUNTS, 0)
    for place in range(ENTRIES):
        account = _ACCOUNTS[place % WALLETS]
        if place in bad:
            code, spoil = bad[place]
            call.entries.append(spoil(_coffee(place, account)))
            call.unprocessed[str(place)] = code
        else:
            make, earned = _GOOD[turns[account] % len(_GOOD)]
            turns[account] += 1
            call.entries.append(make(place, account))
            call.processed.append(str(place))
            call.balances[account] += Decimal(earned)
    return call


def _entry(place: int, account: str, *lines: Body, **fields: Any) -> Body:
    return {
        "request_unique_identifier": str(place),
        "accounts_receivable_identifier": {"number": account},
        "performed_by_business_unit_identifier": {"code": "CD123456"},
        "performed_on": "2026-01-15T12:00:00",
        "reference_number": f"RF{place}",
        "products_set": list(lines),
        **fields,
    }


def _line(code: str, net: str, vat: str = "0") -> Body:
    amounts = {"net_amount": Decimal(net), "vat_amount": Decimal(vat), "total_amount": Decimal(net) + Decimal(vat)}
    return {"product_identifier": {"code": code}, **amounts}


def _coffee(place: int, account: str) -> Body:
    """Earns 5% of 100."""
    return _entry(place, account, _line("FREDESPR001", "100", "24"))


def _elsewhere(place: int, account: str) -> Body:
    """Earns nothing; its external reference is its wallet's and its place's."""
    unit = {"performed_by_business_unit_identifier": None, "performed_by_unit_identifier": {"name": "Admin Unit"}}
    external = {"external_system": "POS", "external_system_reference_number": f"{account}-{place}"}
    entry = _entry(place, account, _line("Bronze", "50", "10"), **unit, **external)
    return {name: value for name, value in entry.items() if value is not None}


def _breakfast(place: int, card: str) -> Body:
    """Earns 5% of the coffee, 60; the card is shown."""
    lines = (_line("FREDESPR001", "60"), _line("Serendipity", "20", "2"), _line("Bronze", "9.99", "0.01"))
    shown = {"access_token_identifier": {"authentication_code": card}}
    return _entry(place, card, *lines, accounts_receivable_identifier=shown, udf_string_1="breakfast")


def _paid(place: int, account: str) -> Body:
    """Spends 4 of what earlier entries earned, and earns 5."""
    return _coffee(place, account) | {"spend_request": {"spend_amount": 4}}


_GOOD: list[tuple[Callable[[int, str], Body], str]] = [
    (_coffee, "5"),
    (_elsewhere, "0"),
    (_breakfast, "3"),
    (_paid, "1"),
]
"""What the entries of a wallet are in turn, and what each brings to its balance."""


def _taken(entry: Body) -> Body:
    """With the external reference of the second entry of its wallet, which says something else."""
    account = entry["accounts_receivable_identifier"]["number"]
    reference = f"{account}-{WALLETS + _ACCOUNTS.index(account)}"
    return entry | {"external_system": "POS", "external_system_reference_number": reference}


def _without_reference_number(entry: Body) -> Body:
    return {name: value for name, value in entry.items() if name != "reference_number"}


_BAD: list[tuple[Code, Callable[[Body], Body]]] = [
    (Code.NOT_FOUND, lambda entry: entry | {"accounts_receivable_identifier": {"number": "ACR00008"}}),
    (Code.NOT_FOUND, lambda entry: entry | {"products_set": [_line("NOTHING", "1")]}),
    (Code.MANDATORY, _without_reference_number),
    (Code.INVALID, lambda entry: entry | {"products_set": [_line("Bronze", "1") | {"total_amount": 3}]}),
    (Code.INVALID, lambda entry: entry | {"accounts_receivable_identifier": {"number": "GONE"}}),
    (Code.EXCLUSIVE, lambda entry: entry | {"rewards_participant_identifier": {"number": "1"}}),
    (Code.INSUFFICIENT_BALANCE, lambda entry: entry | {"spend_request": {"spend_amount": 120}}),
    (Code.DUPLICATE, _taken),
]
"""Ways in which an entry is bad, and what it is refused for."""
