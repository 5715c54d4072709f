"""Proofs of the table: what `loyalty verify` finds."""
