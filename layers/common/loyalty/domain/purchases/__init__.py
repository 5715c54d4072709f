"""What was bought, by whom: requests, purchases, accounts, promo codes."""
