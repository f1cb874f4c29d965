"""Deliveries in PostgreSQL: the queue that is worked on, and what people read of it."""
