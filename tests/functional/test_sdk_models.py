"""Clients made of the layer's excerpts of botocore's models do what clients of botocore's own models do."""

import re
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.client import BaseClient
from botocore.loaders import Loader

from loyalty.store.sdk_models import SERVICES, SdkModels
from sdk_excerpts import write_excerpts

STORE = Path(__file__).parents[2] / "layers" / "common" / "loyalty" / "store"
REGIONS = ("eu-central-1", "us-east-1", "cn-north-1", "us-gov-west-1", "eu-isoe-west-1", "xx-nowhere-1")


@pytest.fixture(scope="module")
def excerpts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The excerpts, as the layer's makefile writes them."""
    folder = tmp_path_factory.mktemp("excerpts")
    write_excerpts(folder)
    return folder


def client(service: str, region: str, models: Loader) -> Any:
    """Return a client that is made of these models."""
    session = botocore.session.Session()
    session.register_component("data_loader", models)
    return session.create_client(service, region_name=region, aws_access_key_id="A", aws_secret_access_key="S")


def described(made: BaseClient, service: str) -> dict[str, Any]:
    """Return what a client knows of its service: how it is reached, and what goes into and comes out of each call that
    functions make."""
    model = made.meta.service_model
    return {
        "endpoint": made.meta.endpoint_url,
        "partition": made.meta.partition,
        "metadata": model.metadata,
        "operations": {name: _operation(model.operation_model(name)) for name in SERVICES[service]},
    }


def _operation(model: Any) -> Any:
    shapes = (model.input_shape, model.output_shape, *model.error_shapes)
    return model.http, [shape and (shape.metadata, _shape(shape, ())) for shape in shapes]


def _shape(shape: Any, within: tuple[str, ...]) -> Any:
    """Return a shape with all that is in it; what is `within` itself, as DynamoDB's attributes are, ends there."""
    inner: dict[str, Any] = {}
    if shape.name in within:
        pass
    elif shape.type_name == "structure":
        inner = shape.members
    elif shape.type_name == "list":
        inner = {"member": shape.member}
    elif shape.type_name == "map":
        inner = {"key": shape.key, "value": shape.value}
    shown = {name: _shape(one, (*within, shape.name)) for name, one in inner.items()}
    return shape.name, shape.type_name, shape.serialization, shown


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("region", REGIONS)
def test_a_client_of_excerpts_knows_what_one_of_whole_models_knows(excerpts: Path, service: str, region: str) -> None:
    short, whole = (client(service, region, models) for models in (SdkModels(excerpts), Loader()))

    assert described(short, service) == described(whole, service)


class Sent(Exception):  # noqa: N818 - it ends a call with what would have been sent
    """The request that a call comes to."""

    def __init__(self, request: AWSPreparedRequest) -> None:
        signed = {"authorization", "x-amz-date", "amz-sdk-invocation-id"}  # which differ by the moment, or by chance
        headers = {name: value for name, value in request.headers.items() if name.lower() not in signed}
        body = request.body if isinstance(request.body, str | bytes | bytearray | None) else request.body.read()
        super().__init__(request.method, request.url, headers, body)


def sent(made: BaseClient, operation: str) -> tuple[Any, ...]:
    """Return what a client sends for an operation, with the parameters that are required."""
    method = next(name for name, its in made.meta.method_to_api_mapping.items() if its == operation)
    asked = required(made.meta.service_model.operation_model(operation).input_shape)
    made.meta.events.register_first("before-send", _end)
    with pytest.raises(Sent) as found:
        getattr(made, method)(**asked)
    return found.value.args


def _end(request: AWSPreparedRequest, **_: Any) -> None:
    raise Sent(request)


def required(shape: Any) -> Any:
    """Return a value of a shape, of structures only what is required, and a token that would be made by chance."""
    match shape.type_name:
        case "structure":
            tokens = [name for name, one in shape.members.items() if one.metadata.get("idempotencyToken")]
            return {name: required(shape.members[name]) for name in (*shape.required_members, *tokens)}
        case "list":
            return [required(shape.member)]
        case "map":
            return {}
        case "string":
            return "https://sqs.test/name" if shape.name.endswith("Url") else "name"
        case "integer":
            return 1
    pytest.fail(f"say above what is sent as {shape.type_name}, which {shape.name} is")


@pytest.mark.parametrize(("service", "operation"), [(name, one) for name, all_ in SERVICES.items() for one in all_])
def test_a_client_of_excerpts_sends_what_one_of_whole_models_sends(
    excerpts: Path, service: str, operation: str
) -> None:
    short, whole = (client(service, "eu-central-1", models) for models in (SdkModels(excerpts), Loader()))

    assert sent(short, operation) == sent(whole, operation)


def test_a_client_of_excerpts_signs_forms_and_links_as_one_of_whole_models_does(excerpts: Path) -> None:
    short, whole = (client("s3", "eu-central-1", models) for models in (SdkModels(excerpts), Loader()))
    forms = [one.generate_presigned_post("uploads", "one.csv") for one in (short, whole)]
    links = [
        one.generate_presigned_url("get_object", Params={"Bucket": "uploads", "Key": "one.csv"})
        for one in (short, whole)
    ]

    assert forms[0]["url"] == forms[1]["url"]
    assert forms[0]["fields"].keys() == forms[1]["fields"].keys()
    assert links[0].partition("?")[0] == links[1].partition("?")[0]


def test_excerpts_have_the_operations_that_functions_call_and_those_that_botocore_does(excerpts: Path) -> None:
    written = "".join(file.read_text() for file in STORE.glob("*.py"))
    called = {*re.findall(r"client\.(\w+)|\"(get_object)\"", written)}
    methods = {name for names in called for name in names} | {"head_bucket", "create_bucket"}

    for service, operations in SERVICES.items():
        whole, short = (client(service, "eu-central-1", models) for models in (Loader(), SdkModels(excerpts)))
        of_methods = whole.meta.method_to_api_mapping
        assert {of_methods[method] for method in methods & of_methods.keys()} == {*operations}
        assert {*short.meta.method_to_api_mapping.values()} == {*operations}


@pytest.mark.parametrize("service", SERVICES)
def test_without_excerpts_botocores_own_models_are_read(tmp_path: Path, service: str) -> None:
    without = client(service, "eu-central-1", SdkModels(tmp_path / "none"))

    assert described(without, service) == described(client(service, "eu-central-1", Loader()), service)


def test_what_a_client_is_made_of_is_found_among_the_excerpts(excerpts: Path) -> None:
    models = SdkModels(excerpts)

    read = [models.load_data_with_path(name)[1] for name in ("endpoints", "dynamodb/2012-08-10/service-2")]

    assert all(Path(path).is_relative_to(excerpts) for path in read)
    assert all(models.is_builtin_path(path) for path in read)
