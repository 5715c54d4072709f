"""The local stack's address: the API without the emulator's path before it, and a page to try the routes on.

It is built on the standard library's server because that hands on a request as it came: the header `api_key` with its
underscore, which WSGI cannot tell from `api-key`, and the path with its escapes. It adds half a millisecond to a call,
where an ASGI server (hypercorn) before the same pool added one and a half.
"""

import contextlib
import errno
import json
import re
import socketserver
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase
from typing import Any

import urllib3
from urllib3.util import SKIP_HEADER

from cli.addresses import is_below_a_base_path
from cli.console import CommandFailure
from cli.local.pages import Page, page_at

BODY_BYTES_MAX = 10 * 1024 * 1024  # API Gateway's own limit
TOO_LONG = {
    "message": "Request Too Long",
    "status": {"code": "REQUEST_TOO_LARGE", "description": "Request Too Long", "message": "Request Too Long"},
    "data": None,
}
"""API Gateway's own answer, as the template has it."""
REFUSED_BYTES_MAX = 10 * BODY_BYTES_MAX  # read and dropped, so that the client gets to see the refusal
PIECE_BYTES = 64 * 1024
UPSTREAM_SECONDS = 120  # a burst of first calls starts as many workers, all on this machine's few processors
IDLE_SECONDS = 75
CLIENTS_MAX = 64
# What concerns one connection only (RFC 9110, 7.6.1), or is written anew on each.
HOP_BY_HOP = {"connection", "expect", "host", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding"}

OWN_HOST = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d+)?", re.ASCII | re.IGNORECASE)
"""The names by which a client of this machine calls it. Another name may be one that a web page in a browser has let
lead here, to get at the key and the data (DNS rebinding)."""
MISDIRECTED = b"this answers to 127.0.0.1 and localhost only\n"


class BodyTooLong(Exception):  # noqa: N818 - it is an answer to give, and no fault
    """The body is longer than API Gateway takes."""


@dataclass(frozen=True)
class Backend:
    """Where requests go: the emulator, the path before the API's routes, and the domain that takes off base paths. The
    page fills in `api_key`."""

    port: int
    path: str
    api_key: str | None
    host: str = "127.0.0.1"
    domain: str = ""

    def target(self, path: str) -> tuple[str, dict[str, str]]:
        """Return the emulator's path for the path of a request, and the headers that lead there.

        Only what lies below a base path goes by the domain: at its root, the emulator would answer routes of its own.
        """
        return (path, {"Host": self.domain}) if is_below_a_base_path(path) else (self.path + path, {})


class Front(ThreadingHTTPServer):
    """Takes its port when it is made, and answers from when it is told to `serve`."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int) -> None:
        """Raises `CommandFailure` where the port is taken, or not ours to take."""
        super().__init__(("127.0.0.1", port), Handler, bind_and_activate=False)
        try:
            self.server_bind()
        except OSError as error:
            self.server_close()
            reason = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
            raise CommandFailure(f"port {port} {reason}: stop what listens there, or `make run PORT=...`") from error
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def server_bind(self) -> None:
        """Without looking up this machine's name, which takes some machines half a minute."""
        socketserver.TCPServer.server_bind(self)

    @contextlib.contextmanager
    def serve(self, backend: Backend) -> Iterator[None]:
        """Answer requests, each client from a thread of its own, until the block ends; then the port is free."""
        self.backend = backend
        self.upstream = urllib3.HTTPConnectionPool(backend.host, backend.port, maxsize=CLIENTS_MAX, retries=False)
        self.server_activate()
        thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self.shutdown()
            self.server_close()
            thread.join()
            self.upstream.close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is not a fault on our side."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """Answers pages by itself and hands all else to the API."""

    server: Front
    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True
    wbufsize = -1  # an answer leaves in one piece

    def answer(self) -> None:
        hosts = self.headers.get_all("Host") or [self.server.url.removeprefix("http://")]
        if not all(map(OWN_HOST.fullmatch, hosts)):
            self.close_connection = True
            self._send(Page("text/plain", MISDIRECTED, HTTPStatus.MISDIRECTED_REQUEST))
            return
        page = None
        if self.command in ("GET", "HEAD"):
            page = page_at(self.path.partition("?")[0], host=hosts[0], api_key=self.server.backend.api_key)
        if page:
            self._send(page)
        else:
            self._forward()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_TRACE = answer  # noqa: N815

    def _forward(self) -> None:
        try:
            body = self._body()
            response = self._call(body)
        except BodyTooLong:
            self.close_connection = True
            self._send(Page("application/json", json.dumps(TOO_LONG).encode(), HTTPStatus.REQUEST_ENTITY_TOO_LARGE))
        except ValueError:
            self.close_connection = True
            self._send(Page("application/json", b'{"message": "Bad Request"}', HTTPStatus.BAD_REQUEST))
        except urllib3.exceptions.HTTPError as error:
            self._send(Page("text/plain", f"the emulator does not answer: {error}\n".encode(), HTTPStatus.BAD_GATEWAY))
        else:
            self._hand_back(response)

    def _call(self, body: bytes) -> urllib3.BaseHTTPResponse:
        """Return the request as it came, but for what concerns the connection; nothing that the client did not send."""
        path, own_headers = self.server.backend.target(self.path)
        headers = urllib3.HTTPHeaderDict(own_headers)
        for name, value in self.headers.items():
            if name.lower() not in HOP_BY_HOP | {"content-length"}:
                headers.add(name, value)
        for name in ("User-Agent", "Accept-Encoding"):
            headers.setdefault(name, SKIP_HEADER)
        return self.server.upstream.urlopen(
            self.command,
            path,
            body=body,
            headers=headers,
            redirect=False,
            decode_content=False,
            timeout=UPSTREAM_SECONDS,
        )

    def _hand_back(self, response: urllib3.BaseHTTPResponse) -> None:
        self.send_response_only(response.status)
        for name, value in response.headers.iteritems():
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        if "Content-Length" not in response.headers:
            self.send_header("Content-Length", str(len(response.data)))
        self.end_headers()
        self.wfile.write(response.data)

    def _body(self) -> bytes:
        """Raises `BodyTooLong`, and `ValueError` where the body's length is none."""
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return b"".join(chunks(self.rfile))
        length = size(self.headers.get("Content-Length") or "0", base=10)
        if length > BODY_BYTES_MAX:
            for _ in range(min(length, REFUSED_BYTES_MAX) // PIECE_BYTES):
                self.rfile.read(PIECE_BYTES)
            raise BodyTooLong
        return self.rfile.read(length)

    def _send(self, page: Page) -> None:
        self.send_response_only(page.status)
        self.send_header("Content-Type", page.kind)
        self.send_header("Content-Length", str(len(page.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(page.body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """The emulator and the functions have logs of their own."""


def chunks(stream: BufferedIOBase) -> Iterator[bytes]:
    """Return the parts of a body in chunks. Raises `BodyTooLong`, and `ValueError` where they are malformed."""
    left = BODY_BYTES_MAX
    while length := size(stream.readline(PIECE_BYTES).partition(b";")[0].decode("latin-1"), base=16):
        left -= length
        if left < 0:
            raise BodyTooLong
        yield stream.read(length)
        stream.readline(PIECE_BYTES)
    while stream.readline(PIECE_BYTES).strip():
        pass  # trailers say nothing that we hand on


def size(text: str, *, base: int) -> int:
    """Raises `ValueError` where the text is no size."""
    number = int(text, base)
    if number < 0:
        raise ValueError(text)
    return number
