"""The routes of both APIs, as docs/openapi.json describes them."""

from dataclasses import dataclass, field
from typing import Any

from loyalty.api import answers, purchases, returns, uploads
from loyalty.api.classic import answers as classic
from loyalty.api.classic import requests
from loyalty.api.classic.shapes.events import PurchaseCustomerEvent

Json = dict[str, Any]

PURCHASES, WALLETS, UPLOADS, CLASSIC, AUTHENTICATION = (
    "Purchases",
    "Wallets",
    "Uploads",
    "Classic API",
    "Authentication",
)
TAGS = {
    PURCHASES: "The newest API; needs the header `api_key`.",
    WALLETS: "The newest API; needs the header `api_key`.",
    UPLOADS: "Files of purchases (docs/uploads.md); needs the header `api_key`.",
    CLASSIC: "Needs a token, in the body or as `Authorization: Bearer`.",
    AUTHENTICATION: "The classic API's login.",
}

BY_KEY: list[Json] = [{"api_key": []}]
BY_KEY_OR_BASIC: list[Json] = [{"api_key": []}, {"basic": []}]
BY_TOKEN: list[Json] = [{"bearer": []}, {}]

READING = (401, 403, 404, 500, 503)
SHOWING = (400, 401, 403, 404, 413, 500, 503)
PREVIEWING = (400, 401, 403, 404, 413, 422, 500, 503)
POSTING = (400, 401, 403, 404, 409, 413, 422, 500, 503)


def parameter(name: str, where: str, description: str, **schema: Any) -> Json:
    """A parameter; text, unless its schema is told."""
    schema = schema or {"type": "string", "minLength": 1}
    return {"name": name, "in": where, "required": where == "path", "description": description, "schema": schema}


PURCHASE = parameter("id", "path", "The id that posting it answered.")
ACCOUNT = parameter("account", "path", "The account's id or number.")
IDEMPOTENCY_KEY = parameter(
    "Idempotency-Key", "header", "The same key, the same purchase (of a bulk call, the same entry)."
)


@dataclass(frozen=True, kw_only=True)
class Route:
    """A route. `name` is that of its function; `takes` is the model of its body; `answers` the shape of its answer,
    in the classic API within the envelope, and `answers_later` that of an answer 202; `refusals` are the statuses of
    its errors.

    `examples` are pairs of the contract's, `requests` those of which just the request is an example here; `entries` is
    the model that entries of a bulk call have to be of to be posted.
    """

    name: str
    path: str
    summary: str
    answers: Any
    refusals: tuple[int, ...]
    method: str = "post"
    tag: str = CLASSIC
    security: list[Json] = field(default_factory=lambda: BY_TOKEN)
    description: str = ""
    takes: Any = None
    answers_later: Any = None
    entries: Any = None
    parameters: tuple[Json, ...] = ()
    replays: bool = False
    examples: tuple[str, ...] = ()
    requests: tuple[str, ...] = ()

    @property
    def classic(self) -> bool:
        """Whether answers are in the envelope, and the body may have the token."""
        return self.tag in (CLASSIC, AUTHENTICATION)


ROUTES = (
    Route(
        name="create_purchase",
        path="/purchases",
        tag=PURCHASES,
        security=BY_KEY,
        summary="Post a purchase",
        description="Posts it once, however often it is sent: by `id`, or else by merchant and `reference_number`, the "
        "engine knows it again.",
        takes=purchases.CreatePurchase,
        answers=answers.Created,
        refusals=POSTING,
        replays=True,
        examples=("create_v5_1",),
    ),
    Route(
        name="preview_purchase",
        path="/purchases/preview",
        tag=PURCHASES,
        security=BY_KEY,
        summary="Show what posting a purchase would do",
        description="Nothing is written. Refused for whatever posting it would be refused for.",
        takes=purchases.PreviewPurchase,
        answers=answers.PreviewAnswer,
        refusals=PREVIEWING,
        requests=("create_v5_1",),
    ),
    Route(
        name="show_purchase",
        path="/purchases/{id}",
        method="get",
        tag=PURCHASES,
        security=BY_KEY,
        summary="Show a posted purchase",
        parameters=(PURCHASE, parameter("explain", "query", "Whether to say why offers applied.", type="boolean")),
        answers=answers.PurchaseAnswer,
        refusals=(400, *READING),
    ),
    Route(
        name="cancel_purchase",
        path="/purchases/{id}/cancel",
        tag=PURCHASES,
        security=BY_KEY,
        summary="Cancel a purchase",
        description="Takes back what is left of its awards and gives back what is left of its spends, once, however "
        "often it is sent; answers the purchase. The body may be left out.",
        parameters=(PURCHASE,),
        takes=returns.CancelPurchase,
        answers=answers.PurchaseAnswer,
        refusals=(*SHOWING, 422),
        replays=True,
    ),
    Route(
        name="return_products",
        path="/purchases/{id}/returns",
        tag=PURCHASES,
        security=BY_KEY,
        summary="Return some of a purchase's goods",
        description="Takes back and gives back their share of its awards and spends, once, however often it is sent: "
        "by its reference number, the engine knows it again.",
        parameters=(PURCHASE,),
        takes=returns.ReturnProducts,
        answers=answers.ReturnAnswer,
        refusals=POSTING,
        replays=True,
    ),
    Route(
        name="show_wallet",
        path="/wallets/{account}",
        method="get",
        tag=WALLETS,
        security=BY_KEY,
        summary="Show a wallet",
        parameters=(ACCOUNT,),
        answers=answers.WalletAnswer,
        refusals=READING,
    ),
    Route(
        name="show_journal",
        path="/wallets/{account}/journal",
        method="get",
        tag=WALLETS,
        security=BY_KEY,
        summary="List a wallet's events, newest first",
        parameters=(
            ACCOUNT,
            parameter("limit", "query", "Entries on a page.", type="integer", minimum=1, maximum=100),
            parameter("next", "query", "What the page before answered as `next`."),
        ),
        answers=answers.JournalAnswer,
        refusals=(400, *READING),
    ),
    Route(
        name="create_upload",
        path="/uploads",
        tag=UPLOADS,
        security=BY_KEY,
        summary="Get a form to send a file of purchases with",
        description="POST the file to `url` as `multipart/form-data`, the `fields` before it. Its purchases are posted "
        "then, or with `dry_run` gone through.",
        takes=uploads.CreateUpload,
        answers=answers.ExpectedUploadAnswer,
        refusals=(400, 401, 403, 413, 500, 503),
    ),
    Route(
        name="show_upload",
        path="/uploads/{id}",
        method="get",
        tag=UPLOADS,
        security=BY_KEY,
        summary="Show how far an upload has got, and what became of its purchases",
        parameters=(parameter("id", "path", "The upload's id."),),
        answers=answers.UploadAnswer,
        refusals=READING,
    ),
    Route(
        name="classic_create_purchase",
        path="/customer_events/purchases/create",
        summary="Post a purchase",
        description="Answers the complete event. Posts each call anew, unless it has an `Idempotency-Key` header or "
        "names an external system and its reference number.",
        parameters=(IDEMPOTENCY_KEY,),
        takes=requests.ClassicCreatePurchase,
        answers=PurchaseCustomerEvent,
        refusals=POSTING,
        replays=True,
        examples=("create_1", "create_3", "create_4"),
        requests=("create_2",),
    ),
    Route(
        name="classic_preview_purchase",
        path="/customer_events/purchases/preview",
        summary="Show what posting a purchase would do",
        takes=requests.ClassicPreviewPurchase,
        answers=classic.PreviewedPurchase,
        refusals=PREVIEWING,
        examples=("preview_1", "preview_2"),
    ),
    Route(
        name="classic_create_spend",
        path="/customer_events/purchases/create_spend",
        summary="Post a purchase with its spend request",
        description="Both or neither. Without an amount the spend request spends nothing. Posts each call anew, unless "
        "it has an `Idempotency-Key` header.",
        parameters=(IDEMPOTENCY_KEY,),
        takes=requests.CreateSpend,
        answers=classic.CreatedSpend,
        refusals=POSTING,
        replays=True,
        examples=("create_spend_1", "create_spend_2"),
    ),
    Route(
        name="classic_show_purchase",
        path="/customer_events/purchases/show",
        summary="Show a posted purchase",
        description="By its id, its number, or a reference number that no other purchase has.",
        takes=requests.NamePurchase,
        answers=PurchaseCustomerEvent,
        refusals=(*SHOWING, 409),
    ),
    Route(
        name="classic_cancel_purchase",
        path="/customer_events/purchases/cancel",
        summary="Cancel a posted purchase",
        description="By its id, its number, or a reference number that no other purchase has; once, however often it "
        "is sent. Answers the complete event.",
        takes=requests.NamePurchase,
        answers=PurchaseCustomerEvent,
        refusals=POSTING,
        replays=True,
    ),
    Route(
        name="classic_bulk_create",
        path="/customer_events/bulk/purchases/create",
        summary="Post many purchases",
        description="Up to 1000 entries, each posted or refused alone; those of one wallet in their order. Posts each "
        "entry anew, unless the call has an `Idempotency-Key` header or the entry names an external system and its "
        "reference number. With `Prefer: respond-async` the entries become a file, whose upload is answered at once.",
        parameters=(
            parameter("Idempotency-Key", "header", "The same key and the same entry's id, the same purchase."),
            parameter("Prefer", "header", "`respond-async`: do it later."),
        ),
        takes=requests.BulkCreate,
        entries=requests.BulkPurchase,
        answers=classic.BulkOutcome,
        answers_later=classic.AcceptedUpload,
        refusals=(400, 401, 403, 409, 413, 500, 503),
        replays=True,
        examples=("bulk_1",),
    ),
    Route(
        name="issue_one_time_password",
        path="/access_tokens/one_time_passwords/issue",
        summary="Give out a one-time password for an access token",
        description="For the customer to show instead of the token: good for five minutes and one purchase.",
        takes=requests.IssueOneTimePassword,
        answers=classic.PasswordData,
        refusals=SHOWING,
    ),
    Route(
        name="issue_token",
        path="/authentication/web_api_key/token",
        tag=AUTHENTICATION,
        security=BY_KEY_OR_BASIC,
        summary="Exchange an API key for a token",
        answers=classic.TokenData,
        refusals=(401, 500, 503),
    ),
    Route(
        name="release_token",
        path="/authentication/token/release",
        tag=AUTHENTICATION,
        summary="Give a token back",
        answers=classic.Nothing,
        refusals=(400, 401, 413, 500, 503),
    ),
)
