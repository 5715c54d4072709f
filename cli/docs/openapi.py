"""`loyalty openapi`: docs/openapi.json, from the models and shapes that the functions use."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from cli.addresses import BASE_PATHS
from cli.docs.generated import Check, bring_up_to_date
from cli.target import REPOSITORY

if TYPE_CHECKING:
    from cli.docs.route import Json, Route

DOCUMENT = REPOSITORY / "docs" / "openapi.json"
EXAMPLES = REPOSITORY / "tests" / "examples"
EVENTS = REPOSITORY / "events"


def openapi(check: Check = False) -> None:
    """Write docs/openapi.json."""
    text = json.dumps(document(), indent=2, ensure_ascii=False) + "\n"
    bring_up_to_date(DOCUMENT, text, check=check, command="openapi")


def document() -> "Json":
    """Return the OpenAPI 3.1 document of both APIs."""
    from importlib.metadata import version

    from cli.docs.route import TAGS
    from cli.docs.routes import ROUTES

    references, schemas = _schemas()
    paths: Json = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method] = _operation(route, references)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Loyalty engine",
            "version": version("loyalty-engine"),
            "description": "Purchases in, priced against a reward programme; wallets moved, to the cent.",
        },
        "servers": _servers(),
        "tags": [{"name": name, "description": description} for name, description in TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": _refusals(references),
            "securitySchemes": {
                "api_key": {"type": "apiKey", "in": "header", "name": "api_key"},
                "basic": {"type": "http", "scheme": "basic", "description": "The API key as user name."},
                "bearer": {"type": "http", "scheme": "bearer", "description": "A token of the classic API."},
            },
        },
    }


def _servers() -> "list[Json]":
    """Return the addresses of an API: the one that every stack has, and those of a domain. All serve all routes."""
    domain: Json = {"domain": {"default": "api.example.com"}}
    own = {"": "A domain of the deployment's own.", **{f"/{base}": told for base, told in BASE_PATHS.items()}}
    return [
        {"url": "https://{api}.execute-api.{region}.{suffix}/{stage}", "variables": _variables()},
        *({"url": f"https://{{domain}}{path}", "description": told, "variables": domain} for path, told in own.items()),
    ]


def _variables() -> "Json":
    """Return what the address of an API varies in; the suffix depends on whose cloud the region belongs to."""
    import botocore.session

    partitions = botocore.session.get_session().get_data("partitions")["partitions"]
    suffixes = sorted({partition["outputs"]["dnsSuffix"] for partition in partitions})
    return {
        "api": {"default": "API"},
        "region": {"default": "eu-west-1"},
        "suffix": {"default": "amazonaws.com", "enum": suffixes},
        "stage": {"default": "dev"},
    }


_TOKEN = {
    "type": "object",
    "properties": {"token": {"type": "string", "description": "The token, unless the header has it."}},
}

_REPLAYED = {"Idempotent-Replayed": {"schema": {"const": "true"}, "description": "Present if it was already posted."}}

_DEPRECATED = {
    "Deprecation": {
        "schema": {"type": "string", "pattern": "^@[0-9]+$"},
        "description": "Present if the request makes use of something deprecated (RFC 9745).",
    }
}


_IN_VENDORS_FORM = (
    "- With `error`: whatever else cannot be cured by sending the same request again, for partners whose record says "
    '`"newest_errors": "VENDOR"`'
)

_WITH_ERRORS = (
    'Done; or, for partners whose record says `"classic_errors": "OK"`, an error, which `status.code` tells. A refused '
    "login is one in a deployment with `ClassicErrors=OK`"
)


def _schemas() -> "tuple[Mapping[Any, Json], Json]":
    """Return what refers to each model and shape, and the schemas of all of them."""
    from pydantic import TypeAdapter

    from cli.docs.json_schema import ApiSchema
    from cli.docs.routes import ROUTES
    from loyalty.api.classic.answers import FailureStatus, Refusal, SuccessStatus
    from loyalty.api.newest.answers import ProblemAnswer, VendorProblemAnswer

    told = (
        shape for route in ROUTES for shape in (route.takes, route.entries, route.answers, route.answers_later) if shape
    )
    shapes = dict.fromkeys((*told, SuccessStatus, FailureStatus, Refusal, ProblemAnswer, VendorProblemAnswer))
    inputs: Any = [(shape, "validation", TypeAdapter(shape)) for shape in shapes]
    references, schemas = TypeAdapter.json_schemas(
        inputs, ref_template="#/components/schemas/{model}", schema_generator=ApiSchema
    )
    return {shape: reference for (shape, _), reference in references.items()}, schemas["$defs"]


def _operation(route: "Route", references: "Mapping[Any, Json]") -> "Json":
    operation: Json = {"operationId": route.operation, "tags": [route.tag], "summary": route.summary}
    if route.description:
        operation["description"] = route.description
    operation["security"] = route.security
    if route.parameters:
        given = _event(route)["pathParameters"] or {}
        operation["parameters"] = [
            told | ({"example": given[told["name"]]} if told["name"] in given else {}) for told in route.parameters
        ]
    if route.method == "post":
        operation |= _body(route, references)
    if route.is_deprecated:
        operation["deprecated"] = True
    done = {"200": _success(route, route.answers, references)}
    if route.answers_later:
        done["202"] = _success(route, route.answers_later, references) | {"description": "To be done"}
    operation["responses"] = done | {
        str(status): {"$ref": f"#/components/responses/{_refusal_name(status, classic=route.classic)}"}
        for status in sorted(route.refusals)
    }
    return operation


def _body(route: "Route", references: "Mapping[Any, Json]") -> "Json":
    from loyalty.api.newest.purchase_requests import CreatePurchase

    parts = [references[route.takes]] if route.takes else []
    if route.entries:
        # What an entry has to be to be posted; the call as a whole is valid with less.
        parts.append({"properties": {"purchase_customer_events_set": {"items": references[route.entries]}}})
    if route.classic and _TAKES_TOKEN in route.security:
        parts.append(_TOKEN)
    if not parts:
        return {}
    content: Json = {"schema": parts[0] if len(parts) == 1 else {"allOf": parts}}
    if shown := _examples("request", (*route.examples, *route.requests)) or _sample(route):
        content["examples"] = shown
    mandatory = route.takes is not None and (
        issubclass(route.takes, CreatePurchase)  # which has one of several fields
        or any(one.is_required() for one in route.takes.model_fields.values())
    )
    return {"requestBody": {"required": mandatory, "content": {"application/json": content}}}


_TAKES_TOKEN: "Json" = {"bearer": []}


def _success(route: "Route", shape: Any, references: "Mapping[Any, Json]") -> "Json":
    content: Json = {"schema": _envelope(references[shape], references) if route.classic else references[shape]}
    if shape is route.answers and (shown := _examples("response", route.examples)):
        content["examples"] = shown
    success: Json = {"description": _WITH_ERRORS if route.classic else "Done", "content": {"application/json": content}}
    headers = (_REPLAYED if route.replays and shape is route.answers else {}) | (_DEPRECATED if route.warns else {})
    return success | ({"headers": headers} if headers else {})


def _envelope(data: "Json", references: "Mapping[Any, Json]") -> "Json":
    """Return the schema of an answer of the classic API with status 200, which a partner, or the deployment, may have
    chosen for errors as well: there are no data then. Two schemas would be stricter, but of what only one of them has,
    generated clients know nothing."""
    from loyalty.api.classic.answers import FailureStatus, SuccessStatus

    properties = {
        "status": {"anyOf": [references[SuccessStatus], references[FailureStatus]]},
        "data": {"anyOf": [data, {"type": "null"}]},
    }
    return {"type": "object", "properties": properties, "required": list(properties)}


def _examples(kind: str, names: tuple[str, ...]) -> "Json":
    """Return the contract's examples; the vendor's answers lack what later releases brought."""
    return {name: {"value": json.loads((EXAMPLES / f"{name}.{kind}.json").read_text("utf-8"))} for name in names}


def _sample(route: "Route") -> "Json":
    """Return the body of the event that is sent to its function; the token goes into the header."""
    body = json.loads(_event(route)["body"] or "{}")
    body.pop("token", None)
    return {route.name: {"value": body}} if body else {}


def _event(route: "Route") -> "Json":
    event: Json = json.loads((EVENTS / f"{route.name}.json").read_text("utf-8"))
    return event


def _refusals(references: "Mapping[Any, Json]") -> "Json":
    """Return the answers that tell errors, by status, in either API's forms."""
    from loyalty.api.http.error_catalogue import ERRORS

    return {
        _refusal_name(status, classic=classic): {
            "description": "\n".join(
                [
                    *(f"- `{code}`: {told.cause}" for code, told in ERRORS.items() if told.status == status),
                    *([_IN_VENDORS_FORM] if status == HTTPStatus.BAD_REQUEST and not classic else []),
                ]
            ),
            "content": {kind: {"schema": references[shape]} for kind, shape in _forms(status, classic=classic).items()},
        }
        for classic in (False, True)
        for status in sorted({int(told.status) for told in ERRORS.values()})
    }


def _forms(status: int, *, classic: bool) -> dict[str, Any]:
    """Return the shapes of an error with this status, by content type. In the vendor's form of the newest API, an error
    that is final has status 400, and one that may be sent again its own."""
    from loyalty.api.classic.answers import Refusal
    from loyalty.api.newest.answers import ProblemAnswer, VendorProblemAnswer

    if classic:
        return {"application/json": Refusal}
    keeps_its_status = status == HTTPStatus.BAD_REQUEST or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    vendors = {"application/json": VendorProblemAnswer} if keeps_its_status else {}
    return {"application/problem+json": ProblemAnswer, **vendors}


def _refusal_name(status: int, *, classic: bool) -> str:
    return f"{'Refusal' if classic else 'Problem'}{status}"
