"""Purchases: found, previewed and posted."""
