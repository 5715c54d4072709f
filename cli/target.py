"""The stack that a command works on: the local one, or a deployed one that the caller names."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, overload

from cli.console import CommandFailure

if TYPE_CHECKING:
    from botocore.config import Config
    from mypy_boto3_apigateway import APIGatewayClient
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

    from loyalty.store.dynamo_table import DynamoTable
    from loyalty.store.files import Files
    from loyalty.store.queue import Queue

REPOSITORY = Path(__file__).resolve().parents[1]
STACK_FILE = Path(".local/stack.json")

# What the emulator takes for the account's root user; functions run with their own roles' credentials there.
LOCAL_ACCESS_KEY = "test"
LOCAL_SECRET_KEY = "test"  # noqa: S105


@dataclass(frozen=True, kw_only=True)
class AwsAccount:
    """Where AWS calls go: a region, and an emulator's endpoint where it is not AWS itself."""

    region: str | None = None
    aws_endpoint_url: str | None = None

    @overload
    def client(self, service: Literal["apigateway"]) -> "APIGatewayClient": ...
    @overload
    def client(self, service: Literal["cloudformation"]) -> "CloudFormationClient": ...
    @overload
    def client(self, service: Literal["dynamodb"], config: "Config | None" = None) -> "DynamoDBClient": ...
    @overload
    def client(self, service: Literal["iam", "logs", "sts"]) -> Any: ...  # nobody but the local stack asks for them
    @overload
    def client(self, service: Literal["lambda"]) -> "LambdaClient": ...
    @overload
    def client(self, service: Literal["s3"]) -> "S3Client": ...
    @overload
    def client(self, service: Literal["sqs"]) -> "SQSClient": ...
    def client(self, service: Any, config: "Config | None" = None) -> Any:
        """Return a boto3 client; of the emulator with its root user's credentials, of AWS with the caller's own."""
        from boto3.session import Session

        session = Session(region_name=self.region)
        if self.aws_endpoint_url is None:
            return session.client(service, config=config)
        return session.client(
            service,
            config=config,
            endpoint_url=self.aws_endpoint_url,
            aws_access_key_id=LOCAL_ACCESS_KEY,
            aws_secret_access_key=LOCAL_SECRET_KEY,
        )


@dataclass(frozen=True, kw_only=True)
class Target(AwsAccount):
    """A stack: where its API, its table, its buckets and its queues are.

    Attributes:
        api_url: the address of the API.
        stack_name: the name of the CloudFormation stack.
        table: the name of the table.
        upload_bucket: the bucket for files to post or import.
        result_bucket: the bucket of results.
        chunk_queue_url: the queue of chunks.
        dead_chunk_queue_url: the dead letters of chunks.
        close_queue_url: the queue of uploads to close.
        dead_close_queue_url: the dead letters of uploads to close.
        failed_call_queue_url: the queue of failed calls.
        api_key: an API key; only the local stack's is known.
    """

    api_url: str
    stack_name: str
    table: str
    upload_bucket: str = ""
    result_bucket: str = ""
    chunk_queue_url: str = ""
    dead_chunk_queue_url: str = ""
    close_queue_url: str = ""
    dead_close_queue_url: str = ""
    failed_call_queue_url: str = ""
    api_key: str | None = None

    def open_table(self) -> "DynamoTable":
        """Return the stack's table, as the use cases take it."""
        from loyalty.store.dynamo_table import DynamoTable

        return DynamoTable(self.client("dynamodb"), self.table)

    def open_uploads(self) -> "Files":
        """Return the bucket that files are sent to."""
        return self._files(self.upload_bucket)

    def open_results(self) -> "Files":
        """Return the bucket that results are made in."""
        return self._files(self.result_bucket)

    def _files(self, bucket: str) -> "Files":
        from loyalty.store.files import Files

        return Files(self.client("s3"), bucket)

    def open_queue(self, url: str) -> "Queue":
        """One of the stack's queues."""
        from loyalty.store.queue import Queue

        return Queue(self.client("sqs"), url)

    @classmethod
    def load(cls, stack: str | None = None, region: str | None = None) -> Self:
        """Return the deployed stack of that name, or else the local stack. Raises `CommandFailure` where there is
        none."""
        if stack is None:
            return cls.of(local_settings())
        outputs = stack_outputs(AwsAccount(region=region), stack)
        return cls.of({"region": region, "stack_name": stack, **settings(outputs)})

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Take what a target has out of settings, as `.local/stack.json` holds them."""
        try:
            return cls(**{field.name: values[field.name] for field in fields(cls) if field.name in values})
        except TypeError as error:
            raise CommandFailure(f"this is not a stack of the loyalty engine: {error}") from error


def settings(outputs: Mapping[str, str]) -> dict[str, str]:
    """Name a stack's outputs as settings: `ApiUrl` is `api_url`, `TableName` is `table`."""
    return {re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower().removesuffix("_name"): outputs[name] for name in outputs}


def stack_outputs(account: AwsAccount, stack_name: str) -> dict[str, str]:
    """Return the outputs of a deployed stack. Raises `CommandFailure` where CloudFormation does not answer them."""
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError

    try:
        [stack] = account.client("cloudformation").describe_stacks(StackName=stack_name)["Stacks"]
    except NoRegionError as error:
        raise CommandFailure(
            f"stack {stack_name}: no region: name it with --region, or set AWS_DEFAULT_REGION"
        ) from error
    except NoCredentialsError as error:
        advice = "no AWS credentials: sign in, or name a profile in AWS_PROFILE"
        raise CommandFailure(f"stack {stack_name}: {advice}") from error
    except (BotoCoreError, ClientError) as error:
        raise CommandFailure(f"stack {stack_name}: {error}") from error
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def local_settings() -> dict[str, Any]:
    """Return what `.local/stack.json` says, of the working directory or else of the repository."""
    for directory in (Path.cwd(), REPOSITORY):
        try:
            found: dict[str, Any] = json.loads((directory / STACK_FILE).read_text())
        except FileNotFoundError:
            continue
        return found
    raise CommandFailure("no local stack runs here: start one with `make run`, or name a deployed one with --stack")
