"""One process: its roles, signals, settings, clock, periodic work, and where tests may kill it."""
