"""Hostile counties beside honest ones: what they do at both doors, and what must have become of it."""
