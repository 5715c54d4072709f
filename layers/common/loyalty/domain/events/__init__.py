"""What is kept of posted events."""
