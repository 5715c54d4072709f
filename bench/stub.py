"""DynamoDB as a recording: the answers that moto gave, over HTTP, at no cost to the process that is measured."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import requests

Answer = tuple[int, dict[str, str], bytes]
Answers = dict[tuple[str, bytes], Answer]
"""By operation and, for reads, by the request's body: what is read decides; what is written does not."""


@contextmanager
def replaying(answers: Answers) -> Iterator[str]:
    """The URL of an endpoint that gives `answers`."""
    with _served(lambda key, _headers, _body: answers[key]) as url:
        yield url


@contextmanager
def recording(endpoint: str, answers: Answers) -> Iterator[str]:
    """The URL of an endpoint that keeps in `answers` what `endpoint` answers; moto answers for it to `requests`."""

    def handed_on(key: tuple[str, bytes], headers: dict[str, str], body: bytes) -> Answer:
        response = requests.post(endpoint, body, headers=headers, timeout=10)
        kept = {name: value for name, value in response.headers.items() if name.lower() not in _OWN_HEADERS}
        answers[key] = (response.status_code, kept, response.content)
        return answers[key]

    with _served(handed_on) as url:
        yield url


_OWN_HEADERS = ("connection", "content-length", "date", "server", "transfer-encoding")


@contextmanager
def _served(answer: Callable[[tuple[str, bytes], dict[str, str], bytes], Answer]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # connections stay open, as DynamoDB's do
        wbufsize = -1  # head and body in one packet

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            operation = self.headers["X-Amz-Target"].partition(".")[2]
            key = (operation, b"" if operation.startswith("TransactWrite") else body)
            status, headers, content = answer(key, dict(self.headers.items()), body)
            self.send_response(status)
            for name, value in (headers | {"Content-Length": str(len(content))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
