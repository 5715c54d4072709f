"""The whole engine in one process, on a clock and a chance of its own: real functions, a cloud in memory, faults."""
