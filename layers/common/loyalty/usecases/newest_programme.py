"""A container's programme is up to a minute old. If it lacks something that a request or a record names, the work is
repeated under the newest programme; nothing was posted before."""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from loyalty.domain.errors import NotInProgramme
from loyalty.domain.pricing.exchange import Exchange
from loyalty.domain.programme.directory import NAMING_FIELDS, Directory
from loyalty.domain.programme.programme import Programme
from loyalty.domain.purchases.account import Account
from loyalty.domain.purchases.purchase import Purchase
from loyalty.store.catalogue import Catalogue
from loyalty.store.events import Event

Result = TypeVar("Result")
Name = TypeVar("Name")


def with_newest_programme(catalogue: Catalogue, now: datetime, attempt: Callable[[], Result]) -> Result:
    """Return the result of `attempt`; made once more if the programme lacks what it looks up, and there is a newer
    one."""
    try:
        return attempt()
    except NotInProgramme as unknown:
        if not _is_renewed(catalogue, now, [unknown]):
            raise
    return attempt()


def with_newest_programme_each(
    catalogue: Catalogue,
    now: datetime,
    names: Collection[Name],
    attempt: Callable[[Collection[Name]], Mapping[Name, Result]],
) -> dict[Name, Result]:
    """By name, what `attempt` makes of each; as `with_newest_programme` for those that it is needed for."""
    results = dict(attempt(names))
    unknown = {name: result for name, result in results.items() if isinstance(result, NotInProgramme)}
    if unknown and _is_renewed(catalogue, now, unknown.values()):
        results |= attempt(list(unknown))
    return results


def require_known(purchase: Purchase, account: Account, programme: Programme, directory: Directory) -> None:
    """Make sure that the programme knows what an account names, and the rates that its purchase is priced at.

    Raises:
        NotInProgramme: it does not.
    """
    if account.classification_id:
        directory.named_record("classification", account.classification_id)
    if account.currency_id or purchase.spend:  # the system's own currency needs no rate
        exchange = Exchange(programme, account, purchase.performed_on)
        if purchase.spend:
            exchange.requested_amounts(purchase.spend)


def directory_for(
    event: Event, catalogue: Catalogue, now: datetime, beside: Iterable[Mapping[str, Any]] = ()
) -> Directory:
    """Return the names of the programme, to tell an event by, and records `beside` it: of the newest one if these name
    what another lacks. A reference's field is named as the record type that it leads to."""
    document = event.purchase_document
    named = [
        *document.ids.items(),
        *(("unit", unit_id) for unit_id in (document.unit_id, event.partner_unit, event.updated_by_unit)),
        ("tap", document.tap_id),
        ("business_unit", document.outlet_id or event.entry.merchant_id),
        *((kind, record[kind]) for record in beside for kind in NAMING_FIELDS if kind in record),
    ]
    if not catalogue.directory(now).has_all(named):
        catalogue.renew(now, at_once=True)
    return catalogue.directory(now)


def _is_renewed(catalogue: Catalogue, now: datetime, unknown: Iterable[NotInProgramme]) -> bool:
    return catalogue.renew(now, at_once=any(one.is_named_by_a_record for one in unknown))
