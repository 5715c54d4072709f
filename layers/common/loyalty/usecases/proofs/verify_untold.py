"""What older versions did not record, and so nothing can prove: what their reversals gave back of limits."""

from collections.abc import Collection, Iterable, Iterator

from loyalty.domain.events.documents import PurchaseDocument
from loyalty.domain.ledger.wallet import EventType
from loyalty.domain.proofs.audit import PURCHASES_COUNTED, Deviation
from loyalty.domain.proofs.use_audit import FORGOTTEN_USED_UP, USES_COUNTED, WITHIN_LIMITS
from loyalty.domain.reversals.proration import sold_lines
from loyalty.store import keys
from loyalty.store.events import Event, EventState
from loyalty.store.keys import Key
from loyalty.usecases.purchases.shared_limits import budget_key, promo_code_key

_OF_ACCOUNTS = (PURCHASES_COUNTED, USES_COUNTED, WITHIN_LIMITS, FORGOTTEN_USED_UP)
"""The rules of an account that rest on what reversals tell of limits."""


class Untold:
    """What a scan has shown of purchases whose reversals say nothing of limits, though there is something to say."""

    def __init__(self) -> None:
        self._reversed: set[str] = set()
        self._limited: dict[str, tuple[str, set[Key]]] = {}

    def take(self, event: Event) -> None:
        """Sort an event in."""
        if event.entry.type.reverses and not event.reversal_document.tells_of_limits:
            self._reversed.add(event.reversal_document.reverses)
        elif event.entry.type is EventType.PURCHASE and _counts(event):
            self._limited[event.entry.event_id] = (event.entry.account_id, _counters(event.purchase_document))

    @property
    def accounts(self) -> set[str]:
        """The accounts of these purchases."""
        return {account_id for account_id, _ in self._of_limited()}

    @property
    def counters(self) -> set[str]:
        """The counters that these purchases used and that all accounts share."""
        return {keys.counter_subject(key) for _, of_purchase in self._of_limited() for key in of_purchase}

    def _of_limited(self) -> Iterator[tuple[str, set[Key]]]:
        return (self._limited[purchase_id] for purchase_id in self._reversed & self._limited.keys())


def separate_unrecorded(
    found: Iterable[Deviation], accounts: Collection[str], counters: Collection[str]
) -> tuple[list[Deviation], list[Deviation]]:
    """Return what is wrong, and what may be nothing but what was not recorded of these accounts and counters."""
    wrong, unrecorded = list[Deviation](), list[Deviation]()
    for deviation in found:
        of_account = deviation.rule in _OF_ACCOUNTS and deviation.account_id in accounts
        (unrecorded if of_account or _counter_of(deviation) in counters else wrong).append(deviation)
    return wrong, unrecorded


def _counter_of(deviation: Deviation) -> str:
    """Return what counter a deviation is of, if it is of one (`verify_counters`)."""
    return deviation.found.rpartition(": ")[0]


def _counts(purchase: Event) -> bool:
    """Return whether it changed what is counted that a purchase was taken back."""
    if purchase.state is EventState.CANCELLED:
        return True
    lines, returned = sold_lines(purchase.purchase_document), purchase.taken_back.lines
    all_back = returned == {place: line.quantity for place, line in enumerate(lines)}
    return bool(returned) and (all_back or purchase.purchase_document.is_limited)


def _counters(purchase: PurchaseDocument) -> set[Key]:
    code_id = purchase.counted_code
    budgets = {budget_key(offer_id) for offer_id in purchase.budgets}
    return budgets | ({promo_code_key(code_id)} if code_id else set())
