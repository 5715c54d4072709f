"""The client that functions and the operators' command reach DynamoDB with."""

from typing import TYPE_CHECKING

import botocore.session
from botocore.config import Config

from loyalty.store.table import Table
from loyalty.store.wire import pass_as_is

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

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


def connect(table_name: str) -> Table:
    """The table, in the region and at the endpoint that the environment names."""
    client: DynamoDBClient = botocore.session.get_session().create_client("dynamodb", config=CONFIG)  # type: ignore[assignment]
    pass_as_is(client)
    return Table(client, table_name)
