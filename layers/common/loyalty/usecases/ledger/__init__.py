"""Events on their way into wallets, and wallets shown."""
