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
    return "\n".join([_HEAD, *rows, ""])


_HEAD = """\
# Errors

Every code that either API answers, in `code` of the newest API's problem or in `status.code` of the classic API's
envelope; [what they look like](api.md#errors). Program against codes, never against texts. Where the status is
4xx, nothing was posted.

| Code | Status | Cause | Cure |
|---|---|---|---|"""
