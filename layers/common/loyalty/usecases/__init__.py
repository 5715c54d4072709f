"""One plain function per verb, with the table and the time as arguments."""
