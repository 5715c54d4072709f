"""What a purchase awards and spends, and why."""
