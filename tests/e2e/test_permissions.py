"""What the roles of functions let them do on the emulator, which holds calls against policies and boundary."""

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from cli.target import Target, stack_outputs


def client_of(stack: Target, function: str, service: str) -> Any:
    """Return a client that may do what the function may."""
    role = stack.client("cloudformation").describe_stack_resource(
        StackName=stack.stack_name, LogicalResourceId=f"{function}Role"
    )["StackResourceDetail"]["PhysicalResourceId"]
    arn = stack.client("iam").get_role(RoleName=role)["Role"]["Arn"]
    own = stack.client("sts").assume_role(RoleArn=arn, RoleSessionName=function)["Credentials"]
    session = boto3.Session(
        aws_access_key_id=own["AccessKeyId"],
        aws_secret_access_key=own["SecretAccessKey"],
        aws_session_token=own["SessionToken"],
        region_name=stack.region,
    )
    return session.client(service, endpoint_url=stack.aws_endpoint_url)  # type: ignore[call-overload]


def refused(call: Callable[..., Any], **parameters: Any) -> bool:
    """Return whether a call is not permitted."""
    try:
        call(**parameters)
    except ClientError as error:
        return error.response["Error"]["Code"].startswith("AccessDenied")
    return False


@pytest.mark.parametrize("function", ["PostBatchFunction", "ShowWalletFunction"])
def test_a_function_writes_to_the_log_group_of_its_stack_and_makes_none(stack: Target, function: str) -> None:
    """Though AWS's policy, which SAM gives it, has every group there is."""
    logs, own = client_of(stack, function, "logs"), f"/loyalty/{stack.stack_name}"
    stack.client("logs").create_log_group(logGroupName=f"/others/{function}")

    assert not refused(logs.create_log_stream, logGroupName=own, logStreamName=function)
    assert refused(logs.create_log_stream, logGroupName=f"/others/{function}", logStreamName=function)
    assert refused(logs.create_log_group, logGroupName="/another")


def test_a_function_reads_no_queue_but_the_one_that_calls_it(stack: Target) -> None:
    outputs = stack_outputs(stack, stack.stack_name)
    queues = [outputs[name] for name in ("CloseQueueUrl", "ChunkQueueUrl", "FailedCallQueueUrl")]

    for function, readable in (("CloseUploadFunction", 1), ("ShowWalletFunction", 0)):
        sqs = client_of(stack, function, "sqs")
        assert [refused(sqs.receive_message, QueueUrl=url) for url in queues] == [not readable, True, True]
