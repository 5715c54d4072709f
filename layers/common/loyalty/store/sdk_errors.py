"""The one place where errors of the SDK become the engine's own."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from botocore.exceptions import ClientError, ConnectionError, HTTPClientError, IncompleteReadError  # noqa: A004

from loyalty.domain.errors import Problem, Refused


@contextmanager
def refused_where_busy(busy: Problem, codes: Collection[str]) -> Iterator[None]:
    """Refuse with `busy` where a service is out of reach, or answers with one of these codes, for longer than the
    client's own retries last; other errors pass through."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] in codes:
            raise Refused(busy) from error
        raise
    except (ConnectionError, HTTPClientError, IncompleteReadError) as error:
        raise Refused(busy) from error
