"""Taking purchases back, whole or line by line."""
