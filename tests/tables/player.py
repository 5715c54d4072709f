"""Making calls, and sending files, as the partners of a scenario do."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from loyalty import exactjson
from loyalty.store.chunk_marks import read_mark
from loyalty.store.client import connect_files
from loyalty.store.dynamo_table import DynamoTable
from loyalty.usecases.uploads.chunk_outcomes import read_outcomes
from tests.functional.conftest import Answer, Functions
from tests.functional.uploads import Splitting, queued
from tests.tables.scenario import Body, Call


class Player:
    """The functions in containers of their own, over a table; `api_keys` are those of the partners, by their ids."""

    def __init__(self, table: DynamoTable, api_keys: Mapping[str, str]) -> None:
        functions = Functions()
        self._table = table
        self._results = connect_files("results")
        self._of = {partner: replace(functions, api_key=key) for partner, key in api_keys.items()}

    def send(self, call: Call) -> Answer:
        """Make a call."""
        functions, body = self._of[call.partner], call.body
        if not call.function.startswith("classic_"):
            return functions.call(call.function, body, path=call.path, headers=call.headers)
        unit = {"unit": call.unit} if call.unit else None
        issued = functions.call("issue_token", unit, headers={"api_key": functions.api_key}, context={})
        return functions.call(call.function, {**body, **issued.body["data"]}, headers=call.headers, context={})

    def run(self, function: str) -> Any:
        """Let a function run that a schedule calls."""
        return next(iter(self._of.values())).run(function)

    def upload(self, partner: str, name: str, rows: list[Body]) -> list[list[Any]]:
        """Send a file; answers of each row its number, its status and its event's id, or else why it was refused."""
        functions = self._of[partner]
        splitting = Splitting(functions, self._table)
        data = "".join(f"{exactjson.dumps(row)}\n" for row in rows)
        upload = splitting.drop(name, data.encode(), partner=partner)
        for message in splitting.sent():
            assert functions.run("post_batch", queued(message)) == {"batchItemFailures": []}
        splitting.closed(upload)
        marks = (read_mark(self._table, upload.id, chunk) for chunk in range(1, upload.chunks + 1))
        outcomes = (one for mark in marks if mark for one in read_outcomes(self._results, mark))
        return [
            [one.row, one.status, one.problem.description if one.problem else one.event_id]
            for one in sorted(outcomes, key=lambda one: one.row)
        ]
