"""Finding what an equal request posted before, whatever the names in it lead to by now (decision 0020)."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from loyalty import exactjson
from loyalty.domain.access.partner import ClassicRepeats, Partner
from loyalty.domain.fingerprint import FORM
from loyalty.domain.identity import Identity, Origin, derived_id
from loyalty.domain.programme.directory import Directory
from loyalty.domain.programme.programme import Programme
from loyalty.domain.purchases.purchase import PurchaseRequest
from loyalty.domain.reversals.proration import sold_lines
from loyalty.domain.reversals.returns import come_back, is_all
from loyalty.store import keys
from loyalty.store.attributes import Item
from loyalty.store.events import Event, EventState
from loyalty.store.keys import Key


def is_repeated(request: PurchaseRequest, event: Event) -> bool:
    """Return whether an event was posted for an equal request."""
    return request.fingerprint.is_of(event.fingerprint, event.form)


def may_be_told(event: Event, partner: Partner) -> bool:
    """Return whether a partner may learn of an event."""
    return partner.sees(event.entry.merchant_id)


def keys_to_identify(requests: Iterable[PurchaseRequest], partner: Partner) -> set[Key]:
    """Return where to look for what `identify` needs, and for events that earlier versions gave other ids: there are
    no new ones, so reading them together with the names is enough."""
    wanted: set[Key] = set()
    for request in requests:
        if request.identity.origin is Origin.NUMBER:
            wanted.add(keys.record("partner", partner.id))
            former = (one for said in request.known_before for one in _contents(request, said, partner))
            wanted |= {keys.event(derived_id(one.origin, *one.parts)) for one in former}
        if older_id := request.identity.older_id:
            wanted.add(keys.event(older_id))
    return wanted


def identify(request: PurchaseRequest, partner: Partner, items: Mapping[Key, Item]) -> PurchaseRequest:
    """Return a request that says nothing of itself, known by all that it says, if its partner wants that; any other as
    it is. `items` are those at `keys_to_identify`."""
    item = items.get(keys.record("partner", partner.id)) if request.identity.origin is Origin.NUMBER else None
    if item is None or exactjson.loads(item["record"]).get("classic_repeats") != ClassicRepeats.REPLAY:
        return request
    said = (request.identity, *request.known_before)
    content, *former = (content for one in said for content in _contents(request, one, partner))
    return replace(request, identity=content, known_before=tuple(former))


def bought_again(request: PurchaseRequest, undone: Event) -> PurchaseRequest:
    """Return a request that is known by its content, as the next equal purchase after one that is undone."""
    partner_id, content = request.identity.parts[:2]
    after = Identity(Origin.CONTENT, (partner_id, content, undone.entry.event_id))
    return replace(request, identity=after, known_before=())


def is_undone(event: Event) -> bool:
    """Return whether nothing of a purchase is left: it is cancelled, or all its goods came back."""
    returned = come_back(sold_lines(event.purchase_document), event.taken_back.lines)
    return event.state is EventState.CANCELLED or is_all(returned)


def _contents(request: PurchaseRequest, said: Identity, partner: Partner) -> Iterator[Identity]:
    """Return what a request is known by all that it says, if it says nothing of itself."""
    if said.origin is Origin.NUMBER:
        for digest in request.fingerprint.in_form(FORM):
            yield Identity(Origin.CONTENT, (partner.id, digest.hex().upper(), *said.parts))


class Repetitions(Struct, frozen=True):
    """The lookup of events that were posted before, by the names that a programme has or once had."""

    programme: Programme
    directory: Directory

    def ids(self, request: PurchaseRequest, told_to: Partner | None = None) -> set[str]:
        """Return the ids under which an equal request may have been posted, as far as it tells them. Where what is
        found is to be `told_to` a partner, they are none of merchants that it does not see."""
        identity = request.identity
        own = (identity.older_id, *(one.own_id for one in (identity, *request.known_before)))
        ids = {one for one in own if one}
        if identity.is_of_merchant:
            merchants = {at for at in self._merchants(request) if told_to is None or told_to.sees(at)}
            ids |= {identity.event_id(at, request.reference_number, "") for at in merchants}
        return ids

    def contested_ids(self, request: PurchaseRequest, merchant_id: str, now: datetime) -> frozenset[str]:
        """Return the ids under which containers with an older programme may post a request of this merchant: for
        another one, to which a name led until a short while ago."""
        identity = request.identity
        if not identity.is_of_merchant:
            return frozenset()
        units = [
            unit_id
            for name in request.performed_by.values()
            for unit_id in self.directory.contested("business_unit", name.by, name.value, now)
        ]
        merchants = {self.programme.business_units[unit_id].merchant_id for unit_id in units} - {merchant_id}
        return frozenset(identity.event_id(at, request.reference_number, "") for at in merchants)

    def _merchants(self, request: PurchaseRequest) -> Iterator[str]:
        """Return the merchants that the names of whoever performed it lead to, or ever led to."""
        for name in request.performed_by.values():
            for unit_id in self.directory.ever("business_unit", name.by, name.value):
                yield self.programme.business_units[unit_id].merchant_id
