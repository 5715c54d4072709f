"""The operators' command `loyalty`. It runs on an operator's machine and is never deployed."""
