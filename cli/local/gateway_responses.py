"""The bodies of 401 and 403 that the template declares, given to the emulator's API.

SAM writes them into the API's OpenAPI document, where AWS reads them and ministack does not. It does know them as
resources of their own, which take effect with the next deployment of the stage.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from cli.target import AwsAccount


def put_gateway_responses(account: AwsAccount, stack_name: str, api_id: str, stage: str) -> None:
    """Put each gateway response of the stack's API, and deploy the stage once more."""
    cloudformation, apigateway = account.client("cloudformation"), account.client("apigateway")
    processed: Any = cloudformation.get_template(StackName=stack_name, TemplateStage="Processed")["TemplateBody"]
    template = json.loads(processed) if isinstance(processed, str) else processed
    [stack] = cloudformation.describe_stacks(StackName=stack_name)["Stacks"]
    parameters = {item["ParameterKey"]: item["ParameterValue"] for item in stack["Parameters"]}
    document = template["Resources"]["Api"]["Properties"]["Body"]
    for kind, response in document.get("x-amazon-apigateway-gateway-responses", {}).items():
        apigateway.put_gateway_response(restApiId=api_id, responseType=kind, **substitute(response, parameters))
    apigateway.create_deployment(restApiId=api_id, stageName=stage)


def substitute(value: Any, parameters: Mapping[str, str]) -> Any:
    """Resolve `Ref` and `Fn::Sub` of parameters in a part of a template."""
    match value:
        case {"Ref": str(name), **rest} if not rest:
            return parameters[name]
        case {"Fn::Sub": str(text), **rest} if not rest:
            return re.sub(r"\$\{(\w+)\}", lambda found: parameters[found[1]], text)
        case dict():
            return {key: substitute(item, parameters) for key, item in value.items()}
        case list():
            return [substitute(item, parameters) for item in value]
        case _:
            return value
