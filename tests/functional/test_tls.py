"""Functions speak to AWS over TLS, and to nobody who shows a certificate of another authority than those they trust."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import SSLError

from bench.stub import Answer, Call, serve
from cli.trusted_roots import TRUSTED, all_roots
from loyalty.domain.errors import Refused
from loyalty.store.client import connect
from loyalty.store.keys import PROGRAMME_VERSION
from tests.tls import Authority


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """One that nobody has heard of."""
    return Authority.make(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def asked(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The operations that a server with a certificate of that authority was asked for, in the place of DynamoDB."""
    operations: list[str] = []

    def answer(call: Call) -> Answer:
        operations.append(call.operation)
        return 200, {"Content-Type": "application/x-amz-json-1.0"}, b"{}"

    with serve(answer, authority.context) as url:
        for name, value in (("ENDPOINT_URL", url), ("ACCESS_KEY_ID", "A"), ("SECRET_ACCESS_KEY", "S")):
            monkeypatch.setenv(f"AWS_{name}", value)
        monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
        yield operations


def test_a_server_is_asked_whose_certificate_has_a_root_in_the_file(
    authority: Authority, asked: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = tmp_path / "roots.pem"
    bundle.write_text(TRUSTED.read_text() + authority.root)
    monkeypatch.setenv("AWS_CA_BUNDLE", str(bundle))

    assert connect("loyalty").get(PROGRAMME_VERSION) is None
    assert asked == ["GetItem"]


@pytest.mark.parametrize("bundle", [TRUSTED, all_roots(), None], ids=["Amazon's roots", "all roots", "nothing said"])
def test_a_server_is_told_nothing_whose_certificate_has_another_root(
    bundle: Path | None, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if bundle:
        monkeypatch.setenv("AWS_CA_BUNDLE", str(bundle))
    else:
        monkeypatch.delenv("AWS_CA_BUNDLE", raising=False)

    with pytest.raises(Refused) as refused:
        connect("loyalty").get(PROGRAMME_VERSION)
    assert isinstance(refused.value.__cause__, SSLError)
    assert "certificate verify failed" in str(refused.value.__cause__)
    assert asked == []
