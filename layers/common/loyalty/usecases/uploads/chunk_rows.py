"""From a chunk's entries to what they ask for."""

import re
from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from loyalty.domain.access.code_proof import CodeProof
from loyalty.domain.access.partner import Partner
from loyalty.domain.errors import FAULT, Problem, Refused
from loyalty.domain.identity import EVENT_ID_LENGTH, Identity, Origin, row_key
from loyalty.domain.purchases.purchase import Faulty, PurchaseRequest, RowOrigin
from loyalty.domain.rows.chunk import ChunkEntry
from loyalty.domain.rows.layout import Layout
from loyalty.domain.uploads.row_outcome import RowOutcome
from loyalty.store.uploads import Upload
from loyalty.usecases.uploads.row_body import RowBody, read_row

Read = Callable[[RowBody, Partner, Upload], PurchaseRequest]
"""The purchase that a row asks for; raises `Refused` where it asks for none."""

Report = Callable[[int, Exception], None]
"""Hears of a row that comes to nothing for now, by its number, and of what kept it: a fault on our side, or a storage
or a wallet that is busy."""


class ChunkRows(Struct):
    """Purchases by the numbers of their first rows: what is to be posted, what is settled before that, what nobody
    could make sense of because of a fault on our side, and what is `unfit` to be posted.

    `told` are those of `asked` that may have been posted, as the rows say so; with the id of the event that they name,
    empty where they name none that could be.
    """

    asked: dict[int, PurchaseRequest] = field(default_factory=dict)
    told: dict[int, str] = field(default_factory=dict)
    settled: dict[int, RowOutcome] = field(default_factory=dict)
    faulty: dict[int, Problem] = field(default_factory=dict)
    unfit: dict[int, Faulty] = field(default_factory=dict)


class ChunkReader(Struct, frozen=True):
    """Reads chunks of an upload for its partner: `proofs` tell what became of codes that were left out of rows,
    `report` receives a row that meets a fault on our side."""

    upload: Upload
    partner: Partner
    proofs: Mapping[int, CodeProof]
    read: Read
    report: Report

    def rows(self, layout: Layout, entries: Iterable[ChunkEntry]) -> ChunkRows:
        """Return what entries ask for."""
        rows = ChunkRows()
        for entry in entries:
            try:
                self._add(rows, entry.number, read_row(layout, entry))
            except Faulty as faulty:
                rows.unfit[entry.number] = faulty
            except Refused as refused:
                rows.settled[entry.number] = RowOutcome.refused(entry.number, refused)
            except Exception as fault:  # noqa: BLE001 - reported; the other rows are to be posted
                self.report(entry.number, fault)
                rows.faulty[entry.number] = FAULT
        return rows

    def _add(self, rows: ChunkRows, number: int, row: RowBody) -> None:
        request = self.read(row, self.partner, self.upload)
        if proof := self.proofs.get(number):
            request = proof.apply_to(request)
        rows.asked[number] = replace(
            request,
            identity=row_identity(request.identity, row, self.upload, number),
            known_before=tuple(row_identity(one, row, self.upload, number) for one in request.known_before),
            row=RowOrigin(self.upload.id, number),
        )
        event_id = _EVENT_ID.fullmatch(row.earlier.get("event_id", ""))
        if event_id or row.says_settled:
            rows.told[number] = event_id[0] if event_id else ""


ROW_KEY = "ROW-"
"""Before the key of a row that failed, where it stands in its result in place of an event's id."""


def known_by(upload: Upload, row: int) -> str:
    """Return what a row that says nothing of itself is known by, unless it was known by something before."""
    return row_key(upload.partner_id, upload.content, row)


def row_identity(identity: Identity, row: RowBody, upload: Upload, number: int) -> Identity:
    """Return what makes the purchase of a row the same when it is sent again; `identity` is what its body says.

    A row that says nothing of itself is the file's content and its place in it; or, sent in again with the result of
    an upload in which it failed, what it was then."""
    if identity.origin is not Origin.NUMBER:
        return identity
    earlier = _KNOWN_BY.fullmatch(row.earlier.get("event_id", ""))
    key = earlier[1] if earlier else known_by(upload, number)
    return Identity(Origin.ROW, (upload.partner_id, key))


_EVENT_ID = re.compile(f"[0-9A-F]{{{EVENT_ID_LENGTH}}}")
_KNOWN_BY = re.compile(f"{ROW_KEY}([0-9A-F]{{{EVENT_ID_LENGTH}}})")
