"""`loyalty errors`: docs/errors.md, from the catalogue that the functions use."""

from cli.docs.generated import Check, bring_up_to_date
from cli.target import REPOSITORY

DOCUMENT = REPOSITORY / "docs" / "errors.md"


def errors(check: Check = False) -> None:
    """Write docs/errors.md."""
    bring_up_to_date(DOCUMENT, text(), check=check, command="errors")


def text() -> str:
    """Return the page, with a row for each code."""
    from loyalty.api.http.error_catalogue import ERRORS

    rows = (f"| `{code}` | {int(told.status)} | {told.cause} | {told.cure} |" for code, told in ERRORS.items())
    names = (f"| `{code}` | `{told.vendor_name}` |" for code, told in ERRORS.items())
    return "\n".join([_HEAD, *rows, _NAMES, *names, ""])


_HEAD = """\
# Errors

All error codes of both APIs. A code is in `code` of the newest API's problem or in `status.code` of the classic API's
envelope; [what errors look like](api.md#errors). Program against codes, never against texts. With a status of
4xx, nothing was posted.

| Code | Status | Cause | Cure |
|---|---|---|---|"""

_NAMES = """
## Names of the vendor's newest API

The same errors in `error`, if the partner's record says [`"newest_errors": "VENDOR"`](api.md#forms-of-errors). Two of
the names are seen in public clients of the vendor: those of `NotFoundAPIValueException` and
`InsufficientBalanceException`. The others are ours, in the same style.

| Code | Name |
|---|---|"""
