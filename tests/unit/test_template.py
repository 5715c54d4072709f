"""The template holds wherever it is deployed: no name that is too long or spelled as its service does not take, and
nothing that is so in one partition only."""

import re
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest

from cli.addresses import BASE_PATHS
from tests.roles import roles, statements_of
from tests.template import TEMPLATE, read_template, resolved

LIMITS = {
    "BucketName": r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]",
    "QueueName": r"[A-Za-z0-9_-]{1,75}\.fifo",
    "FunctionName": r"[A-Za-z0-9_-]{1,64}",
    "LogGroupName": r"[A-Za-z0-9_/.#-]{1,512}",
    "Name": r"[^\n]{1,1024}",
}
"""What services take for names, by the property that gives them; the last one is an API's."""

NOT_GIVEN = {"AttributeName", "DomainName", "IndexName", "MetricName", "StageName"}
"""Properties of the same form that name something inside of a resource, or that whoever deploys gives whole."""

LONGEST_STACK = "A" + 127 * "-"
LONGEST_PREFIX = 42 * "a"
SURROUNDINGS = {
    "AWS::AccountId": 12 * "9",
    "AWS::Partition": "aws-us-gov",
    "AWS::StackName": LONGEST_STACK,
    "NamePrefix": LONGEST_PREFIX,
}


def given_names() -> Iterator[tuple[str, str, Any]]:
    """Return every name that the template gives: the resource, the property and its value."""
    for logical_id, resource in read_template()["Resources"].items():
        for name, value in resource["Properties"].items():
            if (
                name.endswith("Name")
                and name not in NOT_GIVEN
                and resource["Type"] != "AWS::Lambda::EventSourceMapping"
            ):
                yield logical_id, name, value


def longest_region() -> str:
    partitions = botocore.session.get_session().get_data("partitions")["partitions"]
    longest: str = max((region for partition in partitions for region in partition["regions"]), key=len)
    return longest


@pytest.mark.parametrize(("resource", "name", "value"), [*given_names()])
def test_a_name_fits_for_the_longest_prefix_whatever_the_stack_is_called(resource: str, name: str, value: Any) -> None:
    known = {**SURROUNDINGS, "AWS::Region": longest_region()}

    assert re.fullmatch(LIMITS[name], resolved(value, known, {"IsNamed"})), resource


def test_a_prefix_that_does_not_fit_is_refused_before_a_deployment_begins() -> None:
    allowed = read_template()["Parameters"]["NamePrefix"]["AllowedPattern"]

    for prefix in ("", LONGEST_PREFIX, "loyalty-prod"):
        assert re.fullmatch(allowed, prefix)
    for prefix in (f"{LONGEST_PREFIX}a", "Loyalty", "loyalty_prod", "-loyalty", "loyalty.prod"):
        assert not re.fullmatch(allowed, prefix)


def test_a_stack_that_says_nothing_of_names_keeps_those_that_it_has() -> None:
    known = {**SURROUNDINGS, "AWS::StackName": "loyalty-prod", "NamePrefix": ""}
    names = [resolved(value, known) for _, name, value in given_names() if name not in ("Name", "LogGroupName")]

    assert names == [
        "loyalty-prod-split-upload",
        "loyalty-prod-import-reference",
        "loyalty-prod-uploads-999999999999",
        "loyalty-prod-results-999999999999",
        "loyalty-prod-chunks.fifo",
        "loyalty-prod-dead-chunks.fifo",
    ]


@pytest.mark.parametrize("met", [set(), {"IsNamed"}])
def test_what_functions_are_told_and_may_reach_has_the_name_that_it_was_given(met: set[str]) -> None:
    known = {**SURROUNDINGS, "AWS::Region": "eu-west-1"}
    resources = read_template()["Resources"]
    given = {resolved(value, known, met) for _, _, value in given_names()}
    told = [
        resolved(variables["UPLOAD_BUCKET"], known, met)
        for resource in resources.values()
        if "Fn::Sub"
        in (variables := resource["Properties"].get("Environment", {}).get("Variables", {})).get("UPLOAD_BUCKET", {})
    ]
    reached = [
        resolved(resource, known, met).split(":", 5)[5].removeprefix("function:").split("/")[0]
        for function in roles()
        for statement in statements_of(function)
        for resource in statement["Resource"]
        if "arn:" in str(resource.get("Fn::Sub"))
    ]

    assert (len(told), len(reached)) == (2, 6)
    assert {*told, *reached} <= given


def test_a_bucket_that_is_refused_is_so_before_anything_that_would_stay() -> None:
    resources = read_template()["Resources"]

    assert [name for name, one in resources.items() if "DeletionPolicy" in one] == ["Table", "Logs"]
    assert resources["Table"]["DependsOn"] == "ResultBucket"


def test_without_a_domain_nothing_of_it_is_made() -> None:
    template = read_template()
    made = {name: one for part in ("Resources", "Outputs") for name, one in template[part].items()}
    about = {name for name, one in made.items() if name == "Domain" or "Domain" in str(one).replace("DomainName", "")}
    mappings = {name for name, one in made.items() if one.get("Type") == "AWS::ApiGatewayV2::ApiMapping"}

    assert mappings | about == {name for name, one in made.items() if one.get("Condition") == "HasDomain"}
    assert len(mappings | about) == 7
    assert template["Conditions"]["HasDomain"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "DomainName"}, ""]}]}


def test_a_domain_serves_the_stage_at_its_root_and_where_clients_of_the_vendor_look_for_it() -> None:
    resources = read_template()["Resources"]
    mappings = [one["Properties"] for one in resources.values() if one["Type"] == "AWS::ApiGatewayV2::ApiMapping"]

    assert {mapping.get("ApiMappingKey") for mapping in mappings} == {None, *BASE_PATHS}
    for mapping in mappings:
        assert [mapping[name] for name in ("ApiId", "Stage", "DomainName")] == [
            {"Ref": "Api"},
            {"Ref": "Api.Stage"},
            {"Ref": "Domain"},
        ]


def test_a_domain_takes_mappings_of_several_segments() -> None:
    """API Gateway has them for regional domains from TLS 1.2 on."""
    domain = read_template()["Resources"]["Domain"]["Properties"]

    assert (domain["EndpointConfiguration"], domain["SecurityPolicy"]) == ({"Types": ["REGIONAL"]}, "TLS_1_2")


def test_a_domain_is_refused_before_a_deployment_begins_unless_it_is_one() -> None:
    """API Gateway takes no capitals."""
    allowed = read_template()["Parameters"]["DomainName"]["AllowedPattern"]

    for domain in ("", "api.example.com", "a1.b-2.example.co.uk"):
        assert re.fullmatch(allowed, domain)
    for domain in (
        "localhost",
        "API.example.com",
        "https://api.example.com",
        "api.example.com/",
        ".example.com",
        "a b.c",
    ):
        assert not re.fullmatch(allowed, domain)


@pytest.mark.parametrize("domain", ["", "api.example.com"])
@pytest.mark.parametrize("certificate", ["", "arn:aws:acm:eu-west-1:123456789012:certificate/1"])
def test_a_domain_and_its_certificate_are_refused_without_each_other(domain: str, certificate: str) -> None:
    given = {"SnapStart": "None", "DomainName": domain, "CertificateArn": certificate}

    def holds(told: Any) -> bool:
        match told:
            case {"Fn::Not": [inner]}:
                return not holds(inner)
            case {"Fn::Equals": [one, other]}:
                return resolved(one, given) == resolved(other, given)
        pytest.fail(f"This test knows no meaning of {told} in a rule: teach it one.")

    broken = [
        told
        for rule in read_template()["Rules"].values()
        if holds(rule["RuleCondition"])
        for told in rule["Assertions"]
        if not holds(told["Assert"])
    ]

    assert len(broken) == int(bool(domain) != bool(certificate))
    assert all(told["AssertDescription"] for told in broken)


def test_the_template_names_no_partition_and_no_region() -> None:
    assert not re.search(r"arn:aws|amazonaws|\b[a-z]{2,4}-[a-z]+-\d\b", TEMPLATE.read_text())


def test_nothing_that_the_template_switches_on_writes_down_addresses_which_may_have_tokens() -> None:
    """Calls of the classic API by GET have the token in the query. API Gateway's logs of calls and of their execution,
    and traces of X-Ray, may have it. Who switches one on has to see to it that its format has no part of the query;
    then this test is the place to hold that."""
    told = read_template()
    everything = [told["Globals"]["Function"], *(one.get("Properties", {}) for one in told["Resources"].values())]
    recording = {
        "AccessLogSetting",
        "AccessLogSettings",
        "MethodSettings",
        "Tracing",
        "TracingConfig",
        "TracingEnabled",
    }

    assert [name for properties in everything for name in properties if name in recording] == []
    assert "Api" not in told["Globals"]
    assert not any("LOG_EVENT" in name for one in everything for name in variables_of(one))


def variables_of(properties: dict[str, Any]) -> dict[str, Any]:
    """Return the environment that a function is given."""
    found: dict[str, Any] = properties.get("Environment", {}).get("Variables", {})
    return found
