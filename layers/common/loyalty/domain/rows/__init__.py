"""Files of purchases, bytes in and rows out: how a file is laid out, where a row ends, whose it is, what it says."""
