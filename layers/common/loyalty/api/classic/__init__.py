"""The vendor's classic API (contract, operations 2 to 5): the envelope, request models, and answers in its own form."""
