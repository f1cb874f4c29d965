"""Deadlines, reckoned once for everybody: a city's working days, and how events move the clock of a hazard.

Pure. The scheduler raises its alarms by it, statistics count by it who was in time; letters print what the scheduler
says. Nobody else may have a rule of his own for "late", "in time" and "days left"; only the second reckonings that check
it (recomputation, demo audit) are written apart on purpose.
"""
