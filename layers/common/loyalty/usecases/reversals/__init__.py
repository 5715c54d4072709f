"""Purchases taken back: cancellations and returns."""
