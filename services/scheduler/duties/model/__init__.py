"""Duties as values: calendar periods, rules of recurrence, versions, and which tasks follow from them. Pure."""
