"""What SAM makes of the template's functions: their roles, and what those allow."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import boto3
from samtranslator.parser.parser import Parser  # type: ignore[import-untyped]
from samtranslator.translator.translator import Translator  # type: ignore[import-untyped]

from tests.template import read_template


@cache
def transformed(*parameters: tuple[str, str]) -> dict[str, Any]:
    """Return the resources that SAM makes of the template's; not to be changed, as all tests share them."""
    return transform(packaged(), *parameters)


def packaged() -> dict[str, Any]:
    """Return the template as `sam build` and `sam package` write it: with copies for anchors, and built folders in a
    bucket."""
    template: dict[str, Any] = json.loads(json.dumps(read_template()))
    for resource in template["Resources"].values():
        for built in {"CodeUri", "ContentUri"} & resource["Properties"].keys():
            resource["Properties"][built] = f"s3://bucket/{resource['Properties'][built]}"
    return template


def transform(template: dict[str, Any], *parameters: tuple[str, str]) -> dict[str, Any]:
    """Return the resources that SAM makes of those of a packaged template."""
    translator = Translator(None, Parser(), boto_session=boto3.Session(region_name="eu-west-1"))
    resources: dict[str, Any] = translator.translate(template, parameter_values=dict(parameters))["Resources"]
    return resources


def roles() -> dict[str, dict[str, Any]]:
    """Return the properties of each function's role, by the function's logical id."""
    functions = [name for name, resource in transformed().items() if resource["Type"] == "AWS::Lambda::Function"]
    return {name: transformed()[f"{name}Role"]["Properties"] for name in functions}


def managed_policies(function: str) -> list[str]:
    """Return the logical ids of our own managed policies that a function has."""
    return [arn["Ref"] for arn in roles()[function]["ManagedPolicyArns"] if isinstance(arn, dict)]


def policy_documents(function: str) -> Iterator[dict[str, Any]]:
    """Return what our own managed policies and its own say that a function may do, and what SAM adds for its
    destinations."""
    yield from (transformed()[name]["Properties"]["PolicyDocument"] for name in managed_policies(function))
    yield from (policy["PolicyDocument"] for policy in roles()[function].get("Policies", []))


def statements(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Return a policy's statements, with lists of actions and resources where it has one of them."""
    for statement in document["Statement"]:
        yield {**statement, **{name: _listed(statement[name]) for name in ("Action", "Resource")}}


def statements_of(function: str) -> list[dict[str, Any]]:
    """Return the statements of all of a function's policies."""
    return [statement for document in policy_documents(function) for statement in statements(document)]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
