"""Write a table as this version does, and keep it: `python -m tests.tables.write NAME`."""

import json
import re
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import boto3

from loyalty.domain.access.partner import Scope
from loyalty.store.dynamo_table import DynamoTable
from loyalty.usecases.access.api_keys import KeyRequest, create_key
from loyalty.usecases.proofs.verify_journal import verify_journal
from loyalty.usecases.reference.import_records import import_records
from tests.functional.conftest import Answer, aws
from tests.tables.fields import declared
from tests.tables.kept import FOLDER
from tests.tables.player import Player
from tests.tables.scenario import Call, calls, files
from tests.tables.written import SentCall, SentFile, Written

SECRETS = ("SIGNING_KEY",)
"""Partitions that are not kept: what signs tokens is made anew by whoever needs it."""


def write(table: DynamoTable, now: datetime) -> Written:
    """Do all of the scenario in an empty table."""
    summary = import_records((FOLDER / "programme.jsonl").read_bytes().splitlines(), table=table, now=now)
    assert not summary.refused, summary
    api_keys = {
        partner: create_key(KeyRequest(partner, ["*"], list(Scope)), table=table, now=now)[0]
        for partner in ("POS", "OFFICE", "TILLS")
    }
    player = Player(table, api_keys)
    sent = list(_sent(player, now))
    uploaded = [("POS", name, rows, player.upload("POS", name, rows)) for name, rows in files(now)]
    found = verify_journal(table, settle=lambda _: None)
    assert not found.deviations, found.deviations
    items = list(_items(table))
    return Written(
        items,
        api_keys,
        [SentCall(call, answer, _again(player, call)) for call, answer in sent],
        [SentFile(*file, player.upload(*file[:3])) for file in uploaded],
    )


def _sent(player: Player, now: datetime) -> Iterator[tuple[Call, Answer]]:
    ids: dict[str, str] = {}
    for place, call in enumerate(calls(now)):
        named = replace(call, path=_with_ids(call.path, ids), body=_with_ids(call.body, ids))
        answer = player.send(named)
        assert answer.status == 200, (call.name, answer.body)
        if call.function == "create_purchase":
            ids[call.name] = answer.body["id"]
        yield named, answer
        if place == 0:
            assert player.run("expire_lots")["wallets"] == 1


def _with_ids(value: Any, ids: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _with_ids(inner, ids) for name, inner in value.items()}
    if isinstance(value, list):
        return [_with_ids(inner, ids) for inner in value]
    return re.sub(r"^\$(.+)$", lambda name: ids[name[1]], value) if isinstance(value, str) else value


def _again(player: Player, call: Call) -> Answer | None:
    if not call.repeatable:
        return None
    answer = player.send(call)
    assert answer.status == 200, (call.name, answer.body)
    return answer


def _items(table: DynamoTable) -> Iterator[dict[str, Any]]:
    pages = boto3.client("dynamodb").get_paginator("scan").paginate(TableName=table.name)
    for item in (item for page in pages for item in page["Items"]):
        if item["pk"]["S"] not in SECRETS:
            yield item


if __name__ == "__main__":
    parser = ArgumentParser(prog="python -m tests.tables.write", description=__doc__)
    parser.add_argument("name", metavar="NAME", help="what the release is known by, such as `untyped`")
    name = parser.parse_args().name
    with aws() as made:
        write(made, datetime.now(UTC)).keep(name)
    (FOLDER / f"{name}.fields.json").write_text(json.dumps(declared(), indent=1) + "\n")
