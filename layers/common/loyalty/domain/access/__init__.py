"""Access: partners, their tokens, and the codes of customers."""
