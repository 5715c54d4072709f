"""Reference data and programmes: imported from files and by hand."""
