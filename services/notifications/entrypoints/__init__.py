"""Thin shells: Kafka events, HTTP, the delivery role."""
