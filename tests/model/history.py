"""The history of a deployment, in commit order, and what each entry of it has to be answered with."""

from dataclasses import dataclass, field
from typing import Any

from tests.model.exact import Json
from tests.model.purchase import Partner, Problem

IMPORT, PURCHASE, PREVIEW, CANCEL, RETURN, EXPIRY = "import", "purchase", "preview", "cancel", "return", "expiry"
POSTED, REPLAYED, REFUSED, PREVIEWED, DONE = "posted", "replayed", "refused", "previewed", "done"
NEWEST, CREATE, CREATE_SPEND, BULK = "newest", "create", "create_spend", "bulk"


@dataclass(frozen=True)
class Entry:
    """Something that was asked for.

    Attributes:
        moment: When, in seconds since 1970; what names no `performed_on` was performed then.
        kind: IMPORT, PURCHASE, PREVIEW, CANCEL, RETURN or EXPIRY.
        partner: Who called; nobody for imports and expiry runs.
        body: The request's JSON body. Of an expiry, `{"account": id}` for one wallet's, `{}` for a run over all.
        api: What the body speaks: NEWEST, CREATE, CREATE_SPEND, or BULK for one entry of a bulk call.
        key: The header `Idempotency-Key`; of a row of a file without an identity, whatever tells its place.
        of: The number of the purchase that is taken back, as it was answered; None for one that does not exist.
        rows: The records of an import.
    """

    moment: int
    kind: str
    partner: Partner | None = None
    body: Json = field(default_factory=dict)
    api: str = NEWEST
    key: str | None = None
    of: int | None = None
    rows: tuple[Json, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What an entry has to be answered with, in plain data; amounts are fractions.

    Attributes:
        outcome: POSTED, REPLAYED, REFUSED, PREVIEWED, or DONE for imports and expiry runs.
        number: The number of the event: the place of its entry in the history.
        problems: Why it is refused: pointer and code of each fault; the code of the answer is the first one's.
        data: What GET /purchases/{id}, the preview or the return tells; of a replay, what was told the first time.
        entry: The line of the journal.
        wallet: The wallet after it, as GET /wallets/{account} tells.
        uses: By offer and promo code: period, window, times and amount that the account used, as far as remembered.
        budgets: By offer: what of its budget is left.
        codes: By promo code: how often it was used, as far as that is counted.
        events: Of an import or an expiry run, the journal lines by account.
    """

    outcome: str
    number: int | None = None
    problems: tuple[Problem, ...] = ()
    data: Json = field(default_factory=dict)
    entry: Json = field(default_factory=dict)
    wallet: Json = field(default_factory=dict)
    uses: tuple[tuple[str, str, str, int, Any], ...] = ()
    budgets: Json = field(default_factory=dict)
    codes: Json = field(default_factory=dict)
    events: tuple[tuple[str, Json], ...] = ()

    @property
    def code(self) -> str | None:
        """The code of a refusal: that of its first problem."""
        return self.problems[0][1] if self.problems else None
