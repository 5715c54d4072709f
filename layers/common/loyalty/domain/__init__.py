"""The rules: money, purchases, programmes, pricing, wallets. Pure: no I/O, no clock, no environment."""
