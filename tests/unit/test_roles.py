"""What SAM makes of the template lets no function reach beyond its own stack, nor have more policies than IAM takes."""

import json
from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

import pytest

from tests.roles import managed_policies, policy_documents, roles, statements, statements_of, transformed
from tests.template import read_template, resolved

HERE = "eu-west-1:999999999999"
PREFIX = 42 * "a"
KNOWN = {
    "AWS::AccountId": "999999999999",
    "AWS::Partition": "aws",
    "AWS::Region": "eu-west-1",
    "NamePrefix": PREFIX,
    "ChunkQueue.Arn": f"arn:aws:sqs:{HERE}:{PREFIX}-chunks.fifo",
    "CloseQueue.Arn": f"arn:aws:sqs:{HERE}:{PREFIX}-CloseQueue.fifo",
    "FailedCallQueue.Arn": f"arn:aws:sqs:{HERE}:{PREFIX}-FailedCallQueue",
    "Logs": f"/loyalty/{PREFIX}",
    "Logs.Arn": f"arn:aws:logs:{HERE}:log-group:/loyalty/{PREFIX}:*",
    "ResultBucket.Arn": f"arn:aws:s3:::{PREFIX}-results-999999999999",
    "Table.Arn": f"arn:aws:dynamodb:{HERE}:table/{PREFIX}-Table",
    "UploadBucket.Arn": f"arn:aws:s3:::{PREFIX}-uploads-999999999999",
}
CALLING_THEMSELVES = {
    f"arn:aws:lambda:{HERE}:function:{PREFIX}-{name}" for name in ("split-upload", "import-reference")
}
FUNCTIONS = [name for name, one in read_template()["Resources"].items() if one["Type"] == "AWS::Serverless::Function"]
LOGS = "service-role/AWSLambdaBasicExecutionRole"
"""The one policy of AWS's that SAM gives every function: CreateLogGroup, CreateLogStream and PutLogEvents, anywhere."""

FAMILIES = {"sqs:SendMessage*"}
"""Actions that a policy names by a pattern: the emulator has an action of its own for batches, which AWS has not."""

MANAGED_AT_MOST = 6
MANAGED_CHARACTERS = 6_144
INLINE_CHARACTERS = 10_240
"""IAM's limits of a managed policy, and of all that stand in one role; white space does not count."""


def boundary() -> dict[str, Any]:
    document: dict[str, Any] = transformed()["FunctionsBoundary"]["Properties"]["PolicyDocument"]
    return document


def rights(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Return each action that a policy allows, with each resource."""
    for statement in statements(document):
        assert statement["Effect"] == "Allow"
        for resource in statement["Resource"]:
            yield from ((action, resolved(resource, KNOWN, {"IsNamed"})) for action in statement["Action"])


def length(document: Any) -> int:
    """Return the characters of a policy as IAM counts them, with what it names filled in."""

    def filled(value: Any) -> Any:
        if isinstance(value, list):
            return [filled(part) for part in value]
        if not isinstance(value, dict):
            return value
        if value.keys() & {"Ref", "Fn::GetAtt", "Fn::If", "Fn::Sub"}:
            return resolved(value, KNOWN, {"IsNamed"})
        return {name: filled(part) for name, part in value.items()}

    return len(json.dumps(filled(document), separators=(",", ":")))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_may_do_nothing_beyond_its_stack(function: str) -> None:
    allowed = [*rights(boundary())]

    for document in policy_documents(function):
        for action, resource in rights(document):
            assert any(fnmatchcase(action, name) and fnmatchcase(resource, arn) for name, arn in allowed), (
                f"{action} of {resource} is not within FunctionsBoundary"
            )


def test_the_boundary_names_nothing_but_what_the_stack_has() -> None:
    """No resource is `*`: there is no action among those of functions that needs it."""
    own = {*KNOWN.values(), KNOWN["Logs.Arn"].removesuffix(":*")} | CALLING_THEMSELVES

    for _, resource in rights(boundary()):
        assert resource in own or resource.removesuffix("/*").removesuffix("/index") in own, resource


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_has_the_boundary_and_of_awss_own_policies_only_the_one_for_logs(function: str) -> None:
    role = roles()[function]

    assert role.get("PermissionsBoundary") == {"Ref": "FunctionsBoundary"}
    assert [arn for arn in role["ManagedPolicyArns"] if isinstance(arn, str)] == [f"arn:aws:iam::aws:policy/{LOGS}"]


def test_functions_write_to_the_log_group_of_their_stack_and_make_none() -> None:
    """The boundary is all that stands between AWS's policy for logs and every log group of the account."""
    logs = [(action, resource) for action, resource in rights(boundary()) if action.startswith(("logs:", "*"))]

    assert {action for action, _ in logs} == {"logs:CreateLogStream", "logs:PutLogEvents"}
    assert {resource.removesuffix(":*") for _, resource in logs} == {KNOWN["Logs.Arn"].removesuffix(":*")}


def test_there_is_no_role_but_those_of_functions() -> None:
    assert len(FUNCTIONS) == sum(resource["Type"] == "AWS::IAM::Role" for resource in transformed().values())


@pytest.mark.parametrize("function", FUNCTIONS)
def test_an_action_is_named_and_so_is_what_it_is_about(function: str) -> None:
    for document in policy_documents(function):
        for action, resource in rights(document):
            assert "*" not in action or action in FAMILIES
            assert "*" not in resource.removesuffix("/*"), resource


def test_a_queue_is_read_by_the_function_that_it_calls_and_by_no_other() -> None:
    reading = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}
    mapped = {
        (resource["Properties"]["FunctionName"]["Ref"], resolved(resource["Properties"]["EventSourceArn"], KNOWN))
        for resource in transformed().values()
        if resource["Type"] == "AWS::Lambda::EventSourceMapping"
    }
    may = {
        (function, action, resource)
        for function in roles()
        for document in policy_documents(function)
        for action, resource in rights(document)
        if action in reading
    }

    assert may == {(function, action, queue) for function, queue in mapped for action in reading}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_function_has_more_than_six_managed_policies(function: str) -> None:
    """Of the ten that IAM takes, so that there is room for those of whoever deploys it."""
    assert len(roles()[function]["ManagedPolicyArns"]) <= MANAGED_AT_MOST


def test_a_policy_of_its_own_is_one_that_several_functions_have() -> None:
    having = Counter(policy for function in roles() for policy in managed_policies(function))
    ours = {name for name, resource in transformed().items() if resource["Type"] == "AWS::IAM::ManagedPolicy"}

    assert having.keys() == ours - {"FunctionsBoundary"}
    assert min(having.values()) > 1, having


def test_policies_are_as_short_as_iam_takes_them() -> None:
    for name, resource in transformed().items():
        if resource["Type"] == "AWS::IAM::ManagedPolicy":
            assert length(resource["Properties"]["PolicyDocument"]) <= MANAGED_CHARACTERS, name
    for function, role in roles().items():
        inline = sum(length(policy["PolicyDocument"]) for policy in role.get("Policies", []))
        assert inline <= INLINE_CHARACTERS, function


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_is_told_once_what_it_may_do(function: str) -> None:
    told = [json.dumps({**statement, "Sid": ""}, sort_keys=True) for statement in statements_of(function)]

    assert len(told) == len({*told})
