"""The tools for programme files: a schema of their lines, what is wrong with them, what a purchase would get."""
