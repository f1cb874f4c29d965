"""A service's own PostgreSQL database: the pool, transactions, forward-only migrations, batches of columns."""
