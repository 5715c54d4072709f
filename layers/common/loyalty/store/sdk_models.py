"""The models that botocore makes its clients from, without reading those of services that we have no use for."""

from pathlib import Path
from typing import Any

from botocore.loaders import Loader

SERVICES = {
    "dynamodb": ("BatchGetItem", "GetItem", "PutItem", "Query", "Scan", "TransactWriteItems", "UpdateItem"),
    "lambda": ("Invoke",),
    "s3": (
        "CompleteMultipartUpload",
        "CreateBucket",  # botocore's, by which it signs a form
        "CreateMultipartUpload",
        "GetObject",
        "HeadBucket",  # botocore's, where it is redirected to another region
        "HeadObject",
        "PutObject",
        "UploadPart",
    ),
    "sqs": (
        "ChangeMessageVisibility",
        "DeleteMessage",
        "GetQueueAttributes",
        "ReceiveMessage",
        "SendMessageBatch",
    ),
}
"""The services that functions call, and the operations of each."""

EXCERPTS = Path(__file__).with_name("sdk_excerpts")
"""Where the layer has excerpts of botocore's models, which its makefile writes. Elsewhere there are none."""


class SdkModels(Loader):
    """Botocore's loader, which reads excerpts where there are some, and botocore's own files for all else.

    Left alone, it looks into the folders of all services, and reads the endpoints of all of them: a third of the time
    that a client takes to be made.
    """

    def __init__(self, excerpts: Path = EXCERPTS) -> None:
        super().__init__(extra_search_paths=[str(excerpts)])
        self._excerpts = str(excerpts)

    def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002 - botocore's signature
        """Return the services that a client may be made of."""
        return list(SERVICES)

    def is_builtin_path(self, path: str) -> Any:
        """Return whether a file is botocore's own, as an excerpt is: rules of endpoints go with no others."""
        return path.startswith(self._excerpts) or super().is_builtin_path(path)
