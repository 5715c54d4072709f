"""Programmes and products, as containers keep them between calls."""

from collections import OrderedDict
from collections.abc import Collection
from datetime import datetime, timedelta

from msgspec.structs import replace

from loyalty import exactjson
from loyalty.domain.access.partner import Partner
from loyalty.domain.errors import Code, Problem, Refused
from loyalty.domain.pricing.audience import Audience
from loyalty.domain.programme.directory import Directory
from loyalty.domain.programme.programme import Programme, ProgrammeIncomplete
from loyalty.domain.purchases.purchase import Product, Reference
from loyalty.store import keys
from loyalty.store.attributes import Item
from loyalty.store.gc_paused import gc_paused
from loyalty.store.programme_snapshot import ProgrammeVersion, read_published, read_version
from loyalty.store.table import Table

REFRESH_AFTER = timedelta(seconds=60)
"""How old a container's programme may be before its version is looked at again."""

RENEW_AFTER = timedelta(seconds=2)
"""How often at most a container looks for a newer programme because a caller names what it does not know."""

MAX_PRODUCT_NAMES = 100_000
"""Names of products that a container remembers, beside those of the request at hand; some 30 MB."""


class Catalogue:
    """The programme, and the products seen lately, of one container.

    Both are thrown away together when an import has advanced the programme's version, so a price never mixes two.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._programme: Programme | None = None
        self._directory = Directory([])
        self._version = ProgrammeVersion()
        self._checked: datetime | None = None
        self._products: OrderedDict[tuple[str, str], Product] = OrderedDict()
        self._is_new = False

    def programme(self, now: datetime) -> Programme:
        """Return the reward programme, at most a minute old.

        Raises:
            Refused: RETRY_LATER, if none was imported yet.
        """
        if self._programme is None or self._checked is None or now - self._checked > REFRESH_AFTER:
            self._look_again()
            self._checked = now
        assert self._programme is not None
        return self._programme

    def directory(self, now: datetime) -> Directory:
        """Return the names of the reward programme; see `programme`."""
        self.programme(now)
        return self._directory

    def audience(self, partner: Partner, now: datetime) -> Audience:
        """Return a partner as an audience of the reward programme; see `programme`."""
        return Audience(partner, self.programme(now), self._directory)

    def renew(self, now: datetime, *, at_once: bool = False) -> bool:
        """Return whether there is another programme than the one that `programme` answered; from now on it answers
        that.

        It is looked for `at_once`, as something is missing that has to be there; else not more often than a caller may
        have it looked for.
        """
        before = self._programme
        if at_once or (self._checked and now - self._checked > RENEW_AFTER):
            self._refresh(consistent=True)
            self._checked = now
        self._is_new |= self._programme is not before
        return self._programme is not before

    def forget(self) -> None:
        """Forget when the programme was looked at, so that it is before the next price; the programme itself stays."""
        self._checked = None

    def _look_again(self) -> None:
        """Look for another programme. Products are read as they were a moment ago, so those that were learnt right
        after an import may be older than it: they are forgotten once more."""
        before = self._programme
        self._refresh()
        if self._is_new and self._programme is before:
            self._products.clear()
        self._is_new = self._programme is not before

    def missing(self, products: Collection[Reference]) -> list[keys.Key]:
        """Return the keys of those products that have to be read before `product` can find them.

        Products that were not asked for the longest are forgotten here, before anything is learnt: what is learnt for a
        request must not push out what else the request names.
        """
        while len(self._products) > MAX_PRODUCT_NAMES:
            self._products.popitem(last=False)
        unknown = []
        for name in dict.fromkeys((reference.by, reference.value) for reference in products):
            if name in self._products:
                self._products.move_to_end(name)
            else:
                unknown.append(_product_key(*name))
        return unknown

    def learn(self, items: Collection[Item]) -> None:
        """Remember the products among `items`."""
        for item in items:
            if "product" in item:
                record = exactjson.loads(item["product"])
                product = Product(record["id"], record["code"], record.get("product_type"))
                for by in ("id", "code", "alternative_code"):
                    if record.get(by):
                        self._products[by, record[by]] = product

    def product(self, reference: Reference) -> Product | None:
        """Return the product that was named, None if there is none (or it was not learnt)."""
        return self._products.get((reference.by, reference.value))

    def _refresh(self, *, consistent: bool = False) -> None:
        version = read_version(self._table, consistent=consistent or self._programme is None)
        if self._programme is not None:
            if version == self._version:
                return
            self._products.clear()
            if version.snapshot and version.snapshot == self._version.snapshot:
                self._version, self._programme = version, replace(self._programme, version=version.version)
                return
        self._load(version)

    def _load(self, version: ProgrammeVersion) -> None:
        version, records = read_published(self._table, version)
        try:
            with gc_paused():  # what is made here stays
                self._programme, self._directory = Programme.of(records, version.version), Directory(records)
        except ProgrammeIncomplete as error:
            description = "There is no reward programme yet: import one, with a currency that has the role SYSTEM."
            raise Refused(Problem(Code.RETRY_LATER, description)) from error
        self._version = version
        self._products.clear()


def _product_key(by: str, value: str) -> keys.Key:
    return keys.record("product", value) if by == "id" else keys.alias("product", by, value)
