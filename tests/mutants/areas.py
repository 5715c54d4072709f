"""The areas of the code that moves money, and the tests that have to fail for a fault in them, quick ones first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.mutants.planting import LAYER, ROOT


@dataclass(frozen=True)
class Area:
    """Modules, by patterns below the package, and the tests that judge them, by patterns below `tests`."""

    modules: Sequence[str]
    tests: Sequence[str]

    def paths(self) -> Iterator[Path]:
        """Return the files of its modules."""
        for pattern in self.modules:
            yield from (path for path in sorted((LAYER / "loyalty").glob(pattern)) if path.name != "__init__.py")

    def judges(self) -> list[str]:
        """Return the files of its tests."""
        return [str(path) for pattern in self.tests for path in sorted((ROOT / "tests").glob(pattern))]


PRICING = ["unit/test_exchange.py", "unit/test_pricing.py", "unit/test_rewards_table.py", "unit/test_offer_language.py"]
REVERSALS = [
    "unit/test_returns.py",
    "unit/test_reversal.py",
    "unit/test_given_back.py",
    "unit/test_settlement.py",
    "unit/test_interleaved.py",
    "property/test_reversal*.py",
]
LEDGER = ["unit/test_stored_words.py", "unit/test_wallet.py", "unit/test_ledger_rules.py", "property/test_ledger.py"]
LIMITS = ["unit/test_stored_words.py", "unit/test_limits.py", "unit/test_award_rules.py", "property/test_limits.py"]
POSTING = [
    "functional/test_create_purchase.py",
    "functional/test_repetitions.py",
    "functional/test_claimed_ids.py",
    "functional/test_sent_again.py",
    "functional/test_promo_codes.py",
    "functional/test_policies.py",
    "functional/test_disturbed_writes.py",
    "functional/test_post_chunk.py",
    "functional/test_nothing_after_posting.py",
]
TAKING_BACK = ["functional/test_cancel_purchase.py", "functional/test_returns.py"]
PROOF_RULES = [
    "unit/test_audit.py",
    "unit/test_use_audit.py",
    "unit/test_chain_audit.py",
    "unit/test_event_rules.py",
    "unit/test_counters.py",
]
PROVING = [
    "unit/test_legible.py",
    "unit/test_advice.py",
    "unit/test_largest_numbers.py",
    "unit/test_proof_of_*.py",
    "unit/test_sorted_items.py",
    "unit/test_whole_proof.py",
]
PROOFS = [
    "functional/test_verify.py",
    "functional/test_damage.py",
    "functional/test_verify_export.py",
    "functional/test_written_tables.py",
]

AREAS = {
    "money": Area(
        ["domain/money.py"],
        ["unit/test_money.py", "property/test_money.py", "unit/test_numbers_as_sent.py", *PRICING, *REVERSALS],
    ),
    "limits": Area(
        ["domain/programme/limits.py", "domain/programme/award_rules.py", "domain/ledger/uses.py"],
        [*LIMITS, *PRICING, "unit/test_reversal.py"],
    ),
    "ledger": Area(
        [f"domain/ledger/{name}.py" for name in ("expiry", "rules", "vouchers", "wallet", "windows")],
        [*LEDGER, *LIMITS, *PRICING, *REVERSALS, "functional/test_expire_lots.py"],
    ),
    "pricing": Area(
        [
            *(f"domain/pricing/{name}.py" for name in ("basket", "exchange", "plan", "pricing", "spends")),
            "domain/programme/spend_settings.py",
        ],
        [*PRICING, *LIMITS, "unit/test_given_back.py", "property/test_pricing.py"],
    ),
    "audience": Area(["domain/pricing/audience.py"], ["unit/test_audience.py", "property/test_audience.py"]),
    "reversals": Area(["domain/reversals/*.py"], [*REVERSALS, *LEDGER]),
    "identity": Area(
        ["domain/identity.py", "domain/fingerprint.py"],
        [
            "unit/test_stored_words.py",
            "unit/test_fingerprint.py",
            "unit/test_identity.py",
            "unit/test_event_documents.py",
        ],
    ),
    "chain": Area(["domain/ledger/chain.py"], ["property/test_chain.py"]),
    "proof-rules": Area(
        ["domain/proofs/*.py", "usecases/proofs/event_rules.py", "usecases/proofs/verify_counters.py"], PROOF_RULES
    ),
    "proofs": Area(
        ["usecases/proofs/[!ev]*.py", "usecases/proofs/verify_[!c]*.py", "usecases/proofs/verify_counterparts.py"],
        PROVING,
    ),
    "drafts": Area(
        [
            "usecases/ledger/journal_entry.py",
            "usecases/purchases/purchase_draft.py",
            "usecases/purchases/shared_limits.py",
            "usecases/reversals/reversal_draft.py",
            "usecases/reversals/reversal_effects.py",
            "usecases/reversals/settlement.py",
        ],
        [
            "unit/test_shared_limits.py",
            "unit/test_purchase_draft.py",
            "unit/test_reversal_draft.py",
            *LEDGER,
            *LIMITS,
            *REVERSALS,
        ],
    ),
    "batches": Area(
        ["usecases/ledger/post_events.py", "usecases/ledger/transaction_batch.py"],
        [
            "unit/test_post_events.py",
            "unit/test_ledger_rules.py",
            "unit/test_own_faults.py",
            "unit/test_given_back.py",
            "unit/test_settlement.py",
            "unit/test_take_back.py",
            "unit/test_interleaved.py",
        ],
    ),
    "repetitions": Area(
        ["usecases/purchases/repetition.py", "usecases/reversals/take_back.py"],
        [
            "unit/test_repetition.py",
            "unit/test_take_back.py",
            "unit/test_interleaved.py",
            "unit/test_told_as_posted.py",
            "unit/test_post_purchase.py",
        ],
    ),
    "posting": Area(
        [
            "usecases/ledger/expire_lots.py",
            "usecases/ledger/opening_balance.py",
            "usecases/ledger/show_wallet.py",
            "usecases/purchases/post_purchase.py",
            "usecases/reversals/tell_cancellation.py",
        ],
        [
            "unit/test_expiry_runs.py",
            "unit/test_opening_balance.py",
            "unit/test_show_wallet.py",
            "unit/test_post_purchase.py",
            "unit/test_told_as_posted.py",
            "unit/test_codes_changing_hands.py",
            "unit/test_own_faults.py",
            "unit/test_interleaved.py",
        ],
    ),
    "store": Area(
        [f"store/{name}.py" for name in ("ledger", "writes", "events", "memory_table", "dry_run_table", "chunk_marks")],
        [
            "unit/test_write_failures.py",
            "unit/test_ledger_writes.py",
            "unit/test_sandbox.py",
            "unit/test_dry_run_table.py",
            "unit/test_chunk_marks.py",
            "unit/test_write_requests.py",
            "unit/test_backtest.py",
            "property/test_event_items.py",
            *REVERSALS,
            *POSTING,
            *TAKING_BACK,
            *PROOFS,
            "functional/test_wallets.py",
            "functional/test_writes.py",
            "functional/test_dry_run_table.py",
            "functional/test_close_upload.py",
            "functional/test_dead_letters.py",
        ],
    ),
    "splitting": Area(
        ["usecases/uploads/split_upload.py", "domain/rows/cutter.py", "domain/rows/csv_purchases.py"],
        [
            "unit/test_chunk.py",
            "unit/test_cutting.py",
            "unit/test_csv_purchases.py",
            "unit/test_split_upload.py",
            "unit/test_upload_rows.py",
            "property/test_rows.py",
        ],
    ),
}
