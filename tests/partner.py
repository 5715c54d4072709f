"""The deployed API, as a partner calls it."""

from dataclasses import dataclass, field
from typing import Any

import urllib3

from cli.target import Target
from loyalty import exactjson


@dataclass
class Api:
    """Calls with the stack's key, or with what `headers` say."""

    target: Target
    pool: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(maxsize=20))

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, dict[str, str], Any]:
        """Status, headers and body of the answer. A `body` that is text is sent as it stands."""
        answer = self.pool.request(
            method,
            self.target.api_url + path,
            headers={"api_key": self.target.api_key or "", "Content-Type": "application/json", **headers},
            body=body if body is None or isinstance(body, str) else exactjson.dumps(body),
        )
        return answer.status, dict(answer.headers), exactjson.loads(answer.data)

    def token(self) -> str:
        """Return a token of the classic API."""
        found: str = self.call("POST", "/authentication/web_api_key/token")[2]["data"]["token"]
        return found
