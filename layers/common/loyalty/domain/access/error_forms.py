"""The forms in which a partner is told errors, as its record says."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple, Self


class ClassicErrors(StrEnum):
    """The HTTP status of an error of the classic API, whose envelope tells it: the error's own, or 200 as the vendor
    has it."""

    STATUS = "STATUS"
    OK = "OK"


class NewestErrors(StrEnum):
    """The form of an error of the newest API: a problem (RFC 9457), or a 400 with the vendor's name for it."""

    PROBLEM = "PROBLEM"
    VENDOR = "VENDOR"


class ErrorForms(NamedTuple):
    """The forms that a partner has chosen, one for each API."""

    classic_errors: ClassicErrors = ClassicErrors.STATUS
    newest_errors: NewestErrors = NewestErrors.PROBLEM

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Self:
        """Return what a partner's record says, or a token, which says the same by the same names."""
        return cls(
            ClassicErrors(said.get("classic_errors") or ClassicErrors.STATUS),
            NewestErrors(said.get("newest_errors") or NewestErrors.PROBLEM),
        )

    def chosen(self) -> dict[str, str]:
        """Return the forms by name, without the default ones."""
        return {name: form for name, form in self._asdict().items() if form != self._field_defaults[name]}


DEFAULT_FORMS = ErrorForms()
"""The forms in which a caller is told errors that has chosen none, or is not known yet."""
