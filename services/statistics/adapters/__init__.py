"""PostgreSQL: writing and reading the books."""
