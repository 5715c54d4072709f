"""Wallets: their journal, their lots, and what they used of limits."""
