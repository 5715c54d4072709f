"""Finding what a request names, for a partner: what is not theirs is as what does not exist (api.md)."""

from tests.model.exact import Json, exact
from tests.model.programme import Programme
from tests.model.purchase import CURRENCY, NOT_FOUND, Line, Partner, Problem


class Names:
    """Looks names up, and collects those that lead nowhere."""

    def __init__(self, programme: Programme, partner: Partner) -> None:
        self.programme = programme
        self.partner = partner
        self.problems: list[Problem] = []

    def problem(self, pointer: str, code: str) -> None:
        """Take down that a name cannot be meant."""
        self.problems.append((pointer, code))

    def found(self, pointer: str, row: Json | None) -> str:
        """Return the id of what a name led to; take down that it led nowhere."""
        if row is None:
            self.problem(pointer, NOT_FOUND)
            return ""
        return str(row["id"])

    def unit(self, pointer: str, by: Json, at: str | None = None) -> Json | None:
        """Return a business unit, by id or code, if the partner may act for it or for its merchant."""
        field, value = next(iter(by.items()))
        row = self.programme.named("business_unit", field, value)
        if row and not self.partner.may(row["id"], row.get("parent_business_unit")):
            row = None
        self.found(at or f"{pointer}/{field}", row)
        return row

    def account_of_token(self, pointer: str, token: Json | None) -> str:
        """Return the account of an access token, which has to be effective."""
        effective = token and token.get("life_cycle_state", "EFFECTIVE") == "EFFECTIVE"
        self.found(pointer, token if effective else None)
        return str(token["account"]) if effective and token else ""

    def promo_code(self, code: str | None) -> str | None:
        """Return a promo code (rewards.md, "Promo codes").

        It does not exist for a partner if all offers of its campaign are bound to merchants that its key does not
        cover.
        """
        if code is None:
            return None
        row = self.programme.named("promo_code", "code", code)
        if row:
            campaign = row["promotion_campaign"]
            offers = [
                offer
                for offer in self.programme.of("reward_offer")
                if offer["conditions"].get("promotion_campaign") == campaign
            ]
            if offers and not any(self._reachable(offer) for offer in offers):
                row = None
        return self.found("/promo_code", row)

    def _reachable(self, offer: Json) -> bool:
        units = offer["conditions"].get("business_units")
        parents = [
            (self.programme.get("business_unit", unit) or {}).get("parent_business_unit") for unit in units or []
        ]
        return not units or any(self.partner.may(unit, parent) for unit, parent in zip(units, parents, strict=True))

    def currency(self, pointer: str, named: Json | None, merchant: str, outlet: str | None) -> None:
        """Hold a currency against that of the place: the outlet's own, else the merchant's, else the system's."""
        expected = self.programme.own_or_merchants("currency", merchant, outlet) or self.programme.system["id"]
        if self.found(pointer, named) and named and named["id"] != expected:
            self.problem(pointer, CURRENCY)

    def line(self, product: Json, line: Json, tax: str, sku: str) -> Line:
        """Return a line: of one piece where it names no quantity."""
        quantity = line.get("quantity")
        return Line(
            product=str(product["id"]),
            product_type=product.get("product_type"),
            quantity=exact(1 if quantity in (None, "") else quantity),
            net=exact(line["net_amount"]),
            tax=exact(line[tax]),
            total=exact(line["total_amount"]),
            sku=sku,
        )
