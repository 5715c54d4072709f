"""A route of either API, and what follows from its place."""

from dataclasses import dataclass
from typing import Any, get_args

from pydantic.fields import FieldInfo

from cli.docs.route_words import WORDS
from loyalty.api.classic.answers import TokenData
from loyalty.api.classic.deprecated_fields import may_deprecate, releases_of
from loyalty.api.classic.identifiers import Identifier
from loyalty.api.http.parameters import MAX_HEADER, MAX_NAME, queried_maximum

Json = dict[str, Any]

PURCHASES, CONTACTS, WALLETS, UPLOADS, CLASSIC, AUTHENTICATION = (
    "Purchases",
    "Contacts",
    "Wallets",
    "Uploads",
    "Classic API",
    "Authentication",
)
TAGS = {
    PURCHASES: "The newest API; needs the header `api_key`, or a token as `Authorization: Bearer`.",
    CONTACTS: "The newest API; needs the header `api_key`, or a token as `Authorization: Bearer`.",
    WALLETS: "The newest API; needs the header `api_key`, or a token as `Authorization: Bearer`.",
    UPLOADS: "Files of purchases (docs/uploads.md); need the header `api_key`, or a token as `Authorization: Bearer`.",
    CLASSIC: "Needs a token, in the body or as `Authorization: Bearer`.",
    AUTHENTICATION: "The classic API's login. Its tokens let in to the newest API as well.",
}
TAG_OF = {
    "purchases": PURCHASES,
    "contacts": CONTACTS,
    "wallets": WALLETS,
    "uploads": UPLOADS,
    "authentication": AUTHENTICATION,
}
"""By the first step of the path; all other routes are the classic API's."""

BY_KEY_OR_BEARER: list[Json] = [{"api_key": []}, {"bearer": []}]
BY_KEY_OR_BASIC: list[Json] = [{"api_key": []}, {"basic": []}]
BY_TOKEN: list[Json] = [{"bearer": []}, {}]
BY_LOGIN: list[Json] = []
"""What the body has lets in."""


LOGIN_PATH = "/authentication/token"


def parameter(name: str, where: str, description: str, **schema: Any) -> Json:
    """Return a parameter; text of a length that its place takes, unless its schema is told."""
    schema = schema or {"type": "string", "minLength": 1, "maxLength": MAX_HEADER if where == "header" else MAX_NAME}
    return {"name": name, "in": where, "required": where == "path", "description": description, "schema": schema}


def _queried(name: str, info: FieldInfo) -> Json:
    """Return the parameter that a field of a body is in a query: an identifier is `field=value`."""
    told: Json = {"type": "string", "minLength": 1, "maxLength": queried_maximum(name)}
    named_by = [one for one in (info.annotation, *get_args(info.annotation)) if _is_identifier(one)]
    ways = [way for one in named_by for way in one.ways()]
    if ways:
        told["pattern"] = f"^({'|'.join(ways)})=."
        told["examples"] = [f"{ways[0]}=101"]
        description = f"`field=value`, where the field is one of {', '.join(ways)}."
    else:
        description = info.description or "A date, in the forms of a body."
    return {"name": name, "in": "query", "required": info.is_required(), "description": description, "schema": told}


def _is_identifier(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Identifier)


TOKEN: Json = {
    "name": "token",
    "in": "query",
    "required": False,
    "description": "The token, unless the header has it.",
    "schema": {"type": "string", "minLength": 1, "maxLength": queried_maximum("token")},
}
"""The token of a call by GET."""

IN_PATH = {
    PURCHASES: parameter("id", "path", "The id that posting it returned."),
    CONTACTS: parameter("id", "path", "The contact's id."),
    WALLETS: parameter("account", "path", "The account's id or number."),
    UPLOADS: parameter("id", "path", "The upload's id."),
}
EXAMPLES = {
    "create_purchase": ("create_v5_1",),
    "classic_create_purchase": ("create_1", "create_3", "create_4"),
    "classic_preview_purchase": ("preview_1", "preview_2"),
    "classic_create_spend": ("create_spend_1", "create_spend_2"),
    "classic_bulk_create": ("bulk_1",),
}
"""The contract's pairs of request and answer, by route."""

REQUESTS = {"preview_purchase": ("create_v5_1",), "classic_create_purchase": ("create_2",)}
"""Those of which just the request is an example here."""


@dataclass(frozen=True)
class Route:
    """A route of either API.

    Attributes:
        name: the name of its function.
        call: its method and path.
        takes: the model of its body, if it has one; by GET, of its query.
        answers: the shape of its answer; in the classic API, within the envelope.
        refusals: the statuses of its errors.
        asks: its parameters, except those of the path.
        replays: whether an answer may be that of an earlier call.
        entries: the model of each entry that the bulk call posts.
        answers_later: the shape of the bulk call's answer 202.
        also_called: the operation's name, where another one has the function's.
    """

    name: str
    call: str
    takes: Any
    answers: Any
    refusals: tuple[int, ...]
    asks: tuple[Json, ...] = ()
    replays: bool = False
    entries: Any = None
    answers_later: Any = None
    also_called: str | None = None

    @property
    def operation(self) -> str:
        """The operation's name."""
        return self.also_called or self.name

    @property
    def method(self) -> str:
        """Its method, in lower case."""
        return self.call.partition(" ")[0].lower()

    @property
    def path(self) -> str:
        """Its path, with a parameter in braces."""
        return self.call.partition(" ")[2]

    @property
    def tag(self) -> str:
        """The part of the API that it belongs to."""
        return TAG_OF.get(self.path.split("/")[1], CLASSIC)

    @property
    def classic(self) -> bool:
        """Whether answers are in the envelope, and the body may have the token."""
        return self.tag in (CLASSIC, AUTHENTICATION)

    @property
    def security(self) -> list[Json]:
        """The ways in which a caller identifies itself: in the classic API with a token, except where it is issued;
        otherwise with a key, or a token."""
        if self.answers is TokenData:
            return BY_LOGIN if self.path == LOGIN_PATH else BY_KEY_OR_BASIC
        return BY_TOKEN if self.classic else BY_KEY_OR_BEARER

    @property
    def parameters(self) -> list[Json]:
        """Those of the path, those that say what the body of a POST does, and the others."""
        in_path = [IN_PATH[self.tag]] if "{" in self.path else []
        return [*in_path, *self._queried, *self.asks]

    @property
    def _queried(self) -> list[Json]:
        if self.method != "get" or not self.takes:
            return []
        token = [TOKEN] if self.security is BY_TOKEN else []
        return [*(_queried(name, info) for name, info in self.takes.model_fields.items()), *token]

    @property
    def examples(self) -> tuple[str, ...]:
        """The contract's pairs of request and answer."""
        return EXAMPLES.get(self.name, ())

    @property
    def requests(self) -> tuple[str, ...]:
        """The contract's requests whose answers are others here."""
        return REQUESTS.get(self.name, ())

    @property
    def is_deprecated(self) -> bool:
        """Whether the vendor has deprecated the operation."""
        return self.classic and self.takes is not None and "" in releases_of(self.takes)

    @property
    def warns(self) -> bool:
        """Whether answers may tell of something deprecated in the request."""
        posted = self.entries or self.takes
        return self.classic and posted is not None and may_deprecate(posted)

    @property
    def summary(self) -> str:
        """A summary of the route, in one line."""
        return WORDS[self.operation].partition("\n")[0]

    @property
    def description(self) -> str:
        """Further details of the route, if there are any."""
        return " ".join(WORDS[self.operation].partition("\n")[2].split())
