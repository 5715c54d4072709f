"""Comparisons: calls that were recorded at the vendor, answered once more in a sandbox. Nothing is posted."""
