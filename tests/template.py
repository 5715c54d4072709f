"""The real template, as tests read it."""

import json
import re
from collections.abc import Container, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TEMPLATE = Path(__file__).parents[1] / "template.yaml"


@cache
def read_template() -> dict[str, Any]:
    """Return the template, with intrinsic functions as one-entry mappings: `!Ref Table` is {"Ref": "Table"}. It is one
    for all: nobody changes it."""
    template: dict[str, Any] = yaml.load(TEMPLATE.read_text(), Loader=_Loader)
    return template


def environment_of(function: str) -> dict[str, Any]:
    """Return the environment variables of the function in `functions/<function>`, as the template gives them."""
    template, name = read_template(), "".join(part.title() for part in function.split("_"))
    own = template["Resources"][f"{name}Function"]["Properties"].get("Environment", {})
    return {**template["Globals"]["Function"]["Environment"]["Variables"], **own.get("Variables", {})}


def told_by_the_gateway(kind: str, text: str) -> Any:
    """Return what API Gateway answers by itself in a case of this kind that the template does not name."""
    answer = read_template()["Resources"]["Api"]["Properties"]["GatewayResponses"]["DEFAULT_4XX"]
    known = {"$context.error.messageString": json.dumps(text), "$context.error.responseType": kind}
    written: str = answer["ResponseTemplates"]["application/json"]
    for name, value in known.items():
        written = written.replace(name, value)
    return json.loads(written)


def create_table(client: "DynamoDBClient", name: str) -> None:
    """Create the table that the template describes."""
    properties = read_template()["Resources"]["Table"]["Properties"]
    kept = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
    with suppress(client.exceptions.ResourceInUseException):  # the SDK sends a call again that is slow
        client.create_table(TableName=name, **{name: properties[name] for name in kept})


def resolved(value: Any, known: Mapping[str, str], met: Container[str] = ()) -> str:
    """Return a text of the template with what is `known` put in, parameters and others; conditions hold that are in
    `met`. What has no value is empty."""
    match value:
        case {"Ref": "AWS::NoValue"}:
            return ""
        case {"Ref": str(name)}:
            return known[name]
        case {"Fn::If": [condition, one, other]}:
            return resolved(one if condition in met else other, known, met)
        case {"Fn::GetAtt": str(name)}:
            return known[name]
        case {"Fn::Sub": [text, own]}:
            own_known = {name: resolved(part, known, met) for name, part in own.items()}
            return resolved({"Fn::Sub": text}, {**known, **own_known})
        case {"Fn::Sub": str(text)}:
            return re.sub(r"\$\{([^}]+)\}", lambda found: known[found[1]], text)
    return str(value)


class _Loader(yaml.SafeLoader):
    pass


def _intrinsic(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix == "Ref" else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        return {name: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    raise TypeError(node)


_Loader.add_multi_constructor("!", _intrinsic)
