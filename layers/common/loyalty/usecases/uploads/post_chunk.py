"""Posting a chunk of an upload: each purchase once, and its outcome told once, however often the chunk is delivered.

A chunk is posted whole. What could not be posted for now is tried again on the next delivery; what killed the worker is
found out piece by piece (`Attempt`); and what has no outcome holds the later rows of its wallet back (`WalletOrder`).
The last deliveries begin with telling of what has no outcome that it failed, so that no upload stays open for ever; the
very last one posts nothing, and then the message goes to the dead letters.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Self

from msgspec import Struct
from msgspec.structs import replace

from loyalty.domain.access.code_proof import CodeProof
from loyalty.domain.access.partner import Partner, Scope
from loyalty.domain.errors import Code, Problem, Refused
from loyalty.domain.identity import Origin
from loyalty.domain.purchases.purchase import PurchaseRequest, Reference
from loyalty.domain.rows.chunk import Chunk, read_chunk
from loyalty.domain.rows.naming import customer_of
from loyalty.domain.uploads.attempt import Attempt
from loyalty.domain.uploads.row_outcome import RowOutcome, RowStatus
from loyalty.domain.uploads.wallet_order import WalletOrder, Wallets
from loyalty.store.backoff import Backoff
from loyalty.store.chunk_marks import Mark, put_mark, read_mark
from loyalty.store.code_proofs import read_proofs
from loyalty.store.customers import account_ids
from loyalty.store.dry_run_table import DryRunTable
from loyalty.store.files import Files
from loyalty.store.gc_paused import gc_paused
from loyalty.store.queue import Queue
from loyalty.store.uploads import Upload, read_upload
from loyalty.usecases.engine import Engine
from loyalty.usecases.uploads.chunk_outcomes import write_outcomes
from loyalty.usecases.uploads.chunk_rows import ROW_KEY, ChunkReader, ChunkRows, Read, Report, known_by
from loyalty.usecases.uploads.close_upload import close_if_complete
from loyalty.usecases.uploads.post_rows import RowPoster

LATE = 3
"""Deliveries that begin with telling what has failed: the last ones, of which one at least will live to do that."""

NEVER_FINISHED = Problem(Code.INTERNAL, "All attempts to post this row failed, and nothing was posted. Send it again.")


class Delivery(Struct, frozen=True):
    """A chunk as the queue delivers it.

    Attributes:
        upload_id: its upload.
        chunk: the number of the chunk.
        location: the object that its rows are in.
        start: its first byte there.
        length: its number of bytes.
        receives: how often it was delivered, this time included.
        receives_max: how often it is delivered at most.
    """

    upload_id: str
    chunk: int
    location: str
    start: int
    length: int
    receives: int
    receives_max: int

    @classmethod
    def of(cls, message: Mapping[str, Any], receives: int, receives_max: int) -> Self:
        """Return the delivery of a message of the splitter's."""
        place = {name: int(message[name]) for name in ("chunk", "start", "length")}
        return cls(
            message["upload"], location=message["location"], receives=receives, receives_max=receives_max, **place
        )

    @property
    def is_first(self) -> bool:
        """Whether nobody has been at work on it."""
        return self.receives == 1

    @property
    def is_late(self) -> bool:
        """Whether it may never be told what became of it, unless that is told right away."""
        return self.receives > self.receives_max - LATE

    @property
    def is_final(self) -> bool:
        """Whether it is the last one that posts: what has no outcome then will not be tried any more."""
        return self.receives == self.receives_max - 1

    @property
    def is_last(self) -> bool:
        """Whether it is a dead letter if this leads to nothing."""
        return self.receives >= self.receives_max


class ChunkPoster(Struct, frozen=True):
    """Posts chunks.

    Attributes:
        table: the table.
        files: the bucket with chunks and outcomes.
        closings: the queue of uploads to close.
        catalogue: the programme, directory and products of this container.
        numbers: numbers for events and their parts.
        read: return the request of a body.
        report: receives rows without an outcome for now.
        pause: wait between attempts.
    """

    engine: Engine
    files: Files
    closings: Queue
    read: Read
    report: Report

    @gc_paused()
    def post(self, delivery: Delivery, now: datetime) -> bool:
        """Post a chunk; return whether it is done with, or else has to be delivered again.

        Raises:
            Refused: RETRY_LATER, if the storage is busy.
        """
        upload = read_upload(self.engine.table, delivery.upload_id)
        mark = read_mark(self.engine.table, delivery.upload_id, delivery.chunk)
        if upload is None:  # its items have ended
            return True
        done = bool(mark and not mark.dead) or self._work(delivery, upload, mark, now).is_done()
        self.close_if_complete(delivery.upload_id)
        return done

    def close_if_complete(self, upload_id: str) -> None:
        """Have an upload closed if this was the last of it."""
        close_if_complete(upload_id, table=self.engine.table, closings=self.closings)

    def _work(self, delivery: Delivery, upload: Upload, mark: Mark | None, now: datetime) -> "_Work":
        scopes, merchants = frozenset({Scope.POST_PURCHASES}), frozenset(upload.merchants)
        partner = Partner(upload.partner_id, scopes, merchants, unit_id=upload.unit_id)
        chunk = read_chunk(self.files.read(delivery.location, delivery.start, delivery.length))
        proofs = read_proofs(self.files, upload.id) if upload.proven else {}
        engine = self.engine
        if upload.dry_run:
            engine = engine.for_dry_run(DryRunTable(engine.table, upload.id, upload.expires_at))
        poster = RowPoster(engine, partner, now, self.report)
        return _Work(self, delivery, upload, mark, chunk, proofs, poster)


class _Work(Struct, frozen=True):
    """A chunk that is being posted.

    Attributes:
        by: the poster.
        delivery: how it was delivered.
        upload: its upload.
        mark: what was counted of it before, if anything.
        chunk: its rows.
        proofs: the proofs of codes of its upload, by row.
        poster: posts its rows.
    """

    by: ChunkPoster
    delivery: Delivery
    upload: Upload
    mark: Mark | None
    chunk: Chunk
    proofs: Mapping[int, CodeProof]
    poster: RowPoster

    def is_done(self) -> bool:
        """Post what is left; return whether all has an outcome."""
        attempt = self._begin_attempt()
        if self.delivery.is_late:
            self._give_up(attempt)
        if self.delivery.is_last:
            return self._is_found_posted(attempt)
        attempt = self._try_rows(attempt)
        if self._unsettled_rows(attempt):
            self._keep(attempt)
            return False
        self._record(attempt.settled.values(), dead=False)
        return True

    def _unsettled_rows(self, attempt: Attempt) -> set[int]:
        return {entry.number for entry in self.chunk.entries} - attempt.settled.keys()

    @property
    def _is_fresh(self) -> bool:
        return self.delivery.is_first and self.mark is None

    def _begin_attempt(self) -> Attempt:
        kept = None if self._is_fresh else self.by.files.read_if_there(self._attempt_key)
        if kept is None:
            return Attempt()
        attempt = Attempt.of(kept)
        return attempt.taken_up_again() if self.delivery.is_first else attempt.resumed()

    def _try_rows(self, attempt: Attempt) -> Attempt:
        numbers = [entry.number for entry in self.chunk.entries]
        order = WalletOrder(self._wallets, is_lax=self.delivery.is_final)
        pieces = attempt.pieces(numbers, order.behind, is_final=self.delivery.is_final)
        for piece in [tuple(numbers)] if self._is_fresh else pieces:
            free = tuple(row for row in piece if row not in order.held)
            if not self._is_fresh and free:
                self._keep(attempt.at_work_on(free))
            rows = self._rows(free)
            order.hold_behind(rows.faulty)
            tried = self.poster.post(rows.asked, rows.told, order)
            attempt = attempt.after(
                {**rows.settled, **self.poster.refuse(rows.unfit), **tried.settled}, {**rows.faulty, **tried.unsettled}
            )
            if tried.busy and not tried.settled and order.wallets(tried.busy) > 1:
                break  # it is the storage, and no wallet of these
        return attempt

    def _wallets(self) -> Wallets:
        """By the numbers of rows, whose wallet each moves: by the account, or else by the name that none is known
        by."""
        layout = self.chunk.layout
        names = {
            entry.number: self._apply_proof(customer_of(layout, entry), entry.number) for entry in self.chunk.entries
        }
        accounts = account_ids(self.by.engine.table, [name for name in names.values() if name])
        return {row: accounts.get(name, name) if name else None for row, name in names.items()}

    def _apply_proof(self, name: Reference | None, row: int) -> Reference | None:
        proof = self.proofs.get(row)
        return replace(name, before=proof.shown) if name and proof else name

    def _rows(self, numbers: Iterable[int]) -> ChunkRows:
        wanted = set(numbers)
        entries = (entry for entry in self.chunk.entries if entry.number in wanted)
        reader = ChunkReader(self.upload, self.poster.partner, self.proofs, self.by.read, self.by.report)
        return reader.rows(self.chunk.layout, entries)

    def _give_up(self, attempt: Attempt) -> None:
        """Tell of all that has no outcome that it failed, before anything is done that might kill the worker once more.
        Whatever comes of it after all takes the place of this."""
        if left := self._unsettled_rows(attempt):
            self._record([*attempt.settled.values(), *(self._fail_row(row, attempt) for row in left)], dead=True)
            self.by.close_if_complete(self.upload.id)

    def _is_found_posted(self, attempt: Attempt) -> bool:
        """Return whether all that has no outcome turns out to be posted, by workers that were killed before they
        told."""
        rows = self._rows(self._unsettled_rows(attempt))
        settled = rows.settled | self.poster.refuse(rows.unfit)
        attempt = attempt.after({**settled, **self.poster.look_up(rows.asked, rows.told)}, rows.faulty)
        left = self._unsettled_rows(attempt)
        failed = [self._fail_row(row, attempt, rows.asked.get(row)) for row in left]
        self._record([*attempt.settled.values(), *failed], dead=bool(left))
        return not left

    def _fail_row(self, row: int, attempt: Attempt, request: PurchaseRequest | None = None) -> RowOutcome:
        """Return the outcome of a row of which nothing came, with what it is known by if it has no identity of its
        own."""
        key = known_by(self.upload, row)
        if request and request.identity.origin is Origin.ROW:
            key = request.identity.parts[-1]
        return RowOutcome(row, RowStatus.FAILED, f"{ROW_KEY}{key}", attempt.unsettled.get(row, NEVER_FINISHED))

    def _record(self, outcomes: Iterable[RowOutcome], *, dead: bool) -> None:
        """Keep outcomes and count them, unless that was done meanwhile."""
        mark = write_outcomes(self.by.files, self.upload.id, self.delivery.chunk, outcomes, dead=dead)
        before, backoff = self.mark, Backoff(self.by.engine.pause)
        while before is None or before.results != mark.results:
            if put_mark(self.by.engine.table, self.upload, mark, before):
                return
            before = read_mark(self.by.engine.table, self.upload.id, mark.chunk)
            if before and not before.dead:
                return
            if not backoff.wait():
                raise Refused(Problem(Code.RETRY_LATER, "Another worker is processing this chunk."))

    def _keep(self, attempt: Attempt) -> None:
        self.by.files.write(self._attempt_key, attempt.text().encode())

    @property
    def _attempt_key(self) -> str:
        return f"attempts/{self.upload.id}/{self.delivery.chunk:08}"
