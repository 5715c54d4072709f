"""A purchase on its way to becoming an event: priced on the wallet as it is, with all that goes into the posting."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cached_property

from msgspec import Struct

from loyalty.domain.access.partner import Partner
from loyalty.domain.errors import Code, Problem, not_found
from loyalty.domain.events.documents import (
    AskedSpend,
    PostedAward,
    PostedLine,
    PostedSpend,
    PostedVoucher,
    PurchaseDocument,
)
from loyalty.domain.fingerprint import FORM
from loyalty.domain.identity import OF_MERCHANT, Origin, derived_id, part_id
from loyalty.domain.ledger.vouchers import VoucherState
from loyalty.domain.ledger.wallet import EventType
from loyalty.domain.pricing.plan import Plan
from loyalty.domain.programme.programme import Programme
from loyalty.domain.programme.spend_settings import ReductionMethod
from loyalty.domain.purchases.account import Account
from loyalty.domain.purchases.promo_code import PromoCode
from loyalty.domain.purchases.purchase import Line, PurchaseRequest, Reference, RowOrigin
from loyalty.store import keys
from loyalty.store.customers import Customer
from loyalty.store.events import Event
from loyalty.store.keys import Key
from loyalty.store.ledger import CODE_MOVED, Effect, PreparedEvent
from loyalty.store.numbers import Numbers
from loyalty.store.reservations import reservation
from loyalty.store.writes import Add, Delete, Put
from loyalty.usecases.ledger.journal_entry import EntryHeader, journal_entry
from loyalty.usecases.ledger.post_events import PostedEvent
from loyalty.usecases.ledger.transaction_batch import Used, require_active
from loyalty.usecases.prepared_answer import BeforePosting, nothing
from loyalty.usecases.purchases.repetition import is_repeated, may_be_told
from loyalty.usecases.purchases.resolution import Resolved
from loyalty.usecases.purchases.shared_limits import budget_key, counters_of, price_with_counters, promo_code_key


class PurchaseDraft(Struct, frozen=True, dict=True):
    """A request whose names are all resolved.

    Attributes:
        request: the request.
        partner: the partner that sent it.
        programme: the programme to price it by.
        resolved: what its names refer to.
        numbers: numbers for the event and its parts.
        now: the time of posting.
        filed: whether its reference number leads to it afterwards (`ledger.read_filed`).
        before_posting: receives the event before it is posted.
        contested: other ids that it may be posted under elsewhere, and that are reserved for it as it is posted.
    """

    request: PurchaseRequest
    partner: Partner
    programme: Programme
    resolved: Resolved
    numbers: Numbers
    now: datetime
    filed: bool = False
    before_posting: BeforePosting[PostedEvent] = nothing
    contested: frozenset[str] = frozenset()

    @property
    def named(self) -> Reference:
        """The name that the request has for the customer."""
        return self.request.customer

    def duplicate_of(self, rival: Event | None) -> Problem:
        """Return what to say where another purchase has this one's identity; of a row, where the other one came
        from."""
        description = "Another purchase with different content is already posted under this identity."
        if rival and self.request.row and may_be_told(rival, self.partner):
            description = _of_row(rival, self.request.row)
        field = _IDENTIFIED_BY.get(self.request.identity.origin, _REFERENCE_NUMBER)
        return Problem(Code.DUPLICATE, description, f"{self.request.pointer}{field}" if field else "")

    @cached_property
    def number(self) -> str:
        """The event's number, taken when it is first needed."""
        return self.numbers.take("purchase")[0]

    @property
    def known_id(self) -> str | None:
        """The event's id; None where only its number will tell it."""
        return None if self.request.identity.origin is Origin.NUMBER else self.event_id

    @cached_property
    def event_id(self) -> str:
        """The event's id, derived once."""
        merchant_id = self.resolved.purchase.merchant_id
        return self.request.identity.event_id(merchant_id, self.request.reference_number, self.number)

    @property
    def claimed_ids(self) -> set[str]:
        """The ids that no other event may have: its own and, if that was given, the one of its reference number."""
        pointed = self._of_reference_number if self.request.identity.origin is Origin.GIVEN else None
        return {self.event_id, *([pointed] if pointed else [])}

    def is_posted_as(self, event: Event) -> bool:
        """Return whether a posted event is what was asked for, and the partner may see it."""
        return is_repeated(self.request, event) and may_be_told(event, self.partner)

    def has_identity_of(self, event: Event) -> bool:
        """Return whether an event that has an id of this one's has its identity as well: what is one among a merchant's
        is another's too, and an id that was given may be one that something else was derived to."""
        identity = self.request.identity
        if identity.is_of_merchant or event.origin in OF_MERCHANT:
            return (event.origin, event.entry.merchant_id) == (identity.origin, self.resolved.purchase.merchant_id)
        return True

    def counters(self, account: Account) -> Iterable[Key]:
        """Return the budgets that the purchase could draw on, and the uses of its promo code."""
        return counters_of(self.resolved.purchase, account, self.programme)

    def prepare(self, customer: Customer, used: Used) -> PreparedEvent:
        """Return the event that posts the purchase as the next one of the customer's wallet."""
        require_active(customer.account, self.named)
        plan = price_with_counters(self.resolved.purchase, customer, self.programme, used)
        vouchers = tuple(self._vouchers(plan))
        wallet, account, purchase = customer.wallet.moved(plan.movement), customer.account, self.resolved.purchase
        header = EntryHeader(
            event_id=self.event_id,
            type=EventType.PURCHASE,
            performed_on=purchase.performed_on,
            posted_on=self.now,
            reference_number=self.request.reference_number,
            merchant_id=purchase.merchant_id,
        )
        event = Event(
            entry=journal_entry(header, plan.movement, wallet, account, self.programme),
            origin=self.request.identity.origin,
            fingerprint=self.request.fingerprint.digest,
            form=FORM,
            partner_id=self.partner.id,
            partner_unit=self.partner.unit_id,
            document=self._document(plan, vouchers, account),
            pointer=self._pointer(),
            filed=self.filed,
        )
        self.before_posting(PostedEvent(event, replayed=False))
        return PreparedEvent(event, wallet, tuple(self._effects(plan, vouchers, wallet.account_id)))

    def _pointer(self) -> str | None:
        """Return the other id that leads to the event: where its own was given, the one that keeps the reference number
        unique all the same; in the classic API, whose callers know purchases by their number, the number's. What has no
        reference number is of neither kind."""
        if self.request.reference_number is None:
            return None
        match self.request.identity.origin:
            case Origin.GIVEN:
                return self._of_reference_number
            case Origin.EXTERNAL | Origin.KEY | Origin.CONTENT:
                return derived_id(Origin.NUMBER, self.number)
            case _:
                return None

    @property
    def _of_reference_number(self) -> str | None:
        """The id that merchant and reference number alone give; None if there is no reference number."""
        number = self.request.reference_number
        return derived_id(Origin.REFERENCE, self.resolved.purchase.merchant_id, number) if number else None

    def _effects(self, plan: Plan, vouchers: Iterable[PostedVoucher], account_id: str) -> Iterator[Effect]:
        for award in plan.budgeted:
            yield Effect(Add(budget_key(award.offer_id), award.amount, award.budget))
        if code := self._counted_code:
            yield Effect(Add(promo_code_key(code.id), 1, code.maximum_uses))
        for voucher in vouchers:
            item = {"account_id": account_id, "event_id": self.event_id, "state": VoucherState.ISSUED}
            kept = {"voucher_type_id": voucher.voucher_type_id, "value": voucher.amounts.system}
            yield Effect(Put(keys.voucher(voucher.id), item | kept))
        if self.resolved.one_time_password:
            gone = Delete(self.resolved.one_time_password, condition="attribute_exists(pk)")
            yield Effect(gone, not_found("Account", "one-time password", self.named.pointer))
        for contested_id in sorted(self.contested):
            reserved = reservation(contested_id, self.request.fingerprint.digest, self.event_id, self.now)
            yield Effect(reserved, CODE_MOVED)
        if self.filed:
            at = keys.reference_number(self.partner.id, self.request.reference_number or "")
            yield Effect(Add(at, 1, attributes={"event_id": self.event_id}))

    def _document(self, plan: Plan, vouchers: tuple[PostedVoucher, ...], account: Account) -> PurchaseDocument:
        request, purchase, code = self.request, self.resolved.purchase, self._counted_code
        return PurchaseDocument(
            number=self.number,
            contact_id=account.contact_id,
            identity=request.identity.kept_parts,
            upload=request.row,
            outlet_id=purchase.outlet_id,
            unit_id=self.resolved.unit_id,
            tap_id=purchase.tap_id,
            ids=dict(self.resolved.ids),
            details=self.resolved.details,
            lines=tuple(map(_posted_line, purchase.lines)),
            requested=AskedSpend(request.spend.amount, request.spend.alternative_amount) if request.spend else None,
            unspent_request=self.numbers.take("spend_request")[0] if request.unspent_request else None,
            reduction_method=self._reduction_method(plan),
            awards=tuple(map(PostedAward.of, plan.awards, self.numbers.take("award", len(plan.awards)))),
            vouchers=vouchers,
            spends=tuple(self._spends(plan)),
            budgets={award.offer_id: award.amount for award in plan.budgeted},
            counted_code=code.id if code else None,
            uses=plan.movement.uses,
            why=plan.why,
        )

    @property
    def _counted_code(self) -> PromoCode | None:
        """The promo code, if all accounts together may use it so often only."""
        code = self.resolved.purchase.promo_code
        return code if code and code.maximum_uses else None

    def _vouchers(self, plan: Plan) -> Iterator[PostedVoucher]:
        for place, voucher in enumerate(plan.vouchers):
            yield PostedVoucher.of_award(voucher, part_id(self.event_id, "VOUCHER", place))

    def _spends(self, plan: Plan) -> Iterator[PostedSpend]:
        requests, numbers = (self.numbers.take(kind, len(plan.spends)) for kind in ("spend_request", "spend"))
        for spend, request_number, number in zip(plan.spends, requests, numbers, strict=True):
            yield PostedSpend(
                number=number,
                request_number=request_number,
                method=spend.method,
                amounts=spend.amounts,
                lots=spend.lots,
            )

    def _reduction_method(self, plan: Plan) -> ReductionMethod:
        """Return who takes spends off the price, where there are any."""
        spends = plan.spends or self.request.unspent_request
        return plan.settings.reduction_method if spends else ReductionMethod.FRONT_END


def _posted_line(line: Line) -> PostedLine:
    product_id, code = (line.product.id, line.product.code) if line.product else (None, None)
    return PostedLine(product_id, code, line.quantity, line.net, line.tax, line.total)


def _of_row(rival: Event, row: RowOrigin) -> str:
    """Return what to say of a row where `rival` has its identity."""
    event_id, other = rival.entry.told_id, rival.purchase_document.upload
    step = "To post this as another purchase, give it its own reference number or id."
    if other and other.upload_id == row.upload_id:
        return (
            f"Row {other.number} of this file has the same reference number or id and was posted as {event_id}, "
            f"without this row. Keep the rows of a purchase together. {step}"
        )
    return f"This reference number or id is already posted as {event_id}, with different content. {step}"


_REFERENCE_NUMBER = "/reference_number"
_IDENTIFIED_BY = {
    Origin.GIVEN: "/id",
    Origin.EXTERNAL: "/external_system_reference_number",
    Origin.KEY: "",
    Origin.ROW: "",
    Origin.CONTENT: "",
}
