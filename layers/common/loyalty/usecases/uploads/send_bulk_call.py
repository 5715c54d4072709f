"""Sending a bulk call as a file: its pass codes and one-time passwords are proven now, and left out of what is kept."""

from collections.abc import Mapping
from hashlib import sha256

from msgspec import Struct
from msgspec.structs import replace

from loyalty.domain.access.code_proof import CodeProof
from loyalty.domain.access.pass_codes import without_codes
from loyalty.domain.errors import Code, Problem, Refused, not_found
from loyalty.domain.purchases.purchase import PurchaseRequest, Reference, ShownBefore
from loyalty.store import customer_tokens, keys
from loyalty.store.attributes import Item
from loyalty.store.code_proofs import write_proofs
from loyalty.store.customers import customer_key
from loyalty.store.files import Files
from loyalty.store.guesses import guessed_passwords
from loyalty.store.table import Table
from loyalty.store.uploads import Upload
from loyalty.usecases.access.customer_tokens import ShownTokens, check_side_by_side, describe_token
from loyalty.usecases.uploads.show_upload import send_upload

MAX_SHOWN = 250
"""Different pass codes and one-time passwords in a call: hashing a pass code takes some 40 ms of one processor, and a
caller should not have to wait for more than ten seconds."""

Requests = Mapping[int, PurchaseRequest]
"""The requests of readable entries, by their places in the call, from 1."""


class BulkCall(Struct, frozen=True):
    """A bulk call's body as the file of an upload, the requests of its entries, and its idempotency key, if any."""

    data: bytes
    requests: Requests
    idempotency_key: str | None = None


def send_bulk_call(upload: Upload, call: BulkCall, *, table: Table, files: Files, proofs: Files) -> None:
    """Send a bulk call as the file of an upload; `proofs` is the bucket of proofs, which nobody else
    writes to.

    Raises:
        Refused: LIMIT_EXCEEDED, if it has too many codes; RETRY_LATER.
    """
    shown = shown_codes(call.requests)
    if shown:
        found = _check_codes(shown, ShownTokens(upload.partner_id, table, upload.created_on))
        proven = {place: CodeProof(found[place], call.requests[place].fingerprint) for place in shown}
        write_proofs(proofs, upload.id, proven)
    content = _passwords_content(shown)
    upload = replace(upload, content=content, idempotency_key=call.idempotency_key, proven=bool(shown))
    send_upload(upload, without_codes(call.data), table=table, files=files)


def shown_codes(requests: Requests) -> dict[int, Reference]:
    """Return what shows a pass code or a one-time password, by the places of the entries.

    Raises:
        Refused: LIMIT_EXCEEDED, if they are more than there is time for, whether the call is answered now or later.
    """
    shown = {place: one.customer for place, one in requests.items() if _holds_code(one.customer)}
    if len({(one.by, one.value, one.pass_code) for one in shown.values()}) > MAX_SHOWN:
        limit = f"The entries show over {MAX_SHOWN} different pass codes and one-time passwords. Send several calls."
        raise Refused(Problem(Code.LIMIT_EXCEEDED, limit, "/purchase_customer_events_set"))
    return shown


def _holds_code(shown: Reference) -> bool:
    return shown.pass_code is not None or _is_password(shown)


def _is_password(shown: Reference) -> bool:
    return shown.by == "token.one_time_password"


def _check_codes(shown: Mapping[int, Reference], tokens: ShownTokens) -> dict[int, ShownBefore]:
    """Return what becomes of each code; one-time passwords are used up once it is known what all codes are good for."""
    table, partner_id, now = tokens.table, tokens.partner_id, tokens.now
    at = {place: customer_key(reference) for place, reference in shown.items()}
    wanted = [*at.values(), guessed_passwords(partner_id, now)]
    there = table.get_many(wanted, consistent=True)
    items = customer_tokens.resolve_passwords(table, wanted, there, partner_id, now)
    found = check_side_by_side(shown, tokens, lambda place, of_one: _proven(shown[place], items.get(at[place]), of_one))
    return {place: _use_up(shown[place], at[place], one, table) for place, one in found.items()}


def _proven(shown: Reference, item: Item | None, tokens: ShownTokens) -> ShownBefore:
    try:
        return ShownBefore(tokens.token("Account", shown, item).id, None)
    except Refused as refused:
        if refused.is_for_now:
            raise
        return ShownBefore(None, refused.problems[0])


def _use_up(shown: Reference, key: keys.Key, found: ShownBefore, table: Table) -> ShownBefore:
    """Return what is found, or that a one-time password was used meanwhile, or by an entry before."""
    if not _is_password(shown) or found.token_id is None or customer_tokens.use_up(table, key):
        return found
    return ShownBefore(None, not_found("Account", describe_token(shown), shown.pointer))


def _passwords_content(shown: Mapping[int, Reference]) -> str:
    """Return what tells calls apart that differ in nothing but their one-time passwords, which are worth nothing by
    now."""
    passwords = [f"{place} {one.value}" for place, one in shown.items() if _is_password(one)]
    return sha256("\n".join(passwords).encode()).hexdigest()[:32] if passwords else ""
