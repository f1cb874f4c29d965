"""Duties over HTTP: reading for staff, changing for the committee's office."""
