"""The single table: keys, items and transactions, turned into domain values and back."""
