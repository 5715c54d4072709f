"""Pricing: the awards and spends of a purchase, and why."""
