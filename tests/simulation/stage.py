"""What scenarios of the fault table are played on: a world, and callers that ask again until they have an answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from botocore.exceptions import BotoCoreError, ClientError

from loyalty import exactjson
from loyalty.domain.errors import Code, Refused
from loyalty.store.uploads import upload_id
from tests.simulation.deployment import KNOWN
from tests.simulation.faults import Fault
from tests.simulation.operations.caller import UNKNOWN
from tests.simulation.operations.load import SentFile
from tests.simulation.scheduler import Killed, Process, run_in
from tests.simulation.world import Answer, World
from tests.tables.scenario import Call

MAX_TRIES = 8
AGAIN_SECONDS = 1.0

PATHS = {
    "create_purchase": ("POST", "/purchases"),
    "preview_purchase": ("POST", "/purchases/preview"),
    "cancel_purchase": ("POST", "/purchases/{id}/cancel"),
    "return_products": ("POST", "/purchases/{id}/returns"),
    "classic_create_purchase": ("POST", "/customer_events/purchases/create"),
    "classic_create_spend": ("POST", "/customer_events/purchases/create_spend"),
    "classic_preview_purchase": ("POST", "/customer_events/purchases/preview"),
    "classic_show_purchase": ("POST", "/customer_events/purchases/show"),
    "classic_show_award": ("POST", "/reward_transactions/awards/show"),
    "classic_cancel_purchase": ("POST", "/customer_events/purchases/cancel"),
    "classic_bulk_create": ("POST", "/customer_events/bulk/purchases/create"),
    "issue_one_time_password": ("POST", "/access_tokens/one_time_passwords/issue"),
}
"""Where functions are called that scenarios name."""

TOKEN, LOGIN, RELEASE = "/authentication/web_api_key/token", "/authentication/token", "/authentication/token/release"


class Unanswered(Exception):  # noqa: N818 - reads as what it says
    """However often it was asked, there was no answer."""


@dataclass
class Stage:
    """A world, what is known of it, and what callers have heard.

    Attributes:
        world: the world.
        api_keys: the key of each partner.
        known: what was answered before the call that is looked at: ids, tokens, keys.
        files: the files that were dropped.
        heard: the answers to tries of that call, in their order.
        faults_of_ours: what commands ended with that is neither an answer nor a request to try again.
    """

    world: World
    api_keys: Mapping[str, str]
    known: dict[str, Any] = field(default_factory=dict)
    files: list[SentFile] = field(default_factory=list)
    heard: list[Answer] = field(default_factory=list)
    faults_of_ours: list[str] = field(default_factory=list)

    @property
    def recent(self) -> datetime:
        """Return a moment a while ago, the same whenever a scenario is played."""
        return datetime.fromtimestamp(int(self.world.scheduler.now) // 86_400 * 86_400, UTC) + timedelta(hours=9)

    # ---------------------------------------------------------------- the API

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        until: Callable[[Answer], bool] = lambda _: True,
    ) -> Answer:
        """Send a request until it is answered, and the answer is as it should be."""
        text = None if body is None else exactjson.dumps(body)
        for _ in range(MAX_TRIES):
            answer = self.world.request(method, path, text, headers)
            self.heard.append(answer)
            if answer.status not in UNKNOWN and until(answer):
                return answer
            self.world.scheduler.sleep(AGAIN_SECONDS)
        raise Unanswered(f"{method} {path}: {answer.status}")

    def newest(self, method: str, path: str, body: Any = None, partner: str = "POS") -> Answer:
        """Send a request of the newest API."""
        return self.ask(method, path, body, {"api_key": self.api_keys[partner]})

    def play(self, call: Call, headers: Mapping[str, str] | None = None) -> Answer:
        """Send a call of a scenario, with the token of its partner or the key; a bulk call again until none of its
        entries is to be sent again."""
        method, path = PATHS[call.function]
        path = path.format(**call.path or {})
        if not path.startswith(("/customer_events", "/access_tokens", "/reward_transactions")):
            return self.newest(method, path, call.body, call.partner)
        bearer = {"Authorization": f"Bearer {self.known[call.partner]}"}
        headers = {**bearer, **call.headers, **(headers or {})}
        return self.ask(method, path, call.body, headers, lambda answer: Code.RETRY_LATER not in answer.text)

    def read(self, path: str, until: Callable[[Answer], bool] = lambda _: True, **query: str) -> Answer:
        """Send a request of the classic API by GET, with the token in the query."""
        return self.ask("GET", f"{path}?{urlencode({'token': self.known['POS'], **query})}", until=until)

    def sign_in(self, partner: str = "POS") -> None:
        """Let a partner have a token of the classic API."""
        answer = self.ask("POST", TOKEN, None, {"api_key": self.api_keys[partner]})
        self.known[partner] = answer.body["data"]["token"]

    # ---------------------------------------------------------------- files and the clock

    def drop(self, key: str, rows: list[Mapping[str, Any]], notes: Mapping[str, str] | None = None) -> None:
        """Put a file of JSON Lines into the upload bucket."""
        data = "".join(f"{exactjson.dumps(row)}\n" for row in rows).encode()
        version = self.world.put_file(KNOWN["UploadBucket"], key, data, notes or {})
        if not notes:
            self.files.append(SentFile(key, self.world.time(), tuple(rows), upload_id(key, version)))

    def by_the_clock(self, function: str) -> None:
        """Call a function for all that it is scheduled for, in one: each night, of which there are two."""
        for _ in range(2):
            self.world.invoke_later(self.world.deployment.functions[function], {})
            self.world.scheduler.sleep(86_400.0)

    # ---------------------------------------------------------------- the command

    def command(self, name: str, work: Callable[[], Any]) -> Any:
        """Let an operator run a command until it has ended as it should; return what it tells."""
        for _ in range(MAX_TRIES):
            try:
                told = run_in(Process(name), work)
            except Killed:
                pass  # the operator sees no result
            except Refused as refused:
                if refused.problems[0].code is not Code.RETRY_LATER:
                    return str(refused)
            except (ClientError, BotoCoreError) as fault:
                self.faults_of_ours.append(f"{type(fault).__name__}: {fault}")
            else:
                if not self.world.faults.strikes(Fault.RESPONSE_LOST):
                    return told
            self.world.scheduler.sleep(AGAIN_SECONDS)
        raise Unanswered(name)
