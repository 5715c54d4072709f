"""What starts from a snapshot has versions: every call of it leads to the newest, which has all that was deployed."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from samcli.lib.providers.api_provider import ApiProvider  # type: ignore[import-untyped]
from samcli.lib.providers.sam_stack_provider import SamLocalStackProvider  # type: ignore[import-untyped]

from tests.roles import packaged, transform, transformed
from tests.template import TEMPLATE, read_template

FROM_SNAPSHOTS = {
    "AuthorizerFunction",
    "ClassicCreatePurchaseFunction",
    "ClassicCreateSpendFunction",
    "ClassicPreviewPurchaseFunction",
    "CreatePurchaseFunction",
    "PreviewPurchaseFunction",
}
"""Functions that a till waits for."""

LONGEST_DESCRIPTION = 256
"""Of a version, in characters; Lambda's limit."""

NO_PART_OF_A_FUNCTION = {"Events", "EventInvokeConfig", "Policies"}
"""What a version does not have: it applies to all of them."""


def versions(resources: dict[str, Any]) -> dict[str, str]:
    """Return the logical id of each function's newest version."""
    return {
        resource["Properties"]["FunctionName"]["Ref"]: name
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Lambda::Version"
    }


def of_type(kind: str) -> Iterator[dict[str, Any]]:
    """Return the properties of all resources of a type."""
    return (resource["Properties"] for resource in transformed().values() if resource["Type"] == kind)


def named(value: Any) -> set[str]:
    """Return all parameters, conditions and resources that a part of the template names."""
    match value:
        case {"Ref": str(name)}:
            return {name}
        case {"Fn::If": [condition, *values]}:
            return {str(condition), *named(values)}
        case {"Fn::Sub": str(text)}:
            return {*re.findall(r"\$\{(\w+)\}", text)}
        case {"Fn::Sub": [text, own]}:
            return {*(named({"Fn::Sub": text}) - {*own}), *named(own)}
        case dict():
            return named(list(value.values()))
        case list():
            return {name for part in value for name in named(part)}
    return set()


def longest_value(parameter: dict[str, Any]) -> int:
    """Return how many characters a parameter's value may have."""
    return max(map(len, parameter["AllowedValues"])) if "AllowedValues" in parameter else parameter["MaxLength"]


def test_what_a_till_waits_for_may_start_from_a_snapshot_and_nothing_else() -> None:
    """The others would cost as much, and nobody stands there waiting for them."""
    assert versions(transformed()).keys() == FROM_SNAPSHOTS
    snapshots = {
        name: resource["Properties"]["SnapStart"]
        for name, resource in transformed().items()
        if "SnapStart" in resource["Properties"]
    }
    assert snapshots == {name: {"ApplyOn": {"Ref": "SnapStart"}} for name in FROM_SNAPSHOTS}


def test_an_alias_leads_to_the_newest_version() -> None:
    aliases = {
        one["FunctionName"]["Ref"]: one["FunctionVersion"]["Fn::GetAtt"] for one in of_type("AWS::Lambda::Alias")
    }

    assert aliases == {function: [version, "Version"] for function, version in versions(transformed()).items()}


def events_of(resource: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Return the routes of a function."""
    events = resource["Properties"].get("Events", {}).values()
    return (event["Properties"] for event in events if event["Type"] == "Api")


AUTHORIZER = {
    "Fn::Select": [0, [{"Fn::Sub": "${AuthorizerFunction.Arn}:live"}, {"Ref": "AuthorizerFunctionAliaslive"}]]
}
"""Its alias; no permission for it is made before the alias is there."""


def test_every_call_of_a_function_with_versions_goes_by_its_alias_and_may() -> None:
    [api] = of_type("AWS::ApiGateway::RestApi")
    called = {*re.findall(r"/functions/\$\{(\w+)\}/invocations", str(api["Body"]["paths"]))}
    permitted = [permission["FunctionName"] for permission in of_type("AWS::Lambda::Permission")]
    by_name = {permission["Ref"] for permission in permitted if permission != AUTHORIZER}
    aliases = {f"{name}Aliaslive" for name in FROM_SNAPSHOTS - {"AuthorizerFunction"}}
    authorizers = [one["x-amazon-apigateway-authorizer"] for one in api["Body"]["securityDefinitions"].values()]

    assert aliases <= called & by_name
    assert not FROM_SNAPSHOTS & (called | by_name)
    assert [one["authorizerUri"]["Fn::Sub"][1] for one in authorizers] == 2 * [{"__FunctionArn__": AUTHORIZER}]
    assert permitted.count(AUTHORIZER) == len(authorizers)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of what SAM CLI itself calls
def test_sam_local_finds_the_authorizer_of_each_route_that_has_one() -> None:
    """It reads few of the forms in which a template can name an alias, and serves routes without an authorizer where it
    reads none."""
    stacks, _ = SamLocalStackProvider.get_stacks(str(TEMPLATE))
    routes = ApiProvider(stacks).api.routes
    authorizers = [route.authorizer_object.lambda_name for route in routes if route.authorizer_object]

    events = [event for one in read_template()["Resources"].values() for event in events_of(one)]
    assert {*authorizers} == {"AuthorizerFunction"}
    assert len(authorizers) == sum("Auth" not in event for event in events)


@pytest.mark.parametrize("changed", ["code", "layer", "memory"])
def test_whatever_is_deployed_makes_another_version(changed: str) -> None:
    """Or calls would go on to reach what was there before."""
    template = packaged()
    if changed == "layer":
        template["Resources"]["CommonLayer"]["Properties"]["ContentUri"] = "s3://bucket/another"
    elif changed == "memory":
        template["Globals"]["Function"]["MemorySize"] = 2048
    else:
        for name in FROM_SNAPSHOTS:
            template["Resources"][name]["Properties"]["CodeUri"] += "-another"
    before, after = versions(transformed()), versions(transform(template))

    assert before.keys() == after.keys()
    assert not {*before.values()} & {*after.values()}


def test_another_value_of_a_parameter_makes_another_version_if_and_only_if_the_function_has_it() -> None:
    """SAM does not look at values. CloudFormation makes a version for each description, and Lambda refuses to make one
    of a function that has not changed: the deployment would fail."""
    template = read_template()
    given = template["Parameters"].keys() | template["Conditions"].keys()

    for name in FROM_SNAPSHOTS:
        settings = {**template["Globals"]["Function"], **template["Resources"][name]["Properties"]}
        described = settings.pop("VersionDescription")
        part = [value for setting, value in settings.items() if setting not in NO_PART_OF_A_FUNCTION]
        assert named(described) == named(part) & given


@pytest.mark.parametrize("name", sorted(FROM_SNAPSHOTS))
def test_the_longest_description_of_a_version_is_one_that_lambda_takes(name: str) -> None:
    template = read_template()
    text, own = template["Resources"][name]["Properties"]["VersionDescription"]["Fn::Sub"]
    longest = {
        inserted: max(map(len, own[inserted]["Fn::If"][1:]))
        if inserted in own
        else longest_value(template["Parameters"][inserted])
        for inserted in named({"Fn::Sub": text})
    }

    described = re.sub(r"\$\{(\w+)\}", lambda match: "x" * longest[match[1]], text)

    assert len(described) <= LONGEST_DESCRIPTION


def test_versions_that_no_call_leads_to_any_more_are_deleted() -> None:
    """Lambda keeps the snapshot of a version, at a price, as long as the version is there."""
    kept = {
        resource["DeletionPolicy"] for resource in transformed().values() if resource["Type"] == "AWS::Lambda::Version"
    }

    assert kept == {"Delete"}


def test_snapshots_are_refused_before_a_deployment_begins_where_lambda_takes_none() -> None:
    template = read_template()
    rule = template["Rules"]["SnapshotsAreOfPython312OrLater"]
    [assertion] = rule["Assertions"]

    assert template["Parameters"]["SnapStart"]["AllowedValues"] == ["None", "PublishedVersions"]
    assert rule["RuleCondition"] == {"Fn::Equals": [{"Ref": "SnapStart"}, "PublishedVersions"]}
    assert assertion["Assert"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "Runtime"}, "python3.11"]}]}
    assert [value for value in template["Parameters"]["Runtime"]["AllowedValues"] if value < "python3.12"] == [
        "python3.11"
    ]
