"""DynamoDB's answers over HTTP or HTTPS, from another process than the one that is measured: a recording of moto's."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLContext
from threading import Thread

import requests

Answer = tuple[int, dict[str, str], bytes]
"""Status, headers and body."""

Answers = dict[tuple[str, bytes], Answer]
"""By operation and, for reads, by the request's body: what is read decides; what is written does not."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request: the operation's name, the headers and the body."""

    operation: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def recorded_at(self) -> tuple[str, bytes]:
        """Where its answer is kept."""
        return self.operation, b"" if self.operation.startswith("TransactWrite") else self.body


@contextmanager
def replaying(answers: Answers, context: SSLContext | None = None) -> Iterator[str]:
    """The URL of an endpoint that gives `answers`, over TLS with a server's `context`."""
    with serve(lambda call: answers[call.recorded_at], context) as url:
        yield url


@contextmanager
def recording(endpoint: str, answers: Answers) -> Iterator[str]:
    """The URL of an endpoint that keeps in `answers` what `endpoint` answers."""

    def record(call: Call) -> Answer:
        answers[call.recorded_at] = hand_on(call, endpoint)
        return answers[call.recorded_at]

    with serve(record) as url:
        yield url


def hand_on(call: Call, endpoint: str) -> Answer:
    """Return what `endpoint` answers, for which moto does in this process."""
    response = requests.post(endpoint, call.body, headers=dict(call.headers), timeout=10)
    kept = {name: value for name, value in response.headers.items() if name.lower() not in _OWN_HEADERS}
    return response.status_code, kept, response.content


_OWN_HEADERS = ("connection", "content-length", "date", "server", "transfer-encoding")


@contextmanager
def serve(answer: Callable[[Call], Answer], context: SSLContext | None = None) -> Iterator[str]:
    """The URL of an endpoint that answers what `answer` says, over TLS with a server's `context`; it is called from
    several threads."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # connections stay open, as DynamoDB's do
        wbufsize = -1  # head and body in one packet

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            operation = self.headers["X-Amz-Target"].partition(".")[2]
            status, headers, content = answer(Call(operation, dict(self.headers.items()), body))
            self.send_response(status)
            for name, value in (headers | {"Content-Length": str(len(content))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"{'https' if context else 'http'}://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
