"""`make bench-burst`: a flood of lifecycles that comes and goes, and what everybody else notices of it."""
