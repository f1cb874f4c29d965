"""Booking what the stream took: queue, transaction, isolation of a bad record, metrics."""
