"""Forms and links as AWS takes them in every region that the SDK knows. A local stack has one host and takes any."""

import json
from base64 import b64decode
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

import botocore.session
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.session import Session

from loyalty.domain.errors import Refused
from loyalty.store.client import connect_files
from loyalty.store.files import Files
from loyalty.store.sdk_session import new_session

BUCKET = "loyalty-prod-uploads-123456789012"
KEY = "uploads/ACME/0571909D04325AD233444368E3660E9D/week.csv"


class Nothing(BytesIO):
    """The body of an answer without one, as the SDK reads it."""

    def stream(self) -> Iterator[bytes]:
        return iter(())


def regions() -> Iterator[tuple[str, str]]:
    """Return all regions of all partitions, each with the end of its hosts' names."""
    for partition in botocore.session.get_session().get_data("partitions")["partitions"]:
        names = (name for name in partition["regions"] if not name.endswith("-global"))
        yield from ((name, partition["outputs"]["dnsSuffix"]) for name in names)


@pytest.fixture(scope="module")
def session() -> Session:
    """One for all regions, as reading what the SDK knows of S3 takes long."""
    return new_session()


@pytest.fixture
def files(region: str, session: Session, monkeypatch: pytest.MonkeyPatch) -> Files:
    """The bucket as a function of that region reaches it: with credentials of its role, which have a session token."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "")
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "ASIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token of the session")
    monkeypatch.setattr("loyalty.store.client.new_session", lambda: session)
    return connect_files(BUCKET)


def test_all_partitions_are_looked_at() -> None:
    assert {suffix for _, suffix in regions()} >= {"amazonaws.com", "amazonaws.com.cn", "amazonaws.eu", "c2s.ic.gov"}


@pytest.mark.parametrize(("region", "suffix"), [*regions()])
def test_forms_and_links_name_the_host_of_the_region_and_are_signed_for_it(
    files: Files, region: str, suffix: str
) -> None:
    form, link = files.form(KEY, 1000, 3600), urlsplit(files.link(KEY, 3600))
    asked = {name: values[0] for name, values in parse_qs(link.query).items()}

    assert form.url == f"https://{BUCKET}.s3.{region}.{suffix}/"
    assert f"https://{link.netloc}{link.path}" == f"{form.url}{KEY}"
    for found in (dict(form.fields), {name.lower(): value for name, value in asked.items()}):
        assert found["x-amz-algorithm"] == "AWS4-HMAC-SHA256"
        assert found["x-amz-credential"].split("/")[2:] == [region, "s3", "aws4_request"]
        assert found["x-amz-security-token"] == "token of the session"
    signed = json.loads(b64decode(form.fields["policy"]))["conditions"]
    assert {"x-amz-security-token": "token of the session"} in signed
    assert {"bucket": BUCKET} in signed


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_all_other_calls_go_to_the_same_host(files: Files, region: str) -> None:
    asked: list[str] = []

    def answer(request: AWSPreparedRequest, **_: Any) -> Any:
        asked.append(request.url)
        return AWSResponse(request.url, 404, HTTPHeaders(), Nothing())

    files.client.meta.events.register("before-send.s3", answer)
    with pytest.raises(Refused):
        files.look_at(KEY)

    assert asked == [f"https://{BUCKET}.s3.{region}.amazonaws.com/{KEY}"]


@pytest.mark.parametrize("region", ["eu-west-1"])
@pytest.mark.usefixtures("files")
def test_an_emulator_is_asked_at_its_own_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")

    assert connect_files(BUCKET).form(KEY, 1000, 3600).url == f"http://127.0.0.1:4566/{BUCKET}"
