"""API keys, auth tokens, and what customers show."""
