"""The front of the local stack, before a stand-in for the emulator that answers what it was sent."""

import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
import urllib3

from cli.console import CommandFailure
from cli.local.front import BODY_BYTES_MAX, Backend, Front
from tests.template import told_by_the_gateway

HTTP = urllib3.PoolManager(timeout=60)
PATH = "/restapis/abc/local/_user_request_"


class Echo(BaseHTTPRequestHandler):
    """Answers what it was sent, with two headers of one name."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        sent = {"path": self.path, "headers": self.headers.items(), "body": body.decode("latin-1")}
        answer = json.dumps(sent).encode()
        self.send_response(201)
        self.send_header("Content-Length", str(len(answer)))
        self.send_header("Set-Cookie", "a=1")
        self.send_header("Set-Cookie", "b=2")
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST  # noqa: N815 - the base class's names

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Keep quiet."""


@contextmanager
def echo() -> Iterator[int]:
    """Answer on a free port; gives the port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@pytest.fixture
def front() -> Iterator[Front]:
    with echo() as port, Front(0) as front, front.serve(Backend(port, PATH, "lk_key", domain="loyalty.test")):
        yield front


def raw(front: Front, request: bytes) -> bytes:
    """Return what comes back on a connection of its own."""
    with socket.create_connection(("127.0.0.1", front.server_address[1]), timeout=10) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_headers_arrive_as_they_were_sent_and_no_others(front: Front) -> None:
    sent = {"api_key": "a", "x-api-key": "b", "Authorization": "Basic eA==", "Idempotency-Key": "c", "Prefer": "d"}
    lines = b"".join(f"{name}: {value}\r\n".encode() for name, value in sent.items())
    answer = raw(front, b"GET /wallets/1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + lines + b"\r\n")
    received = dict(json.loads(answer.partition(b"\r\n\r\n")[2])["headers"])
    assert {name: value for name, value in received.items() if name not in ("Host", "Content-Length")} == sent


@pytest.mark.parametrize("path", ["/", "/openapi.json", "/wallets/1"])
@pytest.mark.parametrize("host", ["evil.example", "evil.example:3000", "127.0.0.1.evil.example", "localhost@evil", ""])
def test_a_name_that_leads_here_by_dns_rebinding_is_not_answered_to(front: Front, path: str, host: str) -> None:
    answer = raw(front, f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 421 ")
    assert b"lk_key" not in answer


def test_a_second_host_is_not_answered_to(front: Front) -> None:
    answer = raw(front, b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 421 ")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:3000", "LOCALHOST", "[::1]:3000"])
def test_the_names_of_this_machine_are_answered_to(front: Front, host: str) -> None:
    answer = raw(front, f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"lk_key" in answer


@pytest.mark.parametrize("path", ["/wallets/a%2Fb%20c?next=x%3D%3D&empty=", "/wallets/../x", "/a?b=c?d&e=%C3%A9"])
def test_path_and_query_arrive_as_they_were_sent(front: Front, path: str) -> None:
    answer = raw(front, f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["path"] == PATH + path


@pytest.mark.parametrize(
    "path", ["/crmapi/rest/v2/authentication/token", "/backoffice/v1/purchases", "/backoffice/v2/wallets/a%2Fb?next=x"]
)
def test_what_lies_below_a_base_path_goes_to_the_domain_which_takes_it_off(front: Front, path: str) -> None:
    answer = raw(front, f"POST {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    received = json.loads(answer.partition(b"\r\n\r\n")[2])

    assert received["path"] == path
    assert [value for name, value in received["headers"] if name == "Host"] == ["loyalty.test"]


@pytest.mark.parametrize(
    "path", ["/crmapi/rest/v2", "/crmapi/rest/v20/x", "/backoffice/purchases", "/_ministack/reset"]
)
def test_what_lies_elsewhere_is_a_route_of_the_stage_and_never_the_emulators_own(front: Front, path: str) -> None:
    answer = raw(front, f"POST {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())

    assert json.loads(answer.partition(b"\r\n\r\n")[2])["path"] == PATH + path


def test_a_body_arrives_whole_in_one_piece_or_in_chunks(front: Front) -> None:
    body = bytes(range(256)) * 100
    whole = HTTP.request("POST", f"{front.url}/purchases", body=body)
    chunks = HTTP.request("POST", f"{front.url}/purchases", body=iter([body[:1000], body[1000:]]))
    assert whole.json()["body"] == chunks.json()["body"] == body.decode("latin-1")


def test_status_and_repeated_headers_come_back(front: Front) -> None:
    answer = HTTP.request("POST", f"{front.url}/purchases", body=b"{}")
    assert answer.status == 201
    assert answer.headers.getlist("Set-Cookie") == ["a=1", "b=2"]


def test_a_body_longer_than_api_gateway_takes_is_refused_as_there(front: Front) -> None:
    whole = HTTP.request("POST", f"{front.url}/purchases", body=b" " * (BODY_BYTES_MAX + 1))
    assert (whole.status, whole.json()) == (413, told_by_the_gateway("REQUEST_TOO_LARGE", "Request Too Long"))


@pytest.mark.parametrize("framing", ["Content-Length: ten", "Content-Length: -1", "Transfer-Encoding: chunked"])
def test_a_body_without_a_length_is_refused(front: Front, framing: str) -> None:
    answer = raw(front, f"POST /purchases HTTP/1.1\r\nHost: localhost\r\n{framing}\r\n\r\nzz".encode())
    assert answer.startswith(b"HTTP/1.1 400 ")


def test_many_clients_are_served_at_once(front: Front) -> None:
    def call(number: int) -> str:
        body = HTTP.request("POST", f"{front.url}/purchases", body=str(number)).json()["body"]
        return str(body)

    with ThreadPoolExecutor(16) as clients:
        assert list(clients.map(call, range(160))) == [str(number) for number in range(160)]


def test_an_emulator_that_does_not_answer_is_a_bad_gateway() -> None:
    with echo() as port:
        pass
    with Front(0) as front, front.serve(Backend(port, PATH, None)):
        answer = HTTP.request("GET", f"{front.url}/purchases/1", retries=False)
    assert answer.status == 502
    assert b"the emulator does not answer" in answer.data


def test_a_taken_port_is_a_failure_that_names_it() -> None:
    with echo() as port, pytest.raises(CommandFailure, match=f"port {port} is taken"):
        Front(port)
