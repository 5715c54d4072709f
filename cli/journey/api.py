"""The newest API as the replay calls it: purchases posted, wallets and journals read; busy answers are tried again."""

import random
import time
from decimal import Decimal
from typing import Any, Literal, NamedTuple

import urllib3

from cli.console import CommandFailure
from loyalty import exactjson

MAX_TRIES = 8
"""The attempts of one call: some 15 seconds of them, which outlast a busy wallet and a throttled account."""

LONGEST_PAUSE_SECONDS = 5.0
BUSY = (429, 502, 503, 504)
"""Statuses after which the same call may be sent again: posting is idempotent, the rest only reads."""

TIMEOUT = urllib3.Timeout(connect=5, read=35)
JOURNAL_PAGE = 100


class CallOutcome(NamedTuple):
    """The outcome of a purchase: `event_id` if it was posted, now or before, else the error's `code`."""

    kind: Literal["posted", "replayed", "refused", "failed"]
    event_id: str | None = None
    code: str | None = None


class ShownWallet(NamedTuple):
    """A wallet at a moment: `version` is the number of its events, `balance` in its currency."""

    version: int
    balance: Decimal


class ShownEntry(NamedTuple):
    """A wallet's event in its journal: the `sequence`th, amounts in the wallet's currency."""

    sequence: int
    event_id: str | None
    awarded: Decimal
    spent: Decimal


class Api:
    """Calls from as many threads as there are `connections`. Whoever reads the lists does so when all calls are done.

    `latencies` has the seconds that each POST took, answered as it may be, and `retried` why calls were sent again.
    """

    def __init__(self, url: str, key: str, connections: int = 1) -> None:
        self.latencies: list[float] = []
        self.retried: list[str] = []
        self._url = url.rstrip("/")
        self._headers = {"api_key": key, "Content-Type": "application/json"}
        self._pool = urllib3.PoolManager(maxsize=connections, block=True, retries=False, timeout=TIMEOUT)

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()

    def post(self, purchase: dict[str, Any]) -> CallOutcome:
        """Post a purchase, as often as it takes.

        A purchase whose first answer was lost counts as replayed: the second answer says so.

        Raises:
            Failure: the API cannot be reached, or does not accept the key.
        """
        body = exactjson.dumps(purchase).encode()
        response, document = self._call("POST", "/purchases", body)
        if response.status == 200:
            replayed = response.headers.get("Idempotent-Replayed") == "true"
            return CallOutcome("replayed" if replayed else "posted", event_id=document["id"])
        return CallOutcome("failed" if response.status >= 500 else "refused", code=_code(response, document))

    def wallet(self, account: str) -> ShownWallet:
        """Return the wallet of the account with this number.

        Raises:
            Failure: it cannot be read.
        """
        document = self._get(f"/wallets/{account}")
        return ShownWallet(document["version"], Decimal(document["balance"]))

    def journal(self, account: str, after: int, upto: int) -> list[ShownEntry]:
        """Return the events of the account's wallet with a sequence number above `after` and at most `upto`, newest
        first.

        Raises:
            Failure: they cannot be read.
        """
        entries: list[ShownEntry] = []
        start: int | str | None = upto + 1
        while start is not None and int(start) > after + 1:
            limit = min(JOURNAL_PAGE, int(start) - after - 1)
            page = self._get(f"/wallets/{account}/journal?next={start}&limit={limit}")
            entries += [_entry(entry) for entry in page["entries"]]
            start = page["next"]
        return [entry for entry in entries if after < entry.sequence <= upto]

    def _get(self, path: str) -> Any:
        response, document = self._call("GET", path)
        if response.status != 200:
            raise CommandFailure(f"GET {path} answers {response.status} ({_code(response, document)})")
        return document

    def _call(self, method: str, path: str, body: bytes | None = None) -> tuple[urllib3.BaseHTTPResponse, Any]:
        tries = 0
        while True:
            tries += 1
            answer = self._send(method, path, body, last=tries == MAX_TRIES)
            if answer is None:
                reason, pause = "no answer", None
            else:
                response, document = answer
                if response.status in (401, 403):
                    raise CommandFailure(
                        f"the API does not accept the key: {response.status} ({_code(response, document)})"
                    )
                if response.status in BUSY and tries < MAX_TRIES:
                    reason, pause = _code(response, document), response.headers.get("Retry-After")
                else:
                    return answer
            self.retried.append(reason)
            time.sleep(_pause_seconds(tries, pause))

    def _send(
        self, method: str, path: str, body: bytes | None, *, last: bool
    ) -> tuple[urllib3.BaseHTTPResponse, Any] | None:
        """Return the answer, None where none came and this was not the last try."""
        start = time.perf_counter()
        try:
            response = self._pool.request(method, self._url + path, body=body, headers=self._headers, redirect=False)
        except urllib3.exceptions.HTTPError as error:
            if last:
                raise CommandFailure(f"{self._url} does not answer: {error}") from error
            return None
        if method == "POST":
            self.latencies.append(time.perf_counter() - start)
        try:
            return response, exactjson.loads(response.data)
        except ValueError:  # not the engine's answer, but one of something before it
            return response, None


def _pause_seconds(tries: int, asked: str | None) -> float:
    """As long as was asked for, else longer with each try; at random, so that callers do not come back together."""
    seconds = float(asked) if asked and asked.isdigit() else 0.1 * 2**tries
    return min(seconds, LONGEST_PAUSE_SECONDS) * random.uniform(0.5, 1)  # noqa: S311 - not a secret


def _code(response: urllib3.BaseHTTPResponse, document: Any) -> str:
    code = document.get("code") if isinstance(document, dict) else None
    return str(code or f"HTTP {response.status}")


def _entry(entry: dict[str, Any]) -> ShownEntry:
    return ShownEntry(entry["sequence"], entry["event_id"], Decimal(entry["awarded"]), Decimal(entry["spent"]))
