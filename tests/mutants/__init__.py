"""Mutation testing: small faults are planted in the code that moves money, one at a time, and a test has to fail."""
