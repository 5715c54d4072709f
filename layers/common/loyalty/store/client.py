"""The clients that functions reach AWS with, in the region and at the endpoint that the environment names."""

from typing import TYPE_CHECKING, Any

from botocore.config import Config

from loyalty.store.dynamo_table import DynamoTable
from loyalty.store.sdk_errors import remember_operations
from loyalty.store.sdk_session import new_session
from loyalty.store.wire import pass_as_is

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

    from loyalty.store.files import Files
    from loyalty.store.lambda_function import LambdaFunction
    from loyalty.store.queue import Queue

CONFIG = Config(
    # We build the requests ourselves, and DynamoDB checks them once more.
    parameter_validation=False,
    retries={"mode": "standard", "max_attempts": 3},
    # A call that takes longer than this was lost; a posting that is sent again finds what it did.
    connect_timeout=1,
    read_timeout=3,
    # What DynamoDB has no use for, and would cost a third of each call: the text is made anew every time otherwise.
    user_agent="loyalty-engine",
    account_id_endpoint_mode="disabled",
    disable_request_compression=True,
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)


FILES_CONFIG = CONFIG.merge(
    Config(
        # A part of a file takes longer than an item.
        read_timeout=30,
        # As many as read ahead, with one that writes and room to spare.
        max_pool_connections=10,
        # Forms and links name the bucket's own host in its region and are signed for it. Left alone, the SDK names the
        # host of all regions, which redirects what is sent to a young bucket, and signs in a way that S3 has given up.
        signature_version="s3v4",
        s3={"addressing_style": "virtual", "us_east_1_regional_endpoint": "regional"},
    )
)


def connect(table_name: str) -> DynamoTable:
    """Return the table."""
    client: DynamoDBClient = _client("dynamodb", CONFIG)
    pass_as_is(client)
    return DynamoTable(client, table_name)


def connect_files(bucket: str) -> "Files":
    """Return a bucket."""
    from loyalty.store.files import Files  # most functions have no use for it

    client: S3Client = _client("s3", FILES_CONFIG)
    return Files(client, bucket)


def connect_queue(url: str) -> "Queue":
    """Return a queue."""
    from loyalty.store.queue import Queue  # most functions have no use for it

    client: SQSClient = _client("sqs", CONFIG)
    return Queue(client, url)


def connect_function(name: str) -> "LambdaFunction":
    """Return a function to be called later."""
    from loyalty.store.lambda_function import LambdaFunction  # most functions have no use for it

    client: LambdaClient = _client("lambda", CONFIG)
    return LambdaFunction(client, name)


def _client(service: str, config: Config) -> Any:
    client = new_session().create_client(service, config=config)
    remember_operations(client)
    return client
