"""Retention (保存期限): how long rows about persons are kept, and what is left when they were erased.

It owns the city's `retention.json` and the tombstones: when, by whom and why something was erased, nothing about the person.
Who holds persons' rows erases them itself. Feature rows: SY12 and SY22, whose persons they are.
"""
