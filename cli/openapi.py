"""`loyalty openapi`: docs/openapi.json, from the models that the functions use."""

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from cli.generated import Check, bring_up_to_date
from cli.target import REPOSITORY

DOCUMENT = REPOSITORY / "docs" / "openapi.json"
EXAMPLE = REPOSITORY / "cli" / "demo" / "purchase.json"


def openapi(check: Check = False) -> None:
    """Write docs/openapi.json."""
    bring_up_to_date(DOCUMENT, json.dumps(document(), indent=2) + "\n", check=check, command="openapi")


def document() -> dict[str, Any]:
    """The OpenAPI 3.1 document of both APIs."""
    from importlib.metadata import version

    from pydantic import TypeAdapter
    from pydantic.json_schema import GenerateJsonSchema

    from loyalty.api import answers
    from loyalty.api.classic import requests as classic
    from loyalty.api.purchases import CreatePurchase, PreviewPurchase

    class Schema(GenerateJsonSchema):
        def decimal_schema(self, schema: Any) -> dict[str, Any]:  # noqa: ARG002
            return {"type": "number"}

    shapes: list[Any] = [
        CreatePurchase,
        PreviewPurchase,
        classic.BulkCreate,
        classic.BulkPurchase,
        classic.ClassicCreatePurchase,
        classic.ClassicPreviewPurchase,
        classic.CreateSpend,
        classic.IssueOneTimePassword,
        classic.NamePurchase,
        *(shape for shape in vars(answers).values() if hasattr(shape, "__total__")),
    ]
    inputs: Sequence[Any] = [(shape.__name__, "validation", TypeAdapter(shape)) for shape in shapes]
    references, schemas = TypeAdapter.json_schemas(
        inputs, ref_template="#/components/schemas/{model}", schema_generator=Schema
    )
    names = {name: reference for (name, _), reference in references.items()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Loyalty engine",
            "version": version("loyalty-engine"),
            "description": "Purchases in, priced against a reward programme; wallets moved, to the cent.",
        },
        "servers": [{"url": "https://{api}.execute-api.{region}.amazonaws.com/{stage}", "variables": _SERVER}],
        "tags": [
            {"name": "Purchases", "description": "The newest API; needs the header `api_key`."},
            {"name": "Wallets", "description": "The newest API; needs the header `api_key`."},
            {"name": "Classic API", "description": "Needs a token, in the body or as `Authorization: Bearer`."},
            {"name": "Authentication", "description": "The classic API's login."},
        ],
        "paths": _paths(names),
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {
                "api_key": {"type": "apiKey", "in": "header", "name": "api_key"},
                "basic": {"type": "http", "scheme": "basic", "description": "The API key as user name."},
                "bearer": {"type": "http", "scheme": "bearer", "description": "A token of the classic API."},
            },
        },
    }


_SERVER = {"api": {"default": "API"}, "region": {"default": "eu-west-1"}, "stage": {"default": "dev"}}

_REFUSALS = {
    400: "A field is missing or wrong; each is named.",
    401: "The key or the token is missing, wrong or expired.",
    403: "The key may not be used for this.",
    404: "What is named does not exist, or is not to be seen with this key.",
    409: "Another purchase has this id or reference number.",
    413: "The body is too large.",
    422: "The wallet does not hold the amount, it is outside the limits, or the currency does not fit.",
    503: "Busy; the same request may be sent again after `Retry-After`.",
}


_TOKEN = {
    "type": "object",
    "properties": {"token": {"type": "string", "description": "The token, unless the header has it."}},
}


def _paths(names: dict[str, Any]) -> dict[str, Any]:
    account = _parameter("account", "path", "The account's id or number.")
    example = json.loads(EXAMPLE.read_text())
    purchase = _body(names["CreatePurchase"], example=example)
    replayed = {
        "Idempotent-Replayed": {"schema": {"const": "true"}, "description": "There where it had been posted before."}
    }
    return {
        "/purchases": {
            "post": {
                "operationId": "create_purchase",
                "tags": ["Purchases"],
                "summary": "Post a purchase",
                "description": "Posts it once, however often it is sent: by `id`, or else by merchant and "
                "`reference_number`, the engine knows it again.",
                "security": [{"api_key": []}],
                "requestBody": purchase,
                "responses": _responses(names, "Created", 400, 401, 403, 404, 409, 413, 422, 503, headers=replayed),
            }
        },
        "/purchases/preview": {
            "post": {
                "operationId": "preview_purchase",
                "tags": ["Purchases"],
                "summary": "Show what posting a purchase would do",
                "description": "Nothing is written. Refused for whatever posting it would be refused for.",
                "security": [{"api_key": []}],
                "requestBody": _body(names["PreviewPurchase"], example=example | {"explain": True}),
                "responses": _responses(names, "PreviewAnswer", 400, 401, 403, 404, 413, 422, 503),
            }
        },
        "/purchases/{id}": {
            "get": {
                "operationId": "show_purchase",
                "tags": ["Purchases"],
                "summary": "Show a posted purchase",
                "security": [{"api_key": []}],
                "parameters": [_parameter("id", "path", "The id that posting it answered.")],
                "responses": _responses(names, "PurchaseAnswer", 401, 403, 404, 503),
            }
        },
        "/wallets/{account}": {
            "get": {
                "operationId": "show_wallet",
                "tags": ["Wallets"],
                "summary": "Show a wallet",
                "security": [{"api_key": []}],
                "parameters": [account],
                "responses": _responses(names, "WalletAnswer", 401, 403, 404, 503),
            }
        },
        "/wallets/{account}/journal": {
            "get": {
                "operationId": "show_journal",
                "tags": ["Wallets"],
                "summary": "List a wallet's events, newest first",
                "security": [{"api_key": []}],
                "parameters": [
                    account,
                    _parameter("limit", "query", "Entries on a page.", type="integer", minimum=1, maximum=100),
                    _parameter("next", "query", "What the page before answered as `next`."),
                ],
                "responses": _responses(names, "JournalAnswer", 400, 401, 403, 404, 503),
            }
        },
        "/customer_events/purchases/create": {
            "post": {
                "operationId": "classic_create_purchase",
                "tags": ["Classic API"],
                "summary": "Post a purchase",
                "description": "Answers the complete event. Posts each call anew, unless it has an `Idempotency-Key` "
                "header or names an external system and its reference number.",
                "security": [{"bearer": []}, {}],
                "parameters": [_parameter("Idempotency-Key", "header", "The same key, the same purchase.")],
                "requestBody": _classic_body(names["ClassicCreatePurchase"]),
                "responses": _responses(
                    names, "EventAnswer", 400, 401, 403, 404, 409, 413, 422, 503, headers=replayed, classic=True
                ),
            }
        },
        "/customer_events/purchases/preview": {
            "post": {
                "operationId": "classic_preview_purchase",
                "tags": ["Classic API"],
                "summary": "Show what posting a purchase would do",
                "security": [{"bearer": []}, {}],
                "requestBody": _classic_body(names["ClassicPreviewPurchase"]),
                "responses": _responses(names, "EventAnswer", 400, 401, 403, 404, 413, 422, 503, classic=True),
            }
        },
        "/customer_events/purchases/create_spend": {
            "post": {
                "operationId": "classic_create_spend",
                "tags": ["Classic API"],
                "summary": "Post a purchase with its spend request",
                "description": "Both or neither. Without an amount the spend request spends nothing. Posts each call "
                "anew, unless it has an `Idempotency-Key` header.",
                "security": [{"bearer": []}, {}],
                "parameters": [_parameter("Idempotency-Key", "header", "The same key, the same purchase.")],
                "requestBody": _classic_body(names["CreateSpend"]),
                "responses": _responses(
                    names, "CreatedSpendAnswer", 400, 401, 403, 404, 409, 413, 422, 503, headers=replayed, classic=True
                ),
            }
        },
        "/customer_events/purchases/show": {
            "post": {
                "operationId": "classic_show_purchase",
                "tags": ["Classic API"],
                "summary": "Show a posted purchase",
                "description": "By its id, its number, or a reference number that no other purchase has.",
                "security": [{"bearer": []}, {}],
                "requestBody": _classic_body(names["NamePurchase"]),
                "responses": _responses(names, "EventAnswer", 400, 401, 403, 404, 409, 413, 503, classic=True),
            }
        },
        "/customer_events/bulk/purchases/create": {
            "post": {
                "operationId": "classic_bulk_create",
                "tags": ["Classic API"],
                "summary": "Post many purchases",
                "description": "Up to 1000 entries, each posted or refused alone; those of one wallet in their order. "
                "Posts each entry anew, unless the call has an `Idempotency-Key` header or the entry names an external "
                "system and its reference number.",
                "security": [{"bearer": []}, {}],
                "parameters": [
                    _parameter("Idempotency-Key", "header", "The same key and the same entry's id, the same purchase.")
                ],
                "requestBody": _classic_body(names["BulkCreate"], _entries(names["BulkPurchase"])),
                "responses": _responses(
                    names, "BulkAnswer", 400, 401, 403, 409, 413, 503, headers=replayed, classic=True
                ),
            }
        },
        "/access_tokens/one_time_passwords/issue": {
            "post": {
                "operationId": "issue_one_time_password",
                "tags": ["Classic API"],
                "summary": "Give out a one-time password for an access token",
                "description": "For the customer to show instead of the token: good for five minutes and one purchase.",
                "security": [{"bearer": []}, {}],
                "requestBody": _classic_body(names["IssueOneTimePassword"]),
                "responses": _responses(names, "PasswordAnswer", 400, 401, 403, 404, 413, 503, classic=True),
            }
        },
        "/authentication/web_api_key/token": {
            "post": {
                "operationId": "issue_token",
                "tags": ["Authentication"],
                "summary": "Exchange an API key for a token",
                "security": [{"api_key": []}, {"basic": []}],
                "responses": _responses(names, "TokenAnswer", 401, 503, classic=True),
            }
        },
        "/authentication/token/release": {
            "post": {
                "operationId": "release_token",
                "tags": ["Authentication"],
                "summary": "Give a token back",
                "security": [{"bearer": []}, {}],
                "requestBody": {
                    "content": {
                        "application/json": {"schema": {"type": "object", "properties": {"token": {"type": "string"}}}}
                    }
                },
                "responses": _responses(names, "EmptyAnswer", 400, 401, 503, classic=True),
            }
        },
    }


def _body(schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": schema, **more}}}


def _classic_body(*schemas: dict[str, Any]) -> dict[str, Any]:
    return _body({"allOf": [*schemas, _TOKEN]})


def _entries(schema: dict[str, Any]) -> dict[str, Any]:
    """What an entry has to be to be posted; the call as a whole is valid with less."""
    return {"properties": {"purchase_customer_events_set": {"items": schema}}}


def _parameter(name: str, where: str, description: str, **schema: Any) -> dict[str, Any]:
    schema = schema or {"type": "string", "minLength": 1}
    return {"name": name, "in": where, "required": where == "path", "description": description, "schema": schema}


def _responses(
    names: dict[str, Any], shape: str, *refusals: int, headers: dict[str, Any] | None = None, classic: bool = False
) -> dict[str, Any]:
    success: dict[str, Any] = {"description": "Done", "content": {"application/json": {"schema": names[shape]}}}
    if headers:
        success["headers"] = headers
    kind, problem = ("json", "EmptyAnswer") if classic else ("problem+json", "ProblemAnswer")
    refused = {
        str(status): {
            "description": f"{HTTPStatus(status).phrase}. {_REFUSALS[status]}",
            "content": {f"application/{kind}": {"schema": names[problem]}},
        }
        for status in refusals
    }
    return {"200": success, **refused}
