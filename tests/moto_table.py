"""moto's table, quicker: seen from within, and without habits of moto that cost more than all else the tests do."""

import copy
from collections import defaultdict, deque
from collections.abc import Callable
from functools import cache
from typing import Any

import botocore.loaders
import pytest
from moto.core.model_instances import model_data
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends
from moto.dynamodb.models.table import Table as MotoTable

from loyalty.store.dynamo_table import DynamoTable

Items = dict[Any, Any]
"""What a table holds, as moto keeps it: items by sort key by partition key."""


def make_quick(patch: pytest.MonkeyPatch) -> None:
    """moto copies the whole table for each single write of a transaction, before the first of them is done: once is
    enough. It remembers each part of each item, and of each copy, that there ever was. And botocore reads DynamoDB's
    model for each client anew."""
    copies: dict[str, MotoTable] = {}
    transact_write_items = DynamoDBBackend.transact_write_items

    def transact(backend: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
        copies.clear()
        transact_write_items(backend, transact_items)

    def copied(table: MotoTable, memo: dict[int, Any]) -> MotoTable:
        if table.name not in copies:
            copies[table.name] = copy.copy(table)
            vars(copies[table.name]).update(copy.deepcopy(vars(table), memo))
        return copies[table.name]

    patch.setattr(DynamoDBBackend, "transact_write_items", transact)
    patch.setattr(MotoTable, "__deepcopy__", copied, raising=False)
    patch.setattr(botocore.loaders, "create_loader", cache(botocore.loaders.create_loader))
    for models in model_data.values():
        for model in models.values():
            patch.setattr(model, "instances_tracked", deque(maxlen=0))


def kept(table: DynamoTable, of: Callable[[str], bool] = lambda _: True) -> Items:
    """Return what a table holds, of the partitions that are asked for."""
    return {pk: copy.deepcopy(items) for pk, items in _of_moto(table).items.items() if of(pk.value)}


def fill(table: DynamoTable, items: Items) -> None:
    """Let a table hold this and nothing else."""
    _of_moto(table).items = defaultdict(dict, copy.deepcopy(items))


def _of_moto(table: DynamoTable) -> MotoTable:
    return dynamodb_backends[DEFAULT_ACCOUNT_ID][table.client.meta.region_name].tables[table.name]
