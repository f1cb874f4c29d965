"""PostgreSQL and the city profile."""
