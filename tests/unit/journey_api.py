"""A stand-in for the API that keeps the rules a replay relies on: one event per reference number, numbered journals."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from loyalty import exactjson

KEY = "a key"
AWARD = Decimal("0.10")
RETRY_LATER = (503, {"status": 503, "code": "RetryLaterException"})

Answer = tuple[int, Any]


@dataclass
class Engine:
    """Gives each purchase `AWARD`. `first_answers` come before all others; `refused` are reference numbers."""

    first_answers: list[Answer] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    vanishing: Decimal = Decimal(0)
    """What each event takes from the wallet without a word in the journal."""
    unlisted: int = 0
    """So many of the latest events the journal does not show, until it was read once more for each."""
    purchases: dict[str, tuple[str, Any]] = field(default_factory=dict)
    journals: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def post(self, body: Any) -> Answer:
        with self._lock:
            if self.first_answers:
                return self.first_answers.pop(0)
            number = body["reference_number"]
            if number in self.refused:
                return 422, {"status": 422, "code": "InsufficientBalanceException"}
            if number in self.purchases:
                event_id, posted = self.purchases[number]
                same = {"id": event_id, "replayed": True}
                return (200, same) if posted == body else (409, {"status": 409, "code": "DuplicateAPIValueException"})
            event_id = f"EVENT-{number}"
            self.purchases[number] = event_id, body
            self.order.append(number)
            journal = self.journals.setdefault(body["cim"].replace("CARD-", ""), [])
            spent = body.get("spend_request", {}).get("amount", Decimal(0))
            sequence = len(journal) + 1
            journal.append({"sequence": sequence, "event_id": event_id, "awarded": AWARD, "spent": spent})
            return 200, {"id": event_id}

    def wallet(self, account: str) -> Answer:
        journal = self.journals.get(account, [])
        balance = sum((entry["awarded"] - entry["spent"] - self.vanishing for entry in journal), Decimal(0))
        return 200, {"version": len(journal), "balance": balance}

    def journal(self, account: str, query: dict[str, list[str]]) -> Answer:
        journal = self.journals[account]
        listed = journal[: len(journal) - self.unlisted]
        self.unlisted = max(0, self.unlisted - 1)
        below, limit = int(query["next"][0]), int(query["limit"][0])
        page = [entry for entry in reversed(listed) if entry["sequence"] < below][:limit]
        more = bool(page) and page[-1]["sequence"] > 1
        return 200, {"entries": page, "next": str(page[-1]["sequence"]) if more else None}


@contextmanager
def served(engine: Engine) -> Iterator[str]:
    """The engine's address, as long as the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def do_POST(self) -> None:
            body = exactjson.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.answer(*engine.post(body))

        def do_GET(self) -> None:
            address = urlsplit(self.path)
            account = address.path.split("/")[2]
            journal = address.path.endswith("/journal")
            self.answer(*(engine.journal(account, parse_qs(address.query)) if journal else engine.wallet(account)))

        def answer(self, status: int, document: Any) -> None:
            if self.headers["api_key"] != KEY:
                status, document = 401, {"status": 401, "code": "InvalidTokenException"}
            content = exactjson.dumps(document).encode()
            self.send_response(status)
            if status == 200 and document.pop("replayed", False):
                self.send_header("Idempotent-Replayed", "true")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
