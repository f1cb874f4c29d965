"""Helpers for tests on real Kafka and PostgreSQL."""
