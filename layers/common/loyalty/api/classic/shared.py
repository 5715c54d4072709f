"""Parts that several objects of one answer share: the account, the unit, the author and the time."""

from datetime import datetime, tzinfo
from functools import cached_property

from loyalty.api.classic import records
from loyalty.api.classic.shapes.customers import AccountsReceivable, RewardsParticipant
from loyalty.api.classic.shapes.organisation import BusinessUnit, Currency, CurrencyRatePeriod, LogInformation, Unit
from loyalty.domain.dates import clock_at
from loyalty.domain.programme.directory import Record
from loyalty.store.events import EventState
from loyalty.usecases.purchases.event_records import EventRecords


class Shared:
    """The common parts of an event, each rendered once however often an answer has it."""

    def __init__(self, gathered: EventRecords) -> None:
        self.gathered = gathered
        self.entry = gathered.event.entry
        self.document = gathered.event.purchase_document
        self.details = self.document.details
        self.ids = self.document.ids

    def about(self, kind: str) -> Record | None:
        """Return the record of this type that the event is about."""
        return self.gathered.record(kind, self.ids.get(kind))

    @property
    def life_cycle_state(self) -> EventState:
        """The event's, which is that of its awards and spends as well."""
        return self.gathered.event.state

    @property
    def has_alternative(self) -> bool:
        """Whether amounts are told in an alternative currency too (contract, row 21)."""
        return self.entry.movement.alternative_awarded is not None

    @cached_property
    def account(self) -> AccountsReceivable | None:
        """The account with its owner."""
        return records.account(self._account, self.gathered.record("contact", self.document.contact_id))

    @cached_property
    def participant(self) -> RewardsParticipant | None:
        """The rewards participant that the account is enrolled as."""
        return records.participant(self._account, self.account)

    @cached_property
    def unit(self) -> Unit | None:
        """The unit by which its performer was named."""
        return records.unit(self.gathered.record("unit", self.document.unit_id))

    @cached_property
    def business_unit(self) -> BusinessUnit | None:
        """The outlet that performed it, or else the merchant."""
        performer = self.gathered.record("business_unit", self._performer_id)
        return records.business_unit(performer, self.gathered.directory)

    @cached_property
    def currency(self) -> Currency | None:
        """The currency of the event's amounts: the organisation's."""
        return records.currency(self.gathered.record("currency", self.gathered.programme.system_currency.id))

    @cached_property
    def alternative_currency(self) -> Currency | None:
        """The organisation's alternative currency."""
        currency = self.gathered.programme.alternative_currency
        return records.currency(self.gathered.record("currency", currency.id if currency else None))

    @cached_property
    def rate_period(self) -> CurrencyRatePeriod | None:
        """The rate between the system currency and the wallet's, where they differ."""
        currency_id = self._account.get("currency") if self._account else None
        programme = self.gathered.programme
        rate = programme.rate_in_force(currency_id, self.entry.performed_on) if currency_id else None
        period = self.gathered.record("currency_rate", rate.id if rate else None)
        return records.rate_period(period, self.gathered.directory)

    @cached_property
    def log_information(self) -> LogInformation:
        """The author and the time; and who took some of it back last, and when."""
        event = self.gathered.event
        creator = event.partner_id, event.partner_unit
        updater = (event.updated_by, event.updated_by_unit) if event.updated_by else creator
        return records.log_information(
            created=self._written(self.entry.posted_on, *creator),
            updated=self._written(event.updated_on or self.entry.posted_on, *updater),
            directory=self.gathered.directory,
        )

    def _written(self, moment: datetime, partner_id: str | None, unit_id: str | None) -> records.Written:
        partner = self.gathered.record("partner", partner_id)
        return records.Written(self.date(moment), partner, unit_id or (partner or {}).get("unit"))

    @property
    def _account(self) -> Record | None:
        return self.gathered.record("account", self.entry.account_id)

    def date(self, moment: datetime) -> str:
        """Return a date in the classic form, `YYYY-MM-DDThh:mm:ss` without a zone (row 17), by the clock of whoever
        performed the event."""
        return clock_at(self._zone, moment)

    @cached_property
    def _zone(self) -> tzinfo:
        return self.gathered.programme.zone_at(self._performer_id)

    @property
    def _performer_id(self) -> str:
        return self.document.outlet_id or self.entry.merchant_id or ""
