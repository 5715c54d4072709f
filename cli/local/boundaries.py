"""The limit on what functions may do that the template declares, given to the emulator's roles.

ministack makes a role without its permissions boundary, though it holds calls against one that it is given.
"""

from cli.target import AwsAccount

BOUNDARY = "FunctionsBoundary"


def put_boundaries(account: AwsAccount, stack_name: str) -> None:
    """Give each role of the stack the stack's boundary."""
    iam, pages = account.client("iam"), account.client("cloudformation").get_paginator("list_stack_resources")
    resources = [one for page in pages.paginate(StackName=stack_name) for one in page["StackResourceSummaries"]]
    [boundary] = (one["PhysicalResourceId"] for one in resources if one["LogicalResourceId"] == BOUNDARY)
    for one in resources:
        if one["ResourceType"] == "AWS::IAM::Role":
            iam.put_role_permissions_boundary(RoleName=one["PhysicalResourceId"], PermissionsBoundary=boundary)
