"""Rules that hold in any table, whatever was posted."""
