"""Purchases and who makes them: requests, purchases, accounts, promo codes."""
