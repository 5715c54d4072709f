"""One-time passwords that stand for contacts: whoever shows one at a till needs no access token."""

from datetime import datetime

from loyalty.domain.errors import Refused, not_found
from loyalty.domain.purchases.purchase import Reference
from loyalty.store.customer_tokens import OneTimePassword, put_contact_password
from loyalty.store.customers import customer_key, read_customer
from loyalty.store.table import Table
from loyalty.usecases.access.customer_tokens import draw_password
from loyalty.usecases.ledger.transaction_batch import require_active


def issue_contact_password(contact_id: str, partner_id: str, *, table: Table, now: datetime) -> tuple[str, datetime]:
    """Return a password that stands for a contact, for one purchase of the partner with the primary account, and until
    when.

    Raises:
        Refused: NOT_FOUND, if there is no such contact, or it has no account; INVALID, if that is not active;
            RETRY_LATER.
    """
    named = Reference("contact_id", contact_id, "/id")
    account_id = (table.get(customer_key(named), consistent=True) or {}).get("account_id")
    customer = read_customer(table, account_id) if account_id else None
    if customer is None:
        raise Refused(not_found("Contact", contact_id, named.pointer))
    require_active(customer.account, named)

    def put(drawn: OneTimePassword) -> bool:
        return put_contact_password(table, drawn, contact_id, customer.account.id)

    return draw_password(partner_id, now, put)
