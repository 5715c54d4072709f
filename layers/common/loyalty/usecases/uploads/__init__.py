"""Files of purchases: received, split, posted and told of."""
