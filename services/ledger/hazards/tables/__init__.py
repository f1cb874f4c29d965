"""Hazard rows: written and locked a batch at a time (`entries`), read by key, list and count (`register`)."""
