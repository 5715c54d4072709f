"""A caller: it does one operation after the other, and asks again until it is answered."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from loyalty import exactjson
from loyalty.domain.errors import Code, Refused
from loyalty.store.uploads import upload_id
from tests.simulation.deployment import KNOWN
from tests.simulation.operations.load import Load, Operated, SentFile, Told
from tests.simulation.recording import Step
from tests.simulation.scheduler import Killed, Process, run_in
from tests.simulation.world import Answer, World

UNKNOWN = frozenset({0, 429, 500, 502, 503, 504})
"""Statuses that say nothing of what became of a call: it is sent again."""

MAX_TRIES = 60
TOKEN_SECONDS = 3600.0
UNSEEN = 0.1
"""How often operators do not see that a command is done, and give it again."""
CHANGED_KEYS = 3
"""The most keys that a call is sent with, each after the one before was revoked."""

FEW = (1, 8)
MANY = (50, 1200)
MANY_SHARE = 0.01
"""Of files and bulk calls: as many rows as take several chunks, entries as take several transactions."""

PARTNERS = {"POS": 14, "OFFICE": 3, "SHOPS": 5, "KIOSKS": 2, "READER": 1}
"""How often each partner's software does something."""


class Stuck(Exception):  # noqa: N818 - reads as what it says
    """A call is not answered, however often it is sent."""


@dataclass
class Caller:
    """A till, a shop or a back office, which does one thing after the other, each for one of the partners."""

    name: str
    world: World
    load: Load
    chance: random.Random
    operation: str = ""
    partner: str = "POS"
    _tokens: dict[str, tuple[float, str]] = field(default_factory=dict)

    def work(self, number: int, caller: int, operations: int) -> None:
        """Do so many operations as one of the callers of a round, each drawn by chance."""
        done = 0
        kinds, weights = list(OPERATIONS), list(OPERATIONS.values())
        chance = self.chance
        while done < operations:
            [chosen] = chance.choices(kinds, weights)
            [partner] = chance.choices(list(PARTNERS), list(PARTNERS.values()))
            done += self.do(Step(number, caller, partner, chosen.__name__, chance.getrandbits(32)))

    def do(self, step: Step) -> int:
        """Do an operation, and keep that it was done; return for how many it counts."""
        self.partner, self.operation, self.chance = step.partner, step.operation, random.Random(step.seed)
        self.load.steps.append(step)
        count = BY_NAME[step.operation](self)
        self.load.done[step.operation] += count
        return count

    def do_all(self, steps: Sequence[Step]) -> None:
        """Do operations that were kept."""
        for step in steps:
            self.do(step)

    def send(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        """Send a call of the newest API until it is answered; with the partner's next key, if that was changed."""
        partner = self.partner
        for _ in range(CHANGED_KEYS):
            key = self.load.api_keys[partner]
            answer = self.ask(method, path, body, {"api_key": key, **(headers or {})}, partner)
            if answer.status not in (401, 403) or key == self.load.api_keys[partner]:
                return answer
        raise Stuck(f"{method} {path}: {answer.status}")

    def send_classic(self, path: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Answer:
        """Send a call of the classic API until it is answered; with another token, if the partner's is refused."""
        partner = self.partner
        for _ in range(CHANGED_KEYS):
            bearer = {"Authorization": f"Bearer {self._token(partner)}"}
            answer = self.ask("POST", path, body, {**bearer, **(headers or {})}, partner)
            if answer.status != 401:
                return answer
            del self._tokens[partner]
        raise Stuck(f"POST {path}: {answer.status}")

    def new_token(self, partner: str) -> str:
        """Return a token, got with the partner's key."""
        for _ in range(CHANGED_KEYS):
            answer = self.ask(
                "POST", "/authentication/web_api_key/token", None, {"api_key": self.load.api_keys[partner]}, partner
            )
            if answer.status == 200:
                token: str = answer.body["data"]["token"]
                return token
        raise Stuck(f"token: {answer.status}")

    def ask(self, method: str, path: str, body: Any, headers: Mapping[str, str], partner: str = "") -> Answer:
        """Send a call until it is answered, and keep it.

        Raises:
            Stuck: it is not.
        """
        began, before = self.world.scheduler.now, list[Answer]()
        operation = self.operation
        text = body if body is None or isinstance(body, str) else exactjson.dumps(body)
        while len(before) < MAX_TRIES:
            answer = self.world.request(method, path, text, headers)
            ended = self.world.scheduler.now
            if answer.status not in UNKNOWN:
                told = Told(
                    self.name, partner, operation, method, path, body, headers, answer, tuple(before), began, ended
                )
                self.load.told.append(told)
                return answer
            before.append(answer)
            self.world.scheduler.sleep(self.chance.uniform(0.05, 0.5 * len(before)))
        raise Stuck(f"{method} {path}: {answer.status}")

    def operate(self, what: str, about: Any, work: Callable[[], Any]) -> Any:
        """Do what operators do, in a process of its own, again until they see that it is done; return what it
        returns."""
        began = self.world.scheduler.now
        for tries in range(1, MAX_TRIES + 1):
            try:
                result = run_in(Process("loyalty"), work)
            except Refused as refused:
                if refused.problems[0].code is not Code.RETRY_LATER:
                    raise
            except (BotoCoreError, ClientError, Killed):
                pass
            else:
                if not self.happens(UNSEEN):
                    self.load.operated.append(Operated(what, about, result, began, self.world.scheduler.now))
                    return result
            self.world.scheduler.sleep(self.chance.uniform(0.05, 0.5 * tries))
        raise Stuck(what)

    def later(self, seconds: float, work: Callable[["Caller"], Any]) -> None:
        """Do something in so many seconds, beside whatever comes next."""
        beside = replace(self, name=f"{self.name}, beside")
        self.world.scheduler.start(lambda: work(beside), seconds)

    def drop(self, key: str, data: bytes, notes: Mapping[str, str] | None = None, **told: Any) -> SentFile:
        """Put a file into the upload bucket."""
        version = self.world.put_file(KNOWN["UploadBucket"], key, data, notes)
        sent = SentFile(**{"key": key, "at": self.world.time(), "upload": upload_id(key, version), **told})
        self.load.files.append(sent)
        return sent

    def happens(self, share: float) -> bool:
        """Return whether what happens in so many cases happens in this one."""
        return self.chance.random() < share

    def wallet(self) -> str:
        """Return somebody to buy."""
        return self.chance.choice(self.load.wallets)

    def count(self) -> int:
        """Return how many rows a file has: few as a rule, many at times."""
        return self.chance.randint(*(MANY if self.happens(MANY_SHARE) else FEW))

    def now(self) -> datetime:
        """Return when something was performed: a while ago, at times days ago."""
        ago = timedelta(minutes=self.chance.randrange(60))
        if self.happens(0.1):
            ago = timedelta(days=self.chance.randrange(40))
        return datetime.fromtimestamp(int(self.world.scheduler.now), UTC) - ago

    def _token(self, partner: str) -> str:
        until, text = self._tokens.get(partner, (0.0, ""))
        if self.world.scheduler.now >= until:
            text = self.new_token(partner)
            self._tokens[partner] = (self.world.scheduler.now + TOKEN_SECONDS, text)
        return text


Operation = Callable[[Caller], int]

OPERATIONS: dict[Operation, int] = {}
"""Each operation, and how often it is drawn beside the others."""

BY_NAME: dict[str, Operation] = {}


def operation(weight: int) -> Callable[[Operation], Operation]:
    """Register an operation, which is drawn so often beside the others."""

    def register(chosen: Operation) -> Operation:
        OPERATIONS[chosen] = weight
        BY_NAME[chosen.__name__] = chosen
        return chosen

    return register
