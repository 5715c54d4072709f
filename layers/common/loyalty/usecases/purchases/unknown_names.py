"""Unknown names in a faulty body: reported together with its faults, so that nobody has to correct a request twice."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from loyalty.domain.access.partner import Partner
from loyalty.domain.errors import Refused
from loyalty.domain.fingerprint import Fingerprint
from loyalty.domain.identity import Identity, Origin
from loyalty.domain.purchases.purchase import Faulty, PurchaseRequest, Reference, RequestedLine
from loyalty.usecases.access.customer_tokens import ShownTokens
from loyalty.usecases.engine import Engine
from loyalty.usecases.newest_programme import with_newest_programme_each
from loyalty.usecases.purchases.resolution import Resolution, look_up

Name = TypeVar("Name")

_NOBODY = Reference("contact_id", "-", "")
"""In the place of a customer who cannot be told."""


@contextmanager
def add_unknown_names(engine: Engine, partner: Partner, *, now: datetime) -> Iterator[None]:
    """Add unknown names to the refusal of a faulty body.

    Raises:
        Refused: with all that is wrong, faults first.
    """
    try:
        yield
    except Faulty as faulty:
        raise with_unknown_names(engine, {"": faulty}, partner, now=now)[""] from faulty


def with_unknown_names(
    engine: Engine, faulty: Mapping[Name, Faulty], partner: Partner, *, now: datetime
) -> Mapping[Name, Refused]:
    """Return all that is wrong with each of some bodies; their faults alone, where the storage is busy. Nothing is
    guessed for them: no pass code and no one-time password is tried."""

    def attempt(names: Collection[Name]) -> dict[Name, Refused | None]:
        audience = engine.catalogue.audience(partner, now)
        requests = {name: _request(faulty[name], now) for name in names}
        found = {
            name: Resolution(request, audience, before=faulty[name].problems) for name, request in requests.items()
        }
        items = look_up(engine, found.values(), partner, now=now)
        tokens, refusals = ShownTokens(partner.id, engine.table, now), dict[Name, Refused | None]()
        for name, resolution in found.items():
            try:
                resolution.resolve(engine, items, tokens)
            except Refused as refusal:
                refusals[name] = refusal
        return refusals

    if not faulty:
        return {}
    refusals: Mapping[Name, Refused | None] = {}
    with suppress(Refused):
        refusals = with_newest_programme_each(engine.catalogue, now, faulty.keys(), attempt)
    return {name: _once(one, refusals.get(name)) for name, one in faulty.items()}


def _once(faulty: Faulty, refusal: Refused | None) -> Refused:
    """Return the faults, and what is wrong elsewhere."""
    places = {"", *(problem.pointer for problem in faulty.problems)}
    more = [problem for problem in refusal.problems if problem.pointer not in places] if refusal else []
    return Refused(*faulty.problems, *more)


def _request(faulty: Faulty, now: datetime) -> PurchaseRequest:
    """Return a purchase that names what the body does, of which no more is looked at."""
    names, one = faulty.names, Decimal(1)
    references = {kind: name for kind, name in names.references.items() if names.performed_on or kind != "promo_code"}
    return PurchaseRequest(
        identity=Identity(Origin.NUMBER),
        reference_number="",
        customer=names.customer or _NOBODY,
        performed_by=names.performed_by,
        references=references,
        details={},
        performed_on=names.performed_on or now,
        lines=tuple(RequestedLine(product, one, one, one, one) for product in names.products),
        spend=None,
        fingerprint=Fingerprint.of_fields({}),
    )
