"""A file of purchases as past ones, in the order of time, each once."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path

from msgspec.structs import replace

from cli.backtest.history import CustomerShare, LeftOutPurchases, PastEvent, PastPurchases, Visit, of_share
from cli.backtest.order import FilePurchase, in_order, put_into_order
from cli.backtest.repetitions import MetIdentities
from cli.options import Days
from cli.programme.draft import ProgrammeDraft
from cli.programme.draft_preview import ANYBODY
from cli.purchase_file import PurchaseFile
from loyalty.domain.errors import Refused
from loyalty.domain.purchases.purchase import PurchaseRequest
from loyalty.domain.rows.chunk import ChunkEntry
from loyalty.store.customers import read_customers
from loyalty.store.table import Table
from loyalty.usecases.access.customer_tokens import ShownTokens
from loyalty.usecases.engine import Engine
from loyalty.usecases.purchases.resolution import Resolution, Resolved, look_up

PURCHASES_AT_A_TIME = 200
"""Purchases whose names are looked up together."""


@dataclass(frozen=True)
class FileOfPurchases:
    """The purchases of a file, as far as they fall on these days, and files of what they refer to."""

    path: Path
    reference: Sequence[Path]
    days: Days

    def base(self, now: datetime) -> Table | None:
        """Return what the files of reference data have."""
        if not self.reference:
            return None
        known = ProgrammeDraft.of(self.reference, None, now)
        known.require_good()
        return known.table

    def history(self, table: Table, now: datetime) -> PastPurchases:
        """Return the purchases, as `table` knows what they name. Files are in order as a rule, so they are taken as
        they are first.

        Raises:
            Failure: the file cannot be read.
        """
        return self._history(in_order, table, now)

    def _history(
        self, ordered: Callable[[Iterable[FilePurchase]], Iterator[FilePurchase]], table: Table, now: datetime
    ) -> PastPurchases:
        file, left_out = PurchaseFile(self.path, ANYBODY, now), LeftOutPurchases()
        engine = Engine.on(table)
        read = partial(_read_purchase, file, engine, now)

        def events(share: CustomerShare) -> Iterator[PastEvent]:
            visits = _visits(ordered(self._read_purchases(file, read, left_out)), engine, now, left_out)
            return (of_share(share, visit) for visit in visits)

        again = partial(self._history, partial(put_into_order, read=read), table, now)
        return PastPurchases(self.path.name, events, file.count(), left_out=left_out, in_order=again)

    def _read_purchases(
        self, file: PurchaseFile, read: Callable[[ChunkEntry], PurchaseRequest], left_out: LeftOutPurchases
    ) -> Iterator[FilePurchase]:
        for entry in file.entries():
            try:
                request = read(entry)
            except Refused as refused:
                left_out.add(_describe_refusal(refused), entry.number)
                continue
            if self.days.holds(request.performed_on):
                yield FilePurchase(entry, request)
            else:
                left_out.add("outside the period", entry.number)


def _read_purchase(file: PurchaseFile, engine: Engine, now: datetime, entry: ChunkEntry) -> PurchaseRequest:
    """Return the purchase that an entry asks for, with the moment at which it was performed: the file may tell it by
    the clock of the shop."""
    request = file.request(entry)
    resolution = Resolution(request, engine.catalogue.audience(ANYBODY, now))
    return replace(request, performed_on=resolution.performed_on())


def _visits(
    asked: Iterator[FilePurchase], engine: Engine, now: datetime, left_out: LeftOutPurchases
) -> Iterator[Visit]:
    with closing(MetIdentities()) as repetitions:
        while some := list(islice(asked, PURCHASES_AT_A_TIME)):
            found = [
                resolved
                for one, resolved in _resolve_purchases(some, engine, now, left_out)
                if not _skip_repetition(one, resolved, repetitions, left_out)
            ]
            customers = read_customers(engine.table, {one.account_id for one in found})
            for one in found:
                yield Visit(customers[one.account_id], one.purchase)


def _resolve_purchases(
    some: Iterable[FilePurchase], engine: Engine, now: datetime, left_out: LeftOutPurchases
) -> Iterator[tuple[FilePurchase, Resolved]]:
    """Return the purchases whose every name is found."""
    audience = engine.catalogue.audience(ANYBODY, now)
    resolutions = [(one, Resolution(one.request, audience)) for one in some]
    items = look_up(engine, [resolution for _, resolution in resolutions], ANYBODY, now=now)
    tokens = ShownTokens(ANYBODY.id, engine.table, now)
    for one, resolution in resolutions:
        try:
            yield one, resolution.resolve(engine, items, tokens)
        except Refused as refused:
            left_out.add(_describe_refusal(refused), one.entry.number)


def _skip_repetition(
    one: FilePurchase, resolved: Resolved, repetitions: MetIdentities, left_out: LeftOutPurchases
) -> bool:
    """Return whether a purchase is not one more."""
    reason = repetitions.reason_to_pass_over(one.request, resolved.purchase.merchant_id)
    if reason:
        left_out.add(reason, one.entry.number)
    return reason is not None


def _describe_refusal(refused: Refused) -> str:
    """Codes and places, without the values, so that they can be counted."""
    problem = refused.problems[0]
    place = "/".join("*" if step.isdigit() else step for step in problem.pointer.split("/"))
    return f"{problem.code} {place}".rstrip()
