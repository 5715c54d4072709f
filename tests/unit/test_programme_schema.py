"""docs/programme.schema.json says of a single line what the import says of it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it has no types
from pydantic import ValidationError

from cli.docs.programme_schema import DOCUMENT, document
from loyalty.domain.records import RECORD_TYPES

PROGRAMMES = [Path("cli/demo/programme.jsonl"), Path("cli/journey/programme.jsonl")]
OFFER = {"type": "reward_offer", "id": "O", "name": "O", "scheme": "S", "award": {"method": "FIXED", "value": 1}}


@pytest.fixture(scope="module")
def line() -> Any:
    return Draft202012Validator(document())


def test_the_schema_is_what_the_models_make_it() -> None:
    assert json.loads(DOCUMENT.read_text()) == document(), "run `loyalty programme schema`"


def test_it_has_every_type_of_record() -> None:
    assert document()["discriminator"]["mapping"].keys() == RECORD_TYPES.keys()


def test_every_whole_number_is_within_bounds() -> None:
    def boundless(node: Any, path: str = "") -> Iterator[str]:
        if isinstance(node, dict) and node.get("type") == "integer" and not {"minimum", "maximum"} <= node.keys():
            yield path
        parts = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        for name, part in parts:
            yield from boundless(part, f"{path}/{name}")

    assert list(boundless(document())) == []


@pytest.mark.parametrize("file", PROGRAMMES, ids=str)
def test_every_line_of_our_own_programmes_is_valid(file: Path, line: Any) -> None:
    records = [json.loads(text) for text in file.read_text().splitlines()]

    assert records
    assert [record for record in records if not line.is_valid(record)] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "wallet"},
        {"id": "with space"},
        {"name": None, "colour": "red"},
        {"effective_from": "2026-01-01"},
        {"priority": "1"},
        {"priority": -(10**12)},
        {"stacking": "ALONE"},
        {"award": {"method": "FIXED", "value": "1"}},
        {"award": {"method": "FIXED", "value": -1}},
        {"award": {"method": "FIXED", "value": 1, "expires_after": "1 year"}},
        {"conditions": {"weekdays": ["MONDAY"]}},
        {"conditions": {"time_from": "7:00"}},
        {"limits": {"budget": 0}},
        {"limits": {"per_account": 10**12}},
    ],
    ids=str,
)
def test_it_refuses_what_the_import_refuses(wrong: dict[str, Any], line: Any) -> None:
    record = OFFER | wrong

    assert line.is_valid(OFFER)
    assert not line.is_valid(record)
    with pytest.raises(ValidationError):
        RECORD_TYPES.get(record["type"], RECORD_TYPES["reward_offer"]).model_validate(record)
