"""What has to hold whenever all is quiet: causes first, so that a run that fails tells them, not what follows."""

from tests.simulation.invariants import access, answers, classic, files, imports, ledger, limits, model
from tests.simulation.invariants.registry import INVARIANTS, Seen

ROOMS = (ledger, model, limits, answers, classic, files, imports, access)

NAMES = [room.__name__ for room in ROOMS]

INVARIANTS.sort(key=lambda rule: (rule is not files.all_has_ended, NAMES.index(rule.__module__)))

ALONE = (
    ledger.no_purchase_overdraws,
    ledger.journals_are_chained,
    ledger.lots_are_part_of_the_balance,
    ledger.lots_are_what_the_journal_booked,
    ledger.purchases_are_counted,
    ledger.no_more_is_taken_back_than_was_given,
    ledger.what_is_posted_stays,
    ledger.numbers_are_unique,
    ledger.the_ledger_proves,
    limits.limits_hold_in_every_window,
    limits.budgets_are_what_was_drawn,
    limits.promo_codes_are_what_was_used,
    files.every_row_has_one_outcome,
    files.each_row_posts_one_event,
    files.wallets_keep_the_order_of_a_file,
    files.all_has_ended,
    files.no_fault_of_ours,
)
"""What holds of the engine alone, whatever was asked for."""

__all__ = ["ALONE", "INVARIANTS", "ROOMS", "Seen"]
