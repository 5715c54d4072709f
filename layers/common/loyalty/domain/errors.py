"""Every way in which the engine refuses: one list of codes, one exception."""

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct

MAX_STEP = 64
"""Characters that a pointer has of a name, which may be as long as a body. Our own are shorter."""


class Code(StrEnum):
    """Error codes as the caller sees them, in the vendor's style (contract, error wording)."""

    NOT_FOUND = "NotFoundAPIValueException"
    MANDATORY = "MandatoryAPIValueMissingException"
    INVALID = "InvalidAPIValueException"
    EXCLUSIVE = "MutuallyExclusiveAPIValuesException"
    DUPLICATE = "DuplicateAPIValueException"
    INSUFFICIENT_BALANCE = "InsufficientBalanceException"
    SPEND_LIMIT = "SpendLimitException"
    CURRENCY_MISMATCH = "CurrencyMismatchException"
    NOT_PERMITTED = "NotPermittedException"
    INVALID_TOKEN = "InvalidTokenException"  # noqa: S105 - a code, not a secret
    LIMIT_EXCEEDED = "LimitExceededException"
    RETRY_LATER = "RetryLaterException"
    INTERNAL = "InternalException"


class Problem(Struct, frozen=True):
    """One thing that is wrong: what kind, in words, and where in the request (a JSON pointer, "" for the whole).

    `own_words` is how many of the pointer's last steps are the caller's own, who may have put anything there.
    """

    code: Code
    description: str
    pointer: str = ""
    own_words: int = 0

    @property
    def place(self) -> str:
        """Where it is, in none of the caller's own words, for the log: a `*` stands for each."""
        steps = self.pointer.split("/")
        return "/".join(steps[: len(steps) - self.own_words] + ["*"] * self.own_words)


def pointer(location: Iterable[int | str]) -> str:
    """Return the JSON pointer (RFC 6901) of a place in a body: ("products", 0, "a/b") is /products/0/a~1b. A name that
    is too long is cut; half a character becomes a question mark."""
    steps = (str(step)[:MAX_STEP].encode(errors="replace").decode() for step in location)
    return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps)


FAULT = Problem(Code.INTERNAL, "Something went wrong on our side. It was logged.")
"""The message for a fault on our side."""


class Refused(Exception):  # noqa: N818 - reads as what it says: `raise Refused(...)`
    """The request cannot be carried out, and nothing was changed. Holds at least one problem."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(*problems)  # by which another process is told of it
        self.problems = problems

    @property
    def is_for_now(self) -> bool:
        """Whether the same request may be carried out when it is sent again."""
        return all(problem.code is Code.RETRY_LATER for problem in self.problems)

    def __str__(self) -> str:
        return "; ".join(f"{problem.pointer or '/'}: {problem.description}" for problem in self.problems)


class NotInProgramme(Refused):
    """The programme at hand lacks what a request or a record names. A newer one may have it; where none does, this is
    the answer."""

    @property
    def is_named_by_a_record(self) -> bool:
        """Whether it is there for sure, as a record names it; a caller may name anything."""
        return self.is_for_now


def not_in_programme(kind: str, record_id: str) -> NotInProgramme:
    """Return the refusal for a record that names something newer than the programme at hand."""
    description = f"The {kind} {record_id} is not known here yet. Nothing was posted; send the same request again."
    return NotInProgramme(Problem(Code.RETRY_LATER, description))


def not_found(kind: str, value: str, pointer: str = "") -> Problem:
    """Return the problem of a name that does not exist or does not concern the caller, in the vendor's wording (row
    13)."""
    description = f"Error:{kind} ({value}) Not Found. - Description:The specified API value was not found."
    return Problem(Code.NOT_FOUND, description, pointer)
