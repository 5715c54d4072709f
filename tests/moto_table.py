"""moto's table, quicker: seen from within, and without habits of moto that cost more than all else the tests do."""

import copy
from collections import defaultdict, deque
from collections.abc import Callable
from functools import cache
from typing import Any

import moto.core.responses
import pytest
from moto.core.model_instances import model_data
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.core.serialize import ResponseSerializer
from moto.core.utils import method_names_from_class
from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends
from moto.dynamodb.models.table import Table as MotoTable

from loyalty.store import sdk_session
from loyalty.store.dynamo_table import DynamoTable
from loyalty.store.sdk_models import SdkModels

Items = dict[Any, Any]
"""What a table holds, as moto keeps it: items by sort key by partition key."""


def make_quick(patch: pytest.MonkeyPatch) -> None:
    """moto copies the whole table for each single write of a transaction, where one copy of what the transaction writes
    to is enough. It looks for each type that a value might have, in several spellings, lists what it can do at each
    call, and remembers each part of each item that there ever was. And botocore reads a service's model for each
    client anew."""
    copies: dict[str, MotoTable] = {}
    written: set[str] = set()
    transact_write_items = DynamoDBBackend.transact_write_items
    get_value = ResponseSerializer.get_value

    def transact(backend: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
        copies.clear()
        written.clear()
        written.update(_partition(write) for item in transact_items for write in item.values())
        transact_write_items(backend, transact_items)

    def copied(table: MotoTable, _: dict[int, Any]) -> MotoTable:
        if table.name not in copies:
            copies[table.name] = copy.copy(table)
            kept_as_is = {pk: copy.deepcopy(of) if pk.value in written else of for pk, of in table.items.items()}
            copies[table.name].items = defaultdict(dict, kept_as_is)
        return copies[table.name]

    def told(serializer: ResponseSerializer, value: Any, key: str, shape: Any) -> Any:
        typed = type(value) is dict and shape.parent.name == "AttributeValue"
        return value.get(key) if typed else get_value(serializer, value, key, shape)

    patch.setattr(DynamoDBBackend, "transact_write_items", transact)
    patch.setattr(MotoTable, "__deepcopy__", copied, raising=False)
    patch.setattr(ResponseSerializer, "get_value", told)
    patch.setattr(moto.core.responses, "method_names_from_class", cache(method_names_from_class))
    patch.setattr(sdk_session, "SdkModels", cache(SdkModels))
    for models in model_data.values():
        for model in models.values():
            patch.setattr(model, "instances_tracked", deque(maxlen=0))


def _partition(write: dict[str, Any]) -> str:
    key: dict[str, dict[str, str]] = write.get("Key") or write["Item"]
    return key["pk"]["S"]


def kept(table: DynamoTable, of: Callable[[str], bool] = lambda _: True) -> Items:
    """Return what a table holds, of the partitions that are asked for."""
    return {pk: copy.deepcopy(items) for pk, items in _of_moto(table).items.items() if of(pk.value)}


def fill(table: DynamoTable, items: Items) -> None:
    """Let a table hold this and nothing else."""
    _of_moto(table).items = defaultdict(dict, copy.deepcopy(items))


def _of_moto(table: DynamoTable) -> MotoTable:
    return dynamodb_backends[DEFAULT_ACCOUNT_ID][table.client.meta.region_name].tables[table.name]
