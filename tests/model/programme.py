"""What pricing looks up in the records: places, currencies, rates, settings of spends (reference-data.md)."""

from fractions import Fraction

from tests.model.dates import seconds
from tests.model.exact import Json, exact
from tests.model.records import Records


class Programme(Records):
    """The records, as pricing asks for them."""

    def currency(self, role: str) -> Json | None:
        """Return the currency of a role: `SYSTEM` or `ALTERNATIVE`."""
        return next((row for row in self.of("currency") if row.get("role") == role), None)

    @property
    def system(self) -> Json:
        """The system currency."""
        currency = self.currency("SYSTEM")
        assert currency is not None, "nothing can be priced without a system currency"
        return currency

    def wallet_currency(self, account: Json) -> Json:
        """Return the currency of an account's wallet: its own, else the system's (decision 5)."""
        return self.get("currency", account.get("currency")) or self.system

    def rate(self, currency: Json, moment: int) -> Fraction | None:
        """Return the units of a currency for one of the system's (reference-data.md, "currency_rate").

        Of rates that hold at the same time, the one that began last counts.
        """
        if currency["id"] == self.system["id"]:
            return Fraction(1)
        holding = [
            row
            for row in self.of("currency_rate")
            if row["currency"] == currency["id"]
            and ("from_date" not in row or seconds(row["from_date"]) <= moment)
            and ("to_date" not in row or moment < seconds(row["to_date"]))
        ]
        if not holding:
            return None
        return exact(
            max(holding, key=lambda row: seconds(row["from_date"]) if "from_date" in row else -(10**12))["rate"]
        )

    def own_or_merchants(self, field: str, merchant: str, outlet: str | None) -> str | None:
        """Return what an outlet says, else what its merchant does: of `time_zone`, `currency`, `clawback`."""
        for unit in (self.get("business_unit", outlet), self.get("business_unit", merchant)):
            if unit and unit.get(field):
                return str(unit[field])
        return None

    def clock(self, merchant: str, outlet: str | None) -> str:
        """Return the time zone of a place: its own, else the organisation's (reference-data.md, "organisation")."""
        organisation = self.get("organisation", "organisation") or {}
        return self.own_or_merchants("time_zone", merchant, outlet) or organisation.get("time_zone") or "UTC"

    def spend_settings(self, merchant: str, outlet: str | None) -> Json:
        """Return the settings of spends: the outlet's, else the merchant's, else the organisation's; never mixed."""
        rows = self.of("spend_settings")
        for unit in (outlet, merchant):
            for row in rows:
                if unit is not None and row.get("business_unit") == unit:
                    return row
        return next((row for row in rows if "business_unit" not in row), {})


def exponent(currency: Json) -> int:
    """Return the decimals of a currency: 2 where it does not say."""
    return int(currency.get("exponent", 2))
