"""The newest API's wallets and journals."""

from loyalty.api.newest.answers import EntryAnswer, JournalAnswer, WalletAnswer
from loyalty.api.newest.purchase_answers import render_movement
from loyalty.domain.access.partner import Partner
from loyalty.domain.ledger.wallet import JournalEntry
from loyalty.domain.period import end_of_month
from loyalty.usecases.ledger.show_wallet import JournalPage, WalletView


def render_wallet(view: WalletView) -> WalletAnswer:
    """Balances in the wallet's currency; `alternative_balance` only where there is an alternative currency.

    `expiring` is the part of the balance that is lost unless it is spent before, the next first. What is over by now
    is still in both until it is taken out.
    """
    account, wallet = view.customer.account, view.customer.wallet
    body: WalletAnswer = {
        "account_id": account.id,
        "account_number": account.number,
        "currency_code": view.currency_code,
        "balance": wallet.balance,
        "version": wallet.version,
        "expiring": [
            {"amount": amount, "expires_on": int(end_of_month(month).timestamp())}
            for month, amount in sorted(wallet.lots.items())
        ],
    }
    if view.alternative_balance is not None:
        body["alternative_balance"] = view.alternative_balance
    return body


def render_journal(page: JournalPage, partner: Partner) -> JournalAnswer:
    """Entries, newest first, and the `next` to ask for; None on the last page."""
    return {
        "entries": [_entry(entry, partner) for entry in page.entries],
        "next": None if page.before is None else str(page.before),
        "missing": page.missing,
    }


def _entry(entry: JournalEntry, partner: Partner) -> EntryAnswer:
    """Amounts are the customer's and shown in full; what another partner's merchant calls the event is not."""
    seen = partner.sees(entry.merchant_id)
    return {
        "sequence": entry.sequence,
        "event_id": entry.told_id if seen else None,
        "type": entry.type,
        "performed_on": int(entry.performed_on.timestamp()),
        "posted_on": int(entry.posted_on.timestamp()),
        "reference_number": entry.reference_number if seen else None,
        **render_movement(entry),
    }
