"""Clients of the vendor, as they are found in public: what each sends, and what its code makes of the answer.

None is told anything of this engine. Their code is retold here, with what matters of it: which calls they make, in
which words, when they throw, and when they log in again.
"""

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from tests.http_clients import Answer, Call, Send, by_curl, by_fetch, by_requests

JSON_TYPE = {"Content-Type": "application/json"}


class Thrown(Exception):  # noqa: N818 - thrown by clients, and expected of some
    """What a client throws or shows: `told` is the status of HTTP, or else the text that its code looks at."""

    def __init__(self, told: Any) -> None:
        super().__init__(told)
        self.told = told


@dataclass(frozen=True)
class Password:
    """A login, as the settings of a client have it."""

    username: str
    password: str
    organisation: str
    unit: str | None = None

    def body(self) -> str:
        return json.dumps({name: value for name, value in vars(self).items() if value is not None})


def thrower(send: Send) -> Send:
    """Return a library that throws on all but 2xx, as those of Java and C# do."""

    def sent(call: Call) -> Answer:
        answer = send(call)
        if not answer.is_ok:
            raise Thrown(answer.status)
        return answer

    return sent


def data_of(answer: Answer, looks_at: str) -> Any:
    """Return the data of a classic answer; what a client `looks_at` of an error is its code or its message."""
    told = answer.json()
    if told["status"]["code"] != "OK":
        raise Thrown(told["status"][looks_at])
    return told["data"]


def log_in(base: str, login: Password, send: Send, looks_at: str) -> str:
    call = Call("POST", f"{base}/authentication/token", JSON_TYPE, login.body())
    token: str = data_of(send(call), looks_at)["token"]
    return token


def exchange(base: str, key: str, method: str) -> str:
    """Exchange a key as two of the PHP clients do, with their misspelt scheme and type."""
    headers = {"Authorization": f"basic {b64encode(key.encode()).decode()}", "Content-Type": "aplication/josn"}
    call = Call(method, f"{base}/authentication/web_api_key/token", headers)
    token: str = data_of(by_curl(call), "message")["token"]
    return token


@dataclass
class Classic:
    """A client of the classic API that throws on all but 2xx, and logs in again after a 401: the vendor's sample, and
    the one in C#."""

    base: str
    login: Password
    send: Send
    looks_at: str
    token: str = ""

    def call(self, method: str, path: str, **fields: Any) -> Any:
        if not self.token:
            self.token = log_in(self.base, self.login, self.send, self.looks_at)
        try:
            return self._once(method, path, fields)
        except Thrown as thrown:
            if thrown.told != 401:
                raise
        self.token = log_in(self.base, self.login, self.send, self.looks_at)
        return self._once(method, path, fields)

    def _once(self, method: str, path: str, fields: Mapping[str, Any]) -> Any:
        return data_of(self.send(classic_call(self.base, method, path, self.token, fields)), self.looks_at)


def java_sample(base: str, login: Password) -> Classic:
    return Classic(base, login, thrower(by_requests), "code")


def c_sharp(base: str, login: Password) -> Classic:
    return Classic(base, login, thrower(by_fetch), "code")


@dataclass
class Php:
    """A PHP client, which logs in on each page that it serves, looks at no status of HTTP, and shows `message`."""

    base: str
    log_in: Callable[[], str]

    def page(self, method: str, path: str, token: str = "", **fields: Any) -> Any:
        return data_of(by_curl(classic_call(self.base, method, path, token or self.log_in(), fields)), "message")


def classic_call(base: str, method: str, path: str, token: str, fields: Mapping[str, Any]) -> Call:
    """Return a call with its token in the query or in the body, which PHP's curl declares as a form."""
    if method == "GET":
        return Call("GET", f"{base}/{path}?{urlencode({'token': token, **fields}, safe='=')}")
    return Call(method, f"{base}/{path}", {}, json.dumps({"token": token, **fields}))


@dataclass
class Till:
    """An Android till of the newest API: it reads the bodies of 200 and 400 only, shows `error`, and logs in again
    after a 401."""

    base: str
    log_in: Callable[[], str]
    header: Callable[[str], Mapping[str, str]]
    secret: str = ""

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        self.secret = self.secret or self.log_in()
        answer = self._once(path, body)
        if answer.status == 401:
            self.secret = self.log_in()
            answer = self._once(path, body)
        if answer.status == 400:
            raise Thrown(answer.json()["error"])
        if answer.status != 200:
            raise Thrown(answer.status)
        return answer.json()

    def _once(self, path: str, body: Mapping[str, Any] | None) -> Answer:
        sent = None if body is None else json.dumps(body)
        return by_fetch(Call("POST", f"{self.base}/{path}", {**JSON_TYPE, **self.header(self.secret)}, sent))
