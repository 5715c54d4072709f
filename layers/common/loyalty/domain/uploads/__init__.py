"""Files of purchases: what became of their rows, and how that is told in the caller's own columns."""
