"""The routes of both APIs, as docs/openapi.json describes them."""

from cli.docs.route import LOGIN_PATH, Route, parameter
from loyalty.api.classic.answers import (
    AcceptedUpload,
    BulkOutcome,
    CreatedSpend,
    ListedPurchases,
    Nothing,
    PasswordData,
    PreviewedPurchase,
    ShownAward,
    TokenData,
)
from loyalty.api.classic.logins import ActingUnit, SignIn
from loyalty.api.classic.requests import (
    BulkCreate,
    BulkPurchase,
    ClassicCreatePurchase,
    ClassicPreviewPurchase,
    CreateSpend,
    IssueOneTimePassword,
    ListPurchases,
    NameAward,
    NamePurchase,
)
from loyalty.api.classic.shapes.events import PurchaseCustomerEvent
from loyalty.api.http.pages import MAX_DIGITS
from loyalty.api.newest.answers import (
    ContactPassword,
    Created,
    ExpectedUploadAnswer,
    JournalAnswer,
    PreviewAnswer,
    PurchaseAnswer,
    ReturnAnswer,
    UploadAnswer,
    WalletAnswer,
)
from loyalty.api.newest.contacts import IssueContactPassword
from loyalty.api.newest.purchase_requests import CreatePurchase, PreviewPurchase
from loyalty.api.newest.returns import CancelPurchase, ReturnProducts
from loyalty.api.newest.uploads import CreateUpload
from loyalty.store.ledger import MAX_PAGE

READING = (400, 401, 403, 404, 500, 503)
SHOWING = (400, 401, 403, 404, 413, 500, 503)
PREVIEWING = (*SHOWING, 422)
POSTING = (*SHOWING, 409, 422)

EXCHANGING = (400, 401, 404, 413, 500, 503)

EXPLAIN = parameter("explain", "query", "Whether to explain why offers applied.", type="boolean")
MERCHANT = parameter("merchant", "query", "The id of the merchant whose purchase is meant, where several have the id.")
LIMIT = parameter("limit", "query", "Entries per page.", type="integer", minimum=1, maximum=MAX_PAGE)
NEXT = parameter(
    "next", "query", "The previous page's `next`.", type="string", pattern="^[0-9]+$", maxLength=MAX_DIGITS
)
ONCE = parameter("Idempotency-Key", "header", "A repeated key is the same purchase (or entry of a bulk call).")
EACH_ONCE = parameter("Idempotency-Key", "header", "A repeated key with the same entry id is the same purchase.")
PREFER = parameter("Prefer", "header", "`respond-async`: post the entries later.", type="string")

ROUTES = (
    Route("create_purchase", "POST /purchases", CreatePurchase, Created, POSTING, (ONCE,), replays=True),
    Route("preview_purchase", "POST /purchases/preview", PreviewPurchase, PreviewAnswer, PREVIEWING),
    Route("show_purchase", "GET /purchases/{id}", None, PurchaseAnswer, (*READING, 409), (EXPLAIN, MERCHANT)),
    Route(
        "return_products",
        "POST /purchases/{id}/returns",
        ReturnProducts,
        ReturnAnswer,
        POSTING,
        (MERCHANT,),
        replays=True,
    ),
    Route(
        "cancel_purchase",
        "POST /purchases/{id}/cancel",
        CancelPurchase,
        PurchaseAnswer,
        POSTING,
        (MERCHANT,),
        replays=True,
    ),
    Route("issue_contact_otp", "POST /contacts/{id}/otp", IssueContactPassword, ContactPassword, SHOWING),
    Route("show_wallet", "GET /wallets/{account}", None, WalletAnswer, READING),
    Route("show_journal", "GET /wallets/{account}/journal", None, JournalAnswer, READING, (LIMIT, NEXT)),
    Route("create_upload", "POST /uploads", CreateUpload, ExpectedUploadAnswer, (400, 401, 403, 413, 500, 503)),
    Route("show_upload", "GET /uploads/{id}", None, UploadAnswer, READING),
    Route(
        "classic_create_purchase",
        "POST /customer_events/purchases/create",
        ClassicCreatePurchase,
        PurchaseCustomerEvent,
        POSTING,
        (ONCE,),
        replays=True,
    ),
    Route(
        "classic_preview_purchase",
        "POST /customer_events/purchases/preview",
        ClassicPreviewPurchase,
        PreviewedPurchase,
        PREVIEWING,
    ),
    Route(
        "classic_create_spend",
        "POST /customer_events/purchases/create_spend",
        CreateSpend,
        CreatedSpend,
        POSTING,
        (ONCE,),
        replays=True,
    ),
    Route(
        "classic_show_purchase",
        "POST /customer_events/purchases/show",
        NamePurchase,
        PurchaseCustomerEvent,
        (*SHOWING, 409),
    ),
    Route(
        "classic_show_purchase",
        "GET /customer_events/purchases/show",
        NamePurchase,
        PurchaseCustomerEvent,
        (*READING, 409),
        also_called="classic_get_purchase",
    ),
    Route(
        "classic_list_purchases",
        "GET /customer_events/purchases/list",
        ListPurchases,
        ListedPurchases,
        READING,
        (LIMIT, NEXT),
    ),
    Route(
        "classic_show_award",
        "POST /reward_transactions/awards/show",
        NameAward,
        ShownAward,
        (*SHOWING, 409),
    ),
    Route(
        "classic_show_award",
        "GET /reward_transactions/awards/show",
        NameAward,
        ShownAward,
        (*READING, 409),
        also_called="classic_get_award",
    ),
    Route(
        "classic_cancel_purchase",
        "POST /customer_events/purchases/cancel",
        NamePurchase,
        PurchaseCustomerEvent,
        POSTING,
        replays=True,
    ),
    Route(
        "classic_bulk_create",
        "POST /customer_events/bulk/purchases/create",
        BulkCreate,
        BulkOutcome,
        (400, 401, 403, 409, 413, 500, 503),
        (EACH_ONCE, PREFER),
        replays=True,
        entries=BulkPurchase,
        answers_later=AcceptedUpload,
    ),
    Route(
        "issue_one_time_password",
        "POST /access_tokens/one_time_passwords/issue",
        IssueOneTimePassword,
        PasswordData,
        SHOWING,
    ),
    Route("sign_in", f"POST {LOGIN_PATH}", SignIn, TokenData, (400, 401, 403, 404, 413, 500, 503)),
    Route("issue_token", "POST /authentication/web_api_key/token", ActingUnit, TokenData, EXCHANGING),
    Route(
        "issue_token",
        "GET /authentication/web_api_key/token",
        ActingUnit,
        TokenData,
        EXCHANGING,
        also_called="get_token",
    ),
    Route("release_token", "POST /authentication/token/release", None, Nothing, (400, 401, 413, 500, 503)),
)
