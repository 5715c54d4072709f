"""Backtests: the cost of a programme, from past purchases that are priced under it. Nothing is posted.

Each programme has wallets of its own, which earn, pay and expire as the programme has it. They begin as they were
before the first purchase: with what the journal says of the time before, empty if there is none.
"""
