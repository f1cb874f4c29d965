"""PostgreSQL and the rate limit."""
