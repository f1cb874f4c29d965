"""Rosters (名册): who is meant by every county, every member unit, on a given day.

Members come from the profile and have a history of their own: since when, until when, renamed, merged into another. A
task that was planned for a member keeps it. Feature rows: SY07 (coverage against the roster of the time).
"""
