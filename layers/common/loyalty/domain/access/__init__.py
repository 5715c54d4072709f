"""Who calls, and what customers show."""
