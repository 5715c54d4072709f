"""Commands that write documents from the code."""
