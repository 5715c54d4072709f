"""Finding what a request names: every name that cannot be found is reported, not just the first."""

from dataclasses import dataclass, field

from loyalty.domain.access import Partner
from loyalty.domain.errors import Code, Problem, Refused, not_found
from loyalty.domain.programme import BusinessUnit, Programme
from loyalty.domain.purchase import Line, Purchase, PurchaseRequest, Reference
from loyalty.store.customers import account_id_in, customer_key
from loyalty.store.programme import Catalogue
from loyalty.store.table import Table


@dataclass(frozen=True, slots=True)
class Performer:
    """Who performed a purchase: the merchant, and the outlet where one was named."""

    merchant: BusinessUnit
    outlet: BusinessUnit | None


@dataclass(slots=True)
class Resolution:
    """The names of one request, looked up in one programme. Problems gather until they are raised together."""

    request: PurchaseRequest
    partner: Partner
    programme: Programme
    problems: list[Problem] = field(default_factory=list)

    def performer(self) -> Performer | None:
        """Merchant and outlet. An outlet alone brings its merchant; both have to belong together (row 34)."""
        merchant = self._business_unit("Merchant", self.request.merchant)
        outlet = self._business_unit("Outlet", self.request.outlet)
        if merchant and merchant.parent_id and self.request.merchant:
            self._refuse(Code.INVALID, f"{self.request.merchant.value} is an outlet.", self.request.merchant)
            return None
        if outlet and not outlet.parent_id and self.request.outlet:
            self._refuse(Code.INVALID, f"{self.request.outlet.value} is a merchant.", self.request.outlet)
            return None
        if merchant and outlet and outlet.parent_id != merchant.id and self.request.outlet:
            self._refuse(
                Code.INVALID, f"{self.request.outlet.value} is no outlet of the given merchant.", self.request.outlet
            )
            return None
        if outlet and not merchant and not self.request.merchant:
            merchant = self.programme.business_units[outlet.merchant_id]
        return Performer(merchant, outlet) if merchant else None

    def purchase(self, performer: Performer | None, table: Table, catalogue: Catalogue) -> tuple[Purchase, str]:
        """The purchase and the id of the customer's account: one read for all that is not in memory.

        Raises:
            Refused: with everything that was not found or does not fit.
        """
        classification_id = self._found("Classification", "classification", self.request.classification)
        if performer:
            self._check_currency(performer.merchant)
        account_id, lines = self._account_and_lines(table, catalogue)
        if self.problems or performer is None or account_id is None:
            raise Refused(*self.problems)
        purchase = Purchase(
            merchant_id=performer.merchant.id,
            outlet_id=performer.outlet.id if performer.outlet else None,
            classification_id=classification_id,
            performed_on=self.request.performed_on,
            lines=lines,
            spend=self.request.spend,
        )
        return purchase, account_id

    def _check_currency(self, merchant: BusinessUnit) -> None:
        """The currency that the caller had in mind has to be the merchant's; it is not stored (contract, op. 1)."""
        named = self._found("Currency", "currency", self.request.currency)
        actual = self.programme.currencies[merchant.currency_id or self.programme.system_currency.id]
        if named and named != actual.id and self.request.currency:
            description = f"The currency of this merchant is {actual.code}, not {self.request.currency.value}."
            self._refuse(Code.CURRENCY_MISMATCH, description, self.request.currency)

    def _account_and_lines(self, table: Table, catalogue: Catalogue) -> tuple[str | None, tuple[Line, ...]]:
        customer = customer_key(self.request.customer)
        codes = [line.product.value for line in self.request.lines]
        items = table.get_many([customer, *catalogue.missing(codes)])
        catalogue.learn(items.values())
        account_id = account_id_in(items.get(customer))
        if account_id is None:
            self._not_found("Account", self.request.customer)
        lines = []
        for line in self.request.lines:
            product = catalogue.product(line.product.value)
            if product is None:
                self._not_found("Product", line.product)
            else:
                lines.append(Line(product, line.quantity, line.net, line.tax, line.total))
        return account_id, tuple(lines)

    def _business_unit(self, kind: str, reference: Reference | None) -> BusinessUnit | None:
        found = self._found(kind, "business_unit", reference)
        return self.programme.business_units[found] if found else None

    def _found(self, kind: str, record_type: str, reference: Reference | None) -> str | None:
        if reference is None:
            return None
        found = self.programme.find(record_type, reference.by, reference.value)
        if record_type == "business_unit" and found:
            found = found if self.partner.sees(self.programme.business_units[found].merchant_id) else None
        if found is None:
            self._not_found(kind, reference)
        return found

    def _not_found(self, kind: str, reference: Reference) -> None:
        self.problems.append(not_found(kind, reference.value, reference.pointer))

    def _refuse(self, code: Code, description: str, reference: Reference) -> None:
        self.problems.append(Problem(code, description, reference.pointer))
