"""Functions trust the roots of Amazon's authority and no others, but for partitions where AWS has others."""

import re

import pytest

from cli.console import CommandFailure
from cli.target import REPOSITORY
from cli.trusted_roots import ROOTS, TRUSTED, all_roots, certificates, trusted
from tests.template import read_template

OPERATED_BY_AMAZON = re.compile(r"# Subject: .*\bO=(?:Amazon|Starfield Technologies, Inc\.)(?: OU=.*)?$", re.MULTILINE)
OF_STARFIELD_ITSELF = {
    "1465fa205397b876faa6f0a9958e5590e40fcc7faa4fb7c2c8677521fb5fb658": "Class 2, of 2004, retired by AWS",
    "2ce1cb0bf9d2f9e102993fbe215152c3b2dd0cabde1c68e5319b839154dbb7f5": "Root Certificate Authority - G2",
}
"""Roots of Starfield's name that are not among those that Amazon tells clients to trust."""


def test_the_layer_has_the_five_roots_and_no_other_certificate() -> None:
    assert list(certificates(TRUSTED.read_text())) == list(ROOTS.values())


def test_the_layers_file_is_what_the_sdks_own_makes_it() -> None:
    assert TRUSTED.read_text() == trusted(all_roots().read_text())


def test_a_root_that_the_sdk_trusts_no_longer_is_told_by_its_name() -> None:
    bundle = all_roots().read_text()

    with pytest.raises(CommandFailure, match=r"Amazon Root CA 3.* or remove it from ROOTS"):
        trusted(bundle.replace(certificates(bundle)[ROOTS["Amazon Root CA 3"]], ""))


def test_a_root_of_amazon_that_the_sdk_begins_to_trust_is_not_overlooked() -> None:
    """Whoever updates botocore adds it to ROOTS and runs `loyalty roots`, or names it here with the reason."""
    of_amazon = {
        fingerprint
        for entry in all_roots().read_text().split("\n# Issuer: ")
        if OPERATED_BY_AMAZON.search(entry)
        for fingerprint in certificates(entry)
    }

    assert of_amazon == {*ROOTS.values(), *OF_STARFIELD_ITSELF}


VARIABLE = "AWS_CA_BUNDLE"


def test_functions_are_told_of_the_layers_roots_or_of_nothing() -> None:
    """An empty variable is not nothing: to some releases of the SDK it means to trust whoever answers."""
    template = read_template()
    condition, roots, otherwise = template["Globals"]["Function"]["Environment"]["Variables"][VARIABLE]["Fn::If"]

    assert condition == "TrustsAmazonOnly"
    assert roots == f"/opt/python/{TRUSTED.relative_to(REPOSITORY / 'layers' / 'common')}"
    assert otherwise == {"Ref": "AWS::NoValue"}
    assert not any(VARIABLE in str(resource) for resource in template["Resources"].values())


def test_the_layers_roots_are_for_the_partition_whose_endpoints_show_them_unless_all_are_asked_for() -> None:
    template = read_template()

    assert template["Parameters"]["TrustedRoots"]["AllowedValues"] == ["Amazon", "All"]
    assert template["Parameters"]["TrustedRoots"]["Default"] == "Amazon"
    assert template["Conditions"]["TrustsAmazonOnly"] == {
        "Fn::And": [
            {"Fn::Equals": [{"Ref": "AWS::Partition"}, "aws"]},
            {"Fn::Equals": [{"Ref": "TrustedRoots"}, "Amazon"]},
        ]
    }
