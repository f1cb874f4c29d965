"""The books in PostgreSQL: absolute records, counts that enter exactly once, and how far each partition is."""
