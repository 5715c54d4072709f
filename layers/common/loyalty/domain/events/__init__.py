"""Posted events, as they are kept."""
