"""Customers and purchases for tests on the stack, each test with its own."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from loyalty.domain.access.partner import Partner
from loyalty.store.dynamo_table import DynamoTable
from loyalty.usecases.reference.import_records import import_records

EVERYTHING = Partner("DEMO", frozenset(), frozenset({"*"}))


def customer(table: DynamoTable, name: str, balance: int) -> str:
    """Return a new customer whose wallet holds this much; answers what to show as `cim`."""
    records: list[dict[str, Any]] = [
        {"type": "contact", "id": f"C-{name}"},
        {"type": "account", "id": f"A-{name}", "number": f"N-{name}", "contact": f"C-{name}"},
        {"type": "access_token", "id": f"T-{name}", "account": f"A-{name}", "authentication_code": f"CIM-{name}"},
    ]
    if balance:
        opening = {"account": f"A-{name}", "amount": balance, "performed_on": "2026-01-01T00:00:00"}
        records.append({"type": "opening_balance", "id": f"O-{name}", **opening})
    lines = [json.dumps(record).encode() for record in records]
    assert not import_records(lines, table=table, now=datetime.now(UTC)).refused
    return f"CIM-{name}"


def purchase(cim: str, reference_number: str, spend: str | None = None) -> dict[str, Any]:
    """Return a purchase of 12 that no offer of the demo programme rewards."""
    body: dict[str, Any] = {
        "cim": cim,
        "reference_number": reference_number,
        "merchant_tap": {"code": "MRA"},
        "products": [{"product_sku": "Bronze", "net_amount": 10, "tax_amount": 2, "total_amount": 12}],
    }
    return body | ({"spend_request": {"amount": Decimal(spend)}} if spend else {})
