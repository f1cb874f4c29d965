"""Hazard rows: written and locked a batch at a time (`hazard_rows`), read by key, list and count (`register`)."""
